//! A load balancer's side of a client's connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::answer::{self, Body};
use super::headers;
use super::matching::Asked;
use super::plan::{Balancer, Listener, Traffic};
use super::proxy;
use super::shared::Shared;
use crate::loopback::elbv2::forward::Forward;
use crate::loopback::elbv2::routing::Step;

/// The listener has been taken away: its connections end without an answer.
#[derive(Debug)]
struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the listener is gone")
    }
}

impl std::error::Error for Gone {}

/// Answers the requests that come by a connection to a listener.
pub async fn serve(shared: Arc<Shared>, arn: String, port: u16, stream: TcpStream, client: SocketAddr) {
    let service = service_fn(|request| answer(&shared, &arn, port, client, request));
    // A client may be silent for as long as a target may.
    let traffic = shared.traffic();
    let silent = traffic.listener(&arn, port).map(|(balancer, _)| balancer.idle);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(silent).preserve_header_case(true);
    http.title_case_headers(true);
    // A broken connection is the client's business: there is nobody to tell.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

impl Traffic {
    fn listener(&self, arn: &str, port: u16) -> Option<(&Balancer, &Listener)> {
        let balancer = self.balancers.iter().find(|balancer| balancer.arn == arn)?;
        Some((balancer, balancer.listeners.iter().find(|listener| listener.port == port)?))
    }
}

/// Answers a request by the plan that is in force now, and stays with it.
async fn answer(
    shared: &Shared,
    arn: &str,
    port: u16,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Gone> {
    let traffic = shared.traffic();
    let (balancer, listener) = traffic.listener(arn, port).ok_or(Gone)?;
    let Some(asked) = Asked::of(&request, client.ip()) else {
        return Ok(answer::page(StatusCode::BAD_REQUEST));
    };
    // The last rule has no conditions.
    let Some(rule) = listener.rules.iter().find(|rule| rule.applies(&asked)) else {
        return Ok(answer::page(StatusCode::SERVICE_UNAVAILABLE));
    };
    Ok(match &rule.step {
        Step::Fixed(response) => answer::fixed(response),
        Step::Redirect(redirect) => answer::redirect(redirect, &asked, port),
        Step::Forward(forward) => {
            let mut request = request;
            headers::prepare(&mut request, &balancer.attributes, client, port);
            pass_on(shared, &traffic, balancer, forward, request).await
        }
    })
}

/// Forwards a request to one target. A client's stickiness to a group or target is not kept: nothing here asks for it.
async fn pass_on(
    shared: &Shared,
    traffic: &Traffic,
    balancer: &Balancer,
    forward: &Forward,
    request: Request<Incoming>,
) -> Response<Body> {
    let chosen = shared.rounds.group(&forward.groups).and_then(|arn| {
        let group = traffic.groups.get(arn)?;
        Some((group, shared.rounds.target(arn, group)?))
    });
    match chosen {
        // AWS: "the target groups have no registered targets, or all of them are in an unused state".
        None => answer::page(StatusCode::SERVICE_UNAVAILABLE),
        // There is nobody here who speaks anything else to a target.
        Some((group, _)) if !group.plain => answer::page(StatusCode::BAD_GATEWAY),
        Some((_, target)) => {
            let source = balancer.private.first().copied().filter(|_| shared.apart);
            proxy::send(shared, source, target.address, balancer.idle, request).await
        }
    }
}
