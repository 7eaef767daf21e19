//! The names of one component, in the document and in AWS.

use std::fmt;

use common::identity::{Identity, shortened};

/// The longest name of a target group (ELB API reference).
const LONGEST: usize = 32;

/// The names that follow from the environment and NAME.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names {
    /// NAME: the key in the document's section, the role of the security group, and the tag `Component`.
    pub name: String,
    /// Of Auto Scaling group and launch template, and the tag `Name`: `expense-dev-backend`.
    pub full: String,
    /// Of the target group.
    pub target_group: String,
}

impl Names {
    pub fn new(identity: &Identity, name: &str) -> Self {
        let full = identity.name(name);
        Self { name: name.to_owned(), target_group: target_group(&full), full }
    }

    /// From an AWS name or the tag `Name`, where it is one of this environment.
    pub fn of_full(identity: &Identity, full: &str) -> Option<Self> {
        let name = full.strip_prefix(&identity.name(""))?;
        crate::flags::name(name).is_ok().then(|| Self::new(identity, name))
    }

    /// The tags of everything made for it.
    pub fn tags(&self, identity: &Identity) -> Vec<(String, String)> {
        identity.tags_of(&self.name, &self.full)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

/// AWS keeps names that begin with `internal-` for itself.
fn target_group(full: &str) -> String {
    let permitted = if full.starts_with("internal-") { format!("tg-{full}") } else { full.to_owned() };
    shortened(&permitted, LONGEST)
}

/// The name of a load balancer as `alb` makes it.
pub fn balancer(identity: &Identity, name: &str) -> String {
    let full = identity.name(name);
    let permitted = if full.starts_with("internal-") { format!("alb-{full}") } else { full };
    shortened(&permitted, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(project: &str, environment: &str) -> Identity {
        Identity::new(project, environment, std::collections::BTreeMap::new()).unwrap()
    }

    #[test]
    fn every_name_is_one_that_elb_takes() {
        for (project, environment) in
            [("expense", "dev"), ("internal", "dev"), ("a23456789012345678901-bc", "prod")]
        {
            let identity = identity(project, environment);
            for name in ["backend", "a-name-of-20-letters"] {
                let names = Names::new(&identity, name);
                assert!(names.target_group.len() <= 32 && !names.target_group.ends_with('-'), "{names}");
                assert!(!names.target_group.starts_with("internal-"), "{names}");
                assert_eq!(Names::of_full(&identity, &names.full), Some(names));
            }
        }
        assert_eq!(Names::new(&identity("expense", "dev"), "backend").target_group, "expense-dev-backend");
    }

    #[test]
    fn a_name_of_another_environment_is_not_ours() {
        let identity = identity("expense", "dev");
        assert_eq!(Names::of_full(&identity, "expense-prod-backend"), None);
        assert_eq!(Names::of_full(&identity, "expense-dev-"), None);
    }
}
