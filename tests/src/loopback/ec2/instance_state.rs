//! How instances come and go: launched, stopped, started, rebooted, terminated, forgotten.

use super::elastic_ip;
use super::instance::Instance;
use super::network_interface;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Reply, done, write};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("StartInstances", start, "InstanceId.N!"),
    write("StopInstances", stop, "InstanceId.N! Force Hibernate SkipOsShutdown"),
    write("RebootInstances", reboot, "InstanceId.N!"),
    write("TerminateInstances", terminate, "InstanceId.N! Force SkipOsShutdown"),
];

pub const PENDING_SECONDS: f64 = 15.0;
/// From running to having passed the status checks.
pub const CHECKS_SECONDS: f64 = 120.0;
const STOPPING_SECONDS: f64 = 40.0;
const SHUTTING_DOWN_SECONDS: f64 = 40.0;
/// For so long describe calls show a terminated instance.
const SHOWN_SECONDS: f64 = 3600.0;
/// For so long after it the token of its launch means it.
const REMEMBERED_SECONDS: f64 = 24.0 * 3600.0;

/// What an instance is on its way to, or is.
#[derive(Clone, Copy, Debug)]
pub enum Life {
    /// Running from a moment, and having passed the checks from another.
    Running {
        from: Time,
        checked: Time,
    },
    Stopped {
        from: Time,
    },
    Terminated {
        from: Time,
        hidden: Time,
        forgotten: Time,
    },
}

/// A state, as AWS names and numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending = 0,
    Running = 16,
    ShuttingDown = 32,
    Terminated = 48,
    Stopping = 64,
    Stopped = 80,
}

impl State {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    #[must_use]
    pub fn show(self) -> Node {
        Node::new().put("code", self.code()).put("name", self.name())
    }

    /// Whether it is neither terminated nor about to be.
    #[must_use]
    pub fn alive(self) -> bool {
        !matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

impl Life {
    /// That of an instance which is started now.
    #[must_use]
    pub fn begin(clock: &Clock, now: Time) -> Self {
        let from = clock.after(now, PENDING_SECONDS);
        Self::Running { from, checked: clock.after(from, CHECKS_SECONDS) }
    }

    /// Why it is in its state, in short.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        if matches!(self, Self::Running { .. }) { "" } else { "User initiated" }
    }

    /// The same, as a code and a message.
    #[must_use]
    pub fn state_reason(&self) -> Option<Node> {
        let code = "Client.UserInitiatedShutdown";
        let reason =
            || Node::new().put("code", code).put("message", format!("{code}: User initiated shutdown"));
        (!matches!(self, Self::Running { .. })).then(reason)
    }
}

impl Instance {
    #[must_use]
    pub fn state(&self, now: Time) -> State {
        match self.life {
            Life::Running { from, .. } if now < from => State::Pending,
            Life::Running { .. } => State::Running,
            Life::Stopped { from } if now < from => State::Stopping,
            Life::Stopped { .. } => State::Stopped,
            Life::Terminated { from, .. } if now < from => State::ShuttingDown,
            Life::Terminated { .. } => State::Terminated,
        }
    }

    /// The refusal of something that its state does not allow.
    #[must_use]
    pub fn incorrect_state(&self, what: &str) -> AwsError {
        let message =
            format!("The instance '{}' is not in a state from which it can be {what}.", self.meta.id);
        AwsError::new("IncorrectInstanceState", message)
    }
}

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
fn lend(region: &mut Region, instance: &Instance, address: Option<std::net::Ipv4Addr>) {
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
        end(call.region, call.clock, call.now, &instance.meta.id);
    }
    Ok(changes(call, &instances))
}

/// Terminates an instance, unless it is terminated already.
pub fn end(region: &mut Region, clock: &Clock, now: Time, id: &str) {
    let from = clock.after(now, SHUTTING_DOWN_SECONDS);
    let (hidden, forgotten) = (clock.after(from, SHOWN_SECONDS), clock.after(from, REMEMBERED_SECONDS));
    let Some(instance) = region.ec2.instances.get_mut(id).filter(|instance| instance.state(now).alive())
    else {
        return;
    };
    instance.life = Life::Terminated { from, hidden, forgotten };
    let instance = instance.clone();
    let goes = |interface: &&network_interface::NetworkInterface| {
        interface.attachment.as_ref().is_some_and(|attachment| attachment.delete_on_termination)
    };
    let going: Vec<String> =
        instance.interfaces(&region.ec2).into_iter().filter(goes).map(|i| i.meta.id.clone()).collect();
    for interface in going {
        network_interface::close(region, &interface, from);
    }
}

/// Does what falls due for terminated instances: they let go of what they had, are hidden, and forgotten.
pub fn settle(region: &mut Region, now: Time) {
    let mut over = Vec::new();
    for instance in region.ec2.instances.values_mut() {
        if let Life::Terminated { from, hidden, forgotten } = instance.life {
            if now >= hidden {
                instance.meta.visible = Time(u64::MAX);
            }
            if now >= from {
                over.push((instance.meta.id.clone(), now >= forgotten));
            }
        }
    }
    for (id, forgotten) in over {
        release(region, &id);
        if forgotten {
            region.ec2.instances.shift_remove(&id);
        }
    }
}

/// Takes a terminated instance's volumes and interfaces from it.
fn release(region: &mut Region, id: &str) {
    let ec2 = &mut region.ec2;
    ec2.volumes.retain(|_, volume| {
        !volume.attachment.as_ref().is_some_and(|a| a.instance == id && a.delete_on_termination)
    });
    for volume in ec2.volumes.values_mut() {
        volume.attachment.take_if(|attachment| attachment.instance == id);
    }
    for interface in ec2.network_interfaces.values_mut() {
        interface.attachment.take_if(|attachment| attachment.instance.as_deref() == Some(id));
    }
}
