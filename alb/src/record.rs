//! DNS records in a hosted zone: the alias that leads to a load balancer, and the one that proves a certificate's domain.
//!
//! Records carry no tags. An alias counts as ours where it leads to a load balancer of our name; whatever else stands under the name is
//! somebody else's and is never overwritten.

use anyhow::{Context as _, Result};
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};
use common::call::Call as _;
use common::fault::{Fault, is_code};
use common::session::Session;

use crate::names::Names;

/// Seconds for which the record of a certificate may be remembered.
const TTL: i64 = 300;

/// A name as Route 53 compares it: lower case, no dot at its end, an asterisk as such.
pub fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}

/// Every record set of a name.
///
/// # Errors
/// AWS's refusal.
pub async fn of_name(session: &Session, zone: &str, name: &str) -> Result<Vec<ResourceRecordSet>> {
    let call = session.aws.route53().list_resource_record_sets().hosted_zone_id(zone).start_record_name(name);
    let answer = call.max_items(20).send().await.cannot(format_args!("look up the record {name}"))?;
    let records = answer.resource_record_sets.into_iter();
    Ok(records.take_while(|record| canonical(record.name()) == canonical(name)).collect())
}

/// Where a load balancer is reached in DNS.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub dns_name: &'a str,
    /// The zone of `dns_name`.
    pub zone: &'a str,
}

/// Whether a record is the alias that leads to this load balancer.
pub fn leads_to(record: &ResourceRecordSet, dns_name: &str) -> bool {
    let same = |alias: &AliasTarget| plain(alias.dns_name()) == plain(dns_name);
    record.r#type() == &RrType::A
        && record.set_identifier().is_none()
        && record.alias_target().is_some_and(same)
}

/// The console puts `dualstack.` before what it fills in.
fn plain(dns_name: &str) -> String {
    let name = canonical(dns_name);
    name.strip_prefix("dualstack.").map_or(name.clone(), str::to_owned)
}

/// Refuses where a record stands under the name that is not an alias to a load balancer of ours.
///
/// # Errors
/// A conflict that says where it leads.
pub fn check(records: &[ResourceRecordSet], names: &Names) -> Result<()> {
    let is_in_the_way = |record: &&ResourceRecordSet| match record.r#type() {
        RrType::A => !record.alias_target().is_some_and(|alias| is_of(alias.dns_name(), names)),
        RrType::Cname => true,
        _ => false,
    };
    let Some(record) = records.iter().find(is_in_the_way) else {
        return Ok(());
    };
    let to = match record.alias_target() {
        Some(alias) => alias.dns_name().to_owned(),
        None => record.resource_records().iter().map(ResourceRecord::value).collect::<Vec<_>>().join(", "),
    };
    let (name, kind) = (canonical(record.name()), record.r#type());
    Err(Fault::conflict(format!("the record {name} {kind} is there and leads to {to}"))
        .hint("it is not ours: delete it, or choose another --domain or NAME")
        .into())
}

/// Whether a DNS name is that of a load balancer of this name, a deleted one included: `[internal-]NAME-NUMBER.REGION.elb.…`.
fn is_of(dns_name: &str, names: &Names) -> bool {
    let name = plain(dns_name);
    let name = name.strip_prefix("internal-").unwrap_or(&name);
    let rest = name.strip_prefix(&names.balancer).and_then(|rest| rest.strip_prefix('-'));
    rest.and_then(|rest| rest.split_once('.')).is_some_and(|(number, rest)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && rest.contains("elb.")
    })
}

/// Makes the alias, or leads it here. Answers the id of the change, where one was made. `target` is absent in a dry run that would make
/// the load balancer.
///
/// # Errors
/// AWS's refusal.
pub async fn put_alias(
    session: &Session,
    zone: &str,
    host: &str,
    target: Option<Target<'_>>,
    standing: &[ResourceRecordSet],
) -> Result<Option<String>> {
    let stands = |target: Target<'_>| {
        let is_same = |record: &ResourceRecordSet| {
            leads_to(record, target.dns_name)
                && record.alias_target().is_some_and(|alias| alias.hosted_zone_id() == target.zone)
        };
        standing.iter().any(is_same)
    };
    if target.is_some_and(stands) {
        return Ok(None);
    }
    let put = async {
        let target = target.context("ELB named no host")?;
        let alias = AliasTarget::builder().hosted_zone_id(target.zone).dns_name(target.dns_name);
        let alias = alias.evaluate_target_health(false).build()?;
        let record = ResourceRecordSet::builder().name(host).r#type(RrType::A).alias_target(alias).build()?;
        submit(session, zone, ChangeAction::Upsert, record).await
    };
    let is_there = standing.iter().any(|record| record.r#type() == &RrType::A);
    put_record(session, &format!("record {host} A"), is_there, Box::pin(put)).await
}

/// Makes the record by which ACM sees whose domain it is.
///
/// # Errors
/// AWS's refusal.
pub async fn put_proof(session: &Session, zone: &str, name: &str, value: &str) -> Result<Option<String>> {
    let standing = of_name(session, zone, name).await?;
    if standing.iter().any(|record| proves(record, value)) {
        return Ok(None);
    }
    let put = async {
        let value = ResourceRecord::builder().value(value).build()?;
        let record = ResourceRecordSet::builder().name(name).r#type(RrType::Cname).ttl(TTL);
        submit(session, zone, ChangeAction::Upsert, record.resource_records(value).build()?).await
    };
    put_record(session, &format!("record {} CNAME", canonical(name)), !standing.is_empty(), Box::pin(put))
        .await
}

/// Whether a record is the one that proves a certificate's domain.
pub fn proves(record: &ResourceRecordSet, value: &str) -> bool {
    let values = record.resource_records();
    record.r#type() == &RrType::Cname && values.len() == 1 && canonical(values[0].value()) == canonical(value)
}

async fn put_record(
    session: &Session,
    what: &str,
    is_there: bool,
    put: impl Future<Output = Result<String>>,
) -> Result<Option<String>> {
    if is_there {
        return session.change(what, put).await;
    }
    let mut change = None;
    let make = async {
        change = Some(put.await?);
        Ok(what.to_owned())
    };
    session.make(what, make).await?;
    Ok(change)
}

/// Deletes exactly this record. One that is gone or has changed since is left alone.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, zone: &str, record: &ResourceRecordSet) -> Result<()> {
    let name = canonical(record.name());
    let delete = async {
        match submit(session, zone, ChangeAction::Delete, record.clone()).await {
            // Route 53 refuses to delete what does not stand there exactly so.
            Err(error) if is_code(&error, &["InvalidChangeBatch"]) => {
                let standing = of_name(session, zone, &name).await?;
                if standing.contains(record) { Err(error) } else { Ok(()) }
            }
            Err(error) if is_code(&error, &["NoSuchHostedZone"]) => Ok(()),
            other => other.map(|_| ()),
        }
    };
    session.delete(format_args!("record {name} {}", record.r#type()), Box::pin(delete)).await?;
    Ok(())
}

/// Answers the change's id.
async fn submit(
    session: &Session,
    zone: &str,
    action: ChangeAction,
    record: ResourceRecordSet,
) -> Result<String> {
    let verb = if action == ChangeAction::Delete { "delete" } else { "put" };
    let what = format!("{verb} the record {} {}", canonical(record.name()), record.r#type());
    let change = Change::builder().action(action).resource_record_set(record).build()?;
    let batch = ChangeBatch::builder().changes(change).build()?;
    let call = session.aws.route53().change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    let answer = call.send().await.cannot(what)?;
    Ok(answer.change_info.context("Route 53 named no change")?.id)
}

/// Whether a change has reached all of Route 53's name servers.
///
/// # Errors
/// AWS's refusal.
pub async fn is_in_sync(session: &Session, change: &str) -> Result<bool> {
    let answer = session.aws.route53().get_change().id(change).send().await;
    let answer = answer.cannot("see whether the record is in sync")?;
    Ok(answer.change_info.is_some_and(|change| change.status == ChangeStatus::Insync))
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::identity::Identity;

    const OURS: &str = "internal-expense-dev-app-123456789.us-east-1.elb.amazonaws.com.";

    fn alias(to: &str) -> ResourceRecordSet {
        let alias = AliasTarget::builder().hosted_zone_id("Z35").dns_name(to).evaluate_target_health(false);
        let record = ResourceRecordSet::builder().name("\\052.app-dev.example.com.").r#type(RrType::A);
        record.alias_target(alias.build().unwrap()).build().unwrap()
    }

    fn cname(to: &str) -> ResourceRecordSet {
        let value = ResourceRecord::builder().value(to).build().unwrap();
        let record = ResourceRecordSet::builder().name("*.app-dev.example.com").r#type(RrType::Cname);
        record.resource_records(value).build().unwrap()
    }

    #[test]
    fn only_an_alias_to_a_load_balancer_of_our_name_is_ours() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "app");
        for ours in [OURS, "dualstack.expense-dev-app-9.eu-west-1.elb.amazonaws.com"] {
            assert!(check(&[alias(ours)], &names).is_ok(), "{ours}");
        }
        for other in [
            "expense-dev-apple-9.us-east-1.elb.amazonaws.com",
            "expense-dev-app-x9.us-east-1.elb.amazonaws.com",
            "expense-dev-app-9.example.com",
            "d123.cloudfront.net",
        ] {
            assert!(check(&[alias(other)], &names).is_err(), "{other}");
        }
        assert!(check(&[cname(OURS)], &names).is_err());
        assert!(check(&[], &names).is_ok());
    }

    #[test]
    fn an_alias_is_known_however_it_is_written() {
        assert!(leads_to(&alias(OURS), OURS.trim_end_matches('.')));
        assert!(leads_to(&alias(&format!("dualstack.{OURS}")), &OURS.to_uppercase()));
        assert!(!leads_to(&alias(OURS), "internal-expense-dev-app-1.us-east-1.elb.amazonaws.com"));
        assert_eq!(canonical("\\052.App-Dev.example.com."), "*.app-dev.example.com");
    }

    #[test]
    fn a_proof_is_one_value_and_no_other() {
        assert!(proves(&cname("_x.acm-validations.aws."), "_X.acm-validations.aws"));
        assert!(!proves(&cname("_y.acm-validations.aws."), "_x.acm-validations.aws."));
        assert!(!proves(&alias(OURS), OURS));
    }
}
