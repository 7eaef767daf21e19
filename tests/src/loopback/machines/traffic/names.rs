//! Names and what they stand for, seen from somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// So many names may stand for one another before it is taken for a circle.
const LONGEST_CHAIN: usize = 16;

/// What is known of names. They are in lower case and have no dot at their end; `*.` at the beginning is a wildcard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    records: BTreeMap<String, Meaning>,
    /// Names whose every part is there, although nothing is known of them: `b.c` where there is `a.b.c`.
    between: BTreeSet<String>,
    /// What is below one of these and not known here is not known anywhere.
    zones: BTreeSet<String>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Addresses(Vec<Ipv4Addr>),
    /// Another name, as whoever asks is told.
    Canonical(String),
    /// Whatever another name stands for, as nobody is told.
    Alias(String),
    /// Something, but no address: a text, say.
    Other,
}

/// The answer to a question for addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The names on the way, each with that it stands for.
    pub chain: Vec<(String, String)>,
    pub end: End,
}

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// There is the name; the list may be empty.
    Addresses(Vec<Ipv4Addr>),
    /// There is no such name.
    Nowhere,
    /// Somebody else knows about this name.
    Elsewhere(String),
}

/// A name as it is kept here.
#[must_use]
pub fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

impl Names {
    pub fn add(&mut self, name: &str, meaning: Meaning) {
        let name = plain(name);
        let above = name.match_indices('.').map(|(at, _)| name[at + 1..].to_owned());
        self.between.extend(above);
        match (self.records.get_mut(&name), meaning) {
            (Some(Meaning::Addresses(known)), Meaning::Addresses(more)) => {
                known.extend(more);
                known.sort_unstable();
                known.dedup();
            }
            (Some(_), Meaning::Other) => {}
            (_, meaning) => {
                self.records.insert(name, meaning);
            }
        }
    }

    /// Everything below a name is known here, or is not there.
    pub fn add_zone(&mut self, name: &str) {
        self.zones.insert(plain(name));
    }

    /// Those of another plan too: all the VPCs of this machine have one world around them.
    pub fn extend(&mut self, other: &Self) {
        for (name, meaning) in &other.records {
            self.add(name, meaning.clone());
        }
        self.zones.extend(other.zones.iter().cloned());
    }

    /// What a name leads to.
    #[must_use]
    pub fn look_up(&self, name: &str) -> Found {
        let (mut chain, mut name) = (Vec::new(), plain(name));
        for _ in 0..LONGEST_CHAIN {
            let end = match self.meaning(&name) {
                Some(Meaning::Canonical(target)) => {
                    chain.push((name, target.clone()));
                    name = plain(target);
                    continue;
                }
                Some(Meaning::Alias(target)) => {
                    name = plain(target);
                    continue;
                }
                Some(Meaning::Addresses(addresses)) => End::Addresses(addresses.clone()),
                Some(Meaning::Other) => End::Addresses(Vec::new()),
                None if self.between.contains(&name) => End::Addresses(Vec::new()),
                None if self.zones.iter().any(|zone| below(&name, zone)) => End::Nowhere,
                None => End::Elsewhere(name),
            };
            return Found { chain, end };
        }
        Found { chain, end: End::Nowhere }
    }

    /// That of the name itself, or else of the wildcard directly below what is there of it (RFC 4592).
    fn meaning(&self, name: &str) -> Option<&Meaning> {
        if let Some(meaning) = self.records.get(name) {
            return Some(meaning);
        }
        if self.between.contains(name) {
            return None;
        }
        for (at, _) in name.match_indices('.') {
            let above = &name[at + 1..];
            if let Some(meaning) = self.records.get(&format!("*.{above}")) {
                return Some(meaning);
            }
            if self.records.contains_key(above) || self.between.contains(above) {
                return None;
            }
        }
        None
    }
}

/// Whether a name is another or lies below it.
#[must_use]
pub fn below(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{End, Found, Ipv4Addr, Meaning, Names};

    const ONE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const TWO: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

    fn names() -> Names {
        let mut names = Names::default();
        names.add_zone("example.com.");
        names.add("example.com.", Meaning::Other);
        names.add("*.app.example.com", Meaning::Alias("lb.amazonaws.com.".into()));
        names.add("deep.down.app.example.com", Meaning::Addresses(vec![ONE]));
        names.add("www.example.com", Meaning::Canonical("Any.App.example.com.".into()));
        names.add("out.example.com", Meaning::Canonical("elsewhere.org".into()));
        names.add("a.example.com", Meaning::Canonical("b.example.com".into()));
        names.add("b.example.com", Meaning::Canonical("a.example.com".into()));
        names.add("LB.amazonaws.com", Meaning::Addresses(vec![ONE]));
        names.add("lb.amazonaws.com", Meaning::Addresses(vec![TWO]));
        names
    }

    #[test]
    fn a_wildcard_stands_for_all_names_that_are_not_there() {
        let both = End::Addresses(vec![ONE, TWO]);
        for name in ["x.app.example.com", "X.Y.App.Example.COM."] {
            assert_eq!(names().look_up(name), Found { chain: Vec::new(), end: both.clone() }, "{name}");
        }
        assert_eq!(names().look_up("deep.down.app.example.com").end, End::Addresses(vec![ONE]));
        // It is there, if only because something is below it; and so are its other children not there.
        assert_eq!(names().look_up("down.app.example.com").end, End::Addresses(Vec::new()));
        assert_eq!(names().look_up("other.down.app.example.com").end, End::Nowhere);
    }

    #[test]
    fn what_stands_for_another_name_says_so_unless_it_is_an_alias() {
        let found = names().look_up("www.example.com");
        assert_eq!(found.chain, [("www.example.com".to_owned(), "Any.App.example.com.".to_owned())]);
        assert_eq!(found.end, End::Addresses(vec![ONE, TWO]));
        assert_eq!(names().look_up("out.example.com").end, End::Elsewhere("elsewhere.org".into()));
    }

    #[test]
    fn what_is_not_known_is_nowhere_in_a_zone_and_elsewhere_outside() {
        assert_eq!(names().look_up("no.example.com").end, End::Nowhere);
        assert_eq!(names().look_up("example.com").end, End::Addresses(Vec::new()));
        assert_eq!(names().look_up("badexample.com").end, End::Elsewhere("badexample.com".into()));
        assert_eq!(names().look_up("a.example.com").end, End::Nowhere, "a circle ends");
    }
}
