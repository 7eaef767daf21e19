//! Connections to machines.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// How long a load balancer tries to reach a target. (AWS: "Troubleshoot your Application Load Balancers", HTTP 504.)
const CONNECTING: Duration = Duration::from_secs(10);

/// A connection to a machine, from an address that is ours where one is given.
///
/// # Errors
/// It is refused, does not come about in ten seconds (`TimedOut`), or there is no way.
pub async fn open(source: Option<Ipv4Addr>, to: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(source) = source {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    let stream = timeout(CONNECTING, socket.connect(to.into())).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Makes the end of a connection a reset.
pub fn reset_on_close(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
