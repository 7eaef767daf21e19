//! Where a builder is put: the private subnets, and whom its security group lets in. Read beside the inventory, and needed only where
//! an image is made.

use anyhow::Result;
use common::call::both;
use common::fault::Fault;
use common::network;
use common::section::{Bastion, Named, SecurityGroup, Vpc};
use common::server::{is_live, list};
use common::session::Session;
use common::tags::ec2_filter;

use crate::cli::{Create, Via};
use crate::group::Admitted;

/// What was found, or why it was not.
pub struct Ground {
    vpc: Result<Vpc>,
    groups: Result<Named<SecurityGroup>>,
    bastion: Result<bool>,
}

/// Where the builder goes.
#[derive(Debug, Clone)]
pub struct Place {
    pub vpc: String,
    pub subnets: Vec<String>,
    pub admitted: Admitted,
}

impl Ground {
    /// One round trip, for what the document has not.
    pub async fn read(session: &Session, flags: &Create) -> Self {
        let is_direct = flags.via == Via::Direct;
        let read = both(
            both(async { Ok(network::vpc(session).await) }, async {
                Ok(if is_direct { Ok(Named::default()) } else { network::security_groups(session).await })
            }),
            async { Ok(if is_direct { Ok(true) } else { has_bastion(session).await }) },
        );
        match read.await {
            Ok(((vpc, groups), bastion)) => Self { vpc, groups, bastion },
            // None of them fails: each hands its own failure on.
            Err(error) => Self { vpc: Err(error), groups: Ok(Named::default()), bastion: Ok(false) },
        }
    }

    /// The place, or what is missing.
    ///
    /// # Errors
    /// Not found, naming the command to run first; AWS's refusal.
    pub fn place(self, session: &Session, flags: &Create) -> Result<Option<Place>> {
        let vpc = self.vpc?;
        let subnets: Vec<String> = vpc.subnets.private.iter().filter_map(|it| it.id.clone()).collect();
        let admitted = match flags.via {
            Via::Bastion => {
                if !self.bastion? && !session.is_planning() {
                    return Err(Fault::not_found("there is no bastion")
                        .hint("run `bastion create` first, or reach the builder from here with --via direct")
                        .into());
                }
                network::security_group(&self.groups?, "bastion")?.id.clone().map(Admitted::Group)
            }
            Via::Direct => {
                let cidr = flags.admit.or(vpc.cidr_block).map(|it| it.trunc().to_string());
                cidr.map(Admitted::Addresses)
            }
        };
        match (vpc.id, admitted) {
            (Some(vpc), Some(admitted)) if !subnets.is_empty() => Ok(Some(Place { vpc, subnets, admitted })),
            _ if session.is_planning() => Ok(None),
            (Some(_), Some(_)) => {
                Err(Fault::not_found("the VPC has no private subnet").hint("run `vpc create` first").into())
            }
            _ => Err(Fault::document("the document's vpc or sg.bastion has no id")
                .hint("leave vpc and sg out to have them looked up")
                .into()),
        }
    }
}

async fn has_bastion(session: &Session) -> Result<bool> {
    if session.section::<Bastion>("bastion")?.is_some_and(|it| it.id.is_some()) {
        return Ok(true);
    }
    let name = session.identity.name("bastion");
    let found = list(session, vec![ec2_filter("tag:Name", [name])]).await?;
    Ok(found.iter().any(is_live))
}
