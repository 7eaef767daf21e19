//! The server itself: an instance that is launched, amended in place, or refused.

use std::fmt;
use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::converge::{Resource, Unprotected};
use common::fault::{Fault, Kind, is_code, refusal_of};
use common::server::amend::{
    change_type, guard_metadata, guards_metadata, is_checked, is_in_group, join_group, stop_checking, type_of,
};
use common::server::mark::{self, LOGIN_KEY};
use common::server::power::{is_off, start};
use common::server::{Disk, Launch, by_id, is_live, is_running, launch, list, terminate, until_stopped};
use common::session::Session;
use common::ssh::PublicKey;
use common::tags::{ec2_filter, ec2_value};

use crate::appliance::user_data;
use crate::cli::Create;
use crate::image::Image;
use crate::inventory::COMPONENT;
use crate::key_pair::KeyPair;
use crate::settle::SETTINGS;

/// What an Access Server for some dozens of users runs well on.
pub const DEFAULT_TYPE: &str = "t3.small";

/// The server that is to be there.
pub struct Server<'a> {
    pub name: String,
    pub flags: &'a Create,
    /// What it is launched from; none where it is there.
    pub image: Option<Image>,
    /// The key that may log in; none where the server is there, or only planned.
    pub key: Option<PublicKey>,
    /// The address it will have.
    pub public_ip: Option<Ipv4Addr>,
    pub subnets: Vec<String>,
    pub security_group: Option<String>,
    /// How many of this name are terminated.
    pub dead: usize,
}

impl fmt::Display for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instance {}", self.name)
    }
}

/// The tags of the server and of what belongs to it.
pub fn tags(session: &Session, name: &str) -> Vec<(String, String)> {
    mark::tags(session, COMPONENT, name, &[SETTINGS])
}

impl Server<'_> {
    fn new_type(&self, found: &ec2::Instance) -> Option<&str> {
        self.flags.instance_type.as_deref().filter(|wanted| type_of(found) != *wanted)
    }

    fn new_group(&self, found: &ec2::Instance) -> Option<&str> {
        self.security_group.as_deref().filter(|wanted| !is_in_group(found, wanted))
    }

    /// What no call of EC2 changes on an instance.
    fn refuse(&self, found: &ec2::Instance) -> Result<()> {
        if let Some(wanted) = self.flags.ami.as_deref()
            && found.image_id() != Some(wanted)
        {
            let has = found.image_id().unwrap_or("another one");
            return Err(Fault::conflict(format!("the {self} runs the image {has}, not {wanted}"))
                .hint("run `vpn delete` first: the server is made anew, without its users")
                .into());
        }
        if let Some(key) = self.flags.public_key()?
            && ec2_value(found.tags(), LOGIN_KEY).is_some_and(|has| has != key.fingerprint())
        {
            return Err(Fault::conflict(format!(
                "another key than {} logs in to the {self}",
                key.fingerprint()
            ))
            .hint("add this one to ~/.ssh/authorized_keys on the server, or run `vpn delete` first")
            .into());
        }
        Ok(())
    }

    /// A product of the Marketplace has to be accepted once, by a person. EC2's message has the link.
    fn explain(&self, image: &Image, error: anyhow::Error) -> anyhow::Error {
        if !is_code(&error, &["OptInRequired"]) {
            return error;
        }
        let message = refusal_of(&error).map(ToString::to_string).unwrap_or_default();
        let link = link_in(&message).unwrap_or("https://aws.amazon.com/marketplace");
        let fault = Fault::new(
            Kind::Denied,
            format!("this account has not accepted the terms of the image {} of the {self}", image.id),
        );
        let hint =
            format!("accept them at {link} (that costs nothing by itself), then run the same command again");
        error.context(fault.hint(hint))
    }
}

fn link_in(message: &str) -> Option<&str> {
    let begin = message.find("https://")?;
    message[begin..].split_whitespace().next().map(|it| it.trim_end_matches(['.', ',', ')']))
}

impl Resource for Server<'_> {
    type Found = ec2::Instance;

    fn id(found: &ec2::Instance) -> String {
        found.instance_id().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &ec2::Instance) -> Result<Vec<String>> {
        self.refuse(found)?;
        let mut amendments = Vec::new();
        if let Some(wanted) = self.new_type(found) {
            amendments.push(format!("make it a {wanted}, for which it stops"));
        }
        if is_off(found) {
            amendments.push("start it".to_owned());
        }
        if !guards_metadata(found) {
            amendments.push("give metadata only to who asks with a token".to_owned());
        }
        if is_checked(found) {
            amendments.push("turn off the source/destination check".to_owned());
        }
        amendments.extend(self.new_group(found).map(|group| format!("put it into {group}")));
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<ec2::Instance> {
        let key = self.key.as_ref().context("the server was launched before there was a key")?;
        let image = self.image.as_ref().context("the server was launched before there was an image")?;
        let public_ip = self.public_ip.context("the server was launched before it had an address")?;
        let mut tags = tags(session, &self.name);
        tags.push((LOGIN_KEY.to_owned(), key.fingerprint()));
        let groups: Vec<String> = self.security_group.iter().cloned().collect();
        let order = Launch {
            name: &self.name,
            image: &image.id,
            instance_types: &[self.flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE)],
            subnets: &self.subnets,
            security_groups: &groups,
            root_device: &image.root_device,
            disk: Disk::default(),
            key_name: Some(&KeyPair::of(session, key).name),
            user_data: &user_data(public_ip),
            tags: &tags,
            token: &[],
            dead: self.dead,
        };
        Box::pin(launch(session, &order)).await.map_err(|error| self.explain(image, error))
    }

    async fn amend(&self, session: &Session, found: ec2::Instance) -> Result<ec2::Instance> {
        let id = Self::id(&found);
        if !guards_metadata(&found) {
            guard_metadata(session, &id).await?;
        }
        if is_checked(&found) {
            stop_checking(session, &id).await?;
        }
        if let Some(group) = self.new_group(&found) {
            join_group(session, &found, group).await?;
        }
        if let Some(wanted) = self.new_type(&found) {
            change_type(session, &id, wanted).await?;
        }
        if self.new_type(&found).is_some() || is_off(&found) {
            until_stopped(session, &id).await?;
            start(session, &id).await?;
        }
        let changed = by_id(session, std::slice::from_ref(&id)).await?.pop();
        Ok(changed.unwrap_or(found))
    }
}

impl Unprotected for Server<'_> {
    async fn look(&self, session: &Session) -> Result<Vec<ec2::Instance>> {
        let mut found = list(session, vec![ec2_filter("tag:Name", [self.name.as_str()])]).await?;
        found.retain(is_live);
        Ok(found)
    }

    /// The one with the elastic IP, whose address the instance shows: those that a subnet lends belong to Amazon.
    fn is_in_use(found: &ec2::Instance) -> bool {
        is_running(found)
            && found.network_interfaces().iter().any(|it| {
                it.association().is_some_and(|it| it.ip_owner_id().is_some_and(|owner| owner != "amazon"))
            })
    }

    async fn discard(&self, session: &Session, found: &ec2::Instance) -> Result<()> {
        terminate(session, &[Self::id(found)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::link_in;

    #[test]
    fn the_link_is_found_in_awss_message() {
        let message = "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please \
                       visit https://aws.amazon.com/marketplace/pp?sku=abc.";
        assert_eq!(link_in(message), Some("https://aws.amazon.com/marketplace/pp?sku=abc"));
        assert_eq!(link_in("no link"), None);
    }
}
