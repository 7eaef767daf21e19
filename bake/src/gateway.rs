//! The bastion, as the way to the builder. `bastion create` hands on its document before anybody can log in, so that is waited for
//! here.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::fault::{Fault, Kind};
use common::server::mark::LOGIN_KEY;
use common::server::{
    FoundAddress, bastion_host, establish, is_key_here, is_live, is_running, list, list_addresses, name_of,
};
use common::session::Session;
use common::ssh::{Folder, Host, config, until_answering};
use common::tags::{ec2_filter, ec2_value};
use common::wait::{State, until_ready};

/// A bastion takes a minute or two.
const LONGEST: Duration = Duration::from_mins(10);

/// Waits until the bastion answers and its host key is known. Answers the configuration that leads to it, and its name there.
///
/// # Errors
/// Not in time; denied where this machine has no key of it; a conflict where it has another host key.
pub async fn ready(session: &Session) -> Result<(String, String)> {
    let name = session.identity.name("bastion");
    let mut found = None;
    until_ready(session, LONGEST, async || {
        let filters = vec![ec2_filter("tag:Name", [name.as_str()])];
        let (instances, addresses) = both(list(session, filters), list_addresses(session, &name)).await?;
        let (state, reached) = state(&instances, &addresses);
        found = reached;
        Ok(vec![(format!("bastion {name}"), state)])
    })
    .await?;
    let Some((instance, address)) = found else {
        return Err(Fault::not_found(format!("there is no instance {name}")).into());
    };
    let folder = Folder::of(&session.identity)?;
    let fingerprint = ec2_value(instance.tags(), LOGIN_KEY).unwrap_or_default();
    if !is_key_here(&folder, fingerprint) {
        return Err(Fault::new(
            Kind::Denied,
            format!("the key of {name} ({fingerprint}) is not on this machine"),
        )
        .hint("run this where the bastion was made, or give the key to an agent")
        .into());
    }
    let Some(public_ip) = address.public_ip else {
        return Err(Fault::not_found(format!("{name} has no address")).into());
    };
    until_answering(session, &name, public_ip).await?;
    Box::pin(establish(session, &folder, &instance)).await?;
    let host: Host = bastion_host(session, &folder, &instance, public_ip);
    Ok((config(&folder, &[host]), name))
}

fn state(
    instances: &[ec2::Instance],
    addresses: &[FoundAddress],
) -> (State, Option<(ec2::Instance, FoundAddress)>) {
    let Some(instance) = instances.iter().find(|it| is_live(it)) else {
        return (State::Failed("there is none any more".to_owned()), None);
    };
    let leads = |it: &&FoundAddress| it.instance.as_deref() == instance.instance_id();
    match addresses.iter().find(leads) {
        _ if matches!(name_of(instance), "stopping" | "stopped") => {
            (State::Failed("it is stopped: run `bastion start`".to_owned()), None)
        }
        Some(address) if is_running(instance) => (State::Ready, Some((instance.clone(), address.clone()))),
        Some(_) => (State::Pending(name_of(instance).to_owned()), None),
        None => (State::Pending("its elastic IP does not lead to it yet".to_owned()), None),
    }
}
