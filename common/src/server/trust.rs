//! By which host key a server is known: seen once on its console, then noted on this machine and, as a tag, for all others.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;

use super::mark::{self, HOST_KEY};
use crate::call::Call as _;
use crate::fault::Fault;
use crate::session::Session;
use crate::ssh::{Folder, until_host_key};
use crate::tags::{ec2_name, ec2_tags};

/// Makes sure that the host key is in `known_hosts`. Costs a call only where neither this machine nor the tag has it.
///
/// # Errors
/// A conflict where the two differ; not in time; AWS's refusal.
pub async fn establish(session: &Session, folder: &Folder, instance: &ec2::Instance) -> Result<()> {
    let id = instance.instance_id().unwrap_or_default();
    let (tagged, known) = (mark::host_key(instance.tags()), folder.known_host(id)?);
    match (tagged, known) {
        (Some(tagged), Some(known)) if tagged == known => Ok(()),
        (Some(_), Some(_)) => Err(Fault::conflict(format!(
            "the host key in the tags of {id} is another than the one this machine knows"
        ))
        .hint(format!(
            "find out who changed the tag; {} has the known one",
            folder.file("known_hosts").display()
        ))
        .into()),
        (Some(tagged), None) => folder.note_host(id, &tagged),
        (None, Some(known)) => tag(session, instance, &known.line()).await,
        (None, None) => {
            let key = until_host_key(session, id).await?;
            folder.note_host(id, &key)?;
            tag(session, instance, &key.line()).await
        }
    }
}

async fn tag(session: &Session, instance: &ec2::Instance, line: &str) -> Result<()> {
    let id = instance.instance_id().unwrap_or_default();
    let tags = ec2_tags(&[(HOST_KEY.to_owned(), line.to_owned())]);
    let call = session.aws.ec2().create_tags().resources(id).set_tags(Some(tags));
    let what = format!("instance {} ({id}): note its host key", ec2_name(instance.tags()));
    let call = Box::pin(async { call.send().await.cannot(format!("tag the instance {id}")) });
    session.change(what, call).await.map(|_| ())
}
