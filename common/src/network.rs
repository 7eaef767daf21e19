//! What other commands need of the network and the security groups when the document does not carry it: looked up by tags.

use anyhow::Result;

use crate::call::Call as _;
use crate::fault::Fault;
use crate::section::{Named, SecurityGroup, Subnet, Vpc};
use crate::session::Session;
use crate::tags::{ec2_name, ec2_own, ec2_value};

/// The tiers of subnets, as their names carry them: `expense-dev-private-us-east-1a`.
pub const TIERS: [&str; 3] = ["public", "private", "database"];

/// The VPC with its subnets, from the document or else from AWS. Route tables and gateways are filled from the document only.
///
/// # Errors
/// Not found, naming the command to run first; AWS's refusal.
pub async fn vpc(session: &Session) -> Result<Vpc> {
    if let Some(vpc) = session.section::<Vpc>("vpc")? {
        return Ok(vpc);
    }
    look_up_vpc(session).await?.ok_or_else(|| absent(session, "vpc"))
}

/// The security groups, from the document or else from AWS.
///
/// # Errors
/// Not found, naming the command to run first; AWS's refusal.
pub async fn security_groups(session: &Session) -> Result<Named<SecurityGroup>> {
    if let Some(groups) = session.section::<Named<SecurityGroup>>("sg")? {
        return Ok(groups);
    }
    let groups = look_up_security_groups(session).await?;
    if groups.is_empty() {
        return Err(absent(session, "sg"));
    }
    Ok(groups)
}

/// One security group by its role.
///
/// # Errors
/// Not found, naming the command to run first.
pub fn security_group<'a>(groups: &'a Named<SecurityGroup>, role: &str) -> Result<&'a SecurityGroup> {
    groups.get(role).ok_or_else(|| {
        Fault::not_found(format!("there is no security group {role}"))
            .hint("run `sg create` first, with a rule table that names it")
            .into()
    })
}

fn absent(session: &Session, section: &str) -> anyhow::Error {
    let base = session.identity.base();
    Fault::not_found(format!("the document has no {section} section, and AWS has none of {base} either"))
        .hint(format!("run `{section} create` first"))
        .into()
}

async fn look_up_vpc(session: &Session) -> Result<Option<Vpc>> {
    let (vpcs, subnets) = crate::call::both(
        async {
            session
                .aws
                .ec2()
                .describe_vpcs()
                .set_filters(Some(ec2_own(&session.identity)))
                .send()
                .await
                .cannot("look up the vpc")
        },
        look_up_subnets(session),
    )
    .await?;
    let name = session.identity.base();
    let mut named = vpcs.vpcs().iter().filter(|vpc| ec2_name(vpc.tags()) == name);
    let Some(vpc) = named.next() else {
        return Ok(None);
    };
    if named.next().is_some() {
        return Err(Fault::conflict(format!("there is more than one vpc {name}"))
            .hint("delete the one that is not in use")
            .into());
    }
    let of_tier = |tier: &str| -> Vec<Subnet> {
        let prefix = session.identity.name(tier) + "-";
        let mut of_tier: Vec<Subnet> = subnets
            .iter()
            .filter(|subnet| subnet.name.as_deref().is_some_and(|it| it.starts_with(&prefix)))
            .cloned()
            .collect();
        of_tier.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        of_tier
    };
    Ok(Some(Vpc {
        id: vpc.vpc_id().map(str::to_owned),
        name: Some(name),
        cidr_block: vpc.cidr_block().and_then(|cidr| cidr.parse().ok()),
        subnets: crate::section::Subnets {
            public: of_tier("public"),
            private: of_tier("private"),
            database: of_tier("database"),
        },
        ..Vpc::default()
    }))
}

async fn look_up_subnets(session: &Session) -> Result<Vec<Subnet>> {
    let subnets = session
        .aws
        .ec2()
        .describe_subnets()
        .set_filters(Some(ec2_own(&session.identity)))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the subnets")?;
    Ok(subnets
        .iter()
        .map(|subnet| Subnet {
            id: subnet.subnet_id().map(str::to_owned),
            name: Some(ec2_name(subnet.tags()).to_owned()),
            availability_zone: subnet.availability_zone().map(str::to_owned),
            cidr_block: subnet.cidr_block().and_then(|cidr| cidr.parse().ok()),
        })
        .collect())
}

async fn look_up_security_groups(session: &Session) -> Result<Named<SecurityGroup>> {
    let groups = session
        .aws
        .ec2()
        .describe_security_groups()
        .set_filters(Some(ec2_own(&session.identity)))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the security groups")?;
    let prefix = session.identity.base() + "-";
    Ok(groups
        .iter()
        .filter_map(|group| {
            let name = group.group_name()?;
            let role = name.strip_prefix(&prefix)?;
            // One that `bake` made for a builder goes with it.
            if ec2_value(group.tags(), "Component") == Some("bake") {
                return None;
            }
            let group = SecurityGroup {
                id: group.group_id().map(str::to_owned),
                name: Some(name.to_owned()),
                rules: Vec::new(),
            };
            Some((role.to_owned(), group))
        })
        .collect())
}
