//! Everything there is, in a form in which two environments can be compared.
//!
//! Ids, addresses and times differ between two environments made alike. A normalised dump calls every resource by its
//! kind and name instead, leaves the times out, and sorts, so that equal environments are equal JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::action::Resource;
use super::clock::Clock;
use super::service;
use super::world::World;

/// Every resource of a Region and account, as clients see it.
#[must_use]
pub fn resources(world: &mut World, clock: &Clock, account: &str, region: &str) -> Vec<Resource> {
    let region = &*world.region(account, region, clock);
    service::ALL.iter().flat_map(|service| (service.resources)(region, clock.now())).collect()
}

/// The dump as it is: kind, then id, then what clients see.
#[must_use]
pub fn plain(resources: &[Resource]) -> Json {
    let mut kinds: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for resource in resources {
        kinds.entry(resource.kind).or_default().insert(resource.id.clone(), resource.body.clone());
    }
    Json::Object(kinds.into_iter().map(|(kind, map)| (kind.to_owned(), Json::Object(map))).collect())
}

/// The dump with names for ids: kind, then a sorted list of what clients see.
#[must_use]
pub fn normalised(resources: &[Resource]) -> Json {
    let names = names(resources);
    let mut kinds: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for resource in resources {
        kinds.entry(resource.kind).or_default().push(rename(&resource.body, &names));
    }
    let sort = |mut list: Vec<Json>| {
        list.sort_by_cached_key(ToString::to_string);
        Json::Array(list)
    };
    Json::Object(kinds.into_iter().map(|(kind, list)| (kind.to_owned(), sort(list))).collect())
}

/// What to call each id and alias, the longest first.
fn names(resources: &[Resource]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    let title =
        |resource: &Resource| resource.name.as_ref().map(|name| format!("<{} {name}>", resource.kind));
    for resource in resources {
        if let Some(name) = title(resource) {
            add(&mut names, resource, &name);
        }
    }
    longest_first(&mut names);
    // What has no name is told apart by what it looks like once the named things have theirs; what looks the same is
    // the same, for comparing, except for how many of it there are.
    let described: Vec<(&Resource, String)> = resources
        .iter()
        .filter(|resource| resource.name.is_none())
        .map(|resource| {
            let own: Vec<(String, String)> = std::iter::once(&resource.id)
                .chain(&resource.aliases)
                .map(|id| (id.clone(), "<self>".to_owned()))
                .collect();
            let body = mask(&rename(&rename(&resource.body, &own), &names)).to_string();
            (resource, format!("<{} {:016x}>", resource.kind, super::world::hash(&body)))
        })
        .collect();
    for (resource, name) in described {
        add(&mut names, resource, &name);
    }
    longest_first(&mut names);
    names
}

fn add(names: &mut Vec<(String, String)>, resource: &Resource, name: &str) {
    names.push((resource.id.clone(), name.to_owned()));
    for alias in &resource.aliases {
        names.push((alias.clone(), format!("{name}'s address")));
    }
}

fn longest_first(names: &mut [(String, String)]) {
    names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
}

/// The same with every id replaced, times left out and lists sorted.
fn rename(json: &Json, names: &[(String, String)]) -> Json {
    match json {
        Json::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !is_time(value));
            Json::Object(kept.map(|(key, value)| (key.clone(), rename(value, names))).collect())
        }
        Json::Array(list) => {
            let mut list: Vec<Json> = list.iter().map(|value| rename(value, names)).collect();
            list.sort_by_cached_key(ToString::to_string);
            Json::Array(list)
        }
        Json::String(text) => Json::String(replace(text, names)),
        other => other.clone(),
    }
}

fn replace(text: &str, names: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for (id, name) in names {
        // An address must not be found within a longer one (10.0.1.1 in 10.0.1.10), so those must be the whole text.
        let whole = id.parse::<std::net::IpAddr>().is_ok();
        if whole && text == *id {
            text.clone_from(name);
        } else if !whole && text.contains(id.as_str()) {
            text = text.replace(id.as_str(), name);
        }
    }
    text
}

/// The same with every id that has no name yet made anonymous.
fn mask(json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), mask(value))).collect())
        }
        Json::Array(list) => Json::Array(list.iter().map(mask).collect()),
        Json::String(text) => Json::String(text.split_inclusive('-').map(mask_part).collect()),
        other => other.clone(),
    }
}

fn mask_part(part: &str) -> &str {
    let hex = part.len() >= 17 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { "…" } else { part }
}

/// `2026-11-23T12:29:30…`, or a number that can only be one.
fn is_time(json: &Json) -> bool {
    match json {
        Json::String(text) => {
            let bytes = text.as_bytes();
            bytes.len() >= 19
                && bytes[4] == b'-'
                && bytes[10] == b'T'
                && bytes[13] == b':'
                && bytes[..4].iter().all(u8::is_ascii_digit)
        }
        Json::Number(number) => number.as_f64().is_some_and(|n| n > 1.5e9),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Resource, normalised};
    use serde_json::json;

    fn environment(vpc: &str, table: &str, address: &str) -> Vec<Resource> {
        let resource = |kind, id: &str, name: Option<&str>, aliases: &[&str], body| Resource {
            kind,
            id: id.into(),
            name: name.map(str::to_owned),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            body,
        };
        vec![
            resource("vpc", vpc, Some("dev"), &[], json!({"id": vpc, "made": "2026-11-23T12:29:30.123Z"})),
            resource("table", table, None, &[], json!({"id": table, "vpc": vpc, "routes": [address, vpc]})),
            resource("ip", "eipalloc-1", Some("nat"), &[address], json!({"ip": address})),
        ]
    }

    #[test]
    fn environments_made_alike_are_equal() {
        let one = normalised(&environment("vpc-1", "rtb-0123456789abcdef0", "10.0.1.1"));
        let other = normalised(&environment("vpc-2", "rtb-0fedcba9876543210", "10.0.1.10"));
        assert_eq!(one, other);
        assert_eq!(one["vpc"][0], json!({"id": "<vpc dev>"}));
    }
}
