//! Snapshots of volumes.

use super::describe::{Shape, describe_where};
use super::image::Image;
use super::noun::kept;
use super::volume::Volume;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateSnapshot", create, "VolumeId! Description @tags"),
    read("DescribeSnapshots", list, "SnapshotId.N Owner.N RestorableBy.N @filters @page"),
    write("DeleteSnapshot", delete, "SnapshotId!"),
];

const PENDING_SECONDS: f64 = 60.0;

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub meta: Meta,
    pub volume: String,
    pub description: String,
    /// Gibibytes.
    pub size: u32,
    /// The ARN of the key, where it is encrypted.
    pub key: Option<String>,
    pub ready: Time,
    /// The accounts that may make volumes of it, and whether everybody may.
    pub shared: Vec<String>,
    pub public: bool,
}

impl Noun for Snapshot {
    const KIND: Kind = Kind {
        tag: "snapshot",
        prefix: "snap-",
        word: "snapshot",
        malformed: "InvalidSnapshotID.Malformed",
        not_found: "InvalidSnapshot.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("snapshot-id", |snapshot, _| vec![snapshot.meta.id.clone()]),
        ("volume-id", |snapshot, _| vec![snapshot.volume.clone()]),
        ("volume-size", |snapshot, _| vec![snapshot.size.to_string()]),
        ("status", |snapshot, view| vec![snapshot.state(view.now).to_owned()]),
        ("encrypted", |snapshot, _| vec![snapshot.key.is_some().to_string()]),
        ("description", |snapshot, _| vec![snapshot.description.clone()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("start-time", |snapshot, _| vec![snapshot.meta.made.to_string()]),
    ];

    kept!(snapshots);

    fn show(&self, view: View<'_>) -> Node {
        let complete = view.now >= self.ready;
        Node::new()
            .put("snapshotId", self.id())
            .put("volumeId", &self.volume)
            .put("status", self.state(view.now))
            .put("progress", if complete { "100%" } else { "0%" })
            .put("startTime", self.meta.made)
            .maybe("completionTime", complete.then_some(self.ready))
            .put("ownerId", &view.region.account)
            .put("description", &self.description)
            .put("volumeSize", self.size)
            .put("encrypted", self.key.is_some())
            .maybe("kmsKeyId", self.key.as_ref())
            .put("storageTier", "standard")
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl Snapshot {
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        if now < self.ready { "pending" } else { "completed" }
    }

    /// A snapshot of a volume, complete when `ready`.
    #[must_use]
    pub fn of(volume: &Volume, meta: Meta, description: String, ready: Time) -> Self {
        let (size, key) = (volume.size, volume.key.clone());
        let volume = volume.meta.id.clone();
        Self { meta, volume, description, size, key, ready, shared: Vec::new(), public: false }
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let volume = call.named::<Volume>("VolumeId")?.clone();
    let description = call.params.text("Description").unwrap_or_default().to_owned();
    let meta = call.make::<Snapshot>()?;
    let snapshot = Snapshot::of(&volume, meta, description, call.after(PENDING_SECONDS));
    let shown = snapshot.show(call.view());
    call.keep(snapshot);
    Ok(shown.into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    // Only one's own are here: those of public images show no more than their ids.
    let owners = call.params.texts("Owner");
    let own = owners.is_empty()
        || owners.iter().any(|owner| matches!(*owner, "self") || *owner == call.region.account);
    describe_where::<Snapshot>(call, &Shape::new("SnapshotId", "snapshotSet"), |_| own)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.named::<Snapshot>("SnapshotId")?.meta.id.clone();
    if let Some(image) = call.region.ec2.images.values().find(|image| image.uses(&id)) {
        let message = format!("The snapshot {id} is currently in use by {}", image.meta.id);
        return Err(AwsError::new("InvalidSnapshot.InUse", message));
    }
    call.drop_noun::<Snapshot>(&id);
    done()
}

impl Image {
    /// Whether one of its disks is made from a snapshot.
    #[must_use]
    pub fn uses(&self, snapshot: &str) -> bool {
        self.devices.iter().any(|device| device.snapshot.as_deref() == Some(snapshot))
    }
}
