//! Whose environment this is: project, environment, account and Region, and the names and tags that follow from them.
//!
//! There is no state file: AWS and its tags are the state. Everything is named `<project>-<environment>-<role>` and found again by
//! that name and by the tags below, so both are made here and nowhere else.

use std::collections::BTreeMap;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::fault::Fault;

/// Tag keys that stackpipe sets itself. A person's own tag may not use them.
pub const RESERVED_TAGS: [&str; 5] = ["Project", "Environment", "Component", "Name", "ManagedBy"];

/// The value of `ManagedBy` on everything made here.
pub const MANAGED_BY: &str = "stackpipe";

/// Project, environment and the person's own tags: what is known before AWS is asked anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub project: String,
    pub environment: String,
    /// The person's own tags, put on everything.
    pub tags: BTreeMap<String, String>,
}

impl Identity {
    /// Checks the names.
    ///
    /// # Errors
    /// A usage fault where a name or a tag could not be used in AWS.
    pub fn new(project: &str, environment: &str, tags: BTreeMap<String, String>) -> Result<Self, Fault> {
        check_name("project", project, 24)?;
        check_name("environment", environment, 12)?;
        check_tags(&tags)?;
        Ok(Self { project: project.to_owned(), environment: environment.to_owned(), tags })
    }

    /// `expense-dev`.
    pub fn base(&self) -> String {
        format!("{}-{}", self.project, self.environment)
    }

    /// `expense-dev-app-alb` for `app-alb`.
    pub fn name(&self, role: &str) -> String {
        format!("{}-{}-{role}", self.project, self.environment)
    }

    /// The same in at most `longest` characters, for what AWS lets have no longer names (32 for load balancers and target groups).
    pub fn short_name(&self, role: &str, longest: usize) -> String {
        shortened(&self.name(role), longest)
    }

    /// Production asks for a confirmation before anything is deleted, and protects its database.
    pub fn is_production(&self) -> bool {
        matches!(self.environment.as_str(), "prod" | "production")
    }

    /// All tags of one thing: the five of ours, then the person's own.
    pub fn tags_of(&self, component: &str, name: &str) -> Vec<(String, String)> {
        [
            ("Project", self.project.as_str()),
            ("Environment", self.environment.as_str()),
            ("Component", component),
            ("Name", name),
            ("ManagedBy", MANAGED_BY),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .chain(self.tags.clone())
        .collect()
    }

    /// The tags by which everything of this environment is found.
    pub fn own_tags(&self) -> [(&'static str, &str); 3] {
        [("Project", &self.project), ("Environment", &self.environment), ("ManagedBy", MANAGED_BY)]
    }
}

/// Lower case, digits and single hyphens: what every AWS name made from it accepts (RDS identifiers are the strictest).
fn check_name(what: &str, name: &str, longest: usize) -> Result<(), Fault> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= longest;
    if well_formed {
        return Ok(());
    }
    Err(Fault::usage(format!("{what} {} is not usable as a name", quoted(name))).hint(format!(
        "use 1 to {longest} of a-z, 0-9 and single hyphens, a letter first: AWS names are made from it"
    )))
}

/// The person's own tags within AWS's limits (128 and 256 characters, 50 a resource, no `aws:`).
fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() + RESERVED_TAGS.len() > 50 {
        return Err(Fault::usage(format!(
            "{} tags are too many: AWS takes 50 a resource, of which stackpipe uses {}",
            tags.len(),
            RESERVED_TAGS.len()
        )));
    }
    for (key, value) in tags {
        let reserved = RESERVED_TAGS.iter().any(|own| own.eq_ignore_ascii_case(key));
        if reserved {
            return Err(
                Fault::usage(format!("tag {key} is stackpipe's own")).hint("choose another key for your tag")
            );
        }
        let text_fits = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        if key.is_empty()
            || key.chars().count() > 128
            || value.chars().count() > 256
            || key.to_ascii_lowercase().starts_with("aws:")
            || !text_fits(key)
            || !text_fits(value)
        {
            return Err(Fault::usage(format!("tag {} is not one AWS takes", quoted(key))).hint(
                "a key has 1 to 128 and a value up to 256 letters, digits, spaces and _.:/=+-@, and no key begins aws:",
            ));
        }
    }
    Ok(())
}

/// A name cut to `longest` characters. What is too long ends in a hash of all of it, so that two long names stay two.
pub fn shortened(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let digest = Sha256::digest(name.as_bytes());
    let hash = format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let room = longest.saturating_sub(hash.len() + 1);
    let begin: String = name.chars().take(room).collect();
    format!("{}-{hash}", begin.trim_end_matches('-'))
}

/// A hostile text in a message: short, on one line, with its control characters escaped.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(project: &str, environment: &str) -> Result<Identity, Fault> {
        Identity::new(project, environment, BTreeMap::new())
    }

    #[test]
    fn names_that_no_aws_service_would_take_are_refused() {
        for bad in ["", "1st", "Expense", "a--b", "a-", "a b", "ä", "a;rm", &"a".repeat(25)] {
            assert!(named(bad, "dev").is_err(), "{bad}");
        }
        assert!(named("expense", "dev").is_ok());
    }

    #[test]
    fn a_persons_tag_cannot_take_the_place_of_ours() {
        for key in ["Project", "managedby", "aws:x", ""] {
            let tags = BTreeMap::from([(key.to_owned(), "v".to_owned())]);
            assert!(Identity::new("expense", "dev", tags).is_err(), "{key}");
        }
    }

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        let identity = named("a-project-of-24-letters", "production").unwrap();
        let (app, apple) = (identity.short_name("app", 32), identity.short_name("apple", 32));
        assert!(app.len() <= 32 && app.starts_with("a-project-of-24-letters-"), "{app}");
        assert_ne!(app, apple);
        assert_eq!(app, identity.short_name("app", 32));
        assert_eq!(named("expense", "dev").unwrap().short_name("app", 32), "expense-dev-app");
        assert!(!shortened("twenty-two-letters-abc-and-some-more", 32).contains("--"));
    }

    #[test]
    fn a_hostile_text_stays_on_one_line() {
        assert_eq!(quoted("a\n\u{1b}[2J"), "\"a\\n\\u{1b}[2J\"");
    }
}
