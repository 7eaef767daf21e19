//! Ports that are open, and what comes in by them.

use std::collections::BTreeSet;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::plan::{Balancer, Listener, Traffic};
use super::ports::PERSON;
use super::shared::Shared;
use super::{balancer, forward};

/// From which side something comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// From a machine of the VPC.
    Inside,
    /// From the host, which is the world.
    Outside,
}

/// What a port leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// A listener of a load balancer, by ARN and port.
    Balancer(String, u16),
    /// A port of a machine.
    Machine(SocketAddrV4),
}

impl Traffic {
    /// The ports to be open on the host.
    #[must_use]
    pub fn outside_doors(&self) -> BTreeSet<SocketAddrV4> {
        let doors = self.balancers.iter().flat_map(|balancer| doors(balancer, Side::Outside));
        doors.map(|(address, _)| address).chain(self.ports.iter().map(|port| port.public)).collect()
    }

    /// The ports to be open in the VPC.
    #[must_use]
    pub fn inside_doors(&self) -> BTreeSet<SocketAddrV4> {
        let doors = self.balancers.iter().flat_map(|balancer| doors(balancer, Side::Inside));
        doors.map(|(address, _)| address).collect()
    }

    /// What a port leads to at present, if anything.
    fn lead(&self, side: Side, address: SocketAddrV4) -> Option<Lead> {
        let doors = |balancer| doors(balancer, side).map(move |(door, listener)| (door, balancer, listener));
        let found = self.balancers.iter().flat_map(doors).find(|(door, _, _)| *door == address);
        let machine = || {
            let port = self.ports.iter().find(|port| port.public == address && side == Side::Outside)?;
            Some(Lead::Machine(port.private))
        };
        found
            .map(|(_, balancer, listener): (_, &Balancer, &Listener)| {
                Lead::Balancer(balancer.arn.clone(), listener.port)
            })
            .or_else(machine)
    }
}

/// The ports of a load balancer on one side. What its security groups keep out does not come from outside; from inside, the
/// namespace's own firewall keeps it out.
fn doors(balancer: &Balancer, side: Side) -> impl Iterator<Item = (SocketAddrV4, &Listener)> {
    let addresses = if side == Side::Inside { &balancer.private } else { &balancer.public };
    let listeners = balancer.listeners.iter().filter(move |listener| listener.open || side == Side::Inside);
    listeners.flat_map(|listener| {
        addresses.iter().map(move |ip| (SocketAddrV4::new(*ip, listener.port), listener))
    })
}

/// Lets in whoever comes, to what the port leads to when they come.
pub async fn keep(shared: Arc<Shared>, side: Side, address: SocketAddrV4, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Some(lead) = shared.traffic().lead(side, address) {
                    tokio::spawn(lead_on(Arc::clone(&shared), side, lead, stream, client));
                }
            }
            // Out of descriptors, say: others may be given back meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn lead_on(shared: Arc<Shared>, side: Side, lead: Lead, stream: TcpStream, client: SocketAddr) {
    let _ = stream.set_nodelay(true);
    match lead {
        Lead::Balancer(arn, port) => {
            // Whoever comes by a public address comes from the world, not from this machine.
            let person = (shared.apart && side == Side::Outside).then_some(PERSON);
            let client = person.map_or(client, |person| SocketAddr::from((person, client.port())));
            balancer::serve(shared, arn, port, stream, client).await;
        }
        Lead::Machine(machine) => forward::pipe(&shared, machine, stream).await,
    }
}
