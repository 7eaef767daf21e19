//! The root file system that every machine starts from: this machine's own, without anything of its people's, and with what an image for EC2
//! has and this machine may not: cloud-init, OpenSSH's server, sudo.
//!
//! It is a layer over `/`, made once by Debian's own package manager and kept in the cache of whoever runs it, for as long as this
//! machine's packages stay as they are.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::command::run;

/// Folders of this machine that machines see as they are. All else at the top, and what is below it, is hidden.
const SHOWN: &[&str] = &["bin", "boot", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var"];
/// Folders that are empty at first: other people's files, services that this machine has enabled, and what it has logged.
const EMPTY: &[&str] = &[
    "boot",
    "usr/local",
    "usr/src",
    "var/backups",
    "var/cache",
    "var/lib/cloud",
    "var/lib/docker",
    "var/lib/postgresql",
    "var/log",
    "var/mail",
    "var/spool",
    "var/tmp",
    "etc/cron.d",
    "etc/rc0.d",
    "etc/rc1.d",
    "etc/rc2.d",
    "etc/rc3.d",
    "etc/rc4.d",
    "etc/rc5.d",
    "etc/rc6.d",
    "etc/rcS.d",
    "etc/sudoers.d",
    "etc/profile.d",
];
/// Folders that programs expect to be there.
const MADE: &[(&str, u32)] = &[
    ("dev", 0o755),
    ("home", 0o755),
    ("media", 0o755),
    ("mnt", 0o755),
    ("opt", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("srv", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr/local/bin", 0o755),
    ("usr/local/sbin", 0o755),
    ("var/tmp", 0o1777),
    ("var/cache/apt/archives/partial", 0o755),
    ("var/log/apt", 0o755),
    ("var/spool/cron", 0o755),
    ("etc/profile.d", 0o755),
    ("etc/sudoers.d", 0o750),
];
/// Packages, which bring what they need.
const PACKAGES: &[&str] = &[
    "cloud-init",
    "openssh-server",
    "openssh-sftp-server",
    "sudo",
    "init-system-helpers",
    "python3",
    "python3-apt",
    "ca-certificates",
    "iproute2",
];
/// What only works where systemd runs, and makes programs believe that it does.
const TAKEN_AWAY: &[&str] = &["sbin/init", "usr/sbin/init", "usr/sbin/policy-rc.d"];

const INIT: &str = include_str!("init.sh");
const CLOUD: &str = include_str!("cloud.cfg");

/// Puts the layer into `to`, from the cache or by making it there.
///
/// # Errors
/// It cannot be made: the package mirror is out of reach, say.
pub fn provide(to: &Path, scratch: &Path) -> io::Result<()> {
    let cache = cache()?;
    fs::create_dir_all(&cache)?;
    // Two that start at once make it once.
    let lock = File::create(cache.join("lock"))?;
    lock.lock()?;
    let kept = cache.join(key()?);
    if !kept.is_dir() {
        make(to, scratch)?;
        let half = cache.join("half");
        remove(&half)?;
        copy(to, &half)?;
        return fs::rename(&half, &kept);
    }
    remove(to)?;
    copy(&kept, to)
}

fn cache() -> io::Result<PathBuf> {
    let own = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env::home_dir().map(|home| home.join(".cache"));
    let folder = own.or_else(home).ok_or_else(|| io::Error::other("there is no home directory: set HOME"))?;
    Ok(folder.join("stackpipe/machines"))
}

/// What the layer depends on: how it is made, and the packages that this machine has.
fn key() -> io::Result<String> {
    let mut hash = Sha256::new();
    for text in [INIT, CLOUD, include_str!("rootfs.rs")] {
        hash.update(text);
    }
    hash.update(fs::read("/var/lib/dpkg/status")?);
    Ok(hash.finalize().iter().take(10).fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

fn make(layer: &Path, scratch: &Path) -> io::Result<()> {
    let _ = writeln!(io::stderr(), "sandbox: making the root file system of machines, once");
    hide(layer)?;
    let (work, root) = (scratch.join("work"), scratch.join("root"));
    fs::create_dir_all(&work)?;
    fs::create_dir_all(&root)?;
    let options = format!("lowerdir=/,upperdir={},workdir={}", layer.display(), work.display());
    let at = |name: &str| root.join(name).display().to_string();
    run("mount", &["-t", "overlay", "overlay", "-o", &options, &at("")])?;
    fs::write(root.join("etc/resolv.conf.new"), fs::read("/etc/resolv.conf")?)?;
    fs::rename(root.join("etc/resolv.conf.new"), root.join("etc/resolv.conf"))?;
    run("mount", &["-t", "proc", "proc", &at("proc")])?;
    run("mount", &["--bind", "/dev", &at("dev")])?;
    let installed = install(&root);
    let unmounted = ["proc", "dev", ""].map(|name| run("umount", &[&at(name)]));
    installed?;
    unmounted.into_iter().collect::<io::Result<()>>()?;
    finish(layer)
}

/// An opaque folder hides the one below it.
fn hide(layer: &Path) -> io::Result<()> {
    let mut hidden: BTreeSet<String> = EMPTY.iter().map(|name| (*name).to_owned()).collect();
    for entry in fs::read_dir("/")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !SHOWN.contains(&name.as_str()) {
            hidden.insert(name);
        }
    }
    for name in &hidden {
        let folder = layer.join(name);
        fs::create_dir_all(&folder)?;
        let opaque =
            rustix::fs::setxattr(&folder, "trusted.overlay.opaque", b"y", rustix::fs::XattrFlags::empty());
        opaque.map_err(io::Error::from)?;
    }
    for (name, mode) in MADE {
        let folder = layer.join(name);
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(*mode))?;
    }
    Ok(())
}

fn install(root: &Path) -> io::Result<()> {
    // Nothing that is installed is to be started while this is a folder and no machine.
    let policy = root.join("usr/sbin/policy-rc.d");
    fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o755))?;
    let root = root.display().to_string();
    let apt = |words: &[&str]| {
        let quiet = [
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-qq",
            "-o",
            "Dpkg::Use-Pty=0",
            "-o",
            "Dpkg::Options::=--force-confnew",
            "-o",
            "Dpkg::Options::=--force-confmiss",
        ];
        let words: Vec<&str> =
            [root.as_str()].into_iter().chain(quiet).chain(words.iter().copied()).collect();
        run("chroot", &words)
    };
    apt(&["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt(&[&install[..], PACKAGES].concat())?;
    apt(&["clean"])
}

fn finish(layer: &Path) -> io::Result<()> {
    for folder in [layer.join("etc/ssh"), PathBuf::from("/etc/ssh")] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("ssh_host_") || name == "sshd_config.d" {
                white_out(layer, &format!("etc/ssh/{name}"))?;
            }
        }
    }
    fs::create_dir_all(layer.join("etc/ssh"))?;
    fs::copy("/usr/share/openssh/sshd_config", layer.join("etc/ssh/sshd_config"))?;
    fs::create_dir_all(layer.join("etc/rc2.d"))?;
    // Which services this machine has enabled is hidden; this one every machine has.
    let _ = fs::remove_file(layer.join("etc/rc2.d/S01ssh"));
    std::os::unix::fs::symlink("../init.d/ssh", layer.join("etc/rc2.d/S01ssh"))?;
    // The stages of cloud-init are run by our own first process.
    for level in 0..=6 {
        let Ok(services) = fs::read_dir(layer.join(format!("etc/rc{level}.d"))) else { continue };
        for service in services.flatten() {
            if service.file_name().to_string_lossy().contains("cloud-") {
                fs::remove_file(service.path())?;
            }
        }
    }
    fs::create_dir_all(layer.join("etc/cloud/cloud.cfg.d"))?;
    fs::write(layer.join("etc/cloud/cloud.cfg.d/99-machine.cfg"), CLOUD)?;
    fs::write(layer.join("etc/machine-init"), INIT)?;
    fs::write(layer.join("etc/machine-id"), "")?;
    for name in TAKEN_AWAY {
        white_out(layer, name)?;
    }
    Ok(())
}

/// A device of number zero stands for a file that is not there.
fn white_out(layer: &Path, name: &str) -> io::Result<()> {
    let path = layer.join(name);
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&path)?,
        Ok(_) => fs::remove_file(&path)?,
        Err(_) => {}
    }
    // Where `/sbin` is a link to `/usr/sbin`, only the latter has files.
    let (Some(folder), true) = (path.parent(), Path::new("/").join(name).symlink_metadata().is_ok()) else {
        return Ok(());
    };
    if Path::new("/").join(name).parent().is_some_and(Path::is_symlink) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    run("mknod", &[&path.display().to_string(), "c", "0", "0"])
}

/// With everything that makes a layer of it: owners, modes, devices, extended attributes.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    run("cp", &["--archive", "--no-target-directory", &from.display().to_string(), &to.display().to_string()])
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
