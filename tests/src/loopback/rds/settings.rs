//! What an instance is set to: made new, copied from a source or a snapshot, and changed by a call's parameters.

use std::collections::BTreeSet;

use super::class::{self, GP3_STRIPED, StorageType};
use super::engine_version::{self, Version};
use super::parameter_group::{self, ParameterGroup};
use super::{AUTHORITIES, option_group, window};
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::{Region, hash};

use super::noun::Noun as _;
use super::option_group::OptionGroup;

const LIFECYCLES: [&str; 2] =
    ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"];
const LOGS: [&str; 4] = ["audit", "error", "general", "slowquery"];

/// Everything about an instance that a snapshot keeps and a replica inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own that AWS has as a flag")]
pub struct Settings {
    pub class: String,
    pub version: &'static Version,
    /// In GiB.
    pub allocated: u32,
    /// Up to where AWS lets the storage grow by itself.
    pub max_allocated: Option<u32>,
    pub storage: &'static StorageType,
    pub iops: Option<u32>,
    pub throughput: Option<u32>,
    /// The key that it is encrypted with, if it is.
    pub key: Option<String>,
    pub username: String,
    pub db_name: Option<String>,
    pub port: u16,
    pub multi_az: bool,
    pub public: bool,
    pub parameter_group: String,
    pub option_group: String,
    pub backup_days: u8,
    pub backup_window: String,
    pub maintenance_window: String,
    pub auto_minor: bool,
    pub copy_tags: bool,
    pub protected: bool,
    pub iam: bool,
    pub insights: bool,
    /// Seconds between measurements, 0 for none, and the role that takes them.
    pub monitoring: (u32, Option<String>),
    pub logs: BTreeSet<String>,
    pub lifecycle: String,
    pub authority: String,
}

impl Settings {
    /// What AWS sets where nothing is said.
    #[must_use]
    pub fn new(region: &Region, identifier: &str, version: &'static Version, class: &str) -> Self {
        let seed = hash(&format!("{} {identifier}", region.name));
        Self {
            class: class.to_owned(),
            version,
            allocated: 0,
            max_allocated: None,
            storage: &class::STORAGE[1],
            iops: None,
            throughput: None,
            key: None,
            username: String::new(),
            db_name: None,
            port: 3306,
            multi_az: false,
            public: false,
            parameter_group: parameter_group::default_name(version.family),
            option_group: option_group::default_name(version.major),
            backup_days: 1,
            backup_window: window::default_backup(seed),
            maintenance_window: window::default_maintenance(seed),
            auto_minor: true,
            copy_tags: false,
            protected: false,
            iam: false,
            insights: false,
            monitoring: (0, None),
            logs: BTreeSet::new(),
            lifecycle: LIFECYCLES[0].to_owned(),
            authority: AUTHORITIES[0].to_owned(),
        }
    }

    /// Takes over what a call says. Names are those of `CreateDBInstance`, but for a few that `ModifyDBInstance` has
    /// otherwise; which of them a call may bring is declared with its action.
    ///
    /// # Errors
    /// Whatever AWS refuses of single values. Those that must fit together are [checked](Self::check) afterwards.
    pub fn overlay(&mut self, call: &Call<'_>) -> Result<()> {
        let params = call.params;
        let text = |name: &str| params.text(name).map(str::to_owned);
        if let Some(class) = text("DBInstanceClass") {
            self.class = class;
        }
        self.port = port(call)?.unwrap_or(self.port);
        self.multi_az = params.flag("MultiAZ")?.unwrap_or(self.multi_az);
        self.public = params.flag("PubliclyAccessible")?.unwrap_or(self.public);
        self.auto_minor = params.flag("AutoMinorVersionUpgrade")?.unwrap_or(self.auto_minor);
        self.copy_tags = params.flag("CopyTagsToSnapshot")?.unwrap_or(self.copy_tags);
        self.protected = params.flag("DeletionProtection")?.unwrap_or(self.protected);
        self.iam = params.flag("EnableIAMDatabaseAuthentication")?.unwrap_or(self.iam);
        self.insights = params.flag("EnablePerformanceInsights")?.unwrap_or(self.insights);
        self.overlay_backup(call)?;
        self.overlay_monitoring(call)?;
        if let Some(name) = text("DBParameterGroupName") {
            call.region.rds.find::<ParameterGroup>(&name)?.name().clone_into(&mut self.parameter_group);
        }
        if let Some(name) = text("OptionGroupName") {
            call.region.rds.find::<OptionGroup>(&name)?.name().clone_into(&mut self.option_group);
        }
        self.lifecycle =
            one_of(text("EngineLifecycleSupport"), "EngineLifecycleSupport", &LIFECYCLES, &self.lifecycle)?;
        self.authority =
            one_of(text("CACertificateIdentifier"), "CACertificateIdentifier", &AUTHORITIES, &self.authority)
                .map_err(|error| AwsError::new("CertificateNotFound", error.message).status(404))?;
        one_of(text("LicenseModel"), "LicenseModel", &[engine_version::LICENSE], engine_version::LICENSE)?;
        one_of(text("NetworkType"), "NetworkType", &["IPV4"], "IPV4")?;
        Ok(())
    }

    fn overlay_backup(&mut self, call: &Call<'_>) -> Result<()> {
        if let Some(days) = call.params.parsed::<u8>("BackupRetentionPeriod")? {
            if days > 35 {
                return Err(AwsError::invalid_value(format!(
                    "Invalid backup retention period: {days}. Retention period must be between 0 and 35."
                )));
            }
            self.backup_days = days;
        }
        if let Some(window) = call.params.text("PreferredBackupWindow") {
            window.to_ascii_lowercase().clone_into(&mut self.backup_window);
        }
        if let Some(window) = call.params.text("PreferredMaintenanceWindow") {
            window.to_ascii_lowercase().clone_into(&mut self.maintenance_window);
        }
        Ok(())
    }

    fn overlay_monitoring(&mut self, call: &Call<'_>) -> Result<()> {
        let interval = call.params.parsed::<u32>("MonitoringInterval")?.unwrap_or(self.monitoring.0);
        let role = call.params.text("MonitoringRoleArn").map(str::to_owned).or(self.monitoring.1.take());
        let refuse = |message: &str| Err(AwsError::new("InvalidParameterCombination", message));
        match (interval, &role) {
            (0, _) => self.monitoring = (0, None),
            (1 | 5 | 10 | 15 | 30 | 60, Some(_)) => self.monitoring = (interval, role),
            (1 | 5 | 10 | 15 | 30 | 60, None) => {
                return refuse(
                    "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.",
                );
            }
            _ => return Err(AwsError::invalid_value(format!("Invalid monitoring interval: {interval}"))),
        }
        let exports = "CloudwatchLogsExportConfiguration";
        let on = call.params.texts("EnableCloudwatchLogsExports").into_iter();
        let on: Vec<&str> = on.chain(call.params.texts(&format!("{exports}.EnableLogTypes"))).collect();
        if let Some(unknown) = on.iter().find(|log| !LOGS.contains(log)) {
            let message = format!(
                "You cannot use the log types '{unknown}' with engine version mysql {}.",
                self.version.number
            );
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        self.logs.extend(on.into_iter().map(str::to_owned));
        let off = call.params.texts(&format!("{exports}.DisableLogTypes"));
        self.logs.retain(|log| !off.contains(&log.as_str()));
        Ok(())
    }

    /// Whether it has one of the volumes that are fast by default and cannot be told how fast.
    #[must_use]
    pub fn striped(&self) -> bool {
        self.storage.name == "gp3" && self.allocated >= GP3_STRIPED
    }
}

fn port(call: &Call<'_>) -> Result<Option<u16>> {
    let port = call.params.parsed::<u16>("Port")?.or(call.params.parsed("DBPortNumber")?);
    if port.is_some_and(|port| !(1150..=65_535).contains(&port)) {
        return Err(AwsError::invalid_value(format!(
            "Invalid endpoint port {}, valid port range is 1150-65535.",
            port.unwrap_or_default()
        )));
    }
    Ok(port)
}

/// What was given, where it is among the known, or what was before.
fn one_of(given: Option<String>, name: &str, known: &[&str], before: &str) -> Result<String> {
    match given {
        Some(given) if !known.contains(&given.as_str()) => {
            Err(AwsError::invalid_value(format!("Invalid {name}: {given}")))
        }
        Some(given) => Ok(given),
        None => Ok(before.to_owned()),
    }
}
