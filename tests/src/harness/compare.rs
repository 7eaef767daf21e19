//! Comparing two environments, and saying where they differ.

use serde_json::Value as Json;

/// # Panics
/// They differ; says where.
pub fn assert_same_environment(found: &Json, wanted: &Json, when: &str) {
    let differences = differences(found, wanted);
    assert!(
        differences.is_empty(),
        "{when}: the environment is not the one of an undisturbed run\n{}",
        differences.join("\n")
    );
}

/// Where two environments differ, a line each, resource by resource.
pub fn differences(found: &Json, wanted: &Json) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (found, wanted) = (found.as_object().unwrap_or(&empty), wanted.as_object().unwrap_or(&empty));
    let mut lines = Vec::new();
    for kind in found.keys().chain(wanted.keys().filter(|kind| !found.contains_key(*kind))) {
        let list = |of: &serde_json::Map<String, Json>| -> Vec<String> {
            let list = of.get(kind).and_then(Json::as_array);
            list.into_iter().flatten().map(ToString::to_string).collect()
        };
        let (mut only_found, mut only_wanted) = (list(found), list(wanted));
        only_found.retain(|resource| match only_wanted.iter().position(|other| other == resource) {
            Some(index) => {
                only_wanted.swap_remove(index);
                false
            }
            None => true,
        });
        lines.extend(only_found.iter().map(|resource| format!("  too much: {kind} {resource}")));
        lines.extend(only_wanted.iter().map(|resource| format!("  missing:  {kind} {resource}")));
    }
    lines
}
