//! What this run makes, changes and deletes: said as it happens, told again when something fails, and only said in a dry run.

use std::cell::RefCell;

/// So many can be read in one line.
const FEW: usize = 4;

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Make,
    Change,
    Delete,
}

impl Verb {
    /// `would make`.
    pub fn planned(self) -> &'static str {
        match self {
            Self::Make => "would make",
            Self::Change => "would change",
            Self::Delete => "would delete",
        }
    }

    /// `made`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Make => "made",
            Self::Change => "changed",
            Self::Delete => "deleted",
        }
    }
}

/// The changes of one run, in order.
#[derive(Debug, Default)]
pub struct Changes {
    done: RefCell<Vec<(Verb, String)>>,
}

impl Changes {
    pub fn push(&self, verb: Verb, what: String) {
        self.done.borrow_mut().push((verb, what));
    }

    pub fn is_empty(&self) -> bool {
        self.done.borrow().is_empty()
    }

    /// For an error's report: one line where they are few, and otherwise a line each, in order.
    pub fn told(&self) -> Vec<String> {
        let done = self.done.borrow();
        if done.len() <= FEW {
            return vec![format!("so far: {}", summary(&done))];
        }
        let width = [Verb::Make, Verb::Change, Verb::Delete].map(|verb| verb.done().len()).into_iter().max();
        let width = width.unwrap_or_default();
        let lines = done.iter().map(|(verb, what)| format!("  {:width$} {what}", verb.done()));
        std::iter::once("so far:".to_owned()).chain(lines).collect()
    }
}

/// `made VPC expense-dev (vpc-1), subnet …; deleted …`.
fn summary(done: &[(Verb, String)]) -> String {
    [Verb::Make, Verb::Change, Verb::Delete]
        .into_iter()
        .filter_map(|verb| {
            let of_verb: Vec<&str> =
                done.iter().filter(|(done, _)| *done == verb).map(|(_, what)| what.as_str()).collect();
            (!of_verb.is_empty()).then(|| format!("{} {}", verb.done(), of_verb.join(", ")))
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Changes, Verb};

    #[test]
    fn few_changes_take_one_line_and_many_a_line_each() {
        let changes = Changes::default();
        for (verb, what) in [(Verb::Make, "a"), (Verb::Delete, "b"), (Verb::Make, "c"), (Verb::Change, "d")] {
            changes.push(verb, what.to_owned());
        }
        assert_eq!(changes.told(), ["so far: made a, c; changed d; deleted b"]);
        changes.push(Verb::Make, "e".to_owned());
        let lines = ["so far:", "  made    a", "  deleted b", "  made    c", "  changed d", "  made    e"];
        assert_eq!(changes.told(), lines);
    }
}
