//! `vpc create`: the network from outside in. What depends on nothing is made side by side.
//!
//! 1. VPC, internet gateway, elastic IPs
//! 2. subnets, route tables, the gateway's attachment
//! 3. NAT gateways, default routes, associations, the S3 endpoint
//!
//! DNS attributes, tags and the peering go beside 2 and 3. Then the document is written, and what must wait for a NAT gateway is done as
//! soon as that is available.

mod beside;
mod gateways;
mod ground;
mod insides;

use anyhow::Result;
use common::call::both;
use common::section::Vpc as Section;
use common::session::Session;

use crate::cli::Create;
use crate::inventory::{Inventory, Surroundings};
use crate::network::Network;
use crate::plan::Plan;
use crate::request::Request;
use crate::{decide, leftovers, peering_routes, retag, settle};

/// Makes the network or brings it in line.
///
/// # Errors
/// Usage, conflict and not-found faults; AWS's refusal.
pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let request = Request::from_flags(flags)?;
    let document = session.section::<Section>("vpc")?;
    let read = Inventory::read_with_surroundings(session, document.as_ref(), request.peer_default);
    let (inventory, surroundings) = session.inventory(read).await?;
    let act = Act::decide(session, &request, inventory, surroundings)?;
    let mut network = act.make().await?;
    let section = network.section(session);
    session.write(|document| document.set_section("vpc", &section))?;
    settle::settle(session, &mut network).await?;
    leftovers::remove(session, &act.inventory, &network).await
}

/// Everything that is decided before anything is made.
struct Act<'a> {
    session: &'a Session,
    plan: Plan,
    inventory: Inventory,
    surroundings: Surroundings,
    /// Whether there is to be a peering with the default VPC.
    peers: bool,
}

impl<'a> Act<'a> {
    fn decide(
        session: &'a Session,
        request: &Request,
        inventory: Inventory,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let id = inventory.vpc().map(|vpc| vpc.id.clone());
        let inventory = inventory.of_vpc(id.as_deref());
        let standing = inventory.standing(session)?;
        let plan = decide::plan(session, request, &inventory, &standing, &surroundings.zones)?;
        // A peering that was asked for before is kept up for as long as there is a default VPC.
        let is_there = surroundings.default_vpc.is_some();
        let peers = plan.wish.peer_default && (request.peer_default || is_there);
        if peers {
            peering_routes::check(surroundings.default_vpc.as_ref(), plan.cidr)?;
        }
        Ok(Self { session, plan, inventory, surroundings, peers })
    }

    async fn make(&self) -> Result<Network> {
        let ground = self.ground().await?;
        let mut network = Network::standing(self.session, &self.plan, &self.inventory);
        network.id.clone_from(&ground.vpc);
        let vpc = ground.vpc.as_deref();
        let beside = both(self.dns(vpc), both(retag::retag(self.session, &self.inventory), self.peer(vpc)));
        let inside = async {
            self.insides(&ground, &mut network).await?;
            self.gateways(&ground, &mut network).await
        };
        let (((), ((), peering)), ()) = both(beside, inside).await?;
        if self.peers {
            self.peering_routes(&mut network, peering).await?;
        }
        network.move_members(self.session).await?;
        Ok(network)
    }
}
