//! What an account is and may.

use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("DescribeAccountAttributes", list, "AttributeName.N")];

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let default_vpc =
        call.region.ec2.vpcs.values().find(|vpc| vpc.default).map_or("none", |vpc| &vpc.meta.id);
    let addresses = call.conditions.quota("elastic-ip", 5).to_string();
    let all = [
        ("supported-platforms", "VPC"),
        ("default-vpc", default_vpc),
        ("max-instances", "20"),
        ("vpc-max-security-groups-per-interface", "5"),
        ("max-elastic-ips", &addresses),
        ("vpc-max-elastic-ips", &addresses),
    ];
    let names = call.params.texts("AttributeName");
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|(known, _)| known == *name)) {
        return Err(AwsError::invalid_value(format!(
            "Value ({unknown}) for parameter attributeName is invalid."
        )));
    }
    let wanted = all.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let show = |(name, value): &(&str, &str)| {
        let values = [Node::new().put("attributeValue", value)];
        Node::new().put("attributeName", name).list("attributeValueSet", values)
    };
    Ok(Node::new().list("accountAttributeSet", wanted.map(show)).into())
}
