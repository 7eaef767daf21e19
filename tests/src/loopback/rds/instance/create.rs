//! Creating an instance, new or of what another has left.

use super::{BEHIND_SECONDS, Instance, Parameters, kept_and_shown};
use crate::loopback::action::{Call, Meta, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::missing;
use crate::loopback::rds::course::Course;
use crate::loopback::rds::master_secret::MasterSecret;
use crate::loopback::rds::network::{self, Network};
use crate::loopback::rds::settings::Settings;
use crate::loopback::rds::snapshot::Snapshot;
use crate::loopback::rds::{class, credentials, identifier, option_group, parameter_group, storage, version};
use crate::loopback::tag::{self, Tags};

pub const TAKES: &str = "DBInstanceIdentifier! DBInstanceClass! Engine! EngineVersion LicenseModel DBName AllocatedStorage \
    MaxAllocatedStorage StorageType Iops StorageThroughput StorageEncrypted KmsKeyId MasterUsername MasterUserPassword \
    ManageMasterUserPassword MasterUserSecretKmsKeyId Port MultiAZ AvailabilityZone DBSubnetGroupName \
    VpcSecurityGroupIds.N PubliclyAccessible NetworkType DBParameterGroupName OptionGroupName BackupRetentionPeriod \
    PreferredBackupWindow PreferredMaintenanceWindow AutoMinorVersionUpgrade CopyTagsToSnapshot DeletionProtection \
    EnableIAMDatabaseAuthentication EnablePerformanceInsights MonitoringInterval MonitoringRoleArn \
    EnableCloudwatchLogsExports.N CACertificateIdentifier EngineLifecycleSupport Tags.N.Key Tags.N.Value";

/// Instances a Region.
const QUOTA: usize = 40;
/// How long creating takes, without and with a standby.
const CREATING_SECONDS: (f64, f64) = (240.0, 420.0);
/// What an instance does before it is available for good. That it is for a moment in between deceives many a waiter.
const GLIMPSE_SECONDS: f64 = 10.0;
const MODIFYING_SECONDS: f64 = 15.0;
const BACKUP_SECONDS: f64 = 60.0;
const MONITORING_SECONDS: f64 = 20.0;

/// An instance to be launched.
#[derive(Debug)]
pub struct Draft {
    pub name: String,
    pub settings: Settings,
    pub tags: Tags,
    pub network: Network,
    /// The instance it is a replica of.
    pub source: Option<String>,
    /// How many times as long as a new one it takes.
    pub slower: f64,
}

pub fn create(call: &mut Call<'_>) -> Result<Reply> {
    version::check_engine(call.params.required("Engine")?)?;
    let name = vacant(call, "DBInstanceIdentifier")?;
    let version = version::resolve(call.params.text("EngineVersion"))?;
    let class = call.params.required("DBInstanceClass")?;
    let mut settings = Settings::new(call.region, &name, version, class);
    if !call.params.has("AllocatedStorage") {
        return Err(missing("AllocatedStorage"));
    }
    if call.params.has("Iops") {
        // What AWS gives to one who asks for operations and not for the kind of storage they come with.
        settings.storage = class::storage("io1")?;
    }
    storage::set(&mut settings, call)?;
    let managed = credentials::managed(call, true)?;
    settings.username = credentials::username(call.params.required("MasterUsername")?)?;
    settings.db_name = call.params.text("DBName").map(credentials::database).transpose()?;
    settings.public = matches!(call.params.text("DBSubnetGroupName"), None | Some("default"));
    settings.overlay(call)?;
    if call.params.flag("StorageEncrypted")? == Some(true) {
        settings.key = Some(credentials::key(call, "KmsKeyId", "rds")?);
    } else if call.params.has("KmsKeyId") {
        let message = "KmsKeyId can be specified only if StorageEncrypted is true.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    settings.check(call.region)?;
    let network = network::place(call, &name, &settings, None)?;
    let tags = tag::read(&call.params.items("Tags"))?;
    launch(call, Draft { name, settings, tags, network, source: None, slower: 1.0 }, managed)
}

/// The name that a parameter gives to a new instance, where it is free and there may be one more.
pub fn vacant(call: &Call<'_>, parameter: &str) -> Result<String> {
    let name = identifier::checked(parameter, call.params.required(parameter)?, 63)?;
    let instances = &call.region.rds.instances;
    if instances.contains_key(&name) {
        return Err(AwsError::new("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    if instances.len() >= call.conditions.quota("db-instance", QUOTA) {
        return Err(AwsError::new(
            "InstanceQuotaExceeded",
            "You have exceeded the maximum number of DB instances allowed for your account.",
        ));
    }
    Ok(name)
}

/// Sets an instance on its course, with its first backup and, where AWS is to keep the password, the secret.
pub fn launch(call: &mut Call<'_>, draft: Draft, managed: bool) -> Result<Reply> {
    let settings = draft.settings;
    parameter_group::ensure_default(call, settings.version.family);
    option_group::ensure_default(call, settings.version.major);
    let course = course(call, &settings, draft.slower);
    let resource: String = (0..26).map(|_| call.region.rng.alphanumeric().to_ascii_uppercase()).collect();
    let born = course.leaves("creating").unwrap_or(call.now);
    let meta = Meta { id: draft.name, tags: draft.tags, made: call.now, visible: call.now };
    let mut instance = Instance {
        meta,
        resource: format!("db-{resource}"),
        backed_up: course.leaves("backing-up"),
        behind: call.clock.scaled(BEHIND_SECONDS),
        settings,
        network: draft.network,
        course,
        born,
        wanted: None,
        password_pending: None,
        password: call.params.text("MasterUserPassword").map(str::to_owned),
        parameters: Parameters::default(),
        secret: None,
        source: draft.source,
        storage_changed: None,
        gone: None,
    };
    if managed {
        instance.secret = Some(MasterSecret::make(call, &instance)?);
    }
    if let Some(ready) = instance.backed_up {
        Snapshot::automated(call, &instance, ready, BACKUP_SECONDS);
    }
    kept_and_shown(call, instance)
}

fn course(call: &Call<'_>, settings: &Settings, slower: f64) -> Course {
    let (alone, with_standby) = CREATING_SECONDS;
    let seconds = if settings.multi_az { with_standby } else { alone };
    let mut course = Course::at(call.now, "available")
        .through(call.clock, seconds * slower, "creating")
        .through(call.clock, GLIMPSE_SECONDS, "available")
        .through(call.clock, MODIFYING_SECONDS, "modifying");
    if settings.backup_days > 0 {
        course = course.through(call.clock, BACKUP_SECONDS, "backing-up");
    }
    if settings.monitoring.0 > 0 {
        course = course.through(call.clock, MONITORING_SECONDS, "configuring-enhanced-monitoring");
    }
    course
}
