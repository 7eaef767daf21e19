//! Every crash point of the pipe of all commands: for each call that writes, the command is killed after AWS has acted and before it is
//! answered, or the call is refused by throttling, answered 500, reset, or carried out with its answer lost. The pipe is run again (for
//! the kill) or goes on by itself (for the rest), and the environment equals that of an undisturbed run: nothing twice, nothing orphaned.
//!
//! The kill is tried on the whole pipe at once and on its way down; the other faults, which never leave a command, on its two parts.

use anyhow::Result;
use tests::harness::{CREATE, DELETE, EVERYTHING, EVERYTHING_DELETE, Undisturbed};

const NOTHING: &str = "true";

/// The servers, on a network that is there.
const NETWORK: &str = "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24";
const SERVERS: &str = "vpc show --project expense --env dev | sg show | bastion create | vpn create | alb create app | \
     alb create web | asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com \
     --image ami-033ca6eab3d6b810e | \
     asg create frontend --alb web --port 80 --host web-dev.example.com --image ami-033ca6eab3d6b810e";
const NO_SERVERS: &str = "asg delete --project expense --env dev | alb delete | vpn delete | bastion delete";

/// Faults that a command gets over by itself.
const PASSING: [&str; 4] = ["throttle:3", "error", "reset", "lose"];

fn survives_a_kill(before: &str, pipe: &'static str) -> Result<()> {
    Undisturbed::run(before, pipe)?.map_or(Ok(()), |undisturbed| undisturbed.survives("kill", true))
}

fn survives_what_passes(before: &str, pipe: &'static str) -> Result<()> {
    let Some(undisturbed) = Undisturbed::run(before, pipe)? else { return Ok(()) };
    PASSING.into_iter().try_for_each(|fault| undisturbed.survives(fault, false))
}

#[test]
fn the_pipe_of_all_commands_survives_a_kill_at_every_write() -> Result<()> {
    survives_a_kill(NOTHING, EVERYTHING)
}

#[test]
fn taking_all_of_it_down_survives_a_kill_at_every_write() -> Result<()> {
    survives_a_kill(EVERYTHING, EVERYTHING_DELETE)
}

#[test]
fn network_and_database_survive_refusals_errors_resets_and_lost_answers() -> Result<()> {
    survives_what_passes(NOTHING, CREATE)
}

#[test]
fn taking_network_and_database_down_survives_refusals_errors_resets_and_lost_answers() -> Result<()> {
    survives_what_passes(CREATE, DELETE)
}

#[test]
fn servers_survive_refusals_errors_resets_and_lost_answers() -> Result<()> {
    survives_what_passes(NETWORK, SERVERS)
}

#[test]
fn taking_servers_down_survives_refusals_errors_resets_and_lost_answers() -> Result<()> {
    let before = format!("{NETWORK} && {SERVERS}");
    survives_what_passes(&before, NO_SERVERS)
}
