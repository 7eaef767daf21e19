//! Connections to targets that may be used again.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Mutex;

use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;

use super::shared::lock;

/// From where a connection is and where it goes.
pub type Way = (Option<Ipv4Addr>, SocketAddrV4);
/// What requests are sent by.
pub type Sender = SendRequest<Incoming>;

/// Connections that are open, idle or with an answer still on its way.
#[derive(Debug, Default)]
pub struct Pool(Mutex<BTreeMap<Way, Vec<Sender>>>);

impl Pool {
    /// One whose last answer is complete, if there is any.
    pub fn take(&self, way: &Way) -> Option<Sender> {
        let mut pool = lock(&self.0);
        let idle = pool.get_mut(way)?;
        idle.retain(|sender| !sender.is_closed());
        let ready = idle.iter().position(Sender::is_ready)?;
        Some(idle.swap_remove(ready))
    }

    pub fn put(&self, way: Way, sender: Sender) {
        if !sender.is_closed() {
            lock(&self.0).entry(way).or_default().push(sender);
        }
    }

    /// Lets go of all that do not lead to these addresses: who is there next may be another. What is on its way still arrives.
    pub fn keep(&self, stays: impl Fn(&SocketAddrV4) -> bool) {
        lock(&self.0).retain(|(_, to), senders| {
            senders.retain(|sender| !sender.is_closed());
            stays(to) && !senders.is_empty()
        });
    }
}
