//! The server itself: an instance that is launched, amended in place, or refused.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::{Resource, Unprotected};
use common::fault::Fault;
use common::server::amend::{change_type, guard_metadata, guards_metadata, is_in_group, join_group, type_of};
use common::server::image::architecture;
use common::server::mark::{self, LOGIN_KEY, LOGIN_USER};
use common::server::power::{is_off, start};
use common::server::{
    Disk, Launch, by_id, is_live, is_running, launch, list, terminate, until_stopped, user,
};
use common::session::Session;
use common::ssh::{PublicKey, user_data};
use common::tags::{ec2_filter, ec2_tags, ec2_value};

use crate::cli::Create;
use crate::image::{DEFAULT_TYPE, Image};

/// The server that is to be there.
pub struct Server<'a> {
    pub name: String,
    pub flags: &'a Create,
    /// None where one is there: it keeps its own.
    pub image: Image,
    /// The key that may log in; none where the server is there, or only planned.
    pub key: Option<PublicKey>,
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

impl Server<'_> {
    fn instance_type(&self) -> &str {
        self.flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE)
    }

    fn new_type(&self, found: &ec2::Instance) -> Option<&str> {
        self.flags.instance_type.as_deref().filter(|wanted| type_of(found) != *wanted)
    }

    fn new_user(&self, found: &ec2::Instance) -> Option<&str> {
        self.flags.user.as_deref().filter(|wanted| user::of(found.tags()) != *wanted)
    }

    fn new_group(&self, found: &ec2::Instance) -> Option<&str> {
        self.security_group.as_deref().filter(|wanted| !is_in_group(found, wanted))
    }

    /// What no call of EC2 changes on an instance.
    fn refuse(&self, found: &ec2::Instance) -> Result<()> {
        let hint = "run `bastion delete` first: the elastic IP and the keys are made anew";
        if let Some(wanted) = self.flags.ami.as_deref()
            && found.image_id() != Some(wanted)
        {
            let has = found.image_id().unwrap_or("another one");
            return Err(Fault::conflict(format!("the {self} runs the image {has}, not {wanted}"))
                .hint(hint)
                .into());
        }
        if let Some(wanted) = self.new_type(found)
            && architecture(wanted) != architecture(type_of(found))
        {
            return Err(Fault::conflict(format!(
                "the {self} is a {}, and its image does not run on a {wanted}",
                type_of(found)
            ))
            .hint(hint)
            .into());
        }
        if let Some(key) = self.flags.public_key()?
            && ec2_value(found.tags(), LOGIN_KEY).is_some_and(|has| has != key.fingerprint())
        {
            return Err(Fault::conflict(format!(
                "another key than {} logs in to the {self}",
                key.fingerprint()
            ))
            .hint("add this one to ~/.ssh/authorized_keys on the server, or run `bastion delete` first")
            .into());
        }
        Ok(())
    }
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
        amendments.extend(self.new_group(found).map(|group| format!("put it into {group}")));
        amendments.extend(self.new_user(found).map(|user| format!("note {user} as its user")));
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<ec2::Instance> {
        let key = self.key.as_ref().context("the server was launched before there was a key")?;
        let mut tags = mark::tags(session, "bastion", &self.name, &[]);
        tags.push((LOGIN_KEY.to_owned(), key.fingerprint()));
        let login = self.flags.user.as_deref().unwrap_or(user::DEFAULT);
        tags.push((LOGIN_USER.to_owned(), login.to_owned()));
        let types = [self.instance_type()];
        let groups: Vec<String> = self.security_group.iter().cloned().collect();
        let order = Launch {
            name: &self.name,
            image: &self.image.id,
            instance_types: &types,
            subnets: &self.subnets,
            security_groups: &groups,
            root_device: &self.image.root_device,
            disk: Disk::default(),
            key_name: None,
            user_data: &user_data(key),
            tags: &tags,
            token: &[],
            dead: self.dead,
        };
        Box::pin(launch(session, &order)).await
    }

    async fn amend(&self, session: &Session, found: ec2::Instance) -> Result<ec2::Instance> {
        let id = Self::id(&found);
        if !guards_metadata(&found) {
            guard_metadata(session, &id).await?;
        }
        if let Some(group) = self.new_group(&found) {
            join_group(session, &found, group).await?;
        }
        if let Some(user) = self.new_user(&found) {
            let tag = (LOGIN_USER.to_owned(), user.to_owned());
            let call = session.aws.ec2().create_tags().resources(&id).set_tags(Some(ec2_tags(&[tag])));
            call.send().await.cannot(format!("tag the {self}"))?;
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
