//! An AWS that runs on this machine: strict, slow like AWS on its own clock, made to break, and watched.
//!
//! One process (or a thread of a test), HTTP on a loopback port, reached by any AWS client through `AWS_ENDPOINT_URL`.
//! Everything is in memory. It is strict, because what an emulator forgives a real account does not: unknown
//! parameters, filters and actions are refused, ids have forms, things in use cannot be deleted, quotas hold. States
//! follow from timestamps when they are looked at, so nothing runs in the background: before each call a Region is
//! settled, which does whatever has fallen due.
//!
//! # The way of a call
//! `server` accepts, `respond` reads it whole, [`request`] makes a call of it (who, which service, which action, with
//! which parameters, checked against what the action declares), [`fault`] may break it, [`dispatch`] runs the action's
//! handler on the Region's state (a write on a copy that is kept only where it succeeds, so a handler may refuse half
//! way), [`answer`] puts the result in the shape of the protocol, and [`journal`] keeps a line of it.
//!
//! # How to add a noun
//! A service is a folder, a noun a file in it. `ec2/vpc.rs` is the one to copy. A noun file has
//! - the struct, with its [`action::Meta`] (id, tags, when made, when it can be seen);
//! - `impl Noun`: its [`ec2::Kind`] (what it is called where, its error codes), its filters, and `show`, the XML that
//!   describe calls and dumps have of it;
//! - `ACTIONS`: a line an operation, `read` or `write`, its handler, and what it takes in a line of text
//!   ([`schema`]; names as they are on the wire, so `VpcId.N` for a list; `!` for required; `@tags`, `@filters`, `@page`);
//! - a handler an operation: `fn(&mut Call) -> Result<Reply>`. `call.params` has what came, `call.find::<Vpc>(id)` looks
//!   up with the right refusals, `call.make::<Vpc>()` makes id and tags, `call.keep(vpc)` stores, `call.after(90.0)` is
//!   the moment 90 s of AWS's time from now, `call.replayed("ClientToken")` and `call.remember(…)` keep tokens,
//!   [`ec2::describe::describe`] does ids, filters and pages.
//!
//! Then a line in the folder's `mod.rs`: the module, its `ACTIONS`, and for EC2 its shelf. Dry runs, tags of existing
//! resources (`CreateTags`), visibility, journal, faults and dumps come by themselves. Values of a state go by time:
//! store the moment at which a thing becomes ready, and compare with `view.now` in `show`. What must happen at a
//! moment without anybody looking (an interface that goes away) is done in the service's `settle`.
//!
//! # How to add a service
//! A folder with a `SERVICE` in its `mod.rs`, a line in [`service::ALL`], a field for its state in [`world::Region`]. A REST
//! service has a table of routes as well ([`rest`]); its state is kept in [`world::HOME`], whatever Region a call means.
//! What AWS or the world does by itself (storage that grows, an instance that dies) is an [`action::Action`] under
//! `hooks`, which only the control channel ([`control`]) can call.

pub mod acm;
pub mod action;
pub mod answer;
pub mod autoscaling;
pub mod clock;
pub mod cloudfront;
pub mod control;
pub mod dispatch;
pub mod dump;
pub mod ec2;
pub mod elbv2;
pub mod error;
pub mod fault;
pub mod filter;
pub mod id;
pub mod journal;
pub mod machines;
pub mod options;
pub mod page;
pub mod params;
mod peer;
pub mod rds;
pub mod request;
mod respond;
pub mod rest;
pub mod route53;
pub mod schema;
pub mod secretsmanager;
mod server;
pub mod service;
mod shared;
pub mod ssm;
pub mod sts;
pub mod tag;
pub mod token;
pub mod world;
pub mod xml;

pub use journal::{Entry, round_trips};
pub use options::{Conditions, Options};
pub use server::Server;
