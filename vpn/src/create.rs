//! `vpn create`: secret, login key and elastic IP side by side, the instance, the document, then everything up to its first users.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::converge::{converge_unique, converge_unprotected};
use common::fault::Fault;
use common::network;
use common::section::Vpc;
use common::server::{ElasticIp, FoundAddress, retag};
use common::session::Session;
use common::ssh::PublicKey;

use crate::admin::{self, Kept};
use crate::cli::Create;
use crate::image::{self, Image};
use crate::instance::{DEFAULT_TYPE, Server, tags};
use crate::inventory::{COMPONENT, Inventory, name};
use crate::key_pair::KeyPair;
use crate::section::{self, SECTION};
use crate::{login, settle};

/// Makes the server or brings it in line.
///
/// # Errors
/// Usage, conflict and not-found faults; denied where the account has not accepted the image; AWS's refusal.
pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let read = both(
        both(Inventory::read(session), images(session, flags)),
        both(network::vpc(session), network::security_groups(session)),
    );
    let ((inventory, image), (vpc, groups)) = session.inventory(read).await?;
    let mut server = Server {
        name: name(session),
        flags,
        image: image_of(session, flags, &inventory, image).await?,
        key: None,
        public_ip: None,
        subnets: public_subnets(session, &vpc)?,
        security_group: network::security_group(&groups, COMPONENT)?.id.clone(),
        dead: inventory.servers.dead.len(),
    };
    let (address, kept) = surroundings(session, flags, &inventory, &mut server).await?;
    server.public_ip = address.as_ref().and_then(|it| it.public_ip);
    let servers = &inventory.servers;
    let instance = both(
        converge_unprotected(session, &server, &servers.live),
        retag(session, tags(session, &server.name), &servers.live, &servers.addresses),
    );
    let (instance, ()) = Box::pin(instance).await?;
    write(session, &server, instance.as_ref(), address.as_ref(), kept.as_ref())?;
    match instance {
        Some(instance) => {
            let (address, kept) = (address.as_ref(), kept.as_ref());
            Box::pin(settle::settle(session, &instance, address, &vpc, kept)).await
        }
        None => Ok(()),
    }
}

/// The image, side by side with the rest, unless the document shows a server that no flag would change.
async fn images(session: &Session, flags: &Create) -> Result<Option<Image>> {
    let is_known = session.section::<common::section::Vpn>(SECTION)?.is_some_and(|it| it.id.is_some());
    if is_known && flags.ami.is_none() {
        return Ok(None);
    }
    image::find(session, flags).await.map(Some)
}

/// The document's server may be gone.
async fn image_of(
    session: &Session,
    flags: &Create,
    inventory: &Inventory,
    image: Option<Image>,
) -> Result<Option<Image>> {
    if image.is_none() && inventory.servers.live.is_empty() {
        return image::find(session, flags).await.map(Some);
    }
    Ok(image)
}

/// What the server needs before it is launched. The address is one of it: user data carries it.
async fn surroundings(
    session: &Session,
    flags: &Create,
    inventory: &Inventory,
    server: &mut Server<'_>,
) -> Result<(Option<FoundAddress>, Option<Kept>)> {
    let address = ElasticIp { name: name(session), component: COMPONENT };
    let made = both(
        converge_unprotected(session, &address, &inventory.servers.addresses),
        both(
            login_key(session, flags, inventory),
            admin::provide(session, inventory.secret.as_ref(), flags.reset_password),
        ),
    );
    let (address, (key, kept)) = Box::pin(made).await?;
    server.key = key;
    Ok((address, kept))
}

/// The key that may log in to a server that is made now, in EC2 as well. A given one is noted in any case, so that this machine finds
/// it.
async fn login_key(session: &Session, flags: &Create, inventory: &Inventory) -> Result<Option<PublicKey>> {
    let is_new = inventory.servers.live.is_empty();
    if session.is_planning() {
        if is_new && inventory.key_pairs.is_empty() {
            session.make(format!("key pair {}", name(session)), async { Ok(String::new()) }).await?;
        }
        return Ok(None);
    }
    let folder = login::folder(session)?;
    let key = match (&flags.key, flags.public_key()?) {
        (Some(path), Some(key)) => {
            folder.note_given(path, &key)?;
            key
        }
        _ if is_new => folder.own_key().await?,
        _ => return Ok(None),
    };
    if !is_new {
        return Ok(None);
    }
    let pair = KeyPair::of(session, &key);
    let found: Vec<ec2::KeyPairInfo> =
        inventory.key_pairs.iter().filter(|it| it.key_name() == Some(&pair.name)).cloned().collect();
    Box::pin(converge_unique(session, &pair, &found)).await?;
    Ok(Some(key))
}

fn public_subnets(session: &Session, vpc: &Vpc) -> Result<Vec<String>> {
    let ids: Vec<String> = vpc.subnets.public.iter().filter_map(|it| it.id.clone()).collect();
    if ids.is_empty() && !session.is_planning() {
        return Err(Fault::not_found("the VPC has no public subnet").hint("run `vpc create` first").into());
    }
    Ok(ids)
}

fn write(
    session: &Session,
    server: &Server<'_>,
    instance: Option<&ec2::Instance>,
    address: Option<&FoundAddress>,
    kept: Option<&Kept>,
) -> Result<()> {
    let secret_arn = kept.map(|it| it.arn.clone());
    let mut section = section::section(session, instance, address, secret_arn);
    if instance.is_none() {
        section.image_id = server.image.as_ref().map(|it| it.id.clone());
        let instance_type = server.flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE);
        section.instance_type = Some(instance_type.to_owned());
    }
    session.write(|document| document.set_section(SECTION, &section))
}
