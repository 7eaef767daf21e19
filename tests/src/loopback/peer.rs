//! The process at the other end of a loopback connection, from what Linux tells of sockets and under `/proc`.
//!
//! Which socket it is the kernel tells at once where it is asked for that one (`sock_diag(7)`). Its table of all connections under
//! `/proc` takes it a millisecond or more to write, which in a suite of some hundred pipes is half of all work.

use std::fs;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// The process that holds the `client` end of a connection to `server`. `None` where it is gone, belongs to somebody
/// else, or the system has no `/proc`.
#[must_use]
pub fn process(client: SocketAddr, server: SocketAddr) -> Option<i32> {
    let inode = asked(client, server).or_else(|| listed(client, server))?;
    let wanted = format!("socket:[{inode}]");
    let mut pids: Vec<i32> = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // The caller is most likely a young process.
    pids.sort_unstable_by(|a, b| b.cmp(a));
    let own = std::process::id();
    // In-process clients (tests) must not be what a fault kills.
    let is_other = |pid: i32| u32::try_from(pid).is_ok_and(|pid| pid != own);
    let found = pids.into_iter().find(|&pid| is_other(pid) && holds(pid, &wanted))?;
    // A child has all that its parent has until it becomes another program: the caller is the eldest that has the socket.
    let older = |pid: &i32| parent(*pid).filter(|&pid| is_other(pid) && holds(pid, &wanted));
    std::iter::successors(Some(found), older).last()
}

fn parent(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

fn holds(pid: i32, wanted: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == wanted))
}

/// From `linux/netlink.h`, `linux/sock_diag.h` and `linux/inet_diag.h`.
const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
/// Bytes of a message's head, and where in an answer the inode stands.
const HEAD: usize = 16;
const INODE: std::ops::Range<usize> = 84..88;

/// The inode of the client's socket, where the kernel can be asked for it.
fn asked(client: SocketAddr, server: SocketAddr) -> Option<String> {
    let kind = (Domain::from(AF_NETLINK), Type::DGRAM, Protocol::from(NETLINK_SOCK_DIAG));
    let mut kernel = Socket::new(kind.0, kind.1, Some(kind.2)).ok()?;
    // It answers at once, or not at all.
    kernel.set_read_timeout(Some(Duration::from_millis(100))).ok()?;
    kernel.send(&question(client, server)).ok()?;
    let mut answer = [0; 512];
    let length = kernel.read(&mut answer).ok()?;
    let told = answer.get(..length)?;
    let is_found = told.get(4..6)? == SOCK_DIAG_BY_FAMILY.to_ne_bytes();
    let inode = told.get(INODE)?.try_into().map(u32::from_ne_bytes).ok()?;
    (is_found && inode > 0).then(|| inode.to_string())
}

/// A head, an `inet_diag_req_v2`, and in it an `inet_diag_sockid`.
fn question(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let family = if client.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut body = vec![family, IPPROTO_TCP, 0, 0];
    body.extend(u32::MAX.to_ne_bytes());
    for port in [client.port(), server.port()] {
        body.extend(port.to_be_bytes());
    }
    for address in [client.ip(), server.ip()] {
        let mut octets = octets(address);
        octets.resize(16, 0);
        body.extend(octets);
    }
    // Any interface, and no cookie known of an earlier answer.
    body.extend([0, u32::MAX, u32::MAX].map(u32::to_ne_bytes).concat());
    let length = u32::try_from(HEAD + body.len()).unwrap_or_default();
    let head = [&length.to_ne_bytes()[..], &SOCK_DIAG_BY_FAMILY.to_ne_bytes(), &NLM_F_REQUEST.to_ne_bytes()];
    [head.concat(), vec![0; 8], body].concat()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// The same from the kernel's table of connections.
fn listed(client: SocketAddr, server: SocketAddr) -> Option<String> {
    let table = if client.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let (local, remote) = (hex(client), hex(server));
    let text = fs::read_to_string(table).ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let fits = fields.get(1) == Some(&local.as_str()) && fields.get(2) == Some(&remote.as_str());
        fits.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    })
}

/// As the kernel writes addresses there: each four bytes in the machine's own order.
fn hex(address: SocketAddr) -> String {
    let bytes = octets(address.ip());
    let words = bytes.chunks_exact(4).map(|c| u32::from_ne_bytes([c[0], c[1], c[2], c[3]]));
    let words: Vec<String> = words.map(|word| format!("{word:08X}")).collect();
    format!("{}:{:04X}", words.concat(), address.port())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::{asked, listed};

    #[test]
    fn the_kernel_tells_of_a_socket_what_its_table_does() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let stream = TcpStream::connect(server).unwrap();
        let client = stream.local_addr().unwrap();
        let inode = listed(client, server);
        assert!(inode.is_some());
        // A kernel without `inet_diag` cannot be asked.
        assert!(asked(client, server).is_none_or(|asked| Some(asked) == inode));
        let nobody = "127.0.0.1:1".parse().unwrap();
        assert_eq!(asked(nobody, nobody), None);
    }
}
