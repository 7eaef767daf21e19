//! What the thread does: it opens and closes, asks targets, and leaves the rest to what it has opened.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpListener as StdListener, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinHandle, JoinSet};

use super::door::{self, Side};
use super::probe::{self, Job, Key};
use super::resolver::{self, Sockets};
use super::runtime::View;
use super::shared::Shared;
use super::upstream::Upstream;

/// How soon to try again what the namespace was not ready for.
const AGAIN: Duration = Duration::from_millis(100);

/// What the thread is told.
#[derive(Debug)]
pub enum Order {
    /// There is a new plan.
    Plan,
    /// Take over a listener of the host's.
    Door(SocketAddrV4, StdListener),
    /// Let go of one, and say so.
    Close(SocketAddrV4, Sender<()>),
    /// Answer questions for names: on these sockets, or on those to be opened on the address.
    Names { view: View, address: SocketAddr, sockets: Option<Sockets>, upstream: Option<UdpSocket> },
}

/// A name server whose address is not there yet.
type Waiting = (View, SocketAddr, Option<Arc<Upstream>>);

pub struct Engine {
    shared: Arc<Shared>,
    orders: UnboundedReceiver<Order>,
    inside: BTreeMap<SocketAddrV4, JoinHandle<()>>,
    /// Those of them that have been told to close, and may not have yet.
    closing: BTreeMap<SocketAddrV4, JoinHandle<()>>,
    outside: BTreeMap<SocketAddrV4, JoinHandle<()>>,
    probes: BTreeMap<Key, (Job, JoinHandle<()>)>,
    servers: JoinSet<()>,
    waiting: Vec<Waiting>,
}

impl Engine {
    pub fn new(shared: Arc<Shared>, orders: UnboundedReceiver<Order>) -> Self {
        Self {
            shared,
            orders,
            inside: BTreeMap::new(),
            closing: BTreeMap::new(),
            outside: BTreeMap::new(),
            probes: BTreeMap::new(),
            servers: JoinSet::new(),
            waiting: Vec::new(),
        }
    }

    /// Does what it is told until nobody can tell it anything any more.
    pub async fn run(mut self) {
        let mut complete = true;
        loop {
            let again = async { if complete { pending().await } else { tokio::time::sleep(AGAIN).await } };
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                () = again => {}
            }
            complete = self.open_inside() & self.open_servers();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Plan => self.ask(),
            Order::Door(address, listener) => {
                if let Ok(listener) = TcpListener::from_std(listener) {
                    let task = door::keep(Arc::clone(&self.shared), Side::Outside, address, listener);
                    self.outside.insert(address, tokio::spawn(task));
                }
            }
            Order::Close(address, done) => {
                let door = self.outside.remove(&address);
                // The listener is closed as its task ends.
                tokio::spawn(async move {
                    if let Some(door) = door {
                        end(door).await;
                    }
                    let _ = done.send(());
                });
            }
            Order::Names { view, address, sockets, upstream } => {
                let upstream = upstream.and_then(|socket| Upstream::start(socket).ok());
                match sockets {
                    Some(sockets) => self.serve(view, sockets, upstream),
                    None => self.waiting.push((view, address, upstream)),
                }
            }
        }
    }

    /// Opens the ports of the load balancers' private addresses and closes those that are no more; whether all are open.
    fn open_inside(&mut self) -> bool {
        let wanted = self.shared.traffic().inside_doors();
        self.closing.retain(|_, door| !door.is_finished());
        for (address, door) in std::mem::take(&mut self.inside) {
            if wanted.contains(&address) {
                self.inside.insert(address, door);
            } else {
                door.abort();
                self.closing.insert(address, door);
            }
        }
        let mut complete = true;
        for address in wanted {
            complete &= self.inside.contains_key(&address) || self.open(address);
        }
        complete
    }

    /// Opens a port of the namespace's, unless its last listener is still in the way or its address not there yet.
    fn open(&mut self, address: SocketAddrV4) -> bool {
        if self.closing.contains_key(&address) {
            return false;
        }
        match listen(address) {
            Ok(listener) => {
                let task = door::keep(Arc::clone(&self.shared), Side::Inside, address, listener);
                self.inside.insert(address, tokio::spawn(task));
                true
            }
            Err(error) => {
                self.excuse(&error, &address);
                false
            }
        }
    }

    /// Opens the name servers that wait for their addresses; whether none waits any more.
    fn open_servers(&mut self) -> bool {
        for (view, address, upstream) in std::mem::take(&mut self.waiting) {
            match resolver::listen(address) {
                Ok(sockets) => self.serve(view, sockets, upstream),
                Err(error) => {
                    self.excuse(&error, &address);
                    self.waiting.push((view, address, upstream));
                }
            }
        }
        self.waiting.is_empty()
    }

    fn serve(&mut self, view: View, sockets: Sockets, upstream: Option<Arc<Upstream>>) {
        self.servers.spawn(resolver::serve(Arc::clone(&self.shared), view, sockets, upstream));
    }

    /// An address that is not there yet comes with the namespace's interfaces; anything else is worth telling.
    fn excuse(&self, error: &io::Error, address: &impl std::fmt::Display) {
        if error.kind() != io::ErrorKind::AddrNotAvailable {
            self.shared.problems.tell(&format!("cannot listen on {address}: {error}"));
        }
    }

    /// Asks every target of the plan at its interval, and no other. Who is asked the same as before is not asked anew.
    fn ask(&mut self) {
        let mut jobs = probe::jobs(&self.shared.traffic());
        self.probes.retain(|key, (job, task)| {
            let same = jobs.get(key) == Some(job) && !task.is_finished();
            if same {
                jobs.remove(key);
            } else {
                task.abort();
            }
            same
        });
        for (key, job) in jobs {
            let task = tokio::spawn(probe::ask(Arc::clone(&self.shared), key.clone(), job.clone()));
            self.probes.insert(key, (job, task));
        }
    }
}

/// Ends a task, and waits until it has.
async fn end(task: JoinHandle<()>) {
    task.abort();
    let _ = task.await;
}

fn listen(address: SocketAddrV4) -> io::Result<TcpListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
