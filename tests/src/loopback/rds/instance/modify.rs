//! Modifying an instance: at once, or in its maintenance window.

use super::{Instance, kept_and_shown, named};
use crate::loopback::action::{Call, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::rds::course::Course;
use crate::loopback::rds::master_secret::MasterSecret;
use crate::loopback::rds::settings::Settings;
use crate::loopback::rds::{credentials, network, option_group, parameter_group, storage, version};

pub const TAKES: &str = "DBInstanceIdentifier! ApplyImmediately DBInstanceClass EngineVersion AllowMajorVersionUpgrade \
    LicenseModel AllocatedStorage MaxAllocatedStorage StorageType Iops StorageThroughput MasterUserPassword \
    ManageMasterUserPassword MasterUserSecretKmsKeyId DBPortNumber MultiAZ VpcSecurityGroupIds.N PubliclyAccessible \
    NetworkType DBParameterGroupName OptionGroupName BackupRetentionPeriod PreferredBackupWindow \
    PreferredMaintenanceWindow AutoMinorVersionUpgrade CopyTagsToSnapshot DeletionProtection \
    EnableIAMDatabaseAuthentication EnablePerformanceInsights MonitoringInterval MonitoringRoleArn \
    CloudwatchLogsExportConfiguration.EnableLogTypes.N CloudwatchLogsExportConfiguration.DisableLogTypes.N \
    CACertificateIdentifier EngineLifecycleSupport";

const PASSWORD_SECONDS: f64 = 30.0;
const GROUPS_SECONDS: f64 = 15.0;
/// How long after a change of storage there can be no other.
const STORAGE_SECONDS: f64 = 6.0 * 3600.0;
/// To the maintenance window: half a week, on average.
const WINDOW_SECONDS: f64 = 3.5 * 86_400.0;

pub fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance = named(call)?;
    instance.check_available(call.now, "Database instance is not in available state.")?;
    let base = instance.wanted.as_ref().map_or(&instance.settings, |(wanted, _)| wanted);
    let wanted = wanted(call, &instance, base.clone())?;
    password(call, &mut instance)?;
    groups(call, &mut instance)?;
    let before = instance.settings.parameter_group.clone();
    instance.settings = instance.settings.at_once(&wanted);
    if instance.settings.parameter_group != before {
        instance.parameters.changed(call.now, true);
    }
    schedule(call, &mut instance, wanted)?;
    kept_and_shown(call, instance)
}

/// Sets an instance on its way to what is wanted: now, with its maintenance window, or not again where it is on it already.
fn schedule(call: &Call<'_>, instance: &mut Instance, wanted: Settings) -> Result<()> {
    let now = call.params.flag("ApplyImmediately")? == Some(true);
    let before = instance.wanted.take();
    if wanted == instance.settings {
        return Ok(());
    }
    match before {
        Some((same, at)) if same.at_once(&wanted) == wanted && (!now || instance.changing(call.now)) => {
            instance.wanted = Some((wanted, at));
        }
        _ if now => instance.begin(call.clock, call.now, wanted),
        _ => instance.wanted = Some((wanted, call.after(WINDOW_SECONDS))),
    }
    Ok(())
}

/// What the instance is to be set to.
fn wanted(call: &Call<'_>, instance: &Instance, mut wanted: Settings) -> Result<Settings> {
    let before = wanted.clone();
    if let Some(number) = call.params.text("EngineVersion") {
        let major = call.params.flag("AllowMajorVersionUpgrade")? == Some(true);
        wanted.version = version::upgrade(before.version, number, major)?;
        follow_family(&mut wanted, &before);
    }
    storage::grow(&mut wanted, call)?;
    let resized = (before.allocated, before.storage.name, before.iops, before.throughput)
        != (wanted.allocated, wanted.storage.name, wanted.iops, wanted.throughput);
    let again = instance.storage_changed.map(|at| call.clock.after(at, STORAGE_SECONDS));
    if resized && again.is_some_and(|again| call.now < again) {
        return Err(AwsError::new(
            "InvalidParameterCombination",
            "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
        ));
    }
    wanted.overlay(call)?;
    wanted.check(call.region)?;
    if wanted.backup_days == 0 && instance.replicas(call.region).next().is_some() {
        let message = "Backups cannot be disabled for a DB instance that is a source of read replicas.";
        return Err(AwsError::new("InvalidDBInstanceState", message));
    }
    Ok(wanted)
}

/// With a new major version, default groups become those of the version.
fn follow_family(wanted: &mut Settings, before: &Settings) {
    if wanted.parameter_group == parameter_group::default_name(before.version.family) {
        wanted.parameter_group = parameter_group::default_name(wanted.version.family);
    }
    if wanted.option_group == option_group::default_name(before.version.major) {
        wanted.option_group = option_group::default_name(wanted.version.major);
    }
}

/// A new password, or one that AWS keeps from now on, or no longer.
fn password(call: &mut Call<'_>, instance: &mut Instance) -> Result<()> {
    let keeps = call.params.flag("ManageMasterUserPassword")?;
    let given = call.params.has("MasterUserPassword");
    let managed = credentials::managed(call, false)?;
    match &instance.secret {
        Some(secret) if keeps == Some(false) => {
            secret.remove(call.region);
            instance.secret = None;
        }
        Some(_) if given => {
            let message =
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        None if managed => instance.secret = Some(MasterSecret::make(call, instance)?),
        _ => {}
    }
    if let Some(password) = call.params.text("MasterUserPassword") {
        instance.password = Some(password.to_owned());
    }
    if given || managed {
        let course = Course::at(call.now, "available");
        instance.course = course.through(call.clock, PASSWORD_SECONDS, "resetting-master-credentials");
        instance.password_pending = Some(instance.course.ends());
    }
    Ok(())
}

/// Other security groups, on the interfaces at once and in force a little later.
fn groups(call: &mut Call<'_>, instance: &mut Instance) -> Result<()> {
    if call.params.texts("VpcSecurityGroupIds").is_empty() {
        return Ok(());
    }
    let groups = network::security_groups(call, &instance.network.vpc)?;
    if groups != instance.network.groups {
        instance.network.groups = groups;
        instance.network.groups_active = call.after(GROUPS_SECONDS);
        network::regroup(call.region, &instance.network);
    }
    Ok(())
}
