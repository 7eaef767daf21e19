//! What a change does to an instance: at once, on the way, and when it arrives.

use super::{Instance, LINGER_SECONDS};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::rds::course::Course;
use crate::loopback::rds::network;
use crate::loopback::rds::settings::Settings;
use crate::loopback::rds::subnet_group::SubnetGroup;
use crate::loopback::world::Region;

/// How long an instance still says `available` after it has been told to change.
const UNAWARE_SECONDS: f64 = 20.0;
const MODIFYING_SECONDS: f64 = 240.0;
/// Upgrading the engine, or adding a standby, takes longer.
const LONG_SECONDS: f64 = 600.0;
const OPTIMIZING_SECONDS: f64 = 1800.0;
const BACKUP_SECONDS: f64 = 60.0;

impl Settings {
    /// What of `wanted` is set at once whatever the call says; the rest waits for its moment.
    #[must_use]
    pub fn at_once(&self, wanted: &Settings) -> Settings {
        let both_backed_up = self.backup_days > 0 && wanted.backup_days > 0;
        Settings {
            class: self.class.clone(),
            version: self.version,
            allocated: self.allocated,
            storage: self.storage,
            iops: self.iops,
            throughput: self.throughput,
            multi_az: self.multi_az,
            port: self.port,
            authority: self.authority.clone(),
            backup_days: if both_backed_up { wanted.backup_days } else { self.backup_days },
            ..wanted.clone()
        }
    }

    fn same_storage(&self, other: &Settings) -> bool {
        (self.allocated, self.storage.name, self.iops, self.throughput)
            == (other.allocated, other.storage.name, other.iops, other.throughput)
    }
}

impl Instance {
    /// Sets an instance on its way to what is wanted.
    pub fn begin(&mut self, clock: &Clock, now: Time, wanted: Settings) {
        let is = &self.settings;
        let upgrade = wanted.version != is.version;
        let long = upgrade || wanted.multi_az && !is.multi_az;
        let status = if upgrade { "upgrading" } else { "modifying" };
        let seconds = if long { LONG_SECONDS } else { MODIFYING_SECONDS };
        let mut course = Course::at(now, "available")
            .through(clock, UNAWARE_SECONDS, "available")
            .through(clock, seconds, status);
        let arrives = course.ends();
        if wanted.backup_days > 0 && is.backup_days == 0 {
            course = course.through(clock, BACKUP_SECONDS, "backing-up");
            self.backed_up = Some(course.ends());
        }
        if !wanted.same_storage(is) {
            course = course.through(clock, OPTIMIZING_SECONDS, "storage-optimization");
            self.storage_changed = Some(now);
        }
        self.course = course;
        self.wanted = Some((wanted, arrives));
    }

    /// Whether it is on its way to what is wanted, and does not wait for its window.
    #[must_use]
    pub fn changing(&self, now: Time) -> bool {
        now < self.course.ends()
    }
}

/// Sets an instance to what was wanted, where its time has come; or on its way there, where its window has.
pub fn arrive(region: &mut Region, clock: &Clock, instance: &mut Instance) {
    let Some((wanted, at)) = instance.wanted.take() else { return };
    if instance.course.ends() < at && instance.status(at) == "available" {
        instance.begin(clock, at, wanted);
        return;
    }
    let standby = (instance.settings.multi_az, wanted.multi_az);
    instance.settings = wanted;
    match standby {
        (false, true) => add_standby(region, at, instance),
        (true, false) => drop_standby(region, clock, at, instance),
        _ => {}
    }
}

/// Takes the standby away; its interface stays a while.
fn drop_standby(region: &mut Region, clock: &Clock, now: Time, instance: &mut Instance) {
    let network = &mut instance.network;
    network.secondary = None;
    if network.interfaces.len() > 1
        && let Some(standby) = network.interfaces.pop()
    {
        network::close(region, &[standby], clock.after(now, LINGER_SECONDS));
    }
}

/// Puts a standby into another zone of the group, where one has room.
fn add_standby(region: &mut Region, now: Time, instance: &mut Instance) {
    let network = &mut instance.network;
    let Ok(group) = region.rds.find::<SubnetGroup>(&network.subnet_group).cloned() else { return };
    let offered = crate::loopback::rds::orderable::offered_zones(region);
    let primary = network.zone.clone();
    let zones = group.zones();
    for zone in zones.into_iter().filter(|zone| *zone != primary && offered.iter().any(|o| o == zone)) {
        if network::open(region, now, network, &group, zone, instance.settings.public).is_ok() {
            network.secondary = Some(zone.to_owned());
            return;
        }
    }
}
