//! `alb delete`: the load balancers, then what they leave behind. Target groups are not theirs: `asg` makes and deletes them.

mod leftovers;
mod take_down;

use anyhow::Result;
use aws_sdk_acm::types::CertificateSummary;
use common::call::{all, both};
use common::fault::Fault;
use common::session::Session;

use crate::certificate::{self, Certificate};
use crate::cli::Delete;
use crate::inventory::{self, Balancer};
use crate::names::Names;
use crate::section::SECTION;
use crate::{attributes, interfaces};

/// What there is to delete.
struct Found {
    balancers: Vec<(Names, Balancer)>,
    certificates: Vec<Certificate>,
    /// Every certificate of the account: some share the record that proves their domain.
    listed: Vec<CertificateSummary>,
}

pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let found = session.inventory(look(session, flags)).await?;
    check(session, flags, &found.balancers)?;
    all(found.balancers.iter().map(|(names, it)| Box::pin(take_down::take_down(session, names, it)))).await?;
    let names = concerned(session, flags, &found).await?;
    let certificates = leftovers::certificates(session, &found.certificates, &found.listed);
    let (is_clean, ()) = both(certificates, released(session, &names)).await?;
    session.write(|document| {
        match &flags.name {
            // A certificate that is still in use goes with the next run, which has to know of it.
            _ if !is_clean => {}
            Some(name) => document.remove_entry(SECTION, name),
            None => document.remove_section(SECTION),
        }
        Ok(())
    })
}

async fn look(session: &Session, flags: &Delete) -> Result<Found> {
    let name = flags.name.as_deref();
    let certificates = async {
        let listed = certificate::list(session).await?;
        let certificates = leftovers::own(session, name, &listed).await?;
        Ok((listed, certificates))
    };
    let (balancers, (listed, certificates)) = both(inventory::chosen(session, name), certificates).await?;
    Ok(Found { balancers, certificates, listed })
}

/// Everything that would stop the deletion half way.
fn check(session: &Session, flags: &Delete, balancers: &[(Names, Balancer)]) -> Result<()> {
    let is_protected = |(_, it): &&(Names, Balancer)| attributes::is_protected(&it.attributes);
    match balancers.iter().find(is_protected) {
        Some((names, _)) if flags.confirm.is_none() => {
            Err(Fault::conflict(format!("the {names} is protected from deletion"))
                .hint(format!("add --confirm {} if you mean to delete it", session.identity.base()))
                .into())
        }
        _ => Ok(()),
    }
}

/// Those whose network interfaces may still be there: an earlier run may have been killed once its load balancer was gone. A name that
/// somebody else's load balancer has is none of our business.
async fn concerned(session: &Session, flags: &Delete, found: &Found) -> Result<Vec<Names>> {
    let piped = inventory::piped(session)?;
    let asked: Vec<&str> = match &flags.name {
        Some(name) => vec![name],
        None => piped.keys().map(String::as_str).chain(["app", "web"]).collect(),
    };
    let mut gone: Vec<Names> = asked.into_iter().map(|name| Names::new(&session.identity, name)).collect();
    let mut names: Vec<Names> = found.balancers.iter().map(|(names, _)| names.clone()).collect();
    gone.retain(|it| !names.contains(it));
    gone.sort();
    gone.dedup();
    let looked_up = all(gone.into_iter().map(async |names| {
        let found = inventory::look(session, &names).await?;
        Ok(found.is_none().then_some(names))
    }))
    .await?;
    names.extend(looked_up.into_iter().flatten());
    Ok(names)
}

/// Waits until no network interface is left, so that the security groups and the network can go next.
async fn released(session: &Session, names: &[Names]) -> Result<()> {
    if session.is_planning() {
        return Ok(());
    }
    if session.waits() {
        return interfaces::until_gone(session, names).await;
    }
    let left = interfaces::of(session, names).await?;
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(interfaces::label).collect();
        session
            .progress
            .line(&format!("{} hold security groups and subnets for some minutes", left.join(", ")));
    }
    Ok(())
}
