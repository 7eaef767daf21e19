//! The names of one component's images and of their making.

use std::fmt;

use common::identity::Identity;

/// The tag `Component` of everything that is there while an image is made: not the component's, so that nothing takes a builder for it.
pub const MAKING: &str = "bake";

/// The longest name of an image (EC2 API reference).
const LONGEST: usize = 128;

/// The names that follow from the environment and NAME.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names {
    /// NAME: the key in the document's section, and the tag `Component` of the images.
    pub name: String,
    /// Of the images, as they begin: `expense-dev-backend`.
    pub full: String,
    /// Of builder and security group: `expense-dev-bake-backend`.
    pub builder: String,
    /// Of the folder of keys: `bake-backend`.
    pub folder: String,
}

impl Names {
    pub fn new(identity: &Identity, name: &str) -> Self {
        let folder = format!("{MAKING}-{name}");
        Self { name: name.to_owned(), full: identity.name(name), builder: identity.name(&folder), folder }
    }

    /// The name of an image: `expense-dev-backend-1.4.2-0123456789ab`, and one more of the same things has a number.
    pub fn image(&self, version: &str, fingerprint: &str, generation: usize) -> String {
        let short: String = fingerprint.chars().take(12).collect();
        let number = if generation > 1 { format!("-{generation}") } else { String::new() };
        let room = LONGEST - self.full.len() - short.len() - number.len() - 2;
        let permitted = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let version: String = version.chars().take(room).map(permitted).collect();
        format!("{}-{version}-{short}{number}", self.full)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_that_ec2_takes() {
        let identity =
            Identity::new("a23456789012345678901-bc", "production", std::collections::BTreeMap::new())
                .unwrap();
        let names = Names::new(&identity, "a-name-of-25-letters-long");
        let image = names.image(&"1+".repeat(32), &"f".repeat(64), 12);
        assert!(image.len() <= LONGEST && image.ends_with("-ffffffffffff-12"), "{image}");
        assert!(image.chars().all(|c| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c)), "{image}");
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "backend");
        assert_eq!(names.image("1.4.2", "0123456789abcdef", 1), "expense-dev-backend-1.4.2-0123456789ab");
    }
}
