//! The servers of the environment as OpenSSH sees them: the bastion, and the private ones behind it.
//!
//! Tags go into a configuration that could make OpenSSH run a command, so nothing of them is used that is not a plain word.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::fault::Fault;
use common::server::mark::LOGIN_KEY;
use common::server::{
    FoundAddress, bastion_host, establish, is_live, is_running, list, list_addresses, user,
};
use common::session::Session;
use common::ssh::{Folder, Host, Trust};
use common::tags::{ec2_name, ec2_value};

use crate::inventory::{Inventory, name};

/// The bastion and everything that runs behind it, the lowest id first.
pub struct Hosts {
    pub folder: Folder,
    pub bastion: Host,
    pub private: Vec<ec2::Instance>,
}

impl Hosts {
    /// Looks them up in one round trip, and makes sure that the bastion's host key is known.
    ///
    /// # Errors
    /// Not found where there is no bastion or it does not run; AWS's refusal.
    pub async fn read(session: &Session) -> Result<Self> {
        let name = name(session);
        let read = both(list(session, Vec::new()), list_addresses(session, &name));
        let (instances, addresses) = session.inventory(read).await?;
        let (own, mut private): (Vec<_>, Vec<_>) =
            instances.into_iter().filter(is_live).partition(|it| ec2_name(it.tags()) == name);
        // The VPN server faces the internet and lets nobody in from here.
        let is_vpn = |it: &ec2::Instance| ec2_value(it.tags(), "Component") == Some("vpn");
        private.retain(|it| is_running(it) && it.private_ip_address().is_some() && !is_vpn(it));
        private.sort_by(|a, b| a.instance_id().cmp(&b.instance_id()));
        let inventory = Inventory { live: own, dead: Vec::new(), addresses };
        let instance = inventory.only(session)?;
        let leads = |it: &&FoundAddress| it.instance.as_deref() == instance.instance_id();
        let address = inventory.addresses.iter().find(leads).and_then(|it| it.public_ip);
        let Some(address) = address.filter(|_| is_running(instance)) else {
            return Err(Fault::not_found(format!("{name} does not run yet, or no more"))
                .hint("run `bastion start`, or `bastion show --wait`")
                .into());
        };
        let folder = Folder::of(&session.identity)?;
        Box::pin(establish(session, &folder, instance)).await?;
        let bastion = bastion_host(session, &folder, instance, address);
        Ok(Self { folder, bastion, private })
    }

    /// A private server as OpenSSH reaches it. `names` is what it is called.
    pub fn behind(
        &self,
        instance: &ec2::Instance,
        names: Vec<String>,
        user: Option<&str>,
    ) -> Result<Option<Host>> {
        let id = instance.instance_id().unwrap_or_default().to_owned();
        let Some(address) = instance.private_ip_address().and_then(|ip| ip.parse().ok()) else {
            return Ok(None);
        };
        let own = ec2_value(instance.tags(), LOGIN_KEY).and_then(|it| self.folder.identity_file(it));
        Ok(Some(Host {
            names,
            address,
            user: user.unwrap_or_else(|| user::of(instance.tags())).to_owned(),
            identity: own.or_else(|| self.bastion.identity.clone()),
            jump: Some(self.bastion.names[0].clone()),
            trust: if self.folder.known_host(&id)?.is_some() { Trust::Known } else { Trust::FirstLogin },
            id,
        }))
    }

    /// All of them. A name that several share leads to the first; each has its id.
    pub fn all(&self) -> Result<Vec<Host>> {
        let mut hosts = vec![self.bastion.clone()];
        let mut taken = self.bastion.names.clone();
        for instance in &self.private {
            let called = ec2_name(instance.tags()).to_owned();
            let mut names: Vec<String> = instance.instance_id().map(str::to_owned).into_iter().collect();
            if is_word(&called) && !taken.contains(&called) {
                taken.push(called.clone());
                names.insert(0, called);
            }
            hosts.extend(self.behind(instance, names, None)?);
        }
        Ok(hosts)
    }

    /// Those that a person means by a component, a name, an id or a private address.
    pub fn named(&self, session: &Session, wanted: &str) -> Vec<&ec2::Instance> {
        let full = session.identity.name(wanted);
        let is_meant = |it: &&ec2::Instance| {
            let called = ec2_name(it.tags());
            it.instance_id() == Some(wanted)
                || it.private_ip_address() == Some(wanted)
                || ec2_value(it.tags(), "Component") == Some(wanted)
                || called == wanted
                || called == full
        };
        self.private.iter().filter(is_meant).collect()
    }
}

/// A name that is nothing but a name in a configuration of OpenSSH.
fn is_word(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::is_word;

    #[test]
    fn a_name_that_would_be_more_than_a_name_is_not_used() {
        assert!(is_word("expense-dev-backend"));
        for bad in ["", "*", "a b", "-oProxyCommand=x", "a\nProxyCommand x", "!a", "a\"b", "a%h"] {
            assert!(!is_word(bad), "{bad}");
        }
    }
}
