//! `bake create`: the order of things.

mod bake;

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::fault::{Fault, Kind};
use common::session::Session;
use common::tags::ec2_value;
use tokio::time::{Instant, sleep};

use crate::claim::Claim;
use crate::cli::Create;
use crate::decide::{Next, decide};
use crate::ground::Ground;
use crate::inventory::{Inventory, id_of};
use crate::marks::{VERSION, is_heard_of};
use crate::names::Names;
use crate::recipe::Recipe;
use crate::{clear, image, section, settle, source};
use bake::Bake;

/// Another run that makes the same image may take as long as one is allowed to be pending, and its steps before.
const LONGEST: Duration = Duration::from_hours(3);

/// How often it is looked whether that run has ended.
const PAUSE: Duration = Duration::from_secs(3);

/// Makes the image, or takes the one that is there.
///
/// # Errors
/// Usage, conflict and not-found faults; a step failed; not in time; AWS's refusal.
pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let source = source::find(session, flags.from.as_ref(), flags.instance_type());
    let ground = async { Ok(Ground::read(session, flags).await) };
    let of_aws = both(both(Inventory::read(session, &names), source), ground);
    let read = both(of_aws, Recipe::read(flags));
    let (((mut inventory, source), ground), recipe) = session.inventory(read).await?;
    let fingerprint = recipe.fingerprint(&source.id);
    let mut ground = Some(ground);
    let mut claim: Option<Claim> = None;
    let began = Instant::now();
    loop {
        let is_alive = |it: &ec2::Instance| match &claim {
            Some(claim) => claim.is_alive(it.tags()),
            None => is_heard_of(it.tags()),
        };
        let next = decide(&inventory, &fingerprint, flags.force, is_alive);
        match next {
            Next::Take(image) => {
                drop(claim);
                return take(session, flags, &names, &inventory, &image).await;
            }
            Next::Resume(image) => return resume(session, &names, &image, claim).await,
            next if session.is_planning() => {
                if let Next::Clear(builders) = &next {
                    clear::builders(session, &names, builders).await?;
                }
                let bake = Bake { session, flags, names: &names, recipe: &recipe, fingerprint: &fingerprint };
                return match ground {
                    Some(ground) => bake.plan(&source, ground).await,
                    None => Ok(()),
                };
            }
            // Whoever goes on from here needs the claim, and has to look again once it has it.
            next if claim.is_none() => {
                claim = Claim::take(session, &names)?;
                if claim.is_none() {
                    wait(session, &names, &next, began).await?;
                }
            }
            Next::Await(_) => wait(session, &names, &next, began).await?,
            Next::Retire(image) => image::delete(session, &image).await?,
            Next::Clear(builders) => clear::builders(session, &names, &builders).await?,
            Next::Bake | Next::Finish(_) => {
                let Some(own) = claim.take() else { continue };
                let ground = match ground.take() {
                    Some(ground) => ground,
                    None => Ground::read(session, flags).await,
                };
                let bake = Bake { session, flags, names: &names, recipe: &recipe, fingerprint: &fingerprint };
                let builder = if let Next::Finish(builder) = next { Some(builder) } else { None };
                claim = Box::pin(bake.carry_out(own, &inventory, &source, ground, builder)).await?;
                if claim.is_none() {
                    return Ok(());
                }
            }
        }
        inventory = Inventory::read(session, &names).await?;
    }
}

/// The image that is there is handed on, and what a run that was killed has left goes.
async fn take(
    session: &Session,
    flags: &Create,
    names: &Names,
    inventory: &Inventory,
    image: &ec2::Image,
) -> Result<()> {
    let has = ec2_value(image.tags(), VERSION).unwrap_or_default();
    let name = image.name().unwrap_or_default();
    match &flags.version {
        Some(asked) if asked != has => session.progress.line(&format!(
            "version {asked} is made of the same things as version {has}: taking {name} ({})",
            id_of(image)
        )),
        _ => session.progress.line(&format!("taking {name} ({}), made of the same things", id_of(image))),
    }
    section::write(session, [(names.name.clone(), section::baked(image))])?;
    clear::making(session, names, inventory).await.map(|_| ())
}

async fn resume(session: &Session, names: &Names, image: &ec2::Image, claim: Option<Claim>) -> Result<()> {
    section::write(session, [(names.name.clone(), section::baked(image))])?;
    if session.waits() { settle::settle(session, names, image, claim).await } else { Ok(()) }
}

async fn wait(session: &Session, names: &Names, next: &Next, began: Instant) -> Result<()> {
    let who = match next {
        Next::Await(builder) => format!(" on {builder}"),
        _ => String::new(),
    };
    let what = format!("another run that makes an image of {}{who}", names.name);
    let elapsed = began.elapsed();
    if elapsed > session.timeout(LONGEST) {
        session.progress.waited();
        return Err(Fault::new(
            Kind::NotInTime,
            format!("not finished after {} s: {what}", elapsed.as_secs()),
        )
        .hint("run the same command again: it carries on; --timeout sets the longest wait")
        .into());
    }
    session.progress.waiting(&what, elapsed.as_secs());
    sleep(PAUSE).await;
    Ok(())
}
