//! What all commands of stackpipe share, written once.
//!
//! A command is a [`run::CommandLine`] and a function from a [`session::Session`] to its outcome; [`run::run`] is its `main`. Within
//! a session a verb reads its inventory in one round trip ([`session::Session::inventory`]), decides, acts
//! ([`converge`], [`session::Session::make`] and its sisters, which only say what they would do in a dry run), writes the document
//! ([`session::Session::write`]) and settles ([`wait`]).

#![allow(async_fn_in_trait, reason = "every command runs on one thread, so its futures need not be Send")]

pub mod aws;
pub mod call;
mod call_log;
pub mod changes;
pub mod converge;
mod credentials;
pub mod document;
pub mod fault;
pub mod flags;
mod http;
pub mod identity;
pub mod interrupt;
mod merge;
pub mod network;
pub mod offline;
pub mod password;
mod progress;
pub mod random;
mod retry;
pub mod run;
pub mod secret;
pub mod section;
pub mod server;
pub mod session;
pub mod settings;
mod shape;
pub mod ssh;
mod stdout;
pub mod table;
pub mod tags;
pub mod token;
pub mod wait;
