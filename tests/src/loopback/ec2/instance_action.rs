//! Starting, stopping, rebooting and terminating instances.

use std::net::Ipv4Addr;

use super::elastic_ip;
use super::instance::Instance;
use super::instance_state::{self, CHECKS_SECONDS, Life, State};
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Reply, done, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("StartInstances", start, "InstanceId.N!"),
    write("StopInstances", stop, "InstanceId.N! Force Hibernate SkipOsShutdown"),
    write("RebootInstances", reboot, "InstanceId.N!"),
    write("TerminateInstances", terminate, "InstanceId.N! Force SkipOsShutdown"),
];

const STOPPING_SECONDS: f64 = 40.0;

impl Call<'_> {
    /// The instances that `InstanceId.N` lists.
    ///
    /// # Errors
    /// For ids that are none, and with all those that nothing has.
    pub fn listed_instances(&self) -> Result<Vec<Instance>> {
        let kind: Kind = Instance::KIND;
        let ids = self.params.texts("InstanceId");
        ids.iter().try_for_each(|id| kind.check(id))?;
        let found: Vec<Instance> = ids.iter().filter_map(|id| self.find(id).ok().cloned()).collect();
        if found.len() == ids.len() {
            return Ok(found);
        }
        let missing = |id: &&str| self.find::<Instance>(id).is_err();
        Err(kind.not_found(&ids.into_iter().filter(missing).collect::<Vec<_>>()))
    }

    /// Gives an instance a new life.
    fn live(&mut self, id: &str, life: Life) {
        if let Some(instance) = self.region.ec2.instances.get_mut(id) {
            instance.life = life;
        }
    }

    /// Reboots an instance: it stays running, and is checked again.
    pub fn reboot(&mut self, id: &str) {
        let (now, checked) = (self.now, self.after(CHECKS_SECONDS));
        self.live(id, Life::Running { from: now, checked });
    }
}

/// The states before and after, as AWS answers a change.
fn changes(call: &Call<'_>, before: &[Instance]) -> Reply {
    let change = |instance: &Instance| {
        let after = call.region.ec2.instances.get(&instance.meta.id).unwrap_or(instance);
        Node::new()
            .put("instanceId", instance.id())
            .node("currentState", after.state(call.now).show())
            .node("previousState", instance.state(call.now).show())
    };
    Node::new().list("instancesSet", before.iter().map(change)).into()
}

fn start(call: &mut Call<'_>) -> Result<Reply> {
    let instances = call.listed_instances()?;
    for instance in &instances {
        match instance.state(call.now) {
            State::Pending | State::Running => {}
            State::Stopped => revive(call, instance)?,
            _ => return Err(instance.incorrect_state("started")),
        }
    }
    Ok(changes(call, &instances))
}

fn revive(call: &mut Call<'_>, instance: &Instance) -> Result<()> {
    call.check_capacity(instance.kind, &instance.zone)?;
    let life = Life::begin(call.clock, call.now);
    let launched = call.now;
    if let Some(instance) = call.region.ec2.instances.get_mut(&instance.meta.id) {
        (instance.life, instance.launched) = (life, launched);
    }
    let lent = instance.public.then(|| elastic_ip::address(&mut call.region.rng));
    lend(call.region, instance, lent);
    Ok(())
}

/// Lends an instance's primary interface a public address, or takes it back.
fn lend(region: &mut Region, instance: &Instance, address: Option<Ipv4Addr>) {
    let primary = instance.primary(&region.ec2).map(|interface| interface.meta.id.clone());
    if let Some(interface) = primary.and_then(|id| region.ec2.network_interfaces.get_mut(&id)) {
        interface.public_ip = address;
    }
}

fn stop(call: &mut Call<'_>) -> Result<Reply> {
    let instances = call.listed_instances()?;
    let from = call.after(STOPPING_SECONDS);
    for instance in &instances {
        match instance.state(call.now) {
            State::Running => {
                call.live(&instance.meta.id, Life::Stopped { from });
                lend(call.region, instance, None);
            }
            State::Stopping | State::Stopped => {}
            State::Pending => {
                let message = format!(
                    "Instance '{}' cannot be stopped as it has never reached the 'running' state.",
                    instance.meta.id
                );
                return Err(AwsError::new("IncorrectInstanceState", message));
            }
            _ => return Err(instance.incorrect_state("stopped")),
        }
    }
    Ok(changes(call, &instances))
}

fn reboot(call: &mut Call<'_>) -> Result<Reply> {
    for instance in call.listed_instances()? {
        match instance.state(call.now) {
            State::Running => call.reboot(&instance.meta.id),
            State::Pending => {}
            _ => return Err(instance.incorrect_state("rebooted")),
        }
    }
    done()
}

fn terminate(call: &mut Call<'_>) -> Result<Reply> {
    let instances = call.listed_instances()?;
    for instance in &instances {
        if instance.protected && instance.state(call.now).alive() {
            let message = format!(
                "The instance '{}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
                instance.meta.id
            );
            return Err(AwsError::new("OperationNotPermitted", message));
        }
        instance_state::end(call.region, call.clock, call.now, &instance.meta.id);
    }
    Ok(changes(call, &instances))
}
