//! Health checks: a real request to every target.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::pin;
use std::sync::Arc;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT_ENCODING, CONNECTION, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::connection::open;
use super::plan::{Check, Fitness, Group, Target, Traffic};
use super::shared::Shared;
pub use crate::loopback::elbv2::probe::{Outcome, Probe};

/// What load balancers call themselves when they ask.
const ASKER: &str = "ELB-HealthChecker/2.0";

/// A target: its group's ARN, its id and its port.
pub type Key = (String, String, u16);

/// What to ask of a target, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    address: SocketAddrV4,
    check: Check,
    source: Option<Ipv4Addr>,
}

/// The checks to be made by a plan: of all targets that are not leaving.
pub fn jobs(traffic: &Traffic) -> BTreeMap<Key, Job> {
    let of_group = |(arn, group): (&String, &Group)| {
        let staying = group.targets.iter().filter(|target| target.fitness != Fitness::Draining);
        let job = |target: &Target| {
            let (ip, port) = (*target.address.ip(), target.address.port());
            let address = SocketAddrV4::new(ip, group.check.port.unwrap_or(port));
            let job = Job { address, check: group.check.clone(), source: group.sources.first().copied() };
            ((arn.clone(), target.id.clone(), port), job)
        };
        staying.map(job).collect::<Vec<_>>()
    };
    traffic.groups.iter().flat_map(of_group).collect()
}

/// Checks a target at its interval, and keeps what it finds.
pub async fn ask(shared: Arc<Shared>, (group, target, port): Key, job: Job) {
    let mut turns = interval(job.check.interval);
    // A machine that is slow to answer is not asked all the faster afterwards.
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let outcome = check(&job, shared.apart).await;
        let (group, target) = (group.clone(), target.clone());
        shared.found(Probe { group, target, port, outcome, at: shared.clock.now() });
    }
}

async fn check(job: &Job, apart: bool) -> Outcome {
    if !job.check.plain {
        return Outcome::Failed;
    }
    let source = job.source.filter(|_| apart);
    match timeout(job.check.timeout, get(job, source)).await {
        Ok(Ok(status)) if job.check.codes.iter().any(|codes| codes.contains(&status.as_u16())) => {
            Outcome::Good
        }
        Ok(Ok(status)) => Outcome::Code(status.as_u16()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Outcome::Timeout,
        Ok(Err(_)) => Outcome::Failed,
        Err(_) => Outcome::Timeout,
    }
}

/// One request by a connection of its own. Only the head of the answer counts.
async fn get(job: &Job, source: Option<Ipv4Addr>) -> io::Result<StatusCode> {
    let stream = open(source, job.address).await?;
    let mut http = http1::Builder::new();
    http.title_case_headers(true);
    let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = Request::get(&job.check.path)
        .header(HOST, job.address.to_string())
        .header(CONNECTION, "close")
        .header(USER_AGENT, ASKER)
        .header(ACCEPT_ENCODING, "gzip, compressed")
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    // The connection lasts no longer than this question; but its end may come together with the answer.
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    Ok(answer.map_err(io::Error::other)?.status())
}
