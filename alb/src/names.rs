//! The names of one load balancer: in the document, in AWS and in DNS.

use std::fmt;

use common::identity::{Identity, shortened};

/// `Component` on everything made here.
pub const COMPONENT: &str = "alb";

/// The longest name of a load balancer (ELB API reference).
const LONGEST: usize = 32;

/// How much of a name that was cut is still its own: the rest is a hyphen and a hash.
const UNCUT: usize = LONGEST - 9;

/// Who can reach a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Internal,
    InternetFacing,
}

impl Scheme {
    /// AWS's name of it, and the document's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::InternetFacing => "internet-facing",
        }
    }

    pub fn read(text: &str) -> Option<Self> {
        [Self::Internal, Self::InternetFacing].into_iter().find(|scheme| scheme.name() == text)
    }

    /// The tier of subnets it is put in where nothing else is said.
    pub fn tier(self) -> &'static str {
        match self {
            Self::Internal => "private",
            Self::InternetFacing => "public",
        }
    }

    /// The scheme of the two load balancers that need no flags.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "app" => Some(Self::Internal),
            "web" => Some(Self::InternetFacing),
            _ => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The names that follow from the environment and NAME.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names {
    /// NAME: the key in the document's section.
    pub name: String,
    /// `expense-dev-app`, whole however long it is: the tag `Name`.
    pub full: String,
    /// Its name in AWS.
    pub balancer: String,
}

impl Names {
    pub fn new(identity: &Identity, name: &str) -> Self {
        let full = identity.name(name);
        Self { name: name.to_owned(), balancer: shortened(&permitted(&full), LONGEST), full }
    }

    /// From the tag `Name`, where it is one of this environment.
    pub fn of_tag(identity: &Identity, tag: &str) -> Option<Self> {
        tag.strip_prefix(&identity.name(""))
            .filter(|name| !name.is_empty())
            .map(|name| Self::new(identity, name))
    }

    /// `app-alb` for `app`, where there is such a default.
    pub fn default_group(&self) -> Option<String> {
        Scheme::of_name(&self.name).map(|_| format!("{}-alb", self.name))
    }

    /// The record that leads to it. An internal one takes every name below its own, so that each component behind it has one.
    pub fn host(&self, identity: &Identity, scheme: Scheme, domain: &str) -> String {
        let host = format!("{}-{}.{domain}", self.name, identity.environment);
        match scheme {
            Scheme::Internal => format!("*.{host}"),
            Scheme::InternetFacing => host,
        }
    }

    /// What the description of its network interfaces begins with.
    pub fn interfaces(&self) -> String {
        format!("ELB app/{}/", self.balancer)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "load balancer {}", self.balancer)
    }
}

/// AWS keeps names that begin with `internal-` for itself.
fn permitted(full: &str) -> String {
    if full.starts_with("internal-") { format!("alb-{full}") } else { full.to_owned() }
}

/// What the AWS name of every load balancer of this environment begins with, cut or not.
pub fn prefix(identity: &Identity) -> String {
    let begin: String = permitted(&identity.name("")).chars().take(UNCUT).collect();
    begin.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(project: &str, environment: &str) -> Identity {
        Identity::new(project, environment, std::collections::BTreeMap::new()).unwrap()
    }

    #[test]
    fn every_name_is_one_that_elb_takes() {
        for (project, environment) in [
            ("expense", "dev"),
            ("internal", "dev"),
            ("a-project-of-24-letters-", "x"),
            ("a23456789012345678901-bc", "prod"),
        ] {
            let project = project.trim_end_matches('-');
            let identity = identity(project, environment);
            for name in ["app", "web", "a-name-of-20-letters"] {
                let names = Names::new(&identity, name);
                assert!(names.balancer.len() <= 32 && !names.balancer.ends_with('-'), "{names}");
                assert!(!names.balancer.starts_with("internal-"), "{names}");
                assert!(names.balancer.starts_with(&prefix(&identity)), "{names}");
                assert_eq!(Names::of_tag(&identity, &names.full), Some(names));
            }
        }
        assert_eq!(Names::new(&identity("expense", "dev"), "app").balancer, "expense-dev-app");
    }

    #[test]
    fn an_internal_one_takes_every_name_below_its_own() {
        let identity = identity("expense", "dev");
        let host = |name: &str, scheme| Names::new(&identity, name).host(&identity, scheme, "example.com");
        assert_eq!(host("app", Scheme::Internal), "*.app-dev.example.com");
        assert_eq!(host("web", Scheme::InternetFacing), "web-dev.example.com");
    }
}
