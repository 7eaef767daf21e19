//! Making snapshots: by hand, with backups, at an instance's end, and as copies.

use super::course::Course;
use super::identifier;
use super::instance::Instance;
use super::noun::Noun as _;
use super::snapshot::{Snapshot, ready};
use crate::loopback::action::{Call, Meta, Reply};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

/// Manual snapshots a Region.
const QUOTA: usize = 100;
const CREATING_SECONDS: f64 = 90.0;

impl Snapshot {
    /// Makes a manual snapshot of an instance, and keeps it.
    pub fn of(call: &mut Call<'_>, instance: &Instance, name: String, ready: Time) {
        let tags = if instance.settings.copy_tags { instance.meta.tags.clone() } else { Tags::new() };
        let meta = Meta { id: name, tags, made: call.now, visible: call.now };
        call.region.rds.keep(Self::new(instance, meta, ready));
    }

    /// Makes the snapshot that comes with a backup, which is there from `seconds` before it is ready.
    pub fn automated(call: &mut Call<'_>, instance: &Instance, ready: Time, seconds: f64) {
        let from = Time(ready.0.saturating_sub(call.clock.scaled(seconds)));
        let tags = if instance.settings.copy_tags { instance.meta.tags.clone() } else { Tags::new() };
        let time = ready.to_string();
        let id = format!("rds:{}-{}-{}", instance.name(), &time[..10], time[11..16].replace(':', "-"));
        let meta = Meta { id, tags, made: from, visible: from };
        call.region.rds.keep(Self { automated: true, ..Self::new(instance, meta, ready) });
    }

    fn new(instance: &Instance, meta: Meta, ready: Time) -> Self {
        Self {
            meta,
            instance: instance.name().to_owned(),
            resource: instance.resource.clone(),
            automated: false,
            settings: instance.settings.clone(),
            zone: instance.network.zone.clone(),
            vpc: instance.network.vpc.clone(),
            born: instance.born,
            ready,
            source: None,
        }
    }
}

/// The name that a call gives to a new snapshot, where it is free and there may be one more.
pub fn vacant(call: &Call<'_>, parameter: &str, name: &str) -> Result<String> {
    let name = identifier::checked(parameter, name, 255)?;
    let snapshots = &call.region.rds.snapshots;
    if snapshots.contains_key(&name) {
        return Err(AwsError::new(
            "DBSnapshotAlreadyExists",
            format!(
                "Cannot create the snapshot because a snapshot with the identifier {name} already exists."
            ),
        ));
    }
    if snapshots.values().filter(|snapshot| !snapshot.automated).count()
        >= call.conditions.quota("db-snapshot", QUOTA)
    {
        let message = "The request would result in the user exceeding the allowed number of DB snapshots.";
        return Err(AwsError::new("SnapshotQuotaExceeded", message));
    }
    Ok(name)
}

pub fn create(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance: Instance =
        call.region.rds.find::<Instance>(call.params.required("DBInstanceIdentifier")?)?.clone();
    let name = vacant(call, "DBSnapshotIdentifier", call.params.required("DBSnapshotIdentifier")?)?;
    instance.check_available(
        call.now,
        "Cannot create a snapshot because the database instance {} is not currently in the available state.",
    )?;
    let ready = call.after(CREATING_SECONDS);
    Snapshot::of(call, &instance, name.clone(), ready);
    let tags = tag::read(&call.params.items("Tags"))?;
    call.region.rds.find_mut::<Snapshot>(&name)?.meta.tags.extend(tags);
    instance.course = Course::at(call.now, "available").through(call.clock, CREATING_SECONDS, "backing-up");
    call.region.rds.keep(instance);
    answer(call, &name)
}

fn answer(call: &Call<'_>, name: &str) -> Result<Reply> {
    let shown = call.region.rds.find::<Snapshot>(name)?.show(call.view());
    Ok(Node::new().node("DBSnapshot", shown).into())
}

pub fn copy(call: &mut Call<'_>) -> Result<Reply> {
    let source = ready(call, "SourceDBSnapshotIdentifier")?.clone();
    let parameter = "TargetDBSnapshotIdentifier";
    let name = vacant(call, parameter, call.params.required(parameter)?)?;
    let mut tags = tag::read(&call.params.items("Tags"))?;
    if call.params.flag("CopyTags")? == Some(true) && tags.is_empty() {
        tags.clone_from(&source.meta.tags);
    }
    let meta = Meta { id: name.clone(), tags, made: call.now, visible: call.now };
    let of = source.arn(call.region);
    let ready = call.after(CREATING_SECONDS);
    call.region.rds.keep(Snapshot { meta, automated: false, ready, source: Some(of), ..source });
    answer(call, &name)
}
