//! The provisioning by itself: the same script and the same playbook, sent over SSH by hand to a builder that was set up alike.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::bake::{BUILDER, PLAYBOOK, SCRIPT, VARIABLES};
use crate::harness::Sandbox;

/// Where a bake that failed says how to log in to its builder.
const CONFIG: &str = ".ssh/stackpipe/expense-dev/bake-backend/config";

/// What each took.
#[derive(Debug, Clone, Copy)]
pub struct ByHand {
    pub script: Duration,
    pub playbook: Duration,
}

/// Keeps the builder of a bake that fails, and provisions it as a person would: Ansible first, to which the script is nothing.
///
/// # Errors
/// There is no such builder, or a step fails.
pub fn measure(sandbox: &Sandbox, document: &Path) -> Result<ByHand> {
    sandbox.write("fail.sh", "exit 1\n")?;
    let failing = format!("bake create backend --script fail.sh --keep-on-error <{}", document.display());
    let failed = sandbox.sh(&failing)?;
    ensure!(failed.status() == Some(1), "a bake that was to fail: {}", failed.stderr);
    let config = sandbox.home().join(CONFIG);
    let ssh = format!("-F '{}'", config.display());
    let playbook = format!(
        "ANSIBLE_PIPELINING=True ANSIBLE_SSH_ARGS=\"{ssh} -o ControlMaster=auto -o ControlPersist=5s\" \
         ansible-playbook -i {BUILDER}, -u ec2-user {VARIABLES} {PLAYBOOK}"
    );
    let playbook = timed(sandbox, &playbook)?;
    let script = timed(sandbox, &format!("ssh {ssh} {BUILDER} sudo version=1 sh -s <{SCRIPT}"))?;
    Ok(ByHand { script, playbook })
}

fn timed(sandbox: &Sandbox, line: &str) -> Result<Duration> {
    let began = Instant::now();
    let output = sandbox.command(line).output().context("cannot start sh")?;
    let took = began.elapsed();
    ensure!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(took)
}
