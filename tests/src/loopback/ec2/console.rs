//! What an instance has written to its console, which EC2 shows minutes late.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Noun;
use super::instance::Instance;
use super::instance_state::Life;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("GetConsoleOutput", get, "InstanceId! Latest")];

/// From running to the first output being there to see.
const LATE_SECONDS: f64 = 90.0;

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let instance = call.named::<Instance>("InstanceId")?;
    let due = match instance.life {
        Life::Running { from, .. } => call.clock.after(from, LATE_SECONDS),
        // The last output stays to be seen.
        Life::Stopped { .. } | Life::Terminated { .. } => Time::default(),
    };
    let output = (call.now >= due).then(|| BASE64.encode(boot(instance)));
    Ok(Node::new().put("instanceId", instance.id()).put("timestamp", call.now).maybe("output", output).into())
}

fn boot(instance: &Instance) -> String {
    format!(
        "[    0.000000] Linux version 6.1 ({})\r\n\
         [   12.345678] cloud-init[1500]: Cloud-init running 'modules:final'\r\n\
         [   15.432100] cloud-init[1500]: Cloud-init finished. Datasource DataSourceEc2.  Up 15.43 seconds\r\n\
         \r\n{} login: ",
        instance.kind.architecture, instance.meta.id
    )
}
