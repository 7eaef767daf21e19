//! Restoring to a new instance: from a snapshot, or to a point in time.

use super::instance::{Draft, Instance, launch, vacant};
use super::noun::Noun as _;
use super::settings::Settings;
use super::snapshot::{Snapshot, ready};
use super::{credentials, network, storage, version};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;

pub const ACTIONS: &[Action] = &[
    write(
        "RestoreDBInstanceFromDBSnapshot",
        from_snapshot,
        "DBInstanceIdentifier! DBSnapshotIdentifier! DBInstanceClass Engine LicenseModel Port AvailabilityZone MultiAZ \
         DBSubnetGroupName VpcSecurityGroupIds.N PubliclyAccessible NetworkType AutoMinorVersionUpgrade AllocatedStorage \
         StorageType Iops StorageThroughput DBParameterGroupName OptionGroupName CopyTagsToSnapshot DeletionProtection \
         EnableIAMDatabaseAuthentication EnableCloudwatchLogsExports.N BackupRetentionPeriod PreferredBackupWindow \
         ManageMasterUserPassword MasterUserSecretKmsKeyId CACertificateIdentifier EngineLifecycleSupport Tags.N.Key \
         Tags.N.Value",
    ),
    write(
        "RestoreDBInstanceToPointInTime",
        to_point_in_time,
        "TargetDBInstanceIdentifier! SourceDBInstanceIdentifier SourceDbiResourceId RestoreTime UseLatestRestorableTime \
         DBInstanceClass Engine LicenseModel Port AvailabilityZone MultiAZ DBSubnetGroupName VpcSecurityGroupIds.N \
         PubliclyAccessible NetworkType AutoMinorVersionUpgrade AllocatedStorage MaxAllocatedStorage StorageType Iops \
         StorageThroughput DBParameterGroupName OptionGroupName CopyTagsToSnapshot DeletionProtection \
         EnableIAMDatabaseAuthentication EnableCloudwatchLogsExports.N BackupRetentionPeriod PreferredBackupWindow \
         ManageMasterUserPassword MasterUserSecretKmsKeyId CACertificateIdentifier EngineLifecycleSupport Tags.N.Key \
         Tags.N.Value",
    ),
];

/// How many times as long as a new instance a restored one takes.
const SLOWER: f64 = 1.5;

fn from_snapshot(call: &mut Call<'_>) -> Result<Reply> {
    let name = vacant(call, "DBInstanceIdentifier")?;
    let snapshot: &Snapshot = ready(call, "DBSnapshotIdentifier")?;
    let settings = snapshot.settings.clone();
    restore(call, name, settings)
}

fn to_point_in_time(call: &mut Call<'_>) -> Result<Reply> {
    let name = vacant(call, "TargetDBInstanceIdentifier")?;
    let source = source(call)?.clone();
    check_time(call, &source)?;
    restore(call, name, source.settings)
}

/// Launches what was kept under a new name. Groups, standby and protection are not kept: what the call does not say about
/// them is as for a new instance.
fn restore(call: &mut Call<'_>, name: String, kept: Settings) -> Result<Reply> {
    if let Some(engine) = call.params.text("Engine") {
        version::check_engine(engine)?;
    }
    let fresh = Settings::new(call.region, &name, kept.version, &kept.class);
    let mut settings = Settings {
        multi_az: false,
        protected: false,
        copy_tags: false,
        max_allocated: None,
        monitoring: (0, None),
        logs: fresh.logs,
        insights: false,
        public: matches!(call.params.text("DBSubnetGroupName"), None | Some("default")),
        parameter_group: fresh.parameter_group,
        maintenance_window: fresh.maintenance_window,
        lifecycle: fresh.lifecycle,
        ..kept
    };
    if ["AllocatedStorage", "MaxAllocatedStorage", "StorageType", "Iops"]
        .iter()
        .any(|name| call.params.has(name))
    {
        storage::grow(&mut settings, call)?;
    }
    settings.overlay(call)?;
    settings.check(call.region)?;
    let managed = credentials::managed(call, false)?;
    let network = network::place(call, &name, &settings, None)?;
    let tags = tag::read(&call.params.items("Tags"))?;
    launch(call, Draft { name, settings, tags, network, source: None, slower: SLOWER }, managed)
}

fn source<'a>(call: &'a Call<'_>) -> Result<&'a Instance> {
    let rds = &call.region.rds;
    match (call.params.text("SourceDBInstanceIdentifier"), call.params.text("SourceDbiResourceId")) {
        (Some(name), _) => rds.find::<Instance>(name),
        (None, Some(id)) => {
            let found = rds.instances.values().find(|instance| instance.resource == id);
            found.ok_or_else(|| Instance::KIND.missing(id))
        }
        (None, None) => Err(AwsError::new(
            "InvalidParameterCombination",
            "Either SourceDBInstanceIdentifier or SourceDbiResourceId must be specified.",
        )),
    }
}

/// The moment must be one to which the source can be restored.
fn check_time(call: &Call<'_>, source: &Instance) -> Result<()> {
    let name = source.name();
    if source.settings.backup_days == 0 {
        let message = format!(
            "Point In Time Restore cannot be done because backups are not enabled for DB Instance {name}."
        );
        return Err(AwsError::new("PointInTimeRestoreNotEnabled", message));
    }
    let latest = source.restorable(call.now).ok_or_else(|| {
        let message = format!("The source DB instance {name} does not have a restorable time yet.");
        AwsError::new("InvalidDBInstanceState", message)
    })?;
    let combination = |message: &str| Err(AwsError::new("InvalidParameterCombination", message));
    let time =
        match (call.params.text("RestoreTime"), call.params.flag("UseLatestRestorableTime")? == Some(true)) {
            (None, true) => return Ok(()),
            (Some(time), false) => time,
            (Some(_), true) => {
                return combination("Only one of RestoreTime and UseLatestRestorableTime can be specified.");
            }
            (None, false) => {
                return combination("Either RestoreTime or UseLatestRestorableTime must be specified.");
            }
        };
    // Written alike, times in UTC are in the order of their texts, to the second.
    let (earliest, latest) = (source.born.to_string(), latest.to_string());
    let second = |text: &str| text.get(..19).map(str::to_owned);
    let within = second(&earliest) <= second(time) && second(time) <= second(&latest);
    if !within || !time.ends_with('Z') && !time.ends_with("+00:00") {
        let message = format!(
            "The specified time {time} is not between {earliest} and {latest}, the latest restorable time."
        );
        return Err(AwsError::invalid_value(message));
    }
    Ok(())
}
