//! How a target group checks its targets.

use super::noun::invalid;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// What both calls that set them take.
macro_rules! health_check_parameters {
    () => {
        "HealthCheckProtocol HealthCheckPort HealthCheckPath HealthCheckEnabled HealthCheckIntervalSeconds \
         HealthCheckTimeoutSeconds HealthyThresholdCount UnhealthyThresholdCount Matcher.HttpCode"
    };
}
pub(super) use health_check_parameters;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    pub protocol: String,
    /// A number, or `traffic-port`.
    pub port: String,
    pub path: String,
    pub enabled: bool,
    /// Seconds.
    pub interval: u32,
    /// Seconds.
    pub timeout: u32,
    /// So many good answers make an unhealthy target healthy.
    pub healthy: u32,
    /// So many bad ones make a healthy target unhealthy.
    pub unhealthy: u32,
    /// The answers that are good: `200`, `200-299`, `200,301`.
    pub matcher: String,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            protocol: "HTTP".to_owned(),
            port: "traffic-port".to_owned(),
            path: "/".to_owned(),
            enabled: true,
            interval: 30,
            timeout: 5,
            healthy: 5,
            unhealthy: 2,
            matcher: "200".to_owned(),
        }
    }
}

impl HealthCheck {
    /// These, with what a call says changed.
    ///
    /// # Errors
    /// `ValidationError`.
    pub fn changed(self, params: &Params) -> Result<Self> {
        let text = |name, old: String| params.text(name).map_or(old, str::to_owned);
        let check = Self {
            protocol: text("HealthCheckProtocol", self.protocol),
            port: text("HealthCheckPort", self.port),
            path: text("HealthCheckPath", self.path),
            enabled: params.flag("HealthCheckEnabled")?.unwrap_or(self.enabled),
            interval: number(params, "HealthCheckIntervalSeconds", 5, 300)?.unwrap_or(self.interval),
            timeout: number(params, "HealthCheckTimeoutSeconds", 2, 120)?.unwrap_or(self.timeout),
            healthy: number(params, "HealthyThresholdCount", 2, 10)?.unwrap_or(self.healthy),
            unhealthy: number(params, "UnhealthyThresholdCount", 2, 10)?.unwrap_or(self.unhealthy),
            matcher: text("Matcher.HttpCode", self.matcher),
        };
        check.valid()?;
        Ok(check)
    }

    fn valid(&self) -> Result<()> {
        if self.timeout >= self.interval {
            return Err(invalid("Health check interval must be greater than the timeout"));
        }
        if !matches!(self.protocol.as_str(), "HTTP" | "HTTPS") {
            return Err(invalid(format!("Health check protocol '{}' must be HTTP or HTTPS", self.protocol)));
        }
        if self.port != "traffic-port" && !self.port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(invalid(format!(
                "Health check port '{}' must be 'traffic-port' or a port",
                self.port
            )));
        }
        if !self.path.starts_with('/') || self.path.len() > 1024 {
            return Err(invalid(format!(
                "Health check path '{}' must begin with a '/' character",
                self.path
            )));
        }
        let code = |text: &str| text.parse::<u16>().is_ok_and(|code| (200..=499).contains(&code));
        let codes =
            |part: &str| part.split_once('-').map_or(code(part), |(low, high)| code(low) && code(high));
        if !self.matcher.split(',').all(codes) {
            return Err(invalid(format!(
                "Health check matcher HTTP code '{}' must be within 200-499",
                self.matcher
            )));
        }
        Ok(())
    }

    #[must_use]
    pub fn show(&self) -> Node {
        Node::new()
            .put("HealthCheckProtocol", &self.protocol)
            .put("HealthCheckPort", &self.port)
            .put("HealthCheckEnabled", self.enabled)
            .put("HealthCheckIntervalSeconds", self.interval)
            .put("HealthCheckTimeoutSeconds", self.timeout)
            .put("HealthyThresholdCount", self.healthy)
            .put("UnhealthyThresholdCount", self.unhealthy)
            .put("HealthCheckPath", &self.path)
            .node("Matcher", Node::new().put("HttpCode", &self.matcher))
    }
}

fn number(params: &Params, name: &str, low: u32, high: u32) -> Result<Option<u32>> {
    let number = params.parsed::<u32>(name).map_err(|error| invalid(error.message))?;
    match number {
        Some(number) if !(low..=high).contains(&number) => {
            Err(invalid(format!("{name} '{number}' must be between {low} and {high}")))
        }
        number => Ok(number),
    }
}
