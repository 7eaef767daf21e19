//! What befalls an instance while nobody looks: changes that arrive, and its end.

use super::{Instance, LINGER_SECONDS, change};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::rds::network;
use crate::loopback::rds::noun::Noun as _;
use crate::loopback::rds::snapshot::Snapshot;
use crate::loopback::world::Region;

/// Changes what was to be changed by now, and takes away what was to be gone.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    // What begins with a window that has long passed may have ended too.
    while let Some(mut instance) = region.rds.instances.values().find(|i| i.due(now)).cloned() {
        match instance.gone {
            Some(gone) if gone <= now => vanish(region, clock, &instance, gone),
            _ => {
                change::arrive(region, clock, &mut instance);
                region.rds.keep(instance);
            }
        }
    }
}

impl Instance {
    fn due(&self, now: Time) -> bool {
        let wanted = self.wanted.as_ref().map(|(_, at)| *at);
        [self.gone, wanted].into_iter().flatten().any(|at| at <= now)
    }
}

/// Takes an instance away with all that is only there for its sake; its interfaces stay a while.
fn vanish(region: &mut Region, clock: &Clock, instance: &Instance, gone: Time) {
    network::close(region, &instance.network.interfaces, clock.after(gone, LINGER_SECONDS));
    if let Some(secret) = &instance.secret {
        secret.remove(region);
    }
    let resource = &instance.resource;
    region
        .rds
        .snapshots
        .retain(|_, snapshot: &mut Snapshot| !snapshot.automated || snapshot.resource != *resource);
    region.rds.drop_noun::<Instance>(instance.name());
}
