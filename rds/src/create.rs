//! `rds create`: the order of things.

mod check;
mod plan;

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::call::both;
use common::converge::converge_unique;
use common::session::Session;
use common::wait::State;

use crate::cli::Create;
use crate::instance::Instance;
use crate::inventory::{self, Found, Inventory};
use crate::names::Names;
use crate::parameter_group::{self, ParameterGroup};
use crate::secret::{self, Content, Kept};
use crate::subnet_group::{self, SubnetGroup};
use crate::{ownership, section, settle, state, version};
use plan::Plan;

pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let inventory = Box::pin(present(session, flags, &names)).await?;
    let plan = Plan::decide(session, flags, &names, &inventory).await?;
    let kept = surroundings(session, &plan, &inventory).await?;
    let instance = plan.instance(kept.as_ref());
    let known: Vec<DbInstance> = inventory.found.instance.iter().cloned().collect();
    let Some(found) = Box::pin(converge_unique(session, &instance, &known)).await? else {
        let planned = section::planned(&names, flags, &plan.version, session.identity.is_production());
        return section::write(session, [(names.name.clone(), planned)]);
    };
    let arn = found.db_instance_arn();
    ownership::retag(session, &instance.to_string(), &names.identifier, arn, found.tag_list()).await?;
    let found = ready(session, &instance, found, kept.as_ref()).await?;
    finish(session, &plan, &inventory.found, kept.as_ref(), &found).await
}

/// The inventory, once a deletion that is under way is over.
async fn present(session: &Session, flags: &Create, names: &Names) -> Result<Inventory> {
    let mut inventory = inventory::read(session, names, versions(session, flags)).await?;
    if !inventory.found.instance.as_ref().is_some_and(state::is_deleting) {
        return Ok(inventory);
    }
    if session.is_planning() {
        inventory.found.instance = None;
        return Ok(inventory);
    }
    settle::until_gone(session, &names.identifier).await?;
    inventory::read(session, names, versions(session, flags)).await
}

/// The versions on offer are asked for side by side with the rest, unless the document shows a database that no flag would change.
async fn versions(session: &Session, flags: &Create) -> Result<Option<Vec<String>>> {
    if flags.engine_version.is_none() && section::before(session, &flags.name)?.is_some() {
        return Ok(None);
    }
    let major = version::major_wanted(flags.engine_version.as_deref());
    version::offered(session, flags.engine.name(), &major).await.map(Some)
}

/// What the instance stands on, side by side.
async fn surroundings(session: &Session, plan: &Plan<'_>, inventory: &Inventory) -> Result<Option<Kept>> {
    let Found { subnet_group, parameter_group, .. } = &inventory.found;
    let subnets = SubnetGroup { names: plan.names, vpc: &inventory.vpc };
    let parameters = ParameterGroup { names: plan.names, family: &plan.family };
    let asked = &plan.flags.parameters;
    let groups = both(
        subnet_group::converge(session, &subnets, subnet_group.as_ref()),
        parameter_group::converge(session, &parameters, parameter_group.as_ref(), asked, &plan.are_static),
    );
    let (_, kept) = both(groups, secret(session, plan, &inventory.found)).await?;
    Ok(kept)
}

async fn secret(session: &Session, plan: &Plan<'_>, found: &Found) -> Result<Option<Kept>> {
    let content = match &found.instance {
        Some(instance) => content(instance),
        None => plan.content(),
    };
    let has = found.secret.as_ref();
    match &found.instance {
        _ if plan.flags.reset_password => Box::pin(secret::renew(session, plan.names, has, &content)).await,
        Some(_) => secret::keep(session, plan.names, has).await,
        None => secret::provide(session, plan.names, has, &content).await,
    }
}

/// What the secret says of an instance.
fn content(found: &DbInstance) -> Content {
    let endpoint = found.endpoint();
    Content {
        engine: found.engine().unwrap_or_default().to_owned(),
        username: found.master_username().unwrap_or_default().to_owned(),
        db_name: found.db_name().map(str::to_owned),
        host: endpoint.and_then(|it| it.address()).map(str::to_owned),
        port: endpoint.and_then(aws_sdk_rds::types::Endpoint::port),
    }
}

/// Writes the document as soon as it is complete and waits for the rest.
async fn ready(
    session: &Session,
    instance: &Instance<'_>,
    found: DbInstance,
    kept: Option<&Kept>,
) -> Result<DbInstance> {
    let names = instance.names;
    let before = section::before(session, &names.name)?;
    let secret_arn = kept.map(|kept| kept.arn.clone());
    let write = |found: &DbInstance| {
        let database = section::database(found, secret_arn.clone(), before.as_ref());
        section::write(session, [(names.name.clone(), database)])
    };
    if !session.waits() {
        write(&found)?;
        return Ok(found);
    }
    settle::until_usable(session, found, Some(&instance.wanted), |found| {
        // The endpoint is the last thing to be known, some minutes after the create.
        if found.endpoint().is_some() { write(found) } else { Ok(()) }
    })
    .await
}

/// What is left when the endpoint is known: the secret names it. And what only a reboot brings about is told.
async fn finish(
    session: &Session,
    plan: &Plan<'_>,
    before: &Found,
    kept: Option<&Kept>,
    found: &DbInstance,
) -> Result<()> {
    let names = plan.names;
    let content = content(found);
    let is_complete = kept.is_some_and(|kept| kept.version.is_none())
        && before.secret.as_ref().is_some_and(|secret| secret::is_complete(session, names, &content, secret));
    if content.host.is_some() && !is_complete {
        Box::pin(secret::complete(session, names, &content, kept)).await?;
    }
    // RDS shows a static parameter as pending only some time after it was set.
    let sets_static = before.instance.is_some() && !plan.are_static.is_empty() && !session.is_planning();
    let waits = sets_static
        || found.db_parameter_groups().iter().any(|it| it.parameter_apply_status() == Some("pending-reboot"));
    if waits && settle::stands(found, None, true) == State::Ready {
        session.progress.line(&format!(
            "parameters of {0} wait for a reboot: `aws rds reboot-db-instance --db-instance-identifier {0}`",
            names.identifier
        ));
    }
    Ok(())
}
