//! `vpc`: the network of one environment.

// The futures of `create` are nested deeper than the 128 types that rustc looks into by default.
#![recursion_limit = "256"]

mod addresses;
mod cidr;
mod cli;
mod create;
mod decide;
mod delete;
mod dns;
mod elastic_ip;
mod holders;
mod internet_gateway;
mod inventory;
mod leftovers;
mod living;
mod nat_gateway;
mod network;
mod peering;
mod peering_routes;
mod plan;
mod request;
mod retag;
mod route;
mod route_table;
mod routing;
mod s3_endpoint;
mod section;
mod settle;
mod show;
mod subnet;
mod tier;
mod vpc;
mod wish;
mod zones;

use std::process::ExitCode;

use cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(create) => create::create(session, create).await,
        Verb::Show(show) => show::show(session, show).await,
        Verb::Delete(delete) => delete::delete(session, delete).await,
        Verb::Offline(_) => Ok(()),
    })
}
