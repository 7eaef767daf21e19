//! From launched to logged in: it runs, its elastic IP leads to it, SSH answers, its host key is known, the first start is over.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::fault::Fault;
use common::server::mark::LOGIN_KEY;
use common::server::{
    FoundAddress, associate, bastion_host, establish, is_key_here, is_running, until_running,
};
use common::session::Session;
use common::ssh::{Folder, config, log_in, until_answering};
use common::tags::ec2_value;

use crate::inventory::name;

/// Waits until it can be logged in to. Without waiting only what can be done at once is done.
///
/// # Errors
/// It failed, does not answer in time, has another host key than the known one, or does not let in.
pub async fn settle(
    session: &Session,
    instance: &ec2::Instance,
    address: Option<&FoundAddress>,
) -> Result<()> {
    if session.is_planning() || (!session.waits() && !is_running(instance)) {
        return Ok(());
    }
    let Some(address) = address else {
        return Err(Fault::not_found(format!("{} has no elastic IP", name(session)))
            .hint("run `bastion create` again: it makes what is missing")
            .into());
    };
    let id = instance.instance_id().unwrap_or_default();
    let running = if is_running(instance) && address.instance.as_deref() == Some(id) {
        instance.clone()
    } else {
        until_running(session, id).await?.unwrap_or_else(|| instance.clone())
    };
    if address.instance.as_deref() != Some(id) {
        let what = format!("elastic IP {} ({}): lead it to {id}", name(session), address.allocation);
        session.change(what, Box::pin(associate(session, &address.allocation, id))).await?;
    }
    if session.waits() { Box::pin(log_in_to(session, &running, address)).await } else { Ok(()) }
}

async fn log_in_to(session: &Session, instance: &ec2::Instance, address: &FoundAddress) -> Result<()> {
    let Some(public_ip) = address.public_ip else { return Ok(()) };
    let name = name(session);
    until_answering(session, &name, public_ip).await?;
    let folder = Folder::of(&session.identity)?;
    Box::pin(establish(session, &folder, instance)).await?;
    let host = bastion_host(session, &folder, instance, public_ip);
    let fingerprint = ec2_value(instance.tags(), LOGIN_KEY).unwrap_or_default();
    let has_key = is_key_here(&folder, fingerprint);
    let path = folder.write_config(&config(&folder, &[host]))?;
    if !has_key {
        session.progress.line(&format!(
            "{name} answers; its key {fingerprint} is not on this machine, so nobody logged in"
        ));
        return Ok(());
    }
    log_in(session, &path, &name).await
}
