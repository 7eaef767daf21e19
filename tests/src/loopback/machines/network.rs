//! Networks of namespaces: a router for each VPC, and a namespace for each machine with one link to it.
//!
//! A machine has its private address on `eth0` and sends everything to its router, which knows it by a route of one address. So two
//! machines of one subnet meet there too, where security groups decide. The way to the internet is slirp4netns, a network stack in a
//! process of its own: nothing of the host's network is changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::command::{bound, feed, run};
use super::traffic::PERSON;
use super::wanted::{Machine, Network};

/// The router's interface to the internet.
pub const UPLINK: &str = "internet";
/// The host as the internet's side of it has it.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 2);
const UPLINK_RANGE: &str = "100.64.0.0/24";
/// Where machines think their router is.
const ROUTER: &str = "169.254.0.1";

/// A VPC's router. Its namespace ends with the process that made it.
#[derive(Debug)]
pub struct Router {
    pub namespace: String,
    uplink: Child,
    own: BTreeSet<Ipv4Addr>,
    firewall: String,
    attached: BTreeSet<String>,
}

/// Where a namespace can be entered.
#[must_use]
pub fn path(namespace: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(namespace)
}

/// A machine's interface at its router. The kernel takes 15 characters.
#[must_use]
pub fn interface_name(instance: &str) -> String {
    let id = instance.trim_start_matches("i-");
    format!("m{}", &id[id.len().saturating_sub(13)..])
}

impl Router {
    /// # Errors
    /// The kernel refuses.
    pub fn make(network: &Network) -> io::Result<Self> {
        let namespace = network.vpc.clone();
        run("ip", &["netns", "add", &namespace])?;
        configure(&namespace, &format!("link set lo up\naddress add {PERSON}/32 dev lo\n"))?;
        let entered = format!("--net={}", path(&namespace).display());
        run("nsenter", &[&entered, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])?;
        let mut uplink = bound("slirp4netns");
        uplink.args(["--configure", "--mtu=1500", "--netns-type=path", "--cidr", UPLINK_RANGE]);
        uplink.arg(path(&namespace)).arg(UPLINK);
        uplink.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let uplink = uplink.spawn()?;
        Ok(Self {
            namespace,
            uplink,
            own: BTreeSet::new(),
            firewall: String::new(),
            attached: BTreeSet::new(),
        })
    }

    /// Brings it in line.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn apply(&mut self, network: &Network) -> io::Result<()> {
        let own: BTreeSet<Ipv4Addr> = network.own.iter().copied().collect();
        if own != self.own {
            let mut lines = String::new();
            for address in own.difference(&self.own) {
                let _ = writeln!(lines, "address add {address}/32 dev lo");
            }
            for address in self.own.difference(&own) {
                let _ = writeln!(lines, "address delete {address}/32 dev lo");
            }
            configure(&self.namespace, &lines)?;
            self.own = own;
        }
        if network.firewall != self.firewall {
            let entered = format!("--net={}", path(&self.namespace).display());
            feed("nsenter", &[&entered, "nft", "-f", "-"], &network.firewall)?;
            self.firewall.clone_from(&network.firewall);
        }
        Ok(())
    }

    /// Links a machine's namespace, which is made here, to it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn attach(&mut self, machine: &Machine) -> io::Result<()> {
        let (own, router, link) = (&machine.id, &self.namespace, interface_name(&machine.id));
        let Machine { address, prefix, .. } = machine;
        run("ip", &["netns", "add", own])?;
        self.attached.insert(own.clone());
        configure(
            router,
            &format!(
                "link add {link} type veth peer name eth0 netns {own}\n\
                 address add {ROUTER}/32 dev {link}\n\
                 link set {link} up\n\
                 route add {address}/32 dev {link}\n"
            ),
        )?;
        configure(
            own,
            &format!(
                "link set lo up\n\
                 address add {address}/{prefix} dev eth0 noprefixroute\n\
                 link set eth0 up\n\
                 route add {ROUTER}/32 dev eth0 scope link\n\
                 route add default via {ROUTER} dev eth0\n"
            ),
        )
    }

    /// Takes a machine's link and namespace away.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn detach(&mut self, instance: &str) -> io::Result<()> {
        if !self.attached.remove(instance) {
            return Ok(());
        }
        let link = interface_name(instance);
        let unlinked = run("ip", &["-n", &self.namespace, "link", "delete", &link]);
        run("ip", &["netns", "delete", instance]).and(unlinked)
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.uplink.kill();
        let _ = self.uplink.wait();
        let _ = run("ip", &["netns", "delete", &self.namespace]);
    }
}

fn configure(namespace: &str, lines: &str) -> io::Result<()> {
    feed("ip", &["-n", namespace, "-batch", "-"], lines)
}
