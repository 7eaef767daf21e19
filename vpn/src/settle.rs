//! From launched to open for users: it runs, its elastic IP leads to it, SSH answers, its first start is over, it has its settings
//! and the password of its administrator, and its api is on.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::fault::Fault;
use common::section::Vpc;
use common::server::amend::{is_checked, stop_checking};
use common::server::{FoundAddress, associate, is_running, until_running};
use common::session::Session;
use common::ssh::{log_in, until_answering};
use common::tags::{ec2_tags, ec2_value};
use common::wait::{State, until_ready};

use crate::admin::{self, Kept};
use crate::appliance::{Wanted, state};
use crate::inventory::name;
use crate::login::Login;

/// The mark of the settings that the server was given, a tag: while it says what is wanted, no run has to log in.
pub const SETTINGS: &str = "Settings";

/// Access Server makes its certificates and starts within some minutes.
const LONGEST: Duration = Duration::from_mins(10);

/// Waits until it is open for users. Without waiting only what can be done at once is done.
///
/// # Errors
/// It failed, does not answer in time, has another host key than the known one, or does not let in.
pub async fn settle(
    session: &Session,
    instance: &ec2::Instance,
    address: Option<&FoundAddress>,
    vpc: &Vpc,
    kept: Option<&Kept>,
) -> Result<()> {
    if session.is_planning() {
        return Ok(());
    }
    if !session.waits() && !is_running(instance) {
        return unchecked(session, instance).await;
    }
    let Some((address, public_ip)) = address.and_then(|it| Some((it, it.public_ip?))) else {
        return Err(incomplete(session, "elastic IP"));
    };
    let (running, ()) = both(running(session, instance, address), unchecked(session, instance)).await?;
    let (Some(network), Some(kept)) = (vpc.cidr_block, kept) else {
        return Err(incomplete(session, "secret"));
    };
    let password = kept.version.as_deref().unwrap_or_default();
    let wanted = Wanted { public_ip, network, password };
    let mark = wanted.mark(&session.identity);
    if !session.waits() || ec2_value(running.tags(), SETTINGS) == Some(&mark) {
        return Ok(());
    }
    let (login, password) = both(reach(session, &running, public_ip), admin::password(session)).await?;
    bring_in_line(session, &login, &wanted, &password).await?;
    note(session, &running, mark).await
}

/// It sends on what is not its own. That cannot be said when it is launched.
async fn unchecked(session: &Session, instance: &ec2::Instance) -> Result<()> {
    match instance.instance_id() {
        Some(id) if is_checked(instance) => stop_checking(session, id).await,
        _ => Ok(()),
    }
}

/// Waits until its api is on, whatever the mark says.
///
/// # Errors
/// Not in time; denied where it does not let in.
pub async fn until_open(session: &Session, login: &Login) -> Result<()> {
    until_ready(session, LONGEST, async || {
        let status = login.status().await?;
        Ok(vec![(format!("Access Server of {}", login.host), state(&status))])
    })
    .await
}

/// Waits until SSH answers and the first start is over.
///
/// # Errors
/// Not in time; denied where it does not let in.
pub async fn reach(session: &Session, instance: &ec2::Instance, address: Ipv4Addr) -> Result<Login> {
    until_answering(session, &name(session), address).await?;
    let login = Login::prepare(session, instance, address).await?;
    log_in(session, &login.config, &login.host).await?;
    Ok(login)
}

fn incomplete(session: &Session, what: &str) -> anyhow::Error {
    Fault::not_found(format!("{} has no {what}", name(session)))
        .hint("run `vpn create` again: it makes what is missing")
        .into()
}

async fn running(
    session: &Session,
    instance: &ec2::Instance,
    address: &FoundAddress,
) -> Result<ec2::Instance> {
    let id = instance.instance_id().unwrap_or_default();
    let is_led_here = address.instance.as_deref() == Some(id);
    let running = if is_running(instance) && is_led_here {
        instance.clone()
    } else {
        until_running(session, id).await?.unwrap_or_else(|| instance.clone())
    };
    if !is_led_here {
        let what = format!("elastic IP {} ({}): lead it to {id}", name(session), address.allocation);
        let associate = Box::pin(associate(session, &address.allocation, id));
        session.change(what, associate).await?;
    }
    Ok(running)
}

/// Gives it settings and password, which it takes as soon as its agent runs, and waits until it is open.
async fn bring_in_line(session: &Session, login: &Login, wanted: &Wanted<'_>, password: &str) -> Result<()> {
    let password = format!("{password}\n");
    until_ready(session, LONGEST, async || {
        let status = login.status().await?;
        let state = if status.trim().is_empty() { State::Pending("starting".into()) } else { State::Ready };
        Ok(vec![(format!("Access Server of {}", login.host), state)])
    })
    .await?;
    let what = format!("Access Server of {}: its settings and the password of its administrator", login.host);
    let script = wanted.script();
    let run = login.run("give the server its settings", &script, &password);
    session.change(what, run).await?;
    until_open(session, login).await
}

async fn note(session: &Session, instance: &ec2::Instance, mark: String) -> Result<()> {
    let id = instance.instance_id().unwrap_or_default();
    let tags = ec2_tags(&[(SETTINGS.to_owned(), mark)]);
    let call = session.aws.ec2().create_tags().resources(id).set_tags(Some(tags));
    let what = format!("instance {} ({id}): note its settings", name(session));
    let call = Box::pin(async { call.send().await.cannot(format!("tag the instance {id}")) });
    session.change(what, call).await.map(|_| ())
}
