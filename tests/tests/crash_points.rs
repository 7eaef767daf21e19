//! Every crash point of the pipe: for each call that writes, the command is killed after AWS has acted and before it is answered, or
//! the call is refused by throttling, answered 500, reset, or carried out with its answer lost. The pipe is run again (for the kill)
//! or goes on by itself (for the rest), and the environment equals that of an undisturbed run: nothing twice, nothing orphaned.

use anyhow::Result;
use tests::harness::{CREATE, DELETE, Undisturbed};

const NOTHING: &str = "true";

#[test]
fn create_survives_a_kill_at_every_write() -> Result<()> {
    Undisturbed::run(NOTHING, CREATE)?.survives("kill", true)
}

#[test]
fn delete_survives_a_kill_at_every_write() -> Result<()> {
    Undisturbed::run(CREATE, DELETE)?.survives("kill", true)
}

#[test]
fn create_survives_three_refusals_by_throttling_at_every_write() -> Result<()> {
    Undisturbed::run(NOTHING, CREATE)?.survives("throttle:3", false)
}

#[test]
fn create_survives_an_error_500_at_every_write() -> Result<()> {
    Undisturbed::run(NOTHING, CREATE)?.survives("error", false)
}

#[test]
fn create_survives_a_reset_at_every_write() -> Result<()> {
    Undisturbed::run(NOTHING, CREATE)?.survives("reset", false)
}

#[test]
fn create_survives_a_lost_answer_at_every_write() -> Result<()> {
    Undisturbed::run(NOTHING, CREATE)?.survives("lose", false)
}

#[test]
fn delete_survives_a_lost_answer_at_every_write() -> Result<()> {
    Undisturbed::run(CREATE, DELETE)?.survives("lose", false)
}

#[test]
fn delete_survives_three_refusals_by_throttling_at_every_write() -> Result<()> {
    Undisturbed::run(CREATE, DELETE)?.survives("throttle:3", false)
}

#[test]
fn delete_survives_an_error_500_at_every_write() -> Result<()> {
    Undisturbed::run(CREATE, DELETE)?.survives("error", false)
}

#[test]
fn delete_survives_a_reset_at_every_write() -> Result<()> {
    Undisturbed::run(CREATE, DELETE)?.survives("reset", false)
}

/// The servers on a network that is there: load balancer, target group, launch template, group, rule, scaling policy.
const NETWORK: &str = "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24";
const SERVERS: &str = "vpc show --project expense --env dev | sg show | alb create app | \
     asg create backend --alb app --port 8080 --host backend.app-dev.example.com --image ami-033ca6eab3d6b810e";
const NO_SERVERS: &str = "asg delete --project expense --env dev | alb delete";

#[test]
fn servers_survive_a_kill_at_every_write() -> Result<()> {
    Undisturbed::run(NETWORK, SERVERS)?.survives("kill", true)
}

#[test]
fn servers_survive_a_lost_answer_at_every_write() -> Result<()> {
    Undisturbed::run(NETWORK, SERVERS)?.survives("lose", false)
}

#[test]
fn servers_survive_three_refusals_by_throttling_at_every_write() -> Result<()> {
    Undisturbed::run(NETWORK, SERVERS)?.survives("throttle:3", false)
}

#[test]
fn servers_survive_an_error_500_at_every_write() -> Result<()> {
    Undisturbed::run(NETWORK, SERVERS)?.survives("error", false)
}

#[test]
fn taking_servers_down_survives_a_kill_at_every_write() -> Result<()> {
    Undisturbed::run("vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | alb create app | \
         asg create backend --alb app --port 8080 --host backend.app-dev.example.com --image ami-033ca6eab3d6b810e", NO_SERVERS)?
        .survives("kill", true)
}
