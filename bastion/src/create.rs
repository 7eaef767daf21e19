//! `bastion create`: elastic IP and instance side by side, then the document, then everything up to the first login.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::converge::converge_unprotected;
use common::fault::Fault;
use common::network;
use common::section::{Bastion, Vpc};
use common::server::mark::{self, LOGIN_KEY};
use common::server::{ElasticIp, FoundAddress, retag, user};
use common::session::Session;
use common::ssh::{Folder, PublicKey};
use common::tags::ec2_value;

use crate::cli::Create;
use crate::image::{self, DEFAULT_TYPE, Image};
use crate::instance::Server;
use crate::inventory::{Inventory, name};
use crate::section::{SECTION, section};
use crate::settle;

/// Makes the server or brings it in line.
///
/// # Errors
/// Usage, conflict and not-found faults; AWS's refusal.
pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let read = both(
        both(Inventory::read(session), image::find(session, flags)),
        both(network::vpc(session), network::security_groups(session)),
    );
    let ((inventory, image), (vpc, groups)) = session.inventory(read).await?;
    let server = Server {
        name: name(session),
        flags,
        key: login_key(session, flags, &inventory).await?,
        subnets: public_subnets(session, &vpc)?,
        security_group: network::security_group(&groups, "bastion")?.id.clone(),
        dead: inventory.dead.len(),
        image,
    };
    let address = ElasticIp { name: name(session), component: "bastion" };
    let made = both(
        converge_unprotected(session, &server, &inventory.live),
        converge_unprotected(session, &address, &inventory.addresses),
    );
    let tags = mark::tags(session, "bastion", &server.name, &[]);
    let retag = retag(session, tags, &inventory.live, &inventory.addresses);
    let ((instance, address), ()) = both(made, retag).await?;
    write(session, &server.image, flags, instance.as_ref(), address.as_ref())?;
    match instance {
        Some(instance) => Box::pin(settle::settle(session, &instance, address.as_ref())).await,
        None => Ok(()),
    }
}

/// The key that may log in to a server that is made now. A given one is noted, so that this machine finds it, unless the server that is
/// there has another: that will be refused.
async fn login_key(session: &Session, flags: &Create, inventory: &Inventory) -> Result<Option<PublicKey>> {
    if session.is_planning() {
        return Ok(None);
    }
    let folder = Folder::of(&session.identity)?;
    if let (Some(path), Some(key)) = (&flags.key, flags.public_key()?) {
        let is_other =
            |it: &ec2::Instance| ec2_value(it.tags(), LOGIN_KEY).is_some_and(|has| has != key.fingerprint());
        if !inventory.live.iter().any(is_other) {
            folder.note_given(path, &key)?;
        }
        return Ok(Some(key));
    }
    if inventory.live.is_empty() { folder.own_key().await.map(Some) } else { Ok(None) }
}

fn public_subnets(session: &Session, vpc: &Vpc) -> Result<Vec<String>> {
    let ids: Vec<String> = vpc.subnets.public.iter().filter_map(|it| it.id.clone()).collect();
    if ids.is_empty() && !session.is_planning() {
        return Err(Fault::not_found("the VPC has no public subnet").hint("run `vpc create` first").into());
    }
    Ok(ids)
}

/// The host key is not known yet when a server is new. So that a second run writes the same document as the first, it is `show` that
/// puts it in, and `create` that leaves it there.
fn write(
    session: &Session,
    image: &Image,
    flags: &Create,
    instance: Option<&ec2::Instance>,
    address: Option<&FoundAddress>,
) -> Result<()> {
    let before = session.section::<Bastion>(SECTION)?.unwrap_or_default();
    let mut section = section(session, instance, address);
    if instance.is_none() {
        section.image_id = Some(image.id.clone());
        section.instance_type = Some(flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE).to_owned());
        section.user = Some(flags.user.as_deref().unwrap_or(user::DEFAULT).to_owned());
    } else if before.id == section.id {
        section.host_key = before.host_key;
    }
    session.write(|document| document.set_section(SECTION, &section))
}
