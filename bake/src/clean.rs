//! What no image is to have: keys, host keys, the identity of the machine it was made on, histories and logs. The last use of the
//! connection.

use anyhow::Result;
use common::fault::{Fault, Kind};
use common::session::Session;

use crate::connection::Connection;
use crate::process::run as run_process;
use crate::shell::as_root;

/// Older versions of cloud-init (22.2 of Amazon Linux 2023 among them) have no `--machine-id`.
const CLEAN: &str = r#"user=$1
has() { command -v "$1" >/dev/null 2>&1; }
if has cloud-init; then
    cloud-init clean --logs --machine-id >/dev/null 2>&1 || cloud-init clean --logs >/dev/null || exit 1
fi
if has dnf; then dnf -q clean all >/dev/null 2>&1; fi
if has apt-get; then apt-get -o DPkg::Lock::Timeout=600 clean >/dev/null 2>&1; fi
rm -rf /var/lib/cloud/scripts/per-boot/show-host-key /var/tmp/stackpipe.* /tmp/stackpipe.* /tmp/ansible* /var/tmp/ansible*
for home in /root "$(getent passwd "$user" | cut -d: -f6)"; do
    [ -n "$home" ] && [ -d "$home" ] || continue
    rm -rf "$home/.ssh/authorized_keys" "$home/.ssh/known_hosts" "$home/.ansible" "$home/.cache"
    rm -f "$home"/.*_history "$home/.lesshst" "$home/.viminfo" "$home/.wget-hsts"
    ls "$home/.ssh/authorized_keys" >/dev/null 2>&1 && { echo "$home/.ssh/authorized_keys is still there"; exit 1; }
done
rm -rf /var/log/journal/* /run/log/journal/*
find /var/log -type f -exec truncate -s 0 {} + 2>/dev/null
rm -f /etc/ssh/ssh_host_*
ls /etc/ssh/ssh_host_* >/dev/null 2>&1 && { echo "host keys are still there"; exit 1; }
rm -f /var/lib/dbus/machine-id
[ ! -e /etc/machine-id ] || : >/etc/machine-id || exit 1
sync
"#;

/// Cleans the builder.
///
/// # Errors
/// Something that must go is still there.
pub async fn clean(session: &Session, connection: &Connection, user: &str) -> Result<()> {
    let command = connection.command(&as_root(CLEAN, &[user]));
    let ended = run_process(session, command, None).await?;
    if ended.status.success() {
        return Ok(());
    }
    let said = ended.tail.join("\n");
    Err(Fault::new(Kind::Failed, format!("the builder cannot be cleaned ({}): {said}", ended.status)).into())
}
