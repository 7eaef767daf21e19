//! Out: every group lets everything out. AWS makes a group so; where that rule is gone it is put back.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::is_code;
use common::session::Session;
use common::tags::ec2_specification;
use ipnet::{IpNet, Ipv4Net};
use sg::rules::{Rule, Source, Traffic};

use crate::inventory::{Group, RolesById};
use crate::permission::rules_in;
use crate::tags::of_group;

/// Everything to 0.0.0.0/0.
pub fn to_anywhere() -> ec2::IpPermission {
    let anywhere = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    ec2::IpPermission::builder().ip_protocol("-1").ip_ranges(anywhere).build()
}

/// Whether the group lets everything out.
pub fn is_open(group: &Group) -> bool {
    let wanted = Rule { traffic: Traffic::All, source: Source::Cidr(IpNet::V4(Ipv4Net::default())) };
    rules_in(&group.egress, &group.account, &RolesById::new()).contains_key(&wanted)
}

/// Lets everything out again where that is not so.
///
/// # Errors
/// AWS's refusal.
pub async fn open(session: &Session, group: &Group) -> Result<()> {
    if is_open(group) {
        return Ok(());
    }
    let call = async {
        let allowed = session
            .aws
            .ec2()
            .authorize_security_group_egress()
            .group_id(&group.id)
            .ip_permissions(to_anywhere())
            .tag_specifications(ec2_specification(
                ec2::ResourceType::SecurityGroupRule,
                &of_group(session, &group.name),
            ))
            .send()
            .await
            .cannot(format!("let everything out of the security group {}", group.name));
        match allowed {
            Err(error) if !is_code(&error, &["InvalidPermission.Duplicate"]) => Err(error),
            _ => Ok(()),
        }
    };
    session.change(format!("security group {}: let everything out", group.name), call).await?;
    Ok(())
}
