//! Bringing a section of the document up to date without losing what this version does not know.

use serde_json::Value;

/// Keys by which an element of a list is known from one run to the next.
const NAMES_OF_ELEMENTS: [&str; 4] = ["id", "arn", "name", "cidr_block"];

/// Merges `new` into `old`: objects key by key in the old order, lists element by element where the elements are known by a name,
/// `null` takes a key away, everything else replaces.
pub fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                if value.is_null() {
                    old.shift_remove(&key);
                } else {
                    merge(old.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let mut before = std::mem::take(old);
            *old = new
                .into_iter()
                .map(|element| {
                    let mut merged = before
                        .iter()
                        .position(|known| is_same(known, &element))
                        .map_or(Value::Null, |index| before.swap_remove(index));
                    merge(&mut merged, element);
                    merged
                })
                .collect();
        }
        (old, new) => *old = without_nulls(new),
    }
}

fn is_same(known: &Value, element: &Value) -> bool {
    NAMES_OF_ELEMENTS
        .iter()
        .find_map(|name| Some((known.get(name)?, element.get(name)?)))
        .is_some_and(|(known, element)| known == element)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(keys) => keys
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(mut old: Value, new: Value) -> String {
        merge(&mut old, new);
        old.to_string()
    }

    #[test]
    fn unknown_keys_and_the_order_survive() {
        let old = json!({"z": 1, "id": "vpc-1", "mine": {"deep": [1]}});
        let new = json!({"id": "vpc-2", "cidr_block": "10.0.0.0/16", "peering": null});
        assert_eq!(
            merged(old, new),
            r#"{"z":1,"id":"vpc-2","mine":{"deep":[1]},"cidr_block":"10.0.0.0/16"}"#
        );
    }

    #[test]
    fn elements_are_known_by_their_id_wherever_they_stand() {
        let old = json!([{"id": "a", "note": 1}, {"id": "b", "note": 2}]);
        let new = json!([{"id": "b", "x": 0}, {"id": "c"}]);
        assert_eq!(merged(old, new), r#"[{"id":"b","note":2,"x":0},{"id":"c"}]"#);
    }

    #[test]
    fn a_value_that_is_gone_goes() {
        assert_eq!(merged(json!({"a": 1, "b": 2}), json!({"a": null})), r#"{"b":2}"#);
    }
}
