//! Credentials, Region and clients, with the settings of the AWS CLI.
//!
//! Environment, profiles, SSO, assumed roles, container and instance roles, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` are
//! the SDK's own. `AWS_CA_BUNDLE` and proxies it leaves to the HTTP client: [`crate::http`].

use std::cell::OnceCell;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;

use crate::call::Call as _;
use crate::call_log::CallLog;
use crate::credentials::NamedProfile;
use crate::fault::{Fault, Kind};
use crate::http::{CONNECT_TIMEOUT, Http};
use crate::retry::NeverRepeatUncertain;
use crate::settings::Settings;

/// Attempts a call gets in all. The SDK's standard mode backs off with jitter between them.
const ATTEMPTS: u32 = 10;

/// What the SDK takes where nobody asks for a number.
const SDK_ATTEMPTS: u32 = 3;

/// The clients of one run, made when first used.
pub struct Aws {
    config: SdkConfig,
    log: CallLog,
    region: String,
    ec2: OnceCell<aws_sdk_ec2::Client>,
    ec2_once: OnceCell<aws_sdk_ec2::Client>,
    rds: OnceCell<aws_sdk_rds::Client>,
    secrets_manager: OnceCell<aws_sdk_secretsmanager::Client>,
    acm: OnceCell<aws_sdk_acm::Client>,
    autoscaling: OnceCell<aws_sdk_autoscaling::Client>,
    elasticloadbalancingv2: OnceCell<aws_sdk_elasticloadbalancingv2::Client>,
    route53: OnceCell<aws_sdk_route53::Client>,
    ssm: OnceCell<aws_sdk_ssm::Client>,
    sts: OnceCell<aws_sdk_sts::Client>,
}

/// A client made from the shared configuration with the call log in it.
macro_rules! client {
    ($self:ident, $name:ident, $service:ident) => {
        $self.$name.get_or_init(|| {
            let config =
                $service::config::Builder::from(&$self.config).interceptor($self.log.clone()).build();
            $service::Client::from_conf(config)
        })
    };
}

impl Aws {
    /// Finds out the settings. The Region is that of the flags, the environment or the profile, or else the document's.
    ///
    /// # Errors
    /// A usage fault where no Region is set.
    pub async fn connect(
        settings: &Settings,
        document_region: Option<&str>,
        http: Http,
        log: CallLog,
    ) -> Result<Self> {
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone()).timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(Duration::from_mins(1))
                    .build(),
            );
        if let Ok(name) = AppName::new(concat!("stackpipe-", env!("CARGO_PKG_VERSION"))) {
            loader = loader.app_name(name);
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = settings.region.as_deref().or_else(|| region_unless_set(document_region)) {
            check_region(region)?;
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(profile) = &settings.profile {
            let region = settings.region.clone().map(Region::new);
            let credentials = NamedProfile::new(profile, region, http).await;
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        let config = loader.load().await;
        let retry = retry_config(config.retry_config());
        let config = config.into_builder().retry_config(retry).build();
        let region = match config.region() {
            Some(region) => region.to_string(),
            None => {
                return Err(Fault::usage("no AWS Region is set")
                    .hint("set --region, AWS_REGION or a region in the profile")
                    .into());
            }
        };
        check_region(&region)?;
        Ok(Self::of(config, log, region))
    }

    /// The same settings with another Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.clone().into_builder().region(Region::new(region.to_owned())).build();
        Self::of(config, self.log.clone(), region.to_owned())
    }

    fn of(config: SdkConfig, log: CallLog, region: String) -> Self {
        Self {
            config,
            log,
            region,
            ec2: OnceCell::new(),
            ec2_once: OnceCell::new(),
            rds: OnceCell::new(),
            secrets_manager: OnceCell::new(),
            acm: OnceCell::new(),
            autoscaling: OnceCell::new(),
            elasticloadbalancingv2: OnceCell::new(),
            route53: OnceCell::new(),
            ssm: OnceCell::new(),
            sts: OnceCell::new(),
        }
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        client!(self, ec2, aws_sdk_ec2)
    }

    /// For creates that no token and no name protects: throttled calls are tried again, uncertain ones are not.
    pub fn ec2_once(&self) -> &aws_sdk_ec2::Client {
        self.ec2_once.get_or_init(|| {
            let config = aws_sdk_ec2::config::Builder::from(&self.config)
                .interceptor(self.log.clone())
                .retry_classifier(NeverRepeatUncertain)
                .build();
            aws_sdk_ec2::Client::from_conf(config)
        })
    }

    pub fn rds(&self) -> &aws_sdk_rds::Client {
        client!(self, rds, aws_sdk_rds)
    }

    pub fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        client!(self, secrets_manager, aws_sdk_secretsmanager)
    }

    pub fn acm(&self) -> &aws_sdk_acm::Client {
        client!(self, acm, aws_sdk_acm)
    }

    pub fn autoscaling(&self) -> &aws_sdk_autoscaling::Client {
        client!(self, autoscaling, aws_sdk_autoscaling)
    }

    pub fn elasticloadbalancingv2(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        client!(self, elasticloadbalancingv2, aws_sdk_elasticloadbalancingv2)
    }

    pub fn route53(&self) -> &aws_sdk_route53::Client {
        client!(self, route53, aws_sdk_route53)
    }

    pub fn ssm(&self) -> &aws_sdk_ssm::Client {
        client!(self, ssm, aws_sdk_ssm)
    }

    fn sts(&self) -> &aws_sdk_sts::Client {
        client!(self, sts, aws_sdk_sts)
    }

    /// The account, where the credentials themselves tell it (SSO, assumed roles, `AWS_ACCOUNT_ID`): no call.
    ///
    /// # Errors
    /// A denied fault where there are no credentials.
    pub async fn account_of_credentials(&self) -> Result<Option<String>> {
        let missing = |reason: String| {
            Fault::new(Kind::Denied, format!("no usable credentials: {reason}"))
                .hint("set AWS_PROFILE or --profile, or sign in with `aws sso login`")
        };
        let provider =
            self.config.credentials_provider().ok_or_else(|| missing("none are configured".into()))?;
        let credentials = provider.provide_credentials().await.map_err(|error| missing(innermost(&error)))?;
        Ok(credentials.account_id().map(|id| id.as_str().to_owned()))
    }

    /// The account the credentials belong to, asked of STS: one call.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn account_of_caller(&self) -> Result<String> {
        let caller =
            self.sts().get_caller_identity().send().await.cannot("find out whose credentials these are")?;
        caller.account.context("STS named no account")
    }
}

/// Standard mode with more attempts than the SDK's three, unless the environment or the profile asks for a number.
fn retry_config(asked: Option<&RetryConfig>) -> RetryConfig {
    let asked = asked.cloned().unwrap_or_else(RetryConfig::standard);
    let is_asked = std::env::var_os("AWS_MAX_ATTEMPTS").is_some() || asked.max_attempts() != SDK_ATTEMPTS;
    let asked = asked.with_initial_backoff(Duration::from_millis(300));
    if is_asked { asked } else { asked.with_max_attempts(ATTEMPTS) }
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// A piped document's Region counts only where the person's own settings name none.
fn region_unless_set(document_region: Option<&str>) -> Option<&str> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (!is_set("AWS_REGION") && !is_set("AWS_DEFAULT_REGION")).then_some(document_region).flatten()
}

/// A Region becomes part of a host name, so it is checked before any call.
fn check_region(region: &str) -> Result<()> {
    let well_formed = (3..=32).contains(&region.len())
        && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !region.starts_with('-')
        && !region.ends_with('-');
    if well_formed {
        return Ok(());
    }
    Err(Fault::usage(format!("{} is not a Region", crate::identity::quoted(region))).into())
}
