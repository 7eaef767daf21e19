//! From a builder that was launched to one that is configured, clean and stopped. Nothing here makes anything that would be lost when
//! it is dropped half way.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::server::{establish, power, until_running, until_stopped};
use common::session::Session;
use common::ssh::{Host, Trust};
use common::tags::ec2_tags;
use tokio::time::sleep;

use crate::claim::Claim;
use crate::cli::Via;
use crate::connection::Connection;
use crate::marks::{ALIVE_FOR, ALIVE_UNTIL, BAKED, seconds_from_now};
use crate::names::Names;
use crate::recipe::Recipe;
use crate::step::{self, Site};
use crate::{clean, gateway, nat};

/// How often other machines are told that this run is alive.
const BEAT: Duration = Duration::from_mins(1);

/// A builder and all that it is to become.
pub struct Work<'a> {
    pub session: &'a Session,
    pub names: &'a Names,
    pub recipe: &'a Recipe,
    pub claim: &'a Claim,
    pub builder: &'a ec2::Instance,
    pub vpc: &'a str,
    pub via: Via,
    pub fingerprint: &'a str,
}

impl Work<'_> {
    /// Configures it, cleans it and stops it, and tells other machines meanwhile that this is going on.
    ///
    /// # Errors
    /// A step failed; the builder does not let in; not in time; AWS's refusal.
    pub async fn carry_out(&self) -> Result<()> {
        tokio::select! {
            outcome = Box::pin(self.configure()) => outcome,
            () = Box::pin(self.beat()) => Ok(()),
        }
    }

    async fn configure(&self) -> Result<()> {
        let connection = Box::pin(self.connect()).await?;
        let connection = Box::pin(self.take_steps(connection)).await?;
        clean::clean(self.session, &connection, &self.recipe.user).await?;
        drop(connection);
        let id = self.id();
        // From here on another run can go on with it.
        self.tag(BAKED, self.fingerprint).await?;
        self.session.progress.line(&format!("stopping {id}, to make an image of it"));
        power::stop(self.session, id).await?;
        until_stopped(self.session, id).await
    }

    async fn connect(&self) -> Result<Connection> {
        let subnet = self.builder.subnet_id().unwrap_or_default();
        let way = async {
            match self.via {
                Via::Bastion => gateway::ready(self.session).await.map(Some),
                Via::Direct => Ok(None),
            }
        };
        let started = async {
            let running = until_running(self.session, self.id()).await?;
            let running = running.unwrap_or_else(|| self.builder.clone());
            Box::pin(establish(self.session, &self.claim.folder, &running)).await?;
            Ok(running)
        };
        let out = nat::until_out(self.session, self.vpc, subnet);
        // Nothing here makes anything, so the first failure ends all of it.
        let (running, way, ()) = tokio::try_join!(Box::pin(started), Box::pin(way), Box::pin(out))?;
        let (text, jump) = way.unzip();
        let host = self.host(&running, jump)?;
        Box::pin(Connection::open(
            self.session,
            &self.claim.folder,
            text.as_deref().unwrap_or_default(),
            &host,
        ))
        .await
    }

    fn host(&self, running: &ec2::Instance, jump: Option<String>) -> Result<Host> {
        let address: Ipv4Addr = running
            .private_ip_address()
            .and_then(|ip| ip.parse().ok())
            .context("the builder has no private address")?;
        Ok(Host {
            names: vec![self.names.builder.clone()],
            address,
            user: self.recipe.user.clone(),
            id: self.id().to_owned(),
            identity: Some(self.claim.folder.file("id_ed25519")),
            jump,
            trust: Trust::Known,
        })
    }

    async fn take_steps(&self, mut connection: Connection) -> Result<Connection> {
        let work = self.claim.work()?;
        for index in 0..self.recipe.steps.len() {
            connection.keep().await?;
            let (session, names, recipe) = (self.session, self.names, self.recipe);
            let site = Site { session, names, recipe, connection: &connection, work: &work };
            step::run(&site, index).await?;
        }
        connection.keep().await?;
        Ok(connection)
    }

    fn id(&self) -> &str {
        self.builder.instance_id().unwrap_or_default()
    }

    async fn tag(&self, key: &str, value: &str) -> Result<()> {
        let tags = ec2_tags(&[(key.to_owned(), value.to_owned())]);
        let call = self.session.aws.ec2().create_tags().resources(self.id()).set_tags(Some(tags));
        call.send().await.cannot(format!("tag the builder {}", self.id())).map(|_| ())
    }

    /// Never ends. A beat that fails is made good by the next one.
    async fn beat(&self) {
        loop {
            sleep(BEAT).await;
            let _ = self.tag(ALIVE_UNTIL, &seconds_from_now(ALIVE_FOR).to_string()).await;
        }
    }
}
