//! One machine: its disk in layers, its processes in namespaces of its own, its console.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::command::{bound, run};
use super::network;
use super::wanted;
use crate::loopback::clock::Time;

/// How long what runs on a machine may take to end when it is told to.
const PATIENCE: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(5);

/// A machine, running or not.
#[derive(Debug)]
pub struct Machine {
    folder: PathBuf,
    /// The read-only layers below what it writes itself, the topmost first.
    pub layers: Vec<PathBuf>,
    running: Option<Running>,
    /// How much of the console has been told.
    told: u64,
}

#[derive(Debug)]
struct Running {
    since: Time,
    /// `unshare`, which waits for the machine's first process.
    child: Child,
}

impl Machine {
    /// A machine with an empty disk of its own over these layers.
    ///
    /// # Errors
    /// There is no room.
    pub fn make(folder: PathBuf, layers: Vec<PathBuf>) -> io::Result<Self> {
        for name in ["upper", "work", "root", "seed"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::set_permissions(folder.join("upper"), fs::Permissions::from_mode(0o755))?;
        fs::write(folder.join("console"), "")?;
        Ok(Self { folder, layers, running: None, told: 0 })
    }

    /// Since when it runs.
    #[must_use]
    pub fn since(&self) -> Option<Time> {
        self.running.as_ref().map(|running| running.since)
    }

    /// Starts it, its network being there.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&mut self, boot: &Path, wanted: &wanted::Machine, since: Time) -> io::Result<()> {
        self.seed(wanted)?;
        let layers: Vec<String> = self.layers.iter().map(|layer| layer.display().to_string()).collect();
        let log = fs::File::create(self.folder.join("boot.log"))?;
        let mut command = bound("nsenter");
        command
            .arg(format!("--net={}", network::path(&wanted.id).display()))
            .args(["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "sh"])
            .args([boot, &self.folder])
            .args([layers.join(":"), host_name(wanted), wanted.resolver.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.running = Some(Running { since, child: command.spawn()? });
        Ok(())
    }

    /// What cloud-init is told: who it is and what its user wants.
    fn seed(&self, wanted: &wanted::Machine) -> io::Result<()> {
        let about = json!({
            "instance-id": wanted.id,
            "local-hostname": host_name(wanted),
            "public-keys": wanted.keys,
        });
        let seed = self.folder.join("seed");
        fs::write(seed.join("meta-data"), about.to_string())?;
        fs::write(seed.join("user-data"), &wanted.user_data)?;
        fs::set_permissions(seed.join("user-data"), fs::Permissions::from_mode(0o600))
    }

    /// Tells what runs on it to end, without waiting.
    pub fn tell_to_end(&self) {
        if let Some(first) = self.running.as_ref().and_then(|running| first_process(&running.child)) {
            let _ = kill_process(first, Signal::TERM);
        }
    }

    /// Ends it: when this returns, nothing of it runs any more, and its disk is as it was left.
    pub fn end(&mut self) {
        let Some(Running { mut child, .. }) = self.running.take() else { return };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            sleep(PAUSE);
        }
        // Its end is told only once the kernel has ended all others in there.
        if let Some(first) = first_process(&child) {
            let _ = kill_process(first, Signal::KILL);
        } else {
            let _ = child.kill();
        }
        let _ = child.wait();
    }

    /// Makes a layer of its disk as it is. Off, it gives away what it has and goes on over it; on, what it has is copied.
    ///
    /// # Errors
    /// There is no room.
    pub fn freeze(&mut self, layer: &Path) -> io::Result<()> {
        let upper = self.folder.join("upper");
        if self.running.is_some() {
            return run("cp", &["--archive", &upper.display().to_string(), &layer.display().to_string()]);
        }
        fs::rename(&upper, layer)?;
        fs::create_dir(&upper)?;
        fs::set_permissions(&upper, fs::Permissions::from_mode(0o755))?;
        self.layers.insert(0, layer.to_owned());
        Ok(())
    }

    /// What its console shows, where that has changed.
    #[must_use]
    pub fn console(&mut self) -> Option<String> {
        let path = self.folder.join("console");
        let length = path.metadata().ok()?.len();
        if length == self.told {
            return None;
        }
        self.told = length;
        Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
    }

    /// Removes its disk.
    pub fn remove(mut self) {
        self.tell_to_end();
        self.end();
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// Why it did not come up, where it did not.
    #[must_use]
    pub fn failure(&mut self) -> Option<String> {
        let running = self.running.as_mut()?;
        let status = running.child.try_wait().ok()??;
        let log = fs::read_to_string(self.folder.join("boot.log")).unwrap_or_default();
        Some(format!("it ended with {status}: {}", log.trim().replace('\n', "; ")))
    }
}

/// As EC2 names its instances.
fn host_name(machine: &wanted::Machine) -> String {
    format!("ip-{}", machine.address.to_string().replace('.', "-"))
}

/// The one child of `unshare`, which is the first process of the machine's own.
fn first_process(child: &Child) -> Option<Pid> {
    let id = child.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
}
