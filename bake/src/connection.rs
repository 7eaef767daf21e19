//! The connection to the builder, which all steps share.
//!
//! One ssh holds it, as a child of this run whose stdin ends with this run, however that ends; so the connection does not outlive it.
//! The others go through its socket.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use common::fault::{Fault, Kind};
use common::session::Session;
use common::ssh::{Folder, Host, OPENSSH, cannot_start, config, log_in_within};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// A server that is up on EC2 answers within a minute, and a slow one within some.
const UNTIL_LET_IN: Duration = Duration::from_mins(10);

/// How long a shared connection may take, and how often it is tried.
const UNTIL_SHARED: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 3;

/// The longest path that is sure to hold a socket: OpenSSH adds 17 characters while it makes one, and 104 fit everywhere.
const LONGEST_FOLDER: usize = 60;

/// The place in the folder of keys that leads to the folder of the socket.
const SOCKETS: &str = "sockets";

/// Whose connection.
pub struct Connection {
    /// The configuration that describes the builder and the way to it.
    pub config: PathBuf,
    /// What the builder is called in it.
    pub host: String,
    socket: PathBuf,
    master: Option<Child>,
}

impl Connection {
    /// Writes the configuration, logs in as soon as the builder lets in, and shares the connection.
    ///
    /// # Errors
    /// A conflict where somebody else answers; denied; not in time.
    pub async fn open(session: &Session, folder: &Folder, way: &str, builder: &Host) -> Result<Self> {
        let host = builder.names[0].clone();
        let socket = sockets(folder)?.join("s");
        let sharing = format!(
            "Host {host}\n  ControlPath \"{}\"\n  ControlMaster no\n  ServerAliveInterval 15\n  ServerAliveCountMax 4\n",
            socket.display()
        );
        let text = format!("{sharing}\n{way}{}", config(folder, std::slice::from_ref(builder)));
        let config = folder.write_config(&text)?;
        log_in_within(session, &config, &host, session.timeout(UNTIL_LET_IN)).await?;
        let mut connection = Self { config, host, socket, master: None };
        connection.keep().await?;
        Ok(connection)
    }

    /// Makes sure that it is there. One that broke between two steps is made again; a step is not repeated.
    ///
    /// # Errors
    /// The builder does not let in any more.
    pub async fn keep(&mut self) -> Result<()> {
        if let Some(master) = &mut self.master
            && matches!(master.try_wait(), Ok(None))
            && self.socket.exists()
        {
            return Ok(());
        }
        for attempt in 1..=ATTEMPTS {
            let _ = fs::remove_file(&self.socket);
            let master =
                self.master_command().spawn().map_err(|error| cannot_start("ssh", OPENSSH, error))?;
            if self.is_shared(master).await {
                return Ok(());
            }
            if attempt < ATTEMPTS {
                sleep(Duration::from_secs(1)).await;
            }
        }
        Err(Fault::new(Kind::Failed, format!("the connection to {} cannot be kept", self.host))
            .hint("run the same command again")
            .into())
    }

    fn master_command(&self) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(&self.config).args(["-T", "-o", "BatchMode=yes", "-o", "ControlMaster=yes"]);
        ssh.args([&self.host, "cat >/dev/null"]);
        ssh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        ssh.process_group(0).kill_on_drop(true);
        ssh
    }

    async fn is_shared(&mut self, mut master: Child) -> bool {
        let began = Instant::now();
        while began.elapsed() < UNTIL_SHARED && matches!(master.try_wait(), Ok(None)) {
            if self.socket.exists() {
                self.master = Some(master);
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// An ssh that runs a command on the builder.
    pub fn command(&self, command: &str) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(&self.config).args(["-T", "-o", "BatchMode=yes", &self.host, command]);
        ssh
    }
}

/// A folder for the socket, which only its owner enters, at a short path.
fn sockets(folder: &Folder) -> Result<PathBuf> {
    // One that a run which was killed has left goes now: nothing else knows of it.
    forget(folder);
    let temporary = std::env::temp_dir();
    let is_short = temporary.as_os_str().len() <= LONGEST_FOLDER;
    let above = if is_short && temporary.is_absolute() { temporary } else { PathBuf::from("/tmp") };
    let path = above.join(format!("stackpipe-{}", common::random::name(8)?));
    let what = || format!("cannot make the directory {}", path.display());
    DirBuilder::new().mode(0o700).create(&path).with_context(what)?;
    let link = folder.file(SOCKETS);
    symlink(&path, &link).with_context(what)?;
    Ok(path)
}

/// Removes the folder of the socket. One that is gone is as good.
pub fn forget(folder: &Folder) {
    let link = folder.file(SOCKETS);
    if let Ok(path) = fs::read_link(&link) {
        let is_ours = |path: &Path| {
            path.file_name().and_then(|it| it.to_str()).is_some_and(|it| it.starts_with("stackpipe-"))
        };
        if is_ours(&path) {
            let _ = fs::remove_dir_all(&path);
        }
        let _ = fs::remove_file(&link);
    }
}
