//! What there is of the VPN server, read in one round trip.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::fault::Fault;
use common::secret::{self, Secret};
use common::server::{FoundAddress, is_live, list, list_addresses};
use common::session::Session;
use common::tags::ec2_filter;

use crate::{admin, key_pair};

/// The `Component` of everything made here, and the end of its names.
pub const COMPONENT: &str = "vpn";

/// The name of the server and of its elastic IP: `expense-dev-vpn`.
pub fn name(session: &Session) -> String {
    session.identity.name(COMPONENT)
}

/// The server and its address, by tag.
pub struct Servers {
    pub live: Vec<ec2::Instance>,
    /// Terminated, or about to be.
    pub dead: Vec<ec2::Instance>,
    pub addresses: Vec<FoundAddress>,
}

/// The same with what belongs to it.
pub struct Inventory {
    pub servers: Servers,
    pub secret: Option<Secret>,
    pub key_pairs: Vec<ec2::KeyPairInfo>,
}

impl Inventory {
    /// One round trip.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read(session: &Session) -> Result<Self> {
        let secret_name = admin::secret_name(session);
        let kept = both(secret::look(session, &secret_name), key_pair::list(session));
        let (servers, (secret, key_pairs)) = both(Servers::read(session), kept).await?;
        Ok(Self { servers, secret, key_pairs })
    }
}

impl Servers {
    /// One round trip.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read(session: &Session) -> Result<Self> {
        let name = name(session);
        let filters = vec![ec2_filter("tag:Name", [name.as_str()])];
        let (instances, addresses) = both(list(session, filters), list_addresses(session, &name)).await?;
        let (live, dead) = instances.into_iter().partition(is_live);
        Ok(Self { live, dead, addresses })
    }

    /// The one that is there.
    ///
    /// # Errors
    /// Not found; a conflict where there are several.
    pub fn only(&self, session: &Session) -> Result<&ec2::Instance> {
        let name = name(session);
        match self.live.as_slice() {
            [found] => Ok(found),
            [] => Err(Fault::not_found(format!("there is no instance {name}"))
                .hint("run `vpn create` first")
                .into()),
            _ => Err(Fault::conflict(format!("there is more than one instance {name}"))
                .hint("run `vpn create`: it leaves the one that has the elastic IP")
                .into()),
        }
    }

    /// The elastic IP that leads to an instance, or that is to.
    pub fn address_of(&self, instance: &ec2::Instance) -> Option<&FoundAddress> {
        let leads = |it: &&FoundAddress| it.instance.as_deref() == instance.instance_id();
        self.addresses.iter().find(leads).or_else(|| self.addresses.iter().min_by_key(|it| &it.allocation))
    }
}
