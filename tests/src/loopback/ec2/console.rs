//! What an instance has written to its console: at once with `Latest`, as Nitro instances show it, and otherwise minutes late.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fastrand::Rng;

use super::Noun;
use super::instance::Instance;
use super::instance_state::Life;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::world::hash;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("GetConsoleOutput", get, "InstanceId! Latest")];

/// From running to the end of cloud-init.
const STARTED_SECONDS: f64 = 20.0;

/// From running to the first output being there to see for who does not ask for the latest.
const LATE_SECONDS: f64 = 90.0;

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let instance = call.named::<Instance>("InstanceId")?;
    let seconds = if call.params.flag("Latest")? == Some(true) { STARTED_SECONDS } else { LATE_SECONDS };
    let due = match instance.life {
        Life::Running { from, .. } => call.clock.after(from, seconds),
        // The last output stays to be seen.
        Life::Stopped { .. } | Life::Terminated { .. } => Time::default(),
    };
    let key = call.conditions.host_key.clone().unwrap_or_else(|| host_key(instance.id()));
    let output = match &instance.console {
        // Where another host key is asked for, that is shown: an impostor's, as whoever looks must take it.
        Some(real) if call.conditions.host_key.is_none() => Some(BASE64.encode(real)),
        None if call.region.machines => None,
        _ => (call.now >= due).then(|| BASE64.encode(boot(instance, &key))),
    };
    Ok(Node::new().put("instanceId", instance.id()).put("timestamp", call.now).maybe("output", output).into())
}

/// A key of the instance's own, which nothing on this machine has the private half of.
fn host_key(id: &str) -> String {
    let mut rng = Rng::with_seed(hash(id));
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    blob.extend(std::iter::repeat_with(|| rng.u8(..)).take(32));
    format!("ssh-ed25519 {}", BASE64.encode(blob))
}

fn boot(instance: &Instance, host_key: &str) -> String {
    format!(
        "[    0.000000] Linux version 6.1 ({})\r\n\
         [   12.345678] cloud-init[1500]: Cloud-init running 'modules:final'\r\n\
         -----BEGIN SSH HOST KEY KEYS-----\r\n\
         {host_key} \r\n\
         -----END SSH HOST KEY KEYS-----\r\n\
         [   15.432100] cloud-init[1500]: Cloud-init finished. Datasource DataSourceEc2.  Up 15.43 seconds\r\n\
         \r\n{} login: ",
        instance.kind.architecture, instance.meta.id
    )
}
