//! What this run makes, changes and deletes: said as it happens, told again when something fails, and only said in a dry run.

use std::cell::RefCell;

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

    /// `made vpc expense-dev (vpc-1), subnet …; deleted …`, for an error's report.
    pub fn summary(&self) -> String {
        let done = self.done.borrow();
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
}
