//! From a request on the wire to the answer on the wire, with latency, faults and the journal on the way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::{Request as HttpRequest, Response};
use rustix::process::{Pid, Signal, kill_process};

use super::action::Effect;
use super::answer::{self, Answer};
use super::control;
use super::dispatch::dispatch;
use super::error::{AwsError, Common};
use super::fault::{Break, Target};
use super::journal::Entry;
use super::request::{Raw, Refusal, Request, parse};
use super::server::Connection;
use super::shared::Shared;

/// More than any call needs; 16 KB of user data come nearest.
const BODY_LIMIT: usize = 4 << 20;

/// Answers a request. The answer is made by a task of its own, since AWS goes on when its caller goes away.
///
/// # Errors
/// Where the connection is to be broken.
pub async fn respond(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: HttpRequest<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let start = shared.clock.now().0;
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        let error =
            AwsError::new("RequestEntityTooLarge", "The request is too large, or broke off.").status(413);
        return Ok(answer::refusal(super::action::Protocol::Ec2, "", &error).response());
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let raw =
        Raw { method: head.method.to_string(), path, headers: head.headers, body: body.to_bytes().to_vec() };
    if raw.path.starts_with(control::PREFIX) {
        return Ok(control::answer(&shared, &raw).response());
    }
    let breaking = Arc::clone(&connection);
    let task = tokio::spawn(async move { call(&shared, &connection, raw, start).await });
    // A handler that panics is a defect, told as AWS tells its own.
    let result = task.await.unwrap_or_else(|_| Ok(crashed()));
    result.map(Answer::response).inspect_err(|_| breaking.reset_on_close())
}

/// One call, from its start to its line in the journal.
async fn call(shared: &Shared, connection: &Connection, raw: Raw, start: u64) -> io::Result<Answer> {
    half(shared.latency).await;
    let mut entry = Entry { start, ..Entry::default() };
    let result = match parse(raw) {
        Ok(request) => act(shared, connection, &request, &mut entry).await,
        Err(refusal) => Ok(refuse(shared, &refusal, &mut entry)),
    };
    entry.pid = connection.pid().await;
    if entry.outcome != "killed" {
        half(shared.latency).await;
    }
    entry.end = shared.clock.now().0;
    shared.lock().journal.push(entry);
    result
}

/// Half of the way there and back. Sleeping for no time at all would still take a millisecond.
async fn half(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency / 2).await;
    }
}

fn refuse(shared: &Shared, refusal: &Refusal, entry: &mut Entry) -> Answer {
    let id = shared.lock().request_id();
    entry.service.clone_from(&refusal.service);
    entry.action.clone_from(&refusal.action);
    entry.outcome.clone_from(&refusal.error.code);
    answer::refusal(refusal.protocol, &id, &refusal.error)
}

/// Does what the call asks for, unless a fault is in the way.
async fn act(
    shared: &Shared,
    connection: &Connection,
    request: &Request,
    entry: &mut Entry,
) -> io::Result<Answer> {
    request.service.name.clone_into(&mut entry.service);
    request.action.name.clone_into(&mut entry.action);
    entry.region.clone_from(&request.region);
    entry.access_key.clone_from(&request.access_key);
    entry.write = request.action.effect == Effect::Write;
    let (fault, result, id) = decide(shared, request);
    let protocol = request.service.protocol;
    entry.outcome = match (fault, &result) {
        (Some(Break::Reset), _) => "reset".into(),
        (Some(Break::Lose), _) => "lost".into(),
        (Some(Break::Kill), _) => "killed".into(),
        (_, Ok(_)) => "ok".into(),
        (_, Err(error)) => error.code.clone(),
    };
    match fault {
        Some(Break::Reset | Break::Lose) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Break::Kill) => {
            if let Some(pid) = connection.pid().await.and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Some(Break::Throttle | Break::Error) | None => {}
    }
    Ok(match result {
        Ok(reply) => answer::reply(protocol, request.action.name, &id, reply),
        Err(error) => answer::refusal(protocol, &id, &error),
    })
}

type Decision = (Option<Break>, Result<super::action::Reply, AwsError>, String);

/// Strikes and acts under one lock, so that faults count calls in the order in which they act.
fn decide(shared: &Shared, request: &Request) -> Decision {
    let mut inner = shared.lock();
    let id = inner.request_id();
    let fault = inner.faults.strike(Target::of(request));
    let refused = match fault {
        Some(Break::Throttle) => Some(Common::Throttled),
        Some(Break::Error | Break::Reset) => Some(Common::Internal),
        Some(Break::Lose | Break::Kill) | None => None,
    };
    let result = match refused {
        Some(common) => Err(common.error(request.service.protocol, request.action.name)),
        None => dispatch(&mut inner.world, &shared.clock, request),
    };
    (fault, result, id)
}

fn crashed() -> Answer {
    let error =
        AwsError::new("InternalError", "The loopback AWS has a defect: a handler panicked.").status(500);
    answer::refusal(super::action::Protocol::Ec2, "", &error)
}
