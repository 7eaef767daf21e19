//! Network interfaces, which often outlive what they belong to by minutes.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::is_code;
use common::session::Session;

use super::listed;

/// Runs a delete, and where AWS refuses it because of what is in the way, adds which network interfaces these are.
///
/// # Errors
/// What the delete fails with.
pub async fn naming<T>(
    session: &Session,
    among: ec2::Filter,
    delete: impl Future<Output = Result<T>>,
) -> Result<T> {
    let error = match delete.await {
        Err(error) if is_code(&error, &["DependencyViolation"]) => error,
        other => return other,
    };
    // What it was refused for counts, whether or not the reason can be found.
    let interfaces = list(session, among).await.unwrap_or_default();
    if interfaces.is_empty() {
        return Err(error);
    }
    let interfaces: Vec<String> = interfaces.iter().map(described).collect();
    Err(error.context(format!("held by {}", listed(&interfaces))))
}

/// `network interface eni-… (RDSNetworkInterface, of amazon-rds)`.
pub fn described(it: &ec2::NetworkInterface) -> String {
    let owner = it.attachment().and_then(|attachment| {
        attachment.instance_id().or(attachment.instance_owner_id()).map(|owner| format!("of {owner}"))
    });
    let about = [it.description().map(str::to_owned), owner];
    let about: Vec<String> = about.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    format!("network interface {} ({})", it.network_interface_id().unwrap_or_default(), about.join(", "))
}

/// All that fit the filter.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, among: ec2::Filter) -> Result<Vec<ec2::NetworkInterface>> {
    session
        .aws
        .ec2()
        .describe_network_interfaces()
        .filters(among)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the network interfaces of the VPC")
}

/// Whether it stays until somebody deletes it: it is attached to nothing, and no service looks after it.
pub fn stays(it: &ec2::NetworkInterface) -> bool {
    it.status() == Some(&ec2::NetworkInterfaceStatus::Available) && it.requester_managed() != Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_told_with_its_owner() {
        let attachment = ec2::NetworkInterfaceAttachment::builder().instance_owner_id("amazon-elb").build();
        let it = ec2::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .description("ELB app/x/1")
            .attachment(attachment)
            .build();
        assert_eq!(described(&it), "network interface eni-1 (ELB app/x/1, of amazon-elb)");
    }
    #[test]
    fn an_interface_that_a_service_made_goes_by_itself() {
        let available = ec2::NetworkInterface::builder().status(ec2::NetworkInterfaceStatus::Available);
        assert!(stays(&available.clone().build()));
        assert!(!stays(&available.requester_managed(true).build()));
        assert!(!stays(&ec2::NetworkInterface::builder().status(ec2::NetworkInterfaceStatus::InUse).build()));
    }
}
