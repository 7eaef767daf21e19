//! The states of instances, and what becomes of terminated ones.

use super::instance::Instance;
use super::network_interface::{self, NetworkInterface};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::AwsError;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const PENDING_SECONDS: f64 = 15.0;
/// From running to having passed the status checks.
pub const CHECKS_SECONDS: f64 = 120.0;
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
    let goes = |interface: &&NetworkInterface| {
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
