//! Launching one instance where there is room for it.
//!
//! `RunInstances` takes a client token. It is derived from the server's name, the subnet, the number of dead ones and what the order
//! names besides, and from nothing else: two runs that ask for different things under one name still end with one instance, because AWS refuses the second, which then
//! adopts what the first has made.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use aws_smithy_types::base64;
use tokio::time::sleep;

use super::instance::{is_live, list};
use crate::call::Call as _;
use crate::fault::{Fault, Kind, Several, is_code, refusal_of};
use crate::session::Session;
use crate::tags::{ec2_filter, ec2_specification};
use crate::token;
use crate::wait::while_missing;

/// No room in this subnet, but perhaps in the next one.
const NO_ROOM: [&str; 3] =
    ["Unsupported", "InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet"];

/// How often an answer that was lost is asked for again, and how many dead ones may stand behind tokens.
const ATTEMPTS: u32 = 8;
const GENERATIONS: usize = 5;

/// How often what another run makes under the same token is looked for.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// One instance to be launched: metadata by token only and not past the instance itself, root volume encrypted.
pub struct Launch<'a> {
    /// Its `Name`, by which it is found again.
    pub name: &'a str,
    pub image: &'a str,
    /// The best first. The next one is tried where no subnet has room for the one before.
    pub instance_types: &'a [&'a str],
    /// Where, the best first.
    pub subnets: &'a [String],
    pub security_groups: &'a [String],
    /// The image's root device, e.g. `/dev/xvda`.
    pub root_device: &'a str,
    pub disk: Disk<'a>,
    /// The key pair whose public key EC2 puts into the instance, for an image whose user data has no place for one.
    pub key_name: Option<&'a str>,
    /// Plain text; anybody who may describe the instance can read it.
    pub user_data: &'a str,
    /// Of the instance, its volumes and its network interfaces.
    pub tags: &'a [(String, String)],
    /// What the token depends on besides.
    pub token: &'a [&'a str],
    /// How many dead ones of this name there are.
    pub dead: usize,
}

/// What the root volume is like, beside being encrypted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk<'a> {
    /// Another key than the account's default one for EBS.
    pub kms_key: Option<&'a str>,
    /// GiB; none for the size of the image's.
    pub size: Option<i32>,
}

/// Launches it in the first subnet that has room, as the first of the instance types that there is room for.
///
/// # Errors
/// [`Kind::Failed`] with every reason where there is no room; any other refusal at once.
pub async fn launch(session: &Session, order: &Launch<'_>) -> Result<ec2::Instance> {
    let mut refused = Vec::new();
    let places = order.instance_types.iter().flat_map(|kind| order.subnets.iter().map(move |it| (*kind, it)));
    let mut places = places.peekable();
    while let Some((kind, subnet)) = places.next() {
        match Box::pin(in_subnet(session, order, kind, subnet)).await {
            Err(error) if is_code(&error, &NO_ROOM) => {
                let next = match places.peek() {
                    Some((next, _)) if *next != kind => format!("; trying a {next}"),
                    Some(_) => "; trying the next subnet".to_owned(),
                    None => String::new(),
                };
                session.progress.line(&format!("{error:#}{next}"));
                refused.push(error);
            }
            other => return other,
        }
    }
    let kinds = order.instance_types.join(" or ");
    let fault = Fault::new(Kind::Failed, format!("no subnet has room for the {kinds} {}", order.name));
    let fault = fault.hint("run the same command later, or choose another --instance-type");
    Err(anyhow::Error::new(Several(refused)).context(fault))
}

/// A token may still stand for a dead instance: for a day after that was terminated.
async fn in_subnet(session: &Session, order: &Launch<'_>, kind: &str, subnet: &str) -> Result<ec2::Instance> {
    for generation in order.dead..order.dead + GENERATIONS {
        let made =
            while_missing(session, async || certain(session, order, (kind, subnet), generation).await).await;
        match made {
            Ok(made) if is_live(&made) => return Ok(made),
            Ok(_) => {}
            Err(error) if is_code(&error, &["IdempotentParameterMismatch"]) => {
                if let Some(made) = made_by_another(session, order).await? {
                    return Ok(made);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(Fault::not_found(format!("every instance {} that was launched is gone again", order.name))
        .hint("see who terminates it, then run the same command again")
        .into())
}

/// Asks again under the same token until the answer is certain. Missing capacity comes as a server error, and is certain.
async fn certain(
    session: &Session,
    order: &Launch<'_>,
    place: (&str, &str),
    generation: usize,
) -> Result<ec2::Instance> {
    let mut attempt = 0;
    loop {
        let outcome = run(session, order, place, generation).await;
        let is_uncertain = outcome.as_ref().err().is_some_and(|error| {
            !is_code(error, &NO_ROOM) && refusal_of(error).is_some_and(|refusal| refusal.uncertain)
        });
        attempt += 1;
        if !is_uncertain || attempt == ATTEMPTS {
            return outcome;
        }
        sleep(Duration::from_millis(300) * 2_u32.pow(attempt.min(4))).await;
    }
}

async fn run(
    session: &Session,
    order: &Launch<'_>,
    place: (&str, &str),
    generation: usize,
) -> Result<ec2::Instance> {
    let (kind, subnet) = place;
    // A single type is no part of the token: two runs that ask for different ones end with one instance.
    let chosen = if order.instance_types.len() > 1 { &[subnet, kind][..] } else { &[subnet][..] };
    let words = [chosen, order.token].concat();
    let tagged =
        [ec2::ResourceType::Instance, ec2::ResourceType::Volume, ec2::ResourceType::NetworkInterface]
            .map(|kind| ec2_specification(kind, order.tags));
    let launched = session
        .aws
        .ec2_once()
        .run_instances()
        .min_count(1)
        .max_count(1)
        .image_id(order.image)
        .instance_type(ec2::InstanceType::from(kind))
        .subnet_id(subnet)
        .set_security_group_ids(Some(order.security_groups.to_vec()))
        .metadata_options(metadata_options())
        .block_device_mappings(encrypted(order.root_device, order.disk))
        .set_key_name(order.key_name.map(str::to_owned))
        .user_data(base64::encode(order.user_data))
        .client_token(token::derived(&session.identity, order.name, &words, generation))
        .set_tag_specifications(Some(tagged.to_vec()))
        .send()
        .await
        .cannot(format!("launch the instance {} in {subnet}", order.name))?;
    launched.instances.unwrap_or_default().pop().context("EC2 answered no instance")
}

/// Metadata only to who asks with a token, and not to containers on the server.
fn metadata_options() -> ec2::InstanceMetadataOptionsRequest {
    ec2::InstanceMetadataOptionsRequest::builder()
        .http_tokens(ec2::HttpTokensState::Required)
        .http_endpoint(ec2::InstanceMetadataEndpointState::Enabled)
        .http_put_response_hop_limit(1)
        .build()
}

fn encrypted(root_device: &str, disk: Disk<'_>) -> ec2::BlockDeviceMapping {
    let volume = ec2::EbsBlockDevice::builder()
        .encrypted(true)
        .volume_type(ec2::VolumeType::Gp3)
        .delete_on_termination(true)
        .set_kms_key_id(disk.kms_key.map(str::to_owned))
        .set_volume_size(disk.size)
        .build();
    ec2::BlockDeviceMapping::builder().device_name(root_device).ebs(volume).build()
}

/// The live one that another run, or one that was killed, has made with other parameters. None where only dead ones are left.
async fn made_by_another(session: &Session, order: &Launch<'_>) -> Result<Option<ec2::Instance>> {
    for _ in 0..LOOKS {
        let found = list(session, vec![ec2_filter("tag:Name", [order.name])]).await?;
        if let Some(live) = found.iter().find(|it| is_live(it)) {
            return Ok(Some(live.clone()));
        }
        if found.len() > order.dead {
            return Ok(None);
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(None)
}
