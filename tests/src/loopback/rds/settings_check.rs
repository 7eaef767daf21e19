//! Whether what an instance is set to goes together.

use super::settings::Settings;
use super::{class, window};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::Region;

impl Settings {
    /// Whether all of it fits together.
    ///
    /// # Errors
    /// `InvalidParameterCombination`, `InvalidParameterValue`.
    pub fn check(&self, region: &Region) -> Result<()> {
        class::check(&self.class, self.version)?;
        window::check(&self.backup_window, &self.maintenance_window)?;
        if self.insights && class::tiny(&self.class) {
            let message =
                format!("Performance Insights not supported for this configuration: {}.", self.class);
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        if let Some(group) = region.rds.parameter_groups.get(&self.parameter_group)
            && group.family != self.version.family
        {
            return Err(AwsError::new(
                "InvalidParameterCombination",
                format!(
                    "The parameter group {} with DBParameterGroupFamily {} can't be used for this instance. Please use a \
                     Parameter Group with DBParameterGroupFamily {}",
                    self.parameter_group, group.family, self.version.family
                ),
            ));
        }
        if let Some(group) = region.rds.option_groups.get(&self.option_group)
            && group.major != self.version.major
        {
            return Err(AwsError::new(
                "InvalidParameterCombination",
                format!(
                    "The option group {} is associated with a different engine version: {}.",
                    self.option_group, group.major
                ),
            ));
        }
        Ok(())
    }
}
