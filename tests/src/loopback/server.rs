//! The listener: connections, and the life of a server.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, oneshot};

use super::machines::Machines;
use super::options::Options;
use super::peer;
use super::respond::respond;
use super::shared::Shared;

/// A loopback AWS that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    pub(super) shared: Arc<Shared>,
    machines: Option<Machines>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts to serve, on a thread of its own, and returns at once.
    ///
    /// # Errors
    /// Where the address is no loopback address or cannot be listened on, and where real machines are asked for and cannot be had.
    pub fn start(options: &Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            let message = format!(
                "{} is not a loopback address: this server asks for no password",
                options.listen.ip()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Self::serve(options.listen, Shared::new(options))
    }

    /// Another one that goes on from the state of this one, on any free port: what takes long to be made is made once.
    ///
    /// # Errors
    /// Where no port can be listened on.
    pub fn copy(&self) -> io::Result<Self> {
        Self::serve(SocketAddr::new(self.address.ip(), 0), self.shared.copy())
    }

    fn serve(address: SocketAddr, shared: Shared) -> io::Result<Self> {
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(shared);
        let machines = shared.machines.then(|| Machines::start(&shared)).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new().name("loopback-aws".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, serving) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_timeout(Duration::from_millis(100));
        })?;
        Ok(Self { address, shared, machines, stop: Some(stop), thread: Some(thread) })
    }

    /// The real machines behind the instances, where there are any.
    #[must_use]
    pub fn machines(&self) -> Option<&Machines> {
        self.machines.as_ref()
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `AWS_ENDPOINT_URL` has to be.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: StdListener, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                tokio::spawn(serve(stream, client, Arc::clone(&shared)));
            }
            // Out of descriptors, say: others may be given back meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A connection: who is at the other end, and how to break it.
#[derive(Debug)]
pub struct Connection {
    addresses: Option<(SocketAddr, SocketAddr)>,
    pid: OnceCell<Option<i32>>,
    socket: Option<StdStream>,
}

impl Connection {
    /// The process at the other end, looked up once.
    pub async fn pid(&self) -> Option<i32> {
        let (client, server) = self.addresses?;
        let look_up = || async move {
            let found = tokio::task::spawn_blocking(move || peer::process(client, server)).await;
            found.ok().flatten()
        };
        *self.pid.get_or_init(look_up).await
    }

    /// Makes the end of this connection a reset, as when a machine on the way has failed.
    pub fn reset_on_close(&self) {
        if let Some(socket) = &self.socket {
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }
}

async fn serve(stream: TcpStream, client: SocketAddr, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let addresses = stream.local_addr().ok().map(|server| (client, server));
    // A second handle to the socket, since hyper owns the first.
    let socket = SockRef::from(&stream).try_clone().ok().map(StdStream::from);
    let connection = Arc::new(Connection { addresses, pid: OnceCell::new(), socket });
    // Looked up while the first call is on its way, so that no call waits for it.
    let ahead = Arc::clone(&connection);
    tokio::spawn(async move { ahead.pid().await });
    let service = service_fn(|request| respond(Arc::clone(&shared), Arc::clone(&connection), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(75));
    // A broken connection is the client's business, or a fault's: there is nobody to tell.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}
