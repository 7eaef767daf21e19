//! Snapshots: made by hand, automatically with backups, and at an instance's end.

use super::describe::{Shape, describe};
use super::noun::{Kind, Noun, kept, tag_nodes};
use super::settings::Settings;
use super::snapshot_create;
use super::version::{ENGINE, LICENSE};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateDBSnapshot",
        snapshot_create::create,
        "DBSnapshotIdentifier! DBInstanceIdentifier! Tags.N.Key Tags.N.Value",
    ),
    read(
        "DescribeDBSnapshots",
        list,
        "DBInstanceIdentifier DBSnapshotIdentifier SnapshotType DbiResourceId IncludeShared IncludePublic Filters.N.Name \
         Filters.N.Values.N MaxRecords Marker",
    ),
    write(
        "CopyDBSnapshot",
        snapshot_create::copy,
        "SourceDBSnapshotIdentifier! TargetDBSnapshotIdentifier! CopyTags Tags.N.Key Tags.N.Value",
    ),
    write("DeleteDBSnapshot", delete, "DBSnapshotIdentifier!"),
];

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub meta: Meta,
    pub instance: String,
    /// The instance's own id, which tells it from a later one of the same name.
    pub resource: String,
    pub automated: bool,
    pub settings: Settings,
    pub zone: String,
    pub vpc: String,
    pub born: Time,
    pub ready: Time,
    /// The snapshot that it is a copy of.
    pub source: Option<String>,
}

impl Noun for Snapshot {
    const KIND: Kind = Kind {
        dump: "db-snapshot",
        arn: "snapshot",
        not_found: "DBSnapshotNotFound",
        message: "DBSnapshot {} not found.",
    };

    kept!(snapshots);

    fn show(&self, view: View<'_>) -> Node {
        self.node(view, if view.now >= self.ready { "available" } else { "creating" })
    }

    /// AWS calls its own by the time they were made.
    fn dump_name(&self) -> String {
        if self.automated { format!("of {}", self.instance) } else { self.name().to_owned() }
    }

    fn aliases(&self) -> Vec<String> {
        let mut aliases = vec![self.resource.clone()];
        aliases.extend(self.automated.then(|| self.name().to_owned()));
        aliases
    }
}

impl Snapshot {
    fn kind(&self) -> &'static str {
        if self.automated { "automated" } else { "manual" }
    }

    fn node(&self, view: View<'_>, status: &str) -> Node {
        let done = status != "creating";
        let settings = &self.settings;
        Node::new()
            .put("DBSnapshotIdentifier", self.name())
            .put("DBSnapshotArn", self.arn(view.region))
            .put("DBInstanceIdentifier", &self.instance)
            .put("DbiResourceId", &self.resource)
            .put("SnapshotType", self.kind())
            .put("Status", status)
            .put("PercentProgress", if done { 100 } else { 0 })
            .maybe("SnapshotCreateTime", done.then_some(self.ready))
            .maybe("OriginalSnapshotCreateTime", done.then_some(self.ready))
            .put("InstanceCreateTime", self.born)
            .put("Engine", ENGINE)
            .put("EngineVersion", settings.version.number)
            .put("LicenseModel", LICENSE)
            .put("AllocatedStorage", settings.allocated)
            .put("StorageType", settings.storage.name)
            .maybe("Iops", settings.iops)
            .maybe("StorageThroughput", settings.throughput)
            .put("Encrypted", settings.key.is_some())
            .maybe("KmsKeyId", settings.key.as_ref())
            .put("MasterUsername", &settings.username)
            .put("Port", settings.port)
            .put("OptionGroupName", &settings.option_group)
            .put("IAMDatabaseAuthenticationEnabled", settings.iam)
            .put("AvailabilityZone", &self.zone)
            .put("VpcId", &self.vpc)
            .maybe("SourceDBSnapshotIdentifier", self.source.as_ref())
            .put("SnapshotTarget", "region")
            .put("MultiTenant", false)
            .put("DedicatedLogVolume", false)
            .named_list("TagList", "Tag", tag_nodes(&self.meta.tags))
    }
}

const FILTERS: &[Field<Snapshot>] = &[
    ("db-instance-id", |s, _| vec![s.instance.clone()]),
    ("db-snapshot-id", |s, _| vec![s.name().to_owned()]),
    ("dbi-resource-id", |s, _| vec![s.resource.clone()]),
    ("snapshot-type", |s, _| vec![s.kind().to_owned()]),
    ("engine", |_, _| vec![ENGINE.to_owned()]),
];

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let kind = call.params.text("SnapshotType");
    if kind.is_some_and(|kind| !matches!(kind, "automated" | "manual" | "shared" | "public" | "awsbackup")) {
        return Err(AwsError::invalid_value(format!("Invalid SnapshotType: {}", kind.unwrap_or_default())));
    }
    let instance = call.params.text("DBInstanceIdentifier").map(str::to_ascii_lowercase);
    let resource = call.params.text("DbiResourceId");
    let shape = Shape { name: "DBSnapshotIdentifier", list: ("DBSnapshots", "DBSnapshot"), filters: FILTERS };
    describe::<Snapshot>(call, &shape, |snapshot| {
        snapshot.meta.visible <= call.now
            && kind.is_none_or(|kind| kind == snapshot.kind())
            && instance.as_ref().is_none_or(|instance| *instance == snapshot.instance)
            && resource.is_none_or(|resource| resource == snapshot.resource)
    })
}

/// The snapshot that a parameter names, where it is ready.
pub fn ready<'a>(call: &'a Call<'_>, parameter: &str) -> Result<&'a Snapshot> {
    let snapshot = call.region.rds.find::<Snapshot>(call.params.required(parameter)?)?;
    if call.now < snapshot.ready {
        let message = format!("Snapshot {} is not available.", snapshot.name());
        return Err(AwsError::new("InvalidDBSnapshotState", message));
    }
    Ok(snapshot)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let snapshot = ready(call, "DBSnapshotIdentifier")?;
    if snapshot.automated {
        let message = "Automated snapshots cannot be deleted.";
        return Err(AwsError::new("InvalidDBSnapshotState", message));
    }
    let (name, shown) = (snapshot.name().to_owned(), snapshot.node(call.view(), "deleted"));
    call.region.rds.drop_noun::<Snapshot>(&name);
    Ok(Node::new().node("DBSnapshot", shown).into())
}
