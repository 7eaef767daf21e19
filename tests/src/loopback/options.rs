//! What can be set before and while the loopback AWS runs.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// How the loopback AWS runs.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Divide AWS's typical durations by this
    #[arg(global = true, long, value_name = "N", default_value_t = 20.0)]
    pub time_scale: f64,
    /// Delay each call by this, for the way there and back (60ms, 0.2s)
    #[arg(global = true, long, value_name = "TIME", default_value = "0ms", value_parser = duration)]
    pub latency: Duration,
    /// Break calls, as in throttle:3@writes#5 [may be repeated]
    ///
    /// KIND:TIMES%PERCENT@WHICH#N, all but KIND@WHICH optional. KIND is throttle, error (500), reset (the connection),
    /// lose (the answer, after the act) or kill (the caller, after the act). WHICH is calls, writes, a service such as
    /// ec2, or an action such as ec2.CreateVpc. N strikes the n-th such call only, PERCENT some of them. A call sent again
    /// is the same call: it is struck TIMES times and then let through.
    #[arg(global = true, long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,
    #[command(flatten)]
    pub conditions: Conditions,
    /// Back instances with real machines on this one: needs root
    #[arg(global = true, long)]
    pub machines: bool,
    /// Make ids and random faults from this number, so that a run can be repeated
    #[arg(global = true, long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Listen on this loopback address
    #[arg(global = true, long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_scale: 20.0,
            latency: Duration::ZERO,
            faults: Vec::new(),
            conditions: Conditions::default(),
            machines: false,
            seed: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }
}

/// What is the matter with AWS, other than faults of single calls. Can be changed while it runs.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// Have no capacity for instances, or for those of one type, in this availability zone [may be repeated]
    #[arg(global = true, long, value_name = "ZONE[:TYPE]")]
    pub no_capacity: Vec<String>,
    /// Let NAT gateways fail with this code
    #[arg(global = true, long, value_name = "CODE")]
    pub nat_fails: Option<String>,
    /// Let new load balancers fail, for this reason
    #[arg(global = true, long, value_name = "REASON")]
    pub load_balancer_fails: Option<String>,
    /// Let new images fail, for this reason
    #[arg(global = true, long, value_name = "REASON")]
    pub image_fails: Option<String>,
    /// Have accepted the terms of this product of the Marketplace [may be repeated]
    #[arg(global = true, long = "subscribed", value_name = "PRODUCT")]
    pub subscriptions: Vec<String>,
    /// Let instances of this image, by its id or by its name with wildcards, run but never become healthy [may be repeated]
    #[arg(global = true, long = "bad-image", value_name = "IMAGE")]
    pub bad_images: Vec<String>,
    /// Have a public hosted zone with this name from the start [may be repeated]
    #[arg(global = true, long = "hosted-zone", value_name = "NAME")]
    pub hosted_zones: Vec<String>,
    /// Take elastic IPs from this range, such as 127.64.0.0/24, where something of this machine can answer
    #[arg(global = true, long, value_name = "CIDR")]
    pub address_pool: Option<Ipv4Net>,
    /// Let the console of every instance show this as its SSH host key, instead of one of its own
    #[arg(global = true, long, value_name = "KEY")]
    pub host_key: Option<String>,
    /// Let real machines refuse SSH for so many seconds of AWS's time after their start
    #[arg(global = true, long, value_name = "SECONDS", default_value_t = 0.0)]
    pub ssh_refused: f64,
    /// Hide what is new for up to so many seconds of AWS's time
    #[arg(global = true, long, value_name = "SECONDS", default_value_t = 0.0)]
    pub propagation: f64,
    /// Raise or lower a quota, as in vpc=50; without it AWS's own hold [may be repeated]
    #[arg(global = true, long = "quota", value_name = "KIND=NUMBER")]
    pub quotas: Vec<Quota>,
}

/// How many of a kind there may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quota {
    pub kind: String,
    pub number: usize,
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, number) = text.split_once('=').ok_or("give a kind and a number, as in vpc=50")?;
        let number = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
        Ok(Self { kind: kind.to_owned(), number })
    }
}

impl TryFrom<String> for Quota {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Quota> for String {
    fn from(quota: Quota) -> Self {
        format!("{}={}", quota.kind, quota.number)
    }
}

impl Conditions {
    /// How many of a kind there may be, where AWS says `usual` unless asked for more.
    #[must_use]
    pub fn quota(&self, kind: &str, usual: usize) -> usize {
        self.quotas.iter().rev().find(|quota| quota.kind == kind).map_or(usual, |quota| quota.number)
    }

    /// Whether a zone has no capacity for instances of a type.
    #[must_use]
    pub fn lacks(&self, zone: &str, kind: &str) -> bool {
        self.no_capacity.iter().any(|lacking| match lacking.split_once(':') {
            Some((place, of)) => place == zone && of == kind,
            None => lacking == zone,
        })
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let scale = match unit {
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return Err("give a time with its unit, as in 60ms or 0.2s".into()),
    };
    let number: f64 = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
    Duration::try_from_secs_f64(number * scale).map_err(|e| e.to_string())
}
