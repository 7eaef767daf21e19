//! Rules that name our groups, in whichever group they stand: while there is one, AWS deletes no group.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::fault::is_code;
use common::session::Session;
use common::tags::ec2_filter;

use crate::ingress::few;
use crate::inventory::Group;
use crate::permission::traffic_of;

/// Other runs may take rules away at the same time; each look after that finds fewer.
const LOOKS: usize = 5;

/// The rules of one group, in one direction, that name groups of ours and nothing else.
pub struct Reference {
    group_id: String,
    group_name: String,
    direction: Direction,
    permissions: Vec<ec2::IpPermission>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Every rule that names one of these groups.
///
/// # Errors
/// AWS's refusal.
pub async fn find(session: &Session, groups: &[Group]) -> Result<Vec<Reference>> {
    let (rules_in, rules_out) = both(
        look(session, groups, "ip-permission.group-id"),
        look(session, groups, "egress.ip-permission.group-id"),
    )
    .await?;
    let of = |group: &ec2::SecurityGroup, direction| {
        let permissions = match direction {
            Direction::In => group.ip_permissions(),
            Direction::Out => group.ip_permissions_egress(),
        };
        let reference = Reference {
            group_id: group.group_id().unwrap_or_default().to_owned(),
            group_name: group.group_name().unwrap_or_default().to_owned(),
            direction,
            permissions: permissions.iter().filter_map(|it| naming(it, groups)).collect(),
        };
        (!reference.permissions.is_empty()).then_some(reference)
    };
    let rules_in = rules_in.iter().filter_map(|group| of(group, Direction::In));
    let rules_out = rules_out.iter().filter_map(|group| of(group, Direction::Out));
    Ok(rules_in.chain(rules_out).collect())
}

async fn look(session: &Session, groups: &[Group], filter: &str) -> Result<Vec<ec2::SecurityGroup>> {
    let mut found = Vec::new();
    // A filter takes 200 values.
    for some in groups.chunks(200) {
        let some = some.iter().map(|group| group.id.as_str());
        let page = session
            .aws
            .ec2()
            .describe_security_groups()
            .filters(ec2_filter(filter, some))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .cannot("look up the rules that name the security groups")?;
        found.extend(page);
    }
    Ok(found)
}

/// The part of a permission that names these groups.
fn naming(permission: &ec2::IpPermission, groups: &[Group]) -> Option<ec2::IpPermission> {
    let is_ours =
        |pair: &&ec2::UserIdGroupPair| groups.iter().any(|it| pair.group_id() == Some(it.id.as_str()));
    let pairs: Vec<ec2::UserIdGroupPair> = permission
        .user_id_group_pairs()
        .iter()
        .filter(is_ours)
        .map(|pair| {
            ec2::UserIdGroupPair::builder()
                .set_group_id(pair.group_id.clone())
                .set_user_id(pair.user_id.clone())
                .build()
        })
        .collect();
    (!pairs.is_empty()).then(|| {
        ec2::IpPermission::builder()
            .set_ip_protocol(permission.ip_protocol.clone())
            .set_from_port(permission.from_port)
            .set_to_port(permission.to_port)
            .set_user_id_group_pairs(Some(pairs))
            .build()
    })
}

/// Takes away every rule that names one of these groups, in other people's groups too: only those rules, and each is told.
///
/// # Errors
/// AWS's refusal.
pub async fn revoke(session: &Session, groups: &[Group]) -> Result<()> {
    for _ in 0..LOOKS {
        let references = find(session, groups).await?;
        if references.is_empty() {
            return Ok(());
        }
        let taken = few(references.iter().map(|reference| reference.revoke(session, groups))).await?;
        if taken.iter().all(|taken| *taken) {
            return Ok(());
        }
    }
    Ok(())
}

impl Reference {
    /// `22/tcp from expense-dev-bastion`, each.
    fn rules(&self, groups: &[Group]) -> Vec<String> {
        let word = if self.direction == Direction::In { "from" } else { "to" };
        let name_of = |pair: &ec2::UserIdGroupPair| {
            groups
                .iter()
                .find(|group| pair.group_id() == Some(group.id.as_str()))
                .map_or("?", |group| &group.name)
                .to_owned()
        };
        let rules_of = |permission: &ec2::IpPermission| -> Vec<String> {
            let traffic = traffic_of(permission).map_or_else(|| "?".to_owned(), |it| it.to_string());
            let rule = |pair| format!("{traffic} {word} {}", name_of(pair));
            permission.user_id_group_pairs().iter().map(rule).collect()
        };
        self.permissions.iter().flat_map(rules_of).collect()
    }

    /// `rule 22/tcp from expense-dev-bastion of default (sg-…)`, for a report of what holds a group.
    pub fn describe(&self, groups: &[Group]) -> String {
        format!("rule {} of {} ({})", self.rules(groups).join(", "), self.group_name, self.group_id)
    }

    /// False where a rule was gone already, so that none of them was taken away.
    async fn revoke(&self, session: &Session, groups: &[Group]) -> Result<bool> {
        let is_foreign = !groups.iter().any(|group| group.id == self.group_id);
        let stays = if is_foreign { "; the group itself stays" } else { "" };
        let what = format!(
            "security group {} ({}): revoke {}{stays}",
            self.group_name,
            self.group_id,
            self.rules(groups).join(", ")
        );
        match session.change(what, self.call(session)).await {
            Err(error) if is_code(&error, &["InvalidPermission.NotFound", "InvalidGroup.NotFound"]) => {
                Ok(false)
            }
            other => other.map(|_| true),
        }
    }

    async fn call(&self, session: &Session) -> Result<()> {
        let what = format!("take rules away from the security group {}", self.group_name);
        let permissions = Some(self.permissions.clone());
        let ec2 = session.aws.ec2();
        match self.direction {
            Direction::In => ec2
                .revoke_security_group_ingress()
                .group_id(&self.group_id)
                .set_ip_permissions(permissions)
                .send()
                .await
                .cannot(what)
                .map(|_| ()),
            Direction::Out => ec2
                .revoke_security_group_egress()
                .group_id(&self.group_id)
                .set_ip_permissions(permissions)
                .send()
                .await
                .cannot(what)
                .map(|_| ()),
        }
    }
}
