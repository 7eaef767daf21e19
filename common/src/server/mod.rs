//! Servers of an environment: those that stand alone, an instance with an elastic IP (`bastion` and `vpn`), and those that `bake`
//! makes images of.

pub mod amend;
mod elastic_ip;
mod gateway;
pub mod image;
mod instance;
mod launch;
pub mod mark;
pub mod power;
mod retag;
mod trust;
pub mod user;

pub use elastic_ip::{ElasticIp, FoundAddress, associate, list as list_addresses, release};
pub use gateway::{bastion_host, is_key_here};
pub use instance::{
    LONGEST, by_id, is_live, is_running, list, name_of, terminate, until_running, until_stopped,
    until_terminated,
};
pub use launch::{Disk, Launch, launch};
pub use retag::retag;
pub use trust::establish;
