//! The process at the other end of a loopback connection, from what Linux tells under `/proc`.

use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The process that holds the `client` end of a connection to `server`. `None` where it is gone, belongs to somebody
/// else, or the system has no `/proc`.
#[must_use]
pub fn process(client: SocketAddr, server: SocketAddr) -> Option<i32> {
    let inode = inode(client, server)?;
    let wanted = format!("socket:[{inode}]");
    let mut pids: Vec<i32> = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // The caller is most likely a young process.
    pids.sort_unstable_by(|a, b| b.cmp(a));
    let own = std::process::id();
    pids.into_iter().find(|&pid| {
        // In-process clients (tests) must not be what a fault kills.
        let other = u32::try_from(pid).is_ok_and(|pid| pid != own);
        other && holds(pid, &wanted)
    })
}

fn holds(pid: i32, wanted: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == wanted))
}

/// The inode of the client's socket, from the kernel's table of connections.
fn inode(client: SocketAddr, server: SocketAddr) -> Option<String> {
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
    let bytes = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.chunks_exact(4).map(|c| u32::from_ne_bytes([c[0], c[1], c[2], c[3]]));
    let words: Vec<String> = words.map(|word| format!("{word:08X}")).collect();
    format!("{}:{:04X}", words.concat(), address.port())
}
