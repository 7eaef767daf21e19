//! The traffic of a VPC: load balancers that really balance, health checks that really ask, names that resolve, and public
//! addresses that lead in.
//!
//! # How it hangs together
//! [`Traffic`] is a plan: everything a VPC's traffic depends on, read off the state as plain data, to be compared with what it
//! was. A [`Runtime`] carries plans out. It is one thread, which has moved into the network namespace in which the VPC's
//! machines can be reached, and on which everything runs that talks to them. Sockets stay in the namespace in which they were
//! opened: those that are for the host, a load balancer's public side among them, are opened by the caller of
//! [`Runtime::apply`] and handed over. Who asks when a plan changes keeps what was planned: a request is routed, sent and
//! answered by the plan that was in force when it came.
//!
//! What the health checks find goes the other way: [`Runtime::probes`] has it for the state, which makes of it what
//! `DescribeTargetHealth` says and, with the next plan, where requests go.

mod answer;
mod balancer;
mod choice;
mod connection;
mod door;
mod engine;
mod forward;
mod headers;
mod matching;
pub mod names;
mod names_plan;
mod plan;
mod planning;
mod pool;
mod ports;
mod probe;
mod proxy;
mod question;
mod resolver;
mod runtime;
mod shared;
#[cfg(test)]
mod tests;
mod upstream;

pub use names::Names;
pub use names_plan::outside as outside_names;
pub use plan::{Balancer, Check, Fitness, Group, Listener, PublicPort, Rule, Target, Traffic};
pub use ports::PERSON;
pub use probe::{Outcome, Probe};
pub use runtime::{Runtime, View};
