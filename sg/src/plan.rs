//! What a group's rules lack, and what they have too much: pure, from the table and from what AWS has.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use sg::rules::{Rule, Source, Traffic};

use crate::inventory::RolesById;
use crate::permission::Mark;

/// The differences of one group.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// In the table, not in AWS.
    pub missing: BTreeMap<Rule, Mark>,
    /// In AWS, not in the table.
    pub extra: BTreeSet<Rule>,
    /// In both, but not marked as an admin rule yet.
    pub unmarked: BTreeSet<Rule>,
    /// Administration that is let in from nowhere, because no admin CIDR is known.
    pub left_out: Vec<Traffic>,
}

/// Compares a group's rows of the table with the rules it has.
///
/// With no admin CIDR given, the admin rules it has are as they should be: a flag not given leaves things as they are.
pub fn changes(
    rows: &BTreeSet<Rule>,
    admin: &[IpNet],
    found: &BTreeMap<Rule, Mark>,
    by_id: &RolesById,
) -> Changes {
    let mut wanted: BTreeMap<Rule, Mark> = BTreeMap::new();
    let mut left_out = Vec::new();
    for row in rows {
        match &row.source {
            Source::Admin if admin.is_empty() => {
                let kept = marked(row.traffic, found);
                if kept.is_empty() {
                    left_out.push(row.traffic);
                }
                wanted.extend(kept.into_iter().map(|rule| (rule, Mark::Admin)));
            }
            Source::Admin => {
                let of_admin =
                    admin.iter().map(|net| Rule { traffic: row.traffic, source: Source::Cidr(*net) });
                wanted.extend(of_admin.map(|rule| (rule, Mark::Admin)));
            }
            source => {
                let source = named(source, by_id);
                wanted.insert(Rule { traffic: row.traffic, source }, Mark::Plain);
            }
        }
    }
    let missing = wanted.iter().filter(|(rule, _)| !found.contains_key(rule));
    let unmarked = wanted.iter().filter(|(rule, mark)| {
        **mark == Mark::Admin && found.get(rule).is_some_and(|found| *found == Mark::Plain)
    });
    Changes {
        missing: missing.map(|(rule, mark)| (rule.clone(), *mark)).collect(),
        extra: found.keys().filter(|rule| !wanted.contains_key(rule)).cloned().collect(),
        unmarked: unmarked.map(|(rule, _)| rule.clone()).collect(),
        left_out,
    }
}

/// The rules for this traffic that a run before marked as admin rules.
pub fn marked(traffic: Traffic, found: &BTreeMap<Rule, Mark>) -> Vec<Rule> {
    let is_marked = |(rule, mark): &(&Rule, &Mark)| rule.traffic == traffic && **mark == Mark::Admin;
    found.iter().filter(is_marked).map(|(rule, _)| rule.clone()).collect()
}

/// One of our groups by its id is the same as by its role.
pub fn named(source: &Source, by_id: &RolesById) -> Source {
    match source {
        Source::GroupId { id, .. } => {
            by_id.get(id).map_or_else(|| source.clone(), |role| Source::Group(role.clone()))
        }
        source => source.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sg::rules::rules_of;

    fn rows(text: &str) -> BTreeSet<Rule> {
        rules_of(text).unwrap().into_iter().collect()
    }

    fn found(plain: &str, admin: &str) -> BTreeMap<Rule, Mark> {
        let marked = |text: &str, mark| -> Vec<(Rule, Mark)> {
            if text.is_empty() { Vec::new() } else { rows(text).into_iter().map(|it| (it, mark)).collect() }
        };
        marked(plain, Mark::Plain).into_iter().chain(marked(admin, Mark::Admin)).collect()
    }

    fn planned(table: &str, admin: &[&str], found: &BTreeMap<Rule, Mark>) -> Changes {
        let admin: Vec<IpNet> = admin.iter().map(|it| it.parse().unwrap()).collect();
        changes(&rows(table), &admin, found, &RolesById::new())
    }

    #[test]
    fn what_is_there_is_neither_missing_nor_extra() {
        let text = "3306/tcp from backend, vpn";
        assert_eq!(planned(text, &[], &found(text, "")), Changes::default());
    }

    #[test]
    fn administration_is_opened_from_nowhere_unless_a_cidr_says_where() {
        let changes = planned("22/tcp from admin", &[], &found("", ""));
        assert!(changes.missing.is_empty());
        assert_eq!(changes.left_out.len(), 1);
        let changes = planned("22/tcp from admin", &["203.0.113.7/32"], &found("", ""));
        assert_eq!(changes.missing, found("", "22/tcp from 203.0.113.7/32"));
    }

    #[test]
    fn admin_rules_stay_where_the_flag_is_not_given_even_with_prune() {
        let there = found("", "22/tcp from 203.0.113.7/32");
        assert_eq!(planned("22/tcp from admin", &[], &there), Changes::default());
    }

    #[test]
    fn an_admin_rule_that_the_table_has_no_row_for_is_extra() {
        let there = found("", "23/tcp from 203.0.113.7/32");
        assert_eq!(planned("22/tcp from backend", &[], &there).extra, rows("23/tcp from 203.0.113.7/32"));
    }

    #[test]
    fn a_new_admin_cidr_makes_the_old_one_extra() {
        let there = found("", "22/tcp from 203.0.113.7/32");
        let changes = planned("22/tcp from admin", &["198.51.100.1/32"], &there);
        assert_eq!(changes.missing, found("", "22/tcp from 198.51.100.1/32"));
        assert_eq!(changes.extra, rows("22/tcp from 203.0.113.7/32"));
    }

    #[test]
    fn a_rule_made_by_hand_for_an_admin_cidr_is_marked_not_made_again() {
        let there = found("22/tcp from 203.0.113.7/32", "");
        let changes = planned("22/tcp from admin", &["203.0.113.7/32"], &there);
        assert_eq!(changes.unmarked, rows("22/tcp from 203.0.113.7/32"));
        assert!(changes.missing.is_empty() && changes.extra.is_empty());
    }

    #[test]
    fn a_group_of_ours_is_the_same_by_its_id() {
        let by_id = RolesById::from([("sg-0123456789abcdef0".to_owned(), "vpn".to_owned())]);
        let table = rows("22/tcp from sg-0123456789abcdef0");
        assert_eq!(changes(&table, &[], &found("22/tcp from vpn", ""), &by_id), Changes::default());
    }
}
