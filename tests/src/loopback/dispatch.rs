//! A call against the state.

use super::action::{Call, Effect, Protocol, Reply};
use super::clock::Clock;
use super::error::{AwsError, Result};
use super::request::Request;
use super::world::{HOME, World};

/// Does what a call asks for. A write works on a copy that is kept only where it succeeds, so that a refused call leaves
/// nothing behind; a dry run is the call made on a copy that is never kept.
///
/// # Errors
/// Whatever AWS refuses.
pub fn dispatch(world: &mut World, clock: &Clock, request: &Request) -> Result<Reply> {
    let conditions = world.conditions.clone();
    // Services without Regions keep their state at home, whatever Region was meant.
    let global = request.service.protocol == Protocol::RestXml;
    let name = if global { HOME } else { &request.region };
    let region = world.region(&request.account, name, clock);
    let dry = request.service.protocol == Protocol::Ec2 && request.params.flag("DryRun")? == Some(true);
    let (params, conditions, now) = (&request.params, &conditions, clock.now());
    if request.action.effect == Effect::Read && !dry {
        let mut call = Call { request, params, region, elsewhere: None, clock, conditions, now };
        return (request.action.handler)(&mut call);
    }
    let mut copy = region.clone();
    let mut call =
        Call { request, params, region: &mut copy, elsewhere: Some(world), clock, conditions, now };
    let reply = (request.action.handler)(&mut call)?;
    if dry {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(AwsError::new("DryRunOperation", message).status(412));
    }
    world.regions.insert((request.account.clone(), name.to_owned()), copy);
    Ok(reply)
}
