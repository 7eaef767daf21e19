//! What the workspace is tested with: an AWS on a loopback port, and the sandbox around it.

pub mod bench;
pub mod harness;
pub mod loopback;
pub mod sandbox;
