//! An OpenVPN Access Server for tests: a real OpenSSH server on a loopback address, and behind it a `sacli` that keeps what it is told.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use tests::harness::Sandbox;
use tests::loopback::{Conditions, Options};

const SSHD: &str = "/usr/sbin/sshd";

/// The Marketplace product of the image.
const PRODUCT: &str = "f2ew2wrz425a1jagnifd02u5t";

/// What `sacli` answers, from a folder of its own. Its agent does not answer at first, and its api is off until it is started.
const SACLI: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
printf '%s\n' "$*" >>calls
user= key= value=
while [ $# -gt 1 ]; do
    case $1 in
        --user) user=$2; shift ;;
        --key) key=$2; shift ;;
        --value) value=$2; shift ;;
        --new_pass) printf %s "$2" >password; shift ;;
        *) echo "sacli: unknown option $1" >&2; exit 2 ;;
    esac
    shift
done
case $1 in
    status)
        echo x >>looks
        [ "$(wc -l <looks)" -gt 2 ] || { echo "cannot connect to the agent" >&2; exit 1; }
        if [ -e started ]; then api=on; else api=off; fi
        printf '{"errors": {}, "service_status": {"api": "%s", "auth": "on"}}\n' "$api" ;;
    start) touch started ;;
    ConfigPut) printf '%s=%s\n' "$key" "$value" >>config ;;
    SetLocalPassword) ;;
    UserPropPut) mkdir -p users && printf '%s=%s\n' "$key" "$value" >>"users/$user" ;;
    UserPropDelAll) rm -f "users/$user" ;;
    RevokeUser) printf '%s\n' "$user" >>revoked ;;
    UserPropGet)
        printf '{"__DEFAULT__": {"type": "user_default"}'
        for file in users/*; do
            name=${file#users/}
            case $name in openvpn) kind=user_compile ;; *) kind=user_connect ;; esac
            printf ', "%s": {"type": "%s"}' "$name" "$kind"
        done
        printf '}\n' ;;
    GetAutologin | GetUserlogin)
        printf '# OpenVPN profile of %s, %s\nclient\nremote %s 1194 udp\n<ca>\nca\n</ca>\n<key>\nPRIVATE-%s\n</key>\n' \
            "$user" "$1" "$(sed -n 's/^host.name=//p' config | tail -n 1)" "$user" ;;
    *) echo "sacli: unknown command $1" >&2; exit 2 ;;
esac
"#;

/// The server's root does as it is told.
const SUDO: &str = "#!/bin/sh\n[ \"$1\" = -n ] && shift\nexec \"$@\"\n";

/// The system's own client, but that nobody is called `openvpnas` on this machine, and a note of its arguments.
const SSH: &str = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>\"$HOME/arguments\"\nexec /usr/bin/ssh -o User=\"$(id -un)\" \"$@\"\n";

/// A sandbox whose elastic IP leads to the appliance.
pub struct Appliance {
    pub sandbox: Sandbox,
    /// Its elastic IP: any, because other tests may run at the same time.
    pub address: Ipv4Addr,
    server: PathBuf,
    sshd: Child,
}

impl Appliance {
    /// None, and a line on stderr, where there is no OpenSSH server on this machine or this is not root, who alone may listen on port 22.
    pub fn new() -> Result<Option<Self>> {
        if !Path::new(SSHD).exists() || !rustix::process::geteuid().is_root() {
            eprintln!("skipped: this test needs root and {SSHD} (Debian's openssh-server)");
            return Ok(None);
        }
        let address = Ipv4Addr::new(127, fastrand::u8(64..=254), fastrand::u8(..), fastrand::u8(1..=254));
        let keys = std::env::temp_dir().join(format!("stackpipe-appliance-{:016x}", fastrand::u64(..)));
        std::fs::create_dir_all(&keys)?;
        let host_key = keys.join("host_key");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&host_key)
            .status()?;
        ensure!(made.success(), "no host key");
        let public = std::fs::read_to_string(host_key.with_extension("pub"))?;
        let conditions = Conditions {
            subscriptions: vec![PRODUCT.to_owned()],
            address_pool: Some(format!("{address}/32").parse()?),
            host_key: Some(public.split_whitespace().take(2).collect::<Vec<_>>().join(" ")),
            ..Conditions::default()
        };
        let options = Options { time_scale: 300.0, seed: Some(1), conditions, ..Options::default() };
        let sandbox = Sandbox::with(&options)?;
        let client = sandbox.home().join("bin");
        script(&client.join("ssh"), SSH)?;
        script(&keys.join("sacli"), SACLI)?;
        script(&keys.join("sudo"), SUDO)?;
        let bin = tests::harness::bin_directory()?;
        sandbox.set("PATH", Some(&format!("{}:{}:/usr/bin:/bin", client.display(), bin.display())));
        let sshd = start(address, &keys, &host_key, sandbox.home())?;
        Ok(Some(Self { sandbox, address, server: keys, sshd }))
    }

    /// A file that `sacli` keeps, or nothing where it has none.
    pub fn kept(&self, name: &str) -> String {
        std::fs::read_to_string(self.server.join(name)).unwrap_or_default()
    }

    /// Forgets what was asked so far.
    pub fn forget(&self, name: &str) {
        let _ = std::fs::remove_file(self.server.join(name));
    }

    /// Is as new again.
    pub fn forget_all(&self) -> Result<()> {
        for name in ["calls", "config", "looks", "password", "revoked", "started"] {
            self.forget(name);
        }
        let users = self.server.join("users");
        if users.exists() {
            std::fs::remove_dir_all(users).context("cannot forget the users")
        } else {
            Ok(())
        }
    }

    /// With what arguments `ssh` was started, a line each time.
    pub fn arguments(&self) -> String {
        std::fs::read_to_string(self.sandbox.home().join("arguments")).unwrap_or_default()
    }
}

impl Drop for Appliance {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
        let _ = std::fs::remove_dir_all(&self.server);
    }
}

fn script(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).context("cannot make it runnable")
}

/// Lets in whoever has the key that `vpn create` makes in `home`.
fn start(address: Ipv4Addr, keys: &Path, host_key: &Path, home: &Path) -> Result<Child> {
    // Where it runs as root it separates privileges, in a directory that the system makes at its start.
    let _ = std::fs::create_dir_all("/run/sshd");
    let login_key = home.join(".ssh/stackpipe/expense-dev/vpn/id_ed25519.pub");
    let config = keys.join("sshd_config");
    let text = format!(
        "ListenAddress {address}\nPort 22\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nSetEnv PATH={}:/usr/bin:/bin\n",
        host_key.display(),
        login_key.display(),
        keys.display()
    );
    std::fs::write(&config, text)?;
    let mut sshd = Command::new(SSHD);
    sshd.arg("-D").arg("-e").arg("-f").arg(&config).stdin(Stdio::null());
    let log = std::fs::File::create(keys.join("log"))?;
    sshd.stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("cannot start sshd: is openssh-server installed?")
}
