//! An instance as describe calls show it.

use super::{Instance, Time};
use crate::loopback::action::View;
use crate::loopback::rds::noun::{Noun, tag_nodes};
use crate::loopback::rds::settings::Settings;
use crate::loopback::rds::version::{ENGINE, LICENSE};
use crate::loopback::world::{Region, hash};
use crate::loopback::xml::Node;

/// The hosted zone of RDS's names in us-east-1; each Region has its own, and few look.
const HOSTED_ZONE: &str = "Z2R2ITUGPM61AM";

impl Instance {
    pub(super) fn node(&self, view: View<'_>) -> Node {
        let now = view.now;
        Node::new()
            .put("DBInstanceIdentifier", self.name())
            .put("DBInstanceArn", self.arn(view.region))
            .put("DbiResourceId", &self.resource)
            .put("DBInstanceStatus", self.status(now))
            .maybe_node("Endpoint", self.endpoint(view))
            .maybe("InstanceCreateTime", (self.born <= now).then_some(self.born))
            .maybe("LatestRestorableTime", self.restorable(now))
            .with(self.settings.node())
            .with(self.networks(view))
            .with(self.groups(now))
            .node("PendingModifiedValues", self.pending(now))
            .maybe("ReadReplicaSourceDBInstanceIdentifier", self.source.as_ref())
            .texts(
                "ReadReplicaDBInstanceIdentifiers",
                "ReadReplicaDBInstanceIdentifier",
                self.replicas(view.region),
            )
            .named_list("StatusInfos", "DBInstanceStatusInfo", self.replication())
            .maybe_node("MasterUserSecret", self.secret.as_ref().map(|secret| secret.node(now)))
            .named_list("TagList", "Tag", tag_nodes(&self.meta.tags))
    }

    fn endpoint(&self, view: View<'_>) -> Option<Node> {
        let node = Node::new()
            .put("Address", address(view.region, self.name()))
            .put("Port", self.settings.port)
            .put("HostedZoneId", HOSTED_ZONE);
        (self.born <= view.now).then_some(node)
    }

    fn networks(&self, view: View<'_>) -> Node {
        let network = &self.network;
        let group = view.region.rds.subnet_groups.get(&network.subnet_group);
        let status = if view.now < network.groups_active { "adding" } else { "active" };
        let member = |id: &String| Node::new().put("VpcSecurityGroupId", id).put("Status", status);
        // While it is being created RDS has not said yet where.
        let placed = self.born <= view.now;
        Node::new()
            .maybe_node("DBSubnetGroup", group.map(|group| group.show(view)))
            .named_list("VpcSecurityGroups", "VpcSecurityGroupMembership", network.groups.iter().map(member))
            .named_list("DBSecurityGroups", "DBSecurityGroup", [])
            .maybe("AvailabilityZone", placed.then_some(&network.zone))
            .maybe("SecondaryAvailabilityZone", network.secondary.as_ref().filter(|_| placed))
            .put("NetworkType", "IPV4")
    }

    fn groups(&self, now: Time) -> Node {
        let parameters = Node::new()
            .put("DBParameterGroupName", &self.settings.parameter_group)
            .put("ParameterApplyStatus", self.parameters.status(now));
        let options =
            Node::new().put("OptionGroupName", &self.settings.option_group).put("Status", "in-sync");
        Node::new().named_list("DBParameterGroups", "DBParameterGroup", [parameters]).named_list(
            "OptionGroupMemberships",
            "OptionGroupMembership",
            [options],
        )
    }

    /// What it will be and is not yet.
    fn pending(&self, now: Time) -> Node {
        let password = self.password_pending.is_some_and(|at| now < at).then_some("****");
        let node = Node::new().maybe("MasterUserPassword", password);
        let Some((wanted, _)) = &self.wanted else { return node };
        let is = &self.settings;
        node.maybe("DBInstanceClass", differs(&wanted.class, &is.class))
            .maybe("AllocatedStorage", differs(&wanted.allocated, &is.allocated))
            .maybe("Port", differs(&wanted.port, &is.port))
            .maybe("BackupRetentionPeriod", differs(&wanted.backup_days, &is.backup_days))
            .maybe("MultiAZ", differs(&wanted.multi_az, &is.multi_az))
            .maybe("EngineVersion", differs(&wanted.version.number, &is.version.number))
            .maybe("Iops", differs(&wanted.iops, &is.iops).copied().flatten())
            .maybe("StorageThroughput", differs(&wanted.throughput, &is.throughput).copied().flatten())
            .maybe("StorageType", differs(&wanted.storage.name, &is.storage.name))
            .maybe("CACertificateIdentifier", differs(&wanted.authority, &is.authority))
    }

    /// The replication of a replica.
    fn replication(&self) -> Option<Node> {
        let node = Node::new()
            .put("StatusType", "read replication")
            .put("Normal", true)
            .put("Status", "replicating");
        self.source.as_ref().map(|_| node)
    }
}

fn differs<'a, T: PartialEq>(wanted: &'a T, is: &T) -> Option<&'a T> {
    (wanted != is).then_some(wanted)
}

/// The name that leads to an instance: its own, the account's, and the Region's.
#[must_use]
pub fn address(region: &Region, name: &str) -> String {
    let mut number = hash(&format!("{} {}", region.account, region.name));
    let mut digit = || {
        let digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 36).unwrap_or_default()];
        number /= 36;
        char::from(digit)
    };
    let account: String = (0..11).map(|_| digit()).collect();
    format!("{name}.c{account}.{}.rds.amazonaws.com", region.name)
}

impl Settings {
    fn node(&self) -> Node {
        let key = self.key.as_ref();
        let certificate =
            Node::new().put("CAIdentifier", &self.authority).put("ValidTill", "2061-05-20T00:00:00Z");
        let (monitoring, role) = &self.monitoring;
        Node::new()
            .put("Engine", ENGINE)
            .put("EngineVersion", self.version.number)
            .put("EngineLifecycleSupport", &self.lifecycle)
            .put("LicenseModel", LICENSE)
            .put("DBInstanceClass", &self.class)
            .put("MasterUsername", &self.username)
            .maybe("DBName", self.db_name.as_ref())
            .put("DbInstancePort", 0)
            .with(self.storage_node())
            .put("StorageEncrypted", key.is_some())
            .maybe("KmsKeyId", key)
            .put("MultiAZ", self.multi_az)
            .put("PubliclyAccessible", self.public)
            .put("BackupRetentionPeriod", self.backup_days)
            .put("PreferredBackupWindow", &self.backup_window)
            .put("PreferredMaintenanceWindow", &self.maintenance_window)
            .put("BackupTarget", "region")
            .put("CopyTagsToSnapshot", self.copy_tags)
            .put("AutoMinorVersionUpgrade", self.auto_minor)
            .put("DeletionProtection", self.protected)
            .put("IAMDatabaseAuthenticationEnabled", self.iam)
            .put("PerformanceInsightsEnabled", self.insights)
            .put("DatabaseInsightsMode", "standard")
            .put("MonitoringInterval", monitoring)
            .maybe("MonitoringRoleArn", role.as_ref())
            .texts("EnabledCloudwatchLogsExports", "member", &self.logs)
            .put("CACertificateIdentifier", &self.authority)
            .node("CertificateDetails", certificate)
            .put("CustomerOwnedIpEnabled", false)
            .put("DedicatedLogVolume", false)
            .put("ActivityStreamStatus", "stopped")
            .named_list("AssociatedRoles", "DBInstanceRole", [])
            .named_list("DomainMemberships", "DomainMembership", [])
    }

    fn storage_node(&self) -> Node {
        Node::new()
            .put("AllocatedStorage", self.allocated)
            .maybe("MaxAllocatedStorage", self.max_allocated)
            .put("StorageType", self.storage.name)
            .maybe("Iops", self.iops)
            .maybe("StorageThroughput", self.throughput)
    }
}
