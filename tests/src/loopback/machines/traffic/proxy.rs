//! Sending a request to a target, and its answer back.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use http_body_util::Either;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::answer::{Body, page};
use super::connection::open;
use super::headers;
use super::pool::{Sender, Way};
use super::shared::Shared;

/// A target's answer, streamed; 502 where it refuses the connection or breaks it off, 504 where it does not answer in time. A
/// target that refuses is not passed over for another: AWS documents 502 for "a TCP RST from the target when attempting to
/// establish a connection", and no second attempt.
pub async fn send(
    shared: &Shared,
    source: Option<Ipv4Addr>,
    target: SocketAddrV4,
    idle: Duration,
    request: Request<Incoming>,
) -> Response<Body> {
    let way = (source, target);
    let sent = async {
        let (sender, request) = match shared.pool.take(&way) {
            Some(sender) => match resend(sender, request).await {
                Resent::Answered(sender, answer) => return Ok((sender, answer)),
                Resent::Unsent(request) => (connect(way).await?, request),
                Resent::Broken => return Err(Failure::Broken),
            },
            None => (connect(way).await?, request),
        };
        let mut sender = sender;
        let answer = sender.send_request(request).await.map_err(|_| Failure::Broken)?;
        Ok((sender, answer))
    };
    match timeout(idle, sent).await.unwrap_or(Err(Failure::Late)) {
        Ok((sender, answer)) => {
            if shared.traffic().reaches(target) {
                shared.pool.put(way, sender);
            }
            let mut answer = answer.map(Either::Right);
            // Whatever version the target speaks, the load balancer speaks this one.
            *answer.version_mut() = Version::HTTP_11;
            headers::strip(answer.headers_mut());
            answer
        }
        Err(Failure::Broken) => page(StatusCode::BAD_GATEWAY),
        Err(Failure::Late) => page(StatusCode::GATEWAY_TIMEOUT),
    }
}

/// What became of a request for which there was a connection already.
enum Resent {
    Answered(Sender, Response<Incoming>),
    /// The target had closed the connection before anything of the request was sent.
    Unsent(Request<Incoming>),
    Broken,
}

async fn resend(mut sender: Sender, request: Request<Incoming>) -> Resent {
    match sender.try_send_request(request).await {
        Ok(answer) => Resent::Answered(sender, answer),
        Err(mut error) => error.take_message().map_or(Resent::Broken, Resent::Unsent),
    }
}

enum Failure {
    Broken,
    Late,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // Where nothing answers at all, or the way there is not.
        let late = matches!(
            error.kind(),
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable
        );
        if late { Self::Late } else { Self::Broken }
    }
}

async fn connect((source, target): Way) -> Result<Sender, Failure> {
    let stream = open(source, target).await?;
    let mut http = http1::Builder::new();
    http.preserve_header_case(true).title_case_headers(true);
    let (sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Broken)?;
    tokio::spawn(async move {
        // How it ends is seen by whoever waits for an answer.
        let _ = connection.await;
    });
    Ok(sender)
}
