//! What the suites share: an AWS of their own for each test, a shell in it, and what came of a command line.
//!
//! The suites run the real binaries in real `sh` pipes. They are built by `cargo build`, not by the test run: `tests/run` does both.

mod behind;
mod compare;
mod crash;
mod machine;
mod real_machines;
mod run;
mod sandbox;
mod stand_ins;

pub use behind::{routes_of, tag};
pub use compare::{assert_same_environment, differences};
pub use crash::Undisturbed;
pub use machine::Machines;
pub use real_machines::{Watched, with_real_machines};
pub use run::Run;
pub use sandbox::{REGION, Sandbox, bin_directory};
pub use stand_ins::{has_stand_ins, let_in, with_stand_ins};

/// The pipe that makes the whole of the network, the security groups and the database.
pub const CREATE: &str =
    "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | rds create";

/// The pipe that takes it down.
pub const DELETE: &str =
    "rds delete --skip-final-snapshot --project expense --env dev | sg delete | vpc delete";

/// The pipe with servers behind load balancers and the database: the network, two load balancers, a backend, a frontend.
pub const WHOLE: &str = "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | alb create app | alb create web | asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com --image ami-033ca6eab3d6b810e | asg create frontend --alb web --port 80 --host web-dev.example.com --image ami-033ca6eab3d6b810e | rds create";

/// The pipe of every command there is: what is in [`WHOLE`], the bastion and the VPN server.
pub const EVERYTHING: &str = "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | bastion create | vpn create | alb create app | alb create web | rds create | asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com --image ami-033ca6eab3d6b810e | asg create frontend --alb web --port 80 --host web-dev.example.com --image ami-033ca6eab3d6b810e";

/// The pipe that takes every one of them down.
pub const EVERYTHING_DELETE: &str = "asg delete --project expense --env dev | alb delete | rds delete --skip-final-snapshot | vpn delete | bastion delete | sg delete | vpc delete";

/// The pipe that takes all of [`WHOLE`] down.
pub const WHOLE_DELETE: &str = "rds delete --skip-final-snapshot --project expense --env dev | asg delete | alb delete | sg delete | vpc delete";
