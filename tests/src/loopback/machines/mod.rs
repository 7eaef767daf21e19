//! Real machines behind the instances of the loopback AWS.

pub mod traffic;
