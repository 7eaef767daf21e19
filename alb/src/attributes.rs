//! The attributes of a load balancer: they can be set only once it is there.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use common::call::Call as _;
use common::fault::{Fault, Kind, is_code};
use common::session::Session;
use common::wait::while_missing;

use crate::cli::Create;
use crate::names::Names;

const DROP_INVALID: &str = "routing.http.drop_invalid_header_fields.enabled";
pub const PROTECTION: &str = "deletion_protection.enabled";
const LOGS: &str = "access_logs.s3.enabled";
const LOGS_BUCKET: &str = "access_logs.s3.bucket";
const LOGS_PREFIX: &str = "access_logs.s3.prefix";

/// Whether it refuses to be deleted.
pub fn is_protected(attributes: &BTreeMap<String, String>) -> bool {
    attributes.get(PROTECTION).is_some_and(|value| value == "true")
}

/// What has to be set, in the order AWS takes it. Headers that are not valid are always dropped, and all is set in one call: where they
/// are not dropped yet, this load balancer never got its defaults, also when an earlier run was killed before it could give them.
pub fn outstanding(
    flags: &Create,
    is_production: bool,
    has: &BTreeMap<String, String>,
) -> Vec<(&'static str, String)> {
    let is_new = has.get(DROP_INVALID).is_none_or(|value| value != "true");
    let default = (is_new && is_production).then_some(true);
    let mut wanted = vec![(DROP_INVALID, "true".to_owned())];
    if let Some(is_protected) = flags.deletion_protection.or(default) {
        wanted.push((PROTECTION, is_protected.to_string()));
    }
    if let Some(logs) = &flags.access_logs {
        wanted.push((LOGS, "true".to_owned()));
        wanted.push((LOGS_BUCKET, logs.bucket.clone()));
        wanted.push((LOGS_PREFIX, logs.prefix.clone()));
    }
    if flags.no_access_logs {
        wanted.push((LOGS, "false".to_owned()));
    }
    let differs = |(key, value): &(&str, String)| has.get(*key).map_or("", String::as_str) != value;
    let differing: Vec<(&str, String)> = wanted.iter().filter(|it| differs(it)).cloned().collect();
    let are_logs = |(key, _): &(&str, String)| [LOGS, LOGS_BUCKET, LOGS_PREFIX].contains(key);
    if differing.iter().any(are_logs) {
        // The three belong together: AWS refuses one without the others.
        return wanted.into_iter().filter(|it| differs(it) || are_logs(it)).collect();
    }
    differing
}

/// `protection from deletion on`, for a person.
fn words(key: &str, value: &str) -> Option<String> {
    match (key, value) {
        (DROP_INVALID, _) => Some("drop invalid headers".to_owned()),
        (PROTECTION, "true") => Some("protection from deletion on".to_owned()),
        (PROTECTION, _) => Some("protection from deletion off".to_owned()),
        (LOGS, "false") => Some("no access logs".to_owned()),
        (LOGS_BUCKET, bucket) => Some(format!("access logs to {bucket}")),
        _ => None,
    }
}

/// Sets attributes.
///
/// # Errors
/// AWS's refusal.
pub async fn set(
    session: &Session,
    names: &Names,
    arn: Option<&str>,
    attributes: &[(&'static str, String)],
) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = attributes.iter().filter_map(|(key, value)| words(key, value)).collect();
    let call = Box::pin(while_missing(session, async || {
        let attribute =
            |(key, value): &(&str, String)| LoadBalancerAttribute::builder().key(*key).value(value).build();
        let call = session.aws.elasticloadbalancingv2().modify_load_balancer_attributes();
        call.set_load_balancer_arn(arn.map(str::to_owned))
            .set_attributes(Some(attributes.iter().map(attribute).collect()))
            .send()
            .await
            .cannot(format_args!("set the attributes of the {names}"))
    }));
    let set = async { call.await.map_err(|error| with_hint(error, attributes)) };
    session.change(format_args!("{names}: {}", words.join(", ")), set).await?;
    Ok(())
}

/// AWS tries to write to the bucket when logs are switched on, and says no more than that it could not.
fn with_hint(error: anyhow::Error, attributes: &[(&'static str, String)]) -> anyhow::Error {
    let bucket = attributes.iter().find(|(key, _)| *key == LOGS_BUCKET);
    match bucket {
        Some((_, bucket)) if is_code(&error, &["InvalidConfigurationRequest"]) => {
            error.context(Fault::new(Kind::Failed, format!("no access logs to the bucket {bucket}")).hint(
                "the bucket must be in this Region, and its policy must let logdelivery.elasticloadbalancing.amazonaws.com put objects",
            ))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn keys(arguments: &[&str], is_production: bool, has: &[(&str, &str)]) -> Vec<String> {
        let line = crate::cli::Cli::try_parse_from([&["alb", "create", "app"], arguments].concat()).unwrap();
        let crate::cli::Verb::Create(flags) = &line.verb else { panic!() };
        let has = has.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        outstanding(flags, is_production, &has)
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    const SET: (&str, &str) = (DROP_INVALID, "true");

    #[test]
    fn production_is_protected_when_it_is_made_and_left_alone_later() {
        assert_eq!(keys(&[], true, &[(DROP_INVALID, "false"), (PROTECTION, "false")]).len(), 2);
        assert_eq!(keys(&[], true, &[SET, (PROTECTION, "false")]), [""; 0]);
        assert_eq!(keys(&[], false, &[(DROP_INVALID, "false")]).len(), 1);
        assert_eq!(keys(&["--deletion-protection=false"], true, &[SET, (PROTECTION, "true")]).len(), 1);
    }

    #[test]
    fn logs_that_are_as_asked_for_need_no_call() {
        let has = [SET, (LOGS, "true"), (LOGS_BUCKET, "my-logs"), (LOGS_PREFIX, "")];
        assert_eq!(keys(&["--access-logs", "my-logs"], false, &has), [""; 0]);
        assert_eq!(keys(&["--access-logs", "others"], false, &has).len(), 3);
        assert_eq!(keys(&["--no-access-logs"], false, &has), ["access_logs.s3.enabled=false"]);
        assert_eq!(keys(&["--no-access-logs"], false, &[SET, (LOGS, "false")]), [""; 0]);
    }
}
