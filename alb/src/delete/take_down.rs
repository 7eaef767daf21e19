//! Deleting a load balancer, with its listeners and their rules.

use std::time::Duration;

use anyhow::Result;
use common::call::{Call as _, all, both};
use common::fault::is_missing;
use common::session::Session;
use common::wait::{State, until_ready, while_refused};

use crate::inventory::{self, Balancer};
use crate::names::Names;
use crate::{attributes, record, zone};

/// How long ELB may go on to count it as protected.
const UNPROTECTED_WITHIN: Duration = Duration::from_mins(1);

/// How long ELB may go on to show it.
const GONE_WITHIN: Duration = Duration::from_mins(5);

/// Takes the record away, lifts the protection that the person has confirmed, and deletes.
///
/// # Errors
/// AWS's refusal; a load balancer that stays.
pub async fn take_down(session: &Session, names: &Names, balancer: &Balancer) -> Result<()> {
    both(unprotect(session, names, balancer), alias(session, names, balancer)).await?;
    let arn = balancer.arn();
    let delete = Box::pin(async {
        let what = format!("the {names} to be deletable");
        while_refused(session, &["OperationNotPermitted"], &what, UNPROTECTED_WITHIN, async || {
            let call = session.aws.elasticloadbalancingv2().delete_load_balancer();
            let answer = call.set_load_balancer_arn(arn.map(str::to_owned)).send().await;
            match answer.cannot(format_args!("delete the {names}")) {
                Err(error) if is_missing(&error) => Ok(()),
                other => other.map(|_| ()),
            }
        })
        .await?;
        until_gone(session, names, arn).await
    });
    session.delete(names, delete).await?;
    Ok(())
}

/// ELB answers the deletion of one that is not there in the same way, so only a look tells.
async fn until_gone(session: &Session, names: &Names, arn: Option<&str>) -> Result<()> {
    until_ready(session, GONE_WITHIN, async || {
        let found = inventory::look(session, names).await?;
        // Another ARN under the same name is another load balancer, which another run has made since.
        let state = match found {
            Some(found) if found.load_balancer_arn() == arn => State::Pending("deleting".to_owned()),
            _ => State::Ready,
        };
        Ok(vec![(names.to_string(), state)])
    })
    .await
}

async fn unprotect(session: &Session, names: &Names, balancer: &Balancer) -> Result<()> {
    if !attributes::is_protected(&balancer.attributes) {
        return Ok(());
    }
    let off = [(attributes::PROTECTION, "false".to_owned())];
    attributes::set(session, names, balancer.arn(), &off).await
}

/// Only the record that leads to this very load balancer.
async fn alias(session: &Session, names: &Names, balancer: &Balancer) -> Result<()> {
    let (Some(domain), Some(scheme)) = (balancer.domain(), balancer.scheme()) else {
        return Ok(());
    };
    let Some(dns_name) = balancer.found.dns_name() else {
        return Ok(());
    };
    let host = names.host(&session.identity, scheme, domain);
    let zones = zone::named(session, domain).await?;
    all(zones.iter().map(async |zone| {
        let records = record::of_name(session, &zone.id, &host).await?;
        let own = records.iter().filter(|record| record::leads_to(record, dns_name));
        all(own.map(|record| record::delete(session, &zone.id, record))).await
    }))
    .await?;
    Ok(())
}
