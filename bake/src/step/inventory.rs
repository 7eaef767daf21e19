//! The inventory of Ansible: the builder, in the groups of its component, its project and its environment.

use common::identity::Identity;

use crate::names::Names;

/// The text of it. `host` is what the builder is called, `variables` how it is reached.
pub fn text(identity: &Identity, names: &Names, host: &str, variables: &str) -> String {
    let mut groups = vec![names.name.as_str(), identity.project.as_str(), identity.environment.as_str()];
    groups.sort_unstable();
    groups.dedup();
    // Ansible has these of its own, and everything is in the first.
    groups.retain(|it| !matches!(*it, "all" | "ungrouped"));
    let sections: Vec<String> = groups.iter().map(|group| format!("\n[{group}]\n{host}\n")).collect();
    format!("{host} {variables}\n{}", sections.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builder_is_in_the_groups_a_playbook_may_name() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "backend");
        let wanted = "b ansible_user=u\n\n[backend]\nb\n\n[dev]\nb\n\n[expense]\nb\n";
        assert_eq!(text(&identity, &names, "b", "ansible_user=u"), wanted);
    }
}
