//! The listeners. Components hang their rules on them with `asg create --host`; what no rule takes gets a fixed answer.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, FixedResponseActionConfig, Listener, ProtocolEnum,
    RedirectActionConfig, RedirectActionStatusCodeEnum, Rule,
};
use common::call::Call as _;
use common::converge::{Resource, Unique};
use common::fault::Fault;
use common::session::Session;
use common::tags::elb_tags;
use common::wait::while_missing;

use crate::inventory;
use crate::names::Names;

/// TLS 1.2 and 1.3 with forward secrecy only. The API's own default dates from 2016.
const SECURITY_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";

/// The ports listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Http,
    Https,
}

impl Port {
    pub fn number(self) -> i32 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn protocol(self) -> ProtocolEnum {
        match self {
            Self::Http => ProtocolEnum::Http,
            Self::Https => ProtocolEnum::Https,
        }
    }
}

/// A listener as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub port: Port,
    /// The load balancer; none in a dry run that would make it.
    pub arn: Option<&'a str>,
    /// For HTTPS.
    pub certificate: Option<&'a str>,
    /// Whether it sends clients on to HTTPS.
    pub redirects: bool,
    pub tags: &'a [(String, String)],
}

impl Wanted<'_> {
    fn certificates(&self) -> Option<Vec<Certificate>> {
        let certificate = Certificate::builder().certificate_arn(self.certificate?).build();
        Some(vec![certificate])
    }

    fn policy(&self) -> Option<&'static str> {
        (self.port == Port::Https).then_some(SECURITY_POLICY)
    }

    fn action(&self) -> Action {
        if self.redirects {
            let to = RedirectActionConfig::builder().protocol("HTTPS").port("443");
            let to = to.status_code(RedirectActionStatusCodeEnum::Http301).build();
            return Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(to).build();
        }
        let answer = FixedResponseActionConfig::builder()
            .status_code("404")
            .content_type("text/plain")
            .message_body(format!("{}: nothing is served under this name", self.names.full))
            .build();
        Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(answer).build()
    }

    fn needs_redirect(&self, found: &Listener) -> bool {
        self.redirects && !is_redirecting(found)
    }

    fn needs_certificate(&self, found: &Listener) -> bool {
        let has = found.certificates().first().and_then(Certificate::certificate_arn);
        self.certificate.is_some() && has != self.certificate
    }

    fn needs_policy(&self, found: &Listener) -> bool {
        self.policy().is_some() && found.ssl_policy() != self.policy()
    }
}

/// Whether it sends clients on to HTTPS.
pub fn is_redirecting(found: &Listener) -> bool {
    let redirects = found.default_actions().iter().filter_map(Action::redirect_config);
    redirects.into_iter().any(|to| to.protocol() == Some("HTTPS"))
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listener {} of {}", self.port.number(), self.names.balancer)
    }
}

impl Resource for Wanted<'_> {
    type Found = Listener;

    fn id(found: &Listener) -> String {
        found.listener_arn().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &Listener) -> Result<Vec<String>> {
        if found.protocol() != Some(&self.port.protocol()) {
            let speaks = found.protocol().map_or("something else", ProtocolEnum::as_str);
            return Err(Fault::conflict(format!("{self} speaks {speaks}"))
                .hint("somebody changed it: delete that listener, then run the same command again")
                .into());
        }
        let mut amendments = Vec::new();
        if self.needs_redirect(found) {
            amendments.push("redirect to HTTPS".to_owned());
        }
        if self.needs_certificate(found) {
            amendments.push(format!("certificate {}", self.certificate.unwrap_or_default()));
        }
        if self.needs_policy(found) {
            amendments.push(format!("policy {SECURITY_POLICY}"));
        }
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<Listener> {
        // A load balancer, or a certificate, may be so new that it is not known everywhere.
        let answer = while_missing(session, async || {
            let call = session.aws.elasticloadbalancingv2().create_listener();
            call.set_load_balancer_arn(self.arn.map(str::to_owned))
                .protocol(self.port.protocol())
                .port(self.port.number())
                .set_ssl_policy(self.policy().map(str::to_owned))
                .set_certificates(self.certificates())
                .default_actions(self.action())
                .set_tags(Some(elb_tags(self.tags)))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        });
        let made = answer.await?.listeners.and_then(|made| made.into_iter().next());
        made.context("ELB named no listener")
    }

    async fn amend(&self, session: &Session, found: Listener) -> Result<Listener> {
        let answer = while_missing(session, async || {
            let call = session.aws.elasticloadbalancingv2().modify_listener();
            let certificates = if self.needs_certificate(&found) { self.certificates() } else { None };
            let policy = if self.needs_policy(&found) { self.policy() } else { None };
            let actions = if self.needs_redirect(&found) { Some(vec![self.action()]) } else { None };
            call.set_listener_arn(found.listener_arn().map(str::to_owned))
                .set_certificates(certificates)
                .set_ssl_policy(policy.map(str::to_owned))
                .set_default_actions(actions)
                .send()
                .await
                .cannot(format_args!("change the {self}"))
        });
        let changed = answer.await?.listeners.and_then(|changed| changed.into_iter().next());
        Ok(changed.unwrap_or(found))
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["DuplicateListener"];

    async fn look(&self, session: &Session) -> Result<Vec<Listener>> {
        let Some(arn) = self.arn else { return Ok(Vec::new()) };
        let listeners = inventory::listeners(session, arn).await?;
        Ok(listeners.into_iter().filter(|it| it.port() == Some(self.port.number())).collect())
    }
}

/// The rules of a listener, the default one last.
///
/// # Errors
/// AWS's refusal.
pub async fn rules(session: &Session, listener: &str) -> Result<Vec<Rule>> {
    let call = session.aws.elasticloadbalancingv2().describe_rules().listener_arn(listener);
    let pages = call.into_paginator().items().send().try_collect().await;
    let mut rules = pages.cannot(format_args!("look up the rules of {listener}"))?;
    rules.sort_by_key(|rule| rule.priority().and_then(|it| it.parse::<u32>().ok()).unwrap_or(u32::MAX));
    Ok(rules)
}
