//! The thread that a VPC's traffic runs on, and how it is told what to do.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::mpsc;

use super::engine::{Engine, Order};
use super::plan::Traffic;
use super::shared::Shared;
use super::{Probe, resolver};
use crate::loopback::clock::Clock;

/// How long the thread may take to close what it has been told to close.
const CLOSING: Duration = Duration::from_secs(1);

/// Which names a name server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Those that the VPC knows, told within its network namespace.
    Inside,
    /// Those that the world knows, told to the host.
    Outside,
}

/// What carries out the plans for a VPC, until it is dropped.
#[derive(Debug)]
pub struct Runtime {
    shared: Arc<Shared>,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
    /// The ports that are open on the host.
    open: Mutex<BTreeSet<SocketAddrV4>>,
}

impl Runtime {
    /// Starts the thread, which moves into a network namespace where one is given and stays there.
    ///
    /// # Errors
    /// There is no such namespace, it may not be moved into, or there are no more threads.
    pub fn start(namespace: Option<&Path>, clock: &Clock) -> io::Result<Self> {
        let namespace = namespace.map(File::open).transpose()?;
        let shared = Arc::new(Shared::new(clock.clone(), namespace.is_some()));
        let (orders, received) = mpsc::unbounded_channel();
        let (ready, started) = channel();
        let engine = Engine::new(Arc::clone(&shared), received);
        let thread = thread::Builder::new()
            .name("loopback-traffic".into())
            .spawn(move || run(namespace, engine, &ready))?;
        let gone = |_| io::Error::other("the thread of the traffic ended as it began");
        started.recv().map_err(gone)??;
        Ok(Self { shared, orders: Some(orders), thread: Some(thread), open: Mutex::default() })
    }

    /// Puts a plan in force: from when this returns on, the host's ports are open as it says, and new requests go by it. Those
    /// under way end as they began. To be called from a thread in the host's network namespace, as often as one likes: what
    /// could not be opened the last time is tried again.
    pub fn apply(&self, traffic: &Traffic) {
        let wanted = traffic.outside_doors();
        self.shared.put(traffic.clone());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.close(&mut open, &wanted);
        for address in wanted.difference(&open.clone()) {
            match listen(*address) {
                Ok(listener) => {
                    open.insert(*address);
                    self.order(Order::Door(*address, listener));
                }
                Err(error) => self.shared.problems.tell(&format!("cannot listen on {address}: {error}")),
            }
        }
        self.order(Order::Plan);
    }

    /// Closes what is no longer wanted, and waits until it is: the next plan may want it again.
    fn close(&self, open: &mut MutexGuard<'_, BTreeSet<SocketAddrV4>>, wanted: &BTreeSet<SocketAddrV4>) {
        let (done, closed) = channel();
        let unwanted: Vec<SocketAddrV4> = open.difference(wanted).copied().collect();
        for address in &unwanted {
            open.remove(address);
            self.order(Order::Close(*address, done.clone()));
        }
        for _ in unwanted {
            // Late is no problem of the caller's: the port is then found occupied, and tried again.
            let _ = closed.recv_timeout(CLOSING);
        }
    }

    /// Answers questions for names on an address, over UDP and TCP, until the end. What is not known is asked of `upstream`, as
    /// the host reaches it, or not there. Where the address is one of the namespace's it need not be there yet. To be called
    /// from a thread in the host's network namespace. Returns the address, with a port where none was given.
    ///
    /// # Errors
    /// The address cannot be listened on, or no socket be opened to go upstream.
    pub fn serve_names(
        &self,
        view: View,
        address: SocketAddr,
        upstream: Option<SocketAddr>,
    ) -> io::Result<SocketAddr> {
        let upstream = upstream.map(connected).transpose()?;
        let sockets = match view {
            View::Inside if self.shared.apart => None,
            View::Inside | View::Outside => Some(resolver::listen(address)?),
        };
        let bound = sockets.as_ref().map_or(Ok(address), resolver::Sockets::address)?;
        self.order(Order::Names { view, address, sockets, upstream });
        Ok(bound)
    }

    /// What the health checks have found since this was last asked.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        std::mem::take(&mut *self.shared.probes())
    }

    /// What could not be done since this was last asked, each told once: an occupied port, say.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.shared.problems.take()
    }

    fn order(&self, order: Order) {
        // Where the thread is gone, so is everything that could be ordered of it.
        let _ = self.orders.as_ref().map(|orders| orders.send(order));
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's life.
fn run(namespace: Option<File>, engine: Engine, ready: &Sender<io::Result<()>>) {
    let network = Some(LinkNameSpaceType::Network);
    let moved = namespace.map_or(Ok(()), |file| move_into_link_name_space(file.as_fd(), network));
    let runtime = moved
        .map_err(io::Error::from)
        .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build());
    match runtime {
        Ok(runtime) => {
            let _ = ready.send(Ok(()));
            runtime.block_on(engine.run());
            // What is under way is of no use to anybody any more.
            runtime.shutdown_background();
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    }
}

/// A listener of the host's.
fn listen(address: SocketAddrV4) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A socket of the host's to a name server.
fn connected(upstream: SocketAddr) -> io::Result<UdpSocket> {
    let any = match upstream {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(upstream)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
