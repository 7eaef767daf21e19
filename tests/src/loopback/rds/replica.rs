//! Read replicas, and making one an instance of its own.

use super::course::Course;
use super::instance::{Draft, Instance, launch, vacant};
use super::network;
use super::noun::Noun;
use super::settings::Settings;
use super::{storage, subnet_group::SubnetGroup};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateDBInstanceReadReplica",
        create,
        "DBInstanceIdentifier! SourceDBInstanceIdentifier! DBInstanceClass AvailabilityZone Port MultiAZ \
         AutoMinorVersionUpgrade AllocatedStorage MaxAllocatedStorage StorageType Iops StorageThroughput OptionGroupName \
         PubliclyAccessible NetworkType DBSubnetGroupName VpcSecurityGroupIds.N CopyTagsToSnapshot DeletionProtection \
         MonitoringInterval MonitoringRoleArn EnableIAMDatabaseAuthentication EnablePerformanceInsights \
         EnableCloudwatchLogsExports.N CACertificateIdentifier Tags.N.Key Tags.N.Value",
    ),
    write("PromoteReadReplica", promote, "DBInstanceIdentifier! BackupRetentionPeriod PreferredBackupWindow"),
];

/// Replicas a source.
const QUOTA: usize = 15;
/// How many times as long as a new instance a replica takes: the source is copied first.
const SLOWER: f64 = 2.0;
const PROMOTING_SECONDS: f64 = 120.0;
const BACKUP_SECONDS: f64 = 60.0;

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = vacant(call, "DBInstanceIdentifier")?;
    let source =
        call.region.rds.find::<Instance>(call.params.required("SourceDBInstanceIdentifier")?)?.clone();
    check_source(call, &source)?;
    let fresh = Settings::new(call.region, &name, source.settings.version, &source.settings.class);
    let mut settings = Settings {
        // A replica begins without backups, standby and protection, whatever its source has.
        backup_days: 0,
        multi_az: false,
        protected: false,
        monitoring: (0, None),
        maintenance_window: fresh.maintenance_window,
        ..source.settings.clone()
    };
    if call.params.has("AllocatedStorage") || call.params.has("StorageType") || call.params.has("Iops") {
        storage::grow(&mut settings, call)?;
    }
    settings.overlay(call)?;
    settings.check(call.region)?;
    check_vpc(call, &source)?;
    let network = network::place(call, &name, &settings, Some(&source.network.subnet_group))?;
    let tags = tag::read(&call.params.items("Tags"))?;
    let source = Some(source.name().to_owned());
    launch(call, Draft { name, settings, tags, network, source, slower: SLOWER }, false)
}

/// Whether an instance can have one replica more.
///
/// AWS refuses a MySQL source whose password it keeps itself (`ManageMasterUserPassword`). This does not: the conformance
/// checks, which are what this AWS is held to, make such a replica.
fn check_source(call: &Call<'_>, source: &Instance) -> Result<()> {
    let state = |message: &str| Err(AwsError::new("InvalidDBInstanceState", message));
    if source.settings.backup_days == 0 {
        return state(
            "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance \
             to set the backup retention period to a non-zero value.",
        );
    }
    source.check_available(call.now, "Source instance {} is not in available state.")?;
    if source.replicas(call.region).count() >= call.conditions.quota("db-replica", QUOTA) {
        return state("The source DB instance has the maximum number of read replicas.");
    }
    Ok(())
}

/// All replicas of a source in a Region are in one VPC, the source's.
fn check_vpc(call: &Call<'_>, source: &Instance) -> Result<()> {
    let Some(name) = call.params.text("DBSubnetGroupName") else { return Ok(()) };
    let group = call.region.rds.find::<SubnetGroup>(name)?;
    if group.vpc == source.network.vpc {
        return Ok(());
    }
    let message = "DbSubnetGroup should not be specified for read replicas that are created in the same region as the master.";
    Err(AwsError::new("DBSubnetGroupNotAllowedFault", message))
}

fn promote(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance =
        call.region.rds.find::<Instance>(call.params.required("DBInstanceIdentifier")?)?.clone();
    if instance.source.is_none() {
        return Err(AwsError::new("InvalidDBInstanceState", "DB Instance is not a read replica"));
    }
    instance.check_available(call.now, "DB instance {} is not in available state.")?;
    // What is not said, a promoted replica gets: a day of backups.
    instance.settings.backup_days = 1;
    instance.settings.overlay(call)?;
    instance.settings.check(call.region)?;
    instance.source = None;
    let mut course = Course::at(call.now, "available").through(call.clock, PROMOTING_SECONDS, "modifying");
    if instance.settings.backup_days > 0 {
        course = course.through(call.clock, BACKUP_SECONDS, "backing-up");
        instance.backed_up = Some(course.ends());
    }
    instance.course = course;
    let name = instance.name().to_owned();
    call.region.rds.keep(instance);
    let shown = call.region.rds.find::<Instance>(&name)?.show(call.view());
    Ok(Node::new().node("DBInstance", shown).into())
}
