//! A name server, over UDP and TCP.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, UdpSocket as StdSocket};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::question;
use super::runtime::View;
use super::shared::Shared;
use super::upstream::{LARGEST, Upstream};

/// What a name server listens on.
#[derive(Debug)]
pub struct Sockets {
    udp: StdSocket,
    tcp: StdListener,
}

impl Sockets {
    /// # Errors
    /// The socket is broken.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }
}

/// Ports to try where any will do: one that is free for UDP need not be for TCP.
const ATTEMPTS: usize = 16;

/// Sockets in the network namespace of the calling thread, both on the same port: the address's, or any free one where that is 0.
///
/// # Errors
/// The address is not there, or the port is occupied.
pub fn listen(address: SocketAddr) -> io::Result<Sockets> {
    let mut sockets = bind(address);
    for _ in 1..ATTEMPTS {
        let occupied = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
        if address.port() != 0 || !sockets.as_ref().is_err_and(occupied) {
            break;
        }
        sockets = bind(address);
    }
    sockets
}

fn bind(address: SocketAddr) -> io::Result<Sockets> {
    let udp = StdSocket::bind(address)?;
    let tcp = StdListener::bind(udp.local_addr()?)?;
    udp.set_nonblocking(true)?;
    tcp.set_nonblocking(true)?;
    Ok(Sockets { udp, tcp })
}

/// A server's state.
struct Server {
    shared: Arc<Shared>,
    view: View,
    upstream: Option<Arc<Upstream>>,
}

impl Server {
    async fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        question::answer(&self.shared.traffic(), self.view, self.upstream.as_deref(), message).await
    }
}

/// Answers until it is ended.
pub async fn serve(shared: Arc<Shared>, view: View, sockets: Sockets, upstream: Option<Arc<Upstream>>) {
    let server = Arc::new(Server { shared, view, upstream });
    if let (Ok(udp), Ok(tcp)) = (UdpSocket::from_std(sockets.udp), TcpListener::from_std(sockets.tcp)) {
        tokio::join!(serve_packets(Arc::clone(&server), Arc::new(udp)), serve_connections(server, tcp));
    }
}

async fn serve_packets(server: Arc<Server>, socket: Arc<UdpSocket>) {
    let mut buffer = vec![0; LARGEST];
    loop {
        // An error here is about a packet sent before: whoever asked has gone.
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        let message = buffer.get(..length).unwrap_or_default().to_vec();
        let (server, socket) = (Arc::clone(&server), Arc::clone(&socket));
        tokio::spawn(async move {
            if let Some(answer) = server.answer(&message).await {
                let _ = socket.send_to(&answer, client).await;
            }
        });
    }
}

async fn serve_connections(server: Arc<Server>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let server = Arc::clone(&server);
                tokio::spawn(async move { converse(&server, stream).await });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// One question after another, each with its length before it, until the client has no more or breaks off.
async fn converse(server: &Server, mut stream: TcpStream) -> Option<()> {
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut message = vec![0; usize::from(length)];
        stream.read_exact(&mut message).await.ok()?;
        let answer = server.answer(&message).await?;
        let length = u16::try_from(answer.len()).ok()?;
        stream.write_u16(length).await.ok()?;
        stream.write_all(&answer).await.ok()?;
    }
}
