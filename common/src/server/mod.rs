//! A server of an environment that stands alone, an instance with an elastic IP: what `bastion` and `vpn` share.

pub mod amend;
mod elastic_ip;
mod instance;
mod launch;
pub mod mark;
pub mod power;
mod retag;
mod trust;

pub use elastic_ip::{ElasticIp, FoundAddress, associate, list as list_addresses, release};
pub use instance::{
    LONGEST, by_id, is_live, is_running, list, name_of, terminate, until_running, until_stopped,
    until_terminated,
};
pub use launch::{Launch, launch};
pub use retag::retag;
pub use trust::establish;
