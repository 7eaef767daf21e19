//! Ansible, which the builder pulls from a repository and runs as root. It is installed first where it is missing.

use anyhow::Result;

use super::Site;
use super::archive::of_files;
use super::inventory::text;
use crate::process::{Ended, run as run_process};
use crate::shell::as_root;

/// The commit is the one that was fingerprinted, whatever the branch has become since.
const PULL: &str = r#"set -eu
url=$1 commit=$2 playbook=$3
export LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive GIT_TERMINAL_PROMPT=0
export ANSIBLE_NOCOLOR=True ANSIBLE_NOCOWS=True ANSIBLE_RETRY_FILES_ENABLED=False PYTHONUNBUFFERED=1
has() { command -v "$1" >/dev/null 2>&1; }
apt() { apt-get -o DPkg::Lock::Timeout=600 "$@"; }
if ! has ansible-pull || ! has git; then
    wanted=
    has git || wanted=git
    if has dnf; then
        has ansible-pull || dnf -y -q install ansible-core || dnf -y -q install ansible
        [ -z "$wanted" ] || dnf -y -q install "$wanted"
    elif has apt-get; then
        apt update -qq
        has ansible-pull || apt install -qq --yes ansible-core || apt install -qq --yes ansible
        [ -z "$wanted" ] || apt install -qq --yes "$wanted"
    else
        echo "there is neither ansible-pull nor dnf nor apt-get" >&2
        exit 1
    fi
fi
umask 077
folder=$(mktemp -d /var/tmp/stackpipe.XXXXXXXX)
trap 'rm -rf -- "$folder"' EXIT
tar -x --no-same-owner -f - -C "$folder"
umask 022
set --
for file in "$folder"/variables-*.yml; do
    [ ! -f "$file" ] || set -- "$@" -e "@$file"
done
status=0
ansible-pull --full -U "$url" -C "$commit" -d "$folder/checkout" -i "$folder/inventory" "$@" "$playbook" </dev/null || status=$?
exit $status
"#;

/// Pulls and runs it.
///
/// # Errors
/// ssh cannot be started.
pub async fn run(site: &Site<'_>, url: &str, commit: &str, playbook: &str) -> Result<Ended> {
    let inventory =
        text(&site.session.identity, site.names, "localhost", "ansible_connection=local").into_bytes();
    let mut files = vec![("inventory".to_owned(), inventory)];
    files.extend(site.recipe.variables.for_ansible());
    let command = site.connection.command(&as_root(PULL, &[url, commit, playbook]));
    run_process(site.session, command, Some(of_files(files))).await
}
