//! The rule text of security groups, apart from the command so that a fuzz target can call it: pure, no AWS, no input or output.

pub mod rules;
