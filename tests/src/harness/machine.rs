//! A machine for a server of the loopback AWS to be: a real OpenSSH server on loopback addresses, which knows its host key and lets in
//! whoever has the environment's key.
//!
//! The port is 22, so this needs root; the account that runs the tests is the one that is logged in to.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ipnet::Ipv4Net;

use super::sandbox::Sandbox;
use crate::loopback::{Conditions, Options};

const SSHD: &str = "/usr/sbin/sshd";

/// Attempts to connect, a hundredth of a second apart.
const ATTEMPTS: u32 = 500;

/// Namespaces of its own, with this machine's files below and a file system in memory over them; the sandbox's home is the same in both.
const APART: &str = r#"set -e
home=$1 config=$2 sshd=$3
place=$(mktemp -d /tmp/stackpipe-apart-XXXXXXXX)
mount -t tmpfs tmpfs "$place"
mkdir "$place/above" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/above,workdir=$place/work" "$place/root"
mount --rbind /dev "$place/root/dev"
mount -t proc proc "$place/root/proc"
# What root here has in its profile is nobody's business there.
mount -t tmpfs -o mode=0700 tmpfs "$place/root/root"
mkdir -p "$place/root/run/sshd" "$place/root$home"
mount --bind "$home" "$place/root$home"
exec chroot "$place/root" "$sshd" -D -e -f "$config"
"#;

/// A sandbox whose elastic IPs are loopback addresses of its own, and whose consoles show the host key of its machines.
pub struct Machines {
    pub sandbox: Sandbox,
    pool: Ipv4Net,
    running: Vec<(Ipv4Addr, Child)>,
    lent: Vec<Ipv4Addr>,
}

impl Machines {
    /// None, and a line on stderr, where there is no OpenSSH server on this machine or this is not root.
    ///
    /// # Errors
    /// The sandbox cannot be made.
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn new(options: Options) -> Result<Option<Self>> {
        if !Path::new(SSHD).exists() || !rustix::process::geteuid().is_root() {
            eprintln!("skipped: this test needs root and {SSHD} (Debian's openssh-server)");
            return Ok(None);
        }
        let network = Ipv4Addr::new(127, fastrand::u8(64..=254), fastrand::u8(..), fastrand::u8(0..32) * 8);
        let pool = Ipv4Net::new(network, 29)?;
        let keys = std::env::temp_dir().join(format!("stackpipe-host-key-{:016x}", fastrand::u64(..)));
        let host_key = make_key(&keys);
        let conditions =
            Conditions { address_pool: Some(pool), host_key: Some(host_key?), ..options.conditions };
        let sandbox = Sandbox::with(&Options { conditions, ..options })?;
        for (from, to) in [(keys.clone(), "host"), (public(&keys), "host.pub")] {
            std::fs::rename(from, sandbox.home().join(to)).context("cannot move the host key")?;
        }
        // Where sshd puts a process without rights.
        std::fs::create_dir_all("/run/sshd").context("cannot make /run/sshd")?;
        Ok(Some(Self { sandbox, pool, running: Vec::new(), lent: Vec::new() }))
    }

    /// The n-th elastic IP that will be allocated.
    pub fn address(&self, index: usize) -> Ipv4Addr {
        self.pool.hosts().nth(index).unwrap_or(Ipv4Addr::LOCALHOST)
    }

    /// Starts the machine at an address, with the host key that consoles show or with another, and waits until it answers.
    ///
    /// # Errors
    /// It cannot be started or does not answer.
    pub fn start(&mut self, address: Ipv4Addr, host_key: &str) -> Result<()> {
        let home = self.sandbox.home().display();
        let keys = format!("{home}/.ssh/stackpipe/expense-dev");
        let text = format!(
            "Port 22\nListenAddress {address}\nHostKey {home}/{host_key}\nPidFile none\nStrictModes no\n\
             AuthorizedKeysFile {keys}/id_ed25519.pub {keys}/given.pub\nPasswordAuthentication no\n\
             PermitRootLogin prohibit-password\nUsePAM no\nMaxStartups 100\n"
        );
        let config = format!("sshd-{address}");
        self.sandbox.write(&config, &text)?;
        let mut sshd = Command::new(SSHD);
        sshd.args(["-D", "-e", "-f"]).arg(self.sandbox.home().join(&config));
        sshd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running.push((address, sshd.spawn().context("cannot start sshd")?));
        answering(address)
    }

    /// Starts the machine at an address apart from this one: with a root file system of its own over this one's, so that a command may
    /// do there what it likes, and with the address for as long as it runs. It lets in who has one of the keys, and finds the
    /// programs that the tests find.
    ///
    /// # Errors
    /// It cannot be started or does not answer.
    pub fn start_apart(&mut self, address: Ipv4Addr, host_key: &str, keys: &[&str]) -> Result<()> {
        let home = self.sandbox.home().display().to_string();
        let keys: Vec<String> = keys.iter().map(|key| format!("{home}/{key}")).collect();
        let text = format!(
            "Port 22\nListenAddress {address}\nHostKey {home}/{host_key}\nPidFile none\nStrictModes no\n\
             AuthorizedKeysFile {}\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\n\
             MaxStartups 100\nSetEnv PATH={}\n",
            keys.join(" "),
            std::env::var("PATH").unwrap_or_default()
        );
        let config = format!("sshd-{address}");
        self.sandbox.write(&config, &text)?;
        let mut apart = Command::new("unshare");
        apart.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            APART,
            "sh",
            &home,
            &format!("{home}/{config}"),
            SSHD,
        ]);
        apart.stdin(Stdio::null()).stdout(Stdio::null());
        self.stop(address)?;
        lend("add", address)?;
        self.lent.push(address);
        self.running.push((address, apart.spawn().context("cannot start unshare")?));
        answering(address)
    }

    /// Stops what runs apart at an address, with all that was started there.
    ///
    /// # Errors
    /// The loopback interface keeps the address.
    pub fn stop(&mut self, address: Ipv4Addr) -> Result<()> {
        for (_, child) in self.running.iter_mut().filter(|(at, _)| *at == address) {
            // One that has ended by itself is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.running.retain(|(at, _)| *at != address);
        if self.lent.contains(&address) {
            self.lent.retain(|lent| *lent != address);
            lend("del", address)?;
        }
        Ok(())
    }

    /// Makes another key in the sandbox's home, and answers its public half.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make_key(&self, name: &str) -> Result<String> {
        make_key(&self.sandbox.home().join(name))
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        let all: Vec<Ipv4Addr> = self.running.iter().map(|(at, _)| *at).collect();
        for address in all {
            let _ = self.stop(address);
        }
    }
}

/// Lends the loopback interface an address, or takes it back.
fn lend(verb: &str, address: Ipv4Addr) -> Result<()> {
    let words = ["addr", verb, &format!("{address}/32"), "dev", "lo"];
    let lent = Command::new("ip").args(words).status().context("cannot start ip")?;
    ensure!(lent.success(), "the loopback interface does not take {address}");
    Ok(())
}

fn answering(address: Ipv4Addr) -> Result<()> {
    for _ in 0..ATTEMPTS {
        if TcpStream::connect((address, 22)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    anyhow::bail!("the OpenSSH server on {address} does not answer")
}

fn public(private: &Path) -> PathBuf {
    private.with_extension("pub")
}

fn make_key(path: &Path) -> Result<String> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(path)
        .status()
        .context("cannot start ssh-keygen")?;
    ensure!(made.success(), "ssh-keygen failed");
    let text = std::fs::read_to_string(public(path)).context("cannot read the key")?;
    Ok(text.trim().to_owned())
}
