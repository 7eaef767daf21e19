//! What a call changes about an instance's settings.

use super::noun::Noun as _;
use super::option_group::OptionGroup;
use super::parameter_group::ParameterGroup;
use super::settings::{LIFECYCLES, Settings};
use super::{AUTHORITIES, version};
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};

const LOGS: [&str; 4] = ["audit", "error", "general", "slowquery"];

impl Settings {
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
        one_of(text("LicenseModel"), "LicenseModel", &[version::LICENSE], version::LICENSE)?;
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
