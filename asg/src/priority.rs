//! Which priority a rule gets. ELB asks the rules in the order of their priorities and takes the first that fits, so the narrower one has
//! to come first, whichever component was made first.

/// The lowest and the highest that ELB knows.
const HIGHEST: i32 = 50_000;

/// The first priority for a rule with these conditions: host and path, path, host, and hosts with `*` or `?` in them.
fn band(hosts: &[String], paths: &[String]) -> i32 {
    let is_wide = |values: &[String]| values.iter().any(|value| value.contains(['*', '?']));
    match (hosts.is_empty(), paths.is_empty()) {
        (false, false) if !is_wide(hosts) => 1000,
        (false, false) => 2000,
        (true, false) => 3000,
        (false, true) if !is_wide(hosts) => 4000,
        _ => 5000,
    }
}

/// The first priority of its kind that no rule has; any other where all of its kind are taken. None where all are.
pub fn free(hosts: &[String], paths: &[String], taken: &[i32]) -> Option<i32> {
    let first = band(hosts, paths);
    (first..=HIGHEST).chain(1..first).find(|it| !taken.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(|&it| it.to_owned()).collect()
    }

    #[test]
    fn the_narrower_rule_comes_first() {
        let (exact, wide, path) = (list(&["a.example.com"]), list(&["*.example.com"]), list(&["/a*"]));
        let order = [
            free(&exact, &path, &[]),
            free(&wide, &path, &[]),
            free(&[], &path, &[]),
            free(&exact, &[], &[]),
            free(&wide, &[], &[]),
        ];
        assert!(order.is_sorted() && order[0] != order[4], "{order:?}");
    }

    #[test]
    fn a_priority_that_is_taken_is_passed_over() {
        let host = list(&["a.example.com"]);
        let first = free(&host, &[], &[]).unwrap();
        assert_eq!(free(&host, &[], &[first, first + 1]), Some(first + 2));
        let all: Vec<i32> = (1..=HIGHEST).collect();
        assert_eq!(free(&host, &[], &all), None);
    }
}
