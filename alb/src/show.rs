//! `alb show`: the section as AWS has it.

use anyhow::Result;
use common::fault::{Fault, Kind};
use common::section::{LoadBalancer, Named};
use common::session::Session;

use crate::cli::Show;
use crate::inventory::{self, Balancer};
use crate::names::Names;
use crate::{section, settle};

pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let before = inventory::piped(session)?;
    let found = session.inventory(inventory::chosen(session, flags.name.as_deref())).await?;
    check_all_there(session, flags, &before, &found)?;
    if flags.wait && !session.is_planning() {
        let balancers: Vec<(&Names, &Balancer)> = found.iter().map(|(names, it)| (names, it)).collect();
        settle::until_routing(session, &balancers, None).await?;
        check_https(&before, &found)?;
    }
    let entries = found.iter().map(|(names, found)| {
        let certificate = before.get(&names.name).and_then(|before| before.certificate_arn.clone());
        (names.name.clone(), section::entry(&session.identity, names, found, certificate))
    });
    section::write(session, entries)
}

/// Everything asked for, and everything the document shows as made, has to be there.
fn check_all_there(
    session: &Session,
    flags: &Show,
    before: &Named<LoadBalancer>,
    found: &[(Names, Balancer)],
) -> Result<()> {
    let planned =
        |name: &&String| session.is_planning() && before.get(*name).is_some_and(|it| it.arn.is_none());
    let expected = flags.name.iter().chain(before.keys().filter(|_| flags.name.is_none()));
    let gone: Vec<String> = expected
        .filter(|name| !found.iter().any(|(names, _)| names.name == **name) && !planned(name))
        .map(|name| Names::new(&session.identity, name).balancer)
        .collect();
    let base = session.identity.base();
    let what = match gone.as_slice() {
        [] if !found.is_empty() || (session.is_planning() && !before.is_empty()) => return Ok(()),
        [] => format!("{base} has no load balancer"),
        gone => format!("there is no load balancer {}", gone.join(", ")),
    };
    Err(Fault::not_found(what).hint("run `alb create` first").into())
}

/// A listener for HTTPS that was put off until the certificate is issued does not come by waiting.
fn check_https(before: &Named<LoadBalancer>, found: &[(Names, Balancer)]) -> Result<()> {
    for (names, balancer) in found {
        let is_expected = before.get(&names.name).is_some_and(|it| it.certificate_arn.is_some());
        if is_expected && balancer.listener(443).is_none() {
            return Err(Fault::new(
                Kind::NotInTime,
                format!("{names} has a certificate and no listener 443 yet"),
            )
            .hint(format!("run `alb create {} --https` with its --domain again", names.name))
            .into());
        }
    }
    Ok(())
}
