//! `alb health`: the state of every target.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_ec2::types::{Instance, Reservation};
use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetGroup, TargetHealthDescription, TargetHealthReasonEnum, TargetHealthStateEnum,
};
use common::call::{Call as _, all};
use common::fault::is_missing;
use common::session::Session;
use common::table::columns;
use common::tags::ec2_filter;
use serde::Serialize;

use crate::cli::{Format, Listing};
use crate::inventory::Balancer;
use crate::names::Names;
use crate::rules::chosen;

/// Ids that one filter takes.
const IDS_A_FILTER: usize = 200;

/// A target, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    load_balancer: String,
    target_group: String,
    /// An instance's id as a rule.
    target: String,
    port: Option<i32>,
    availability_zone: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    state: String,
    /// AWS's code, e.g. `Target.ResponseCodeMismatch`.
    reason: Option<String>,
    description: Option<String>,
}

pub async fn health(session: &Session, flags: &Listing) -> Result<()> {
    let balancers = chosen(session, flags).await?;
    let rows = all(balancers.iter().map(|(names, balancer)| of_balancer(session, names, balancer))).await?;
    let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
    let zones = zones(session, &rows).await?;
    for row in &mut rows {
        row.availability_zone = row.availability_zone.take().or_else(|| zones.get(&row.target).cloned());
    }
    session.print(&match flags.format {
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
        Format::Table => table(&rows),
    })
}

async fn of_balancer(session: &Session, names: &Names, balancer: &Balancer) -> Result<Vec<Row>> {
    let elb = session.aws.elasticloadbalancingv2();
    let call = elb.describe_target_groups().set_load_balancer_arn(balancer.arn().map(str::to_owned));
    let groups = call.into_paginator().items().send().try_collect().await;
    let mut groups = match groups.cannot(format_args!("look up the target groups of the {names}")) {
        Err(error) if is_missing(&error) => Vec::new(),
        other => other?,
    };
    groups.sort_by(|a, b| a.target_group_name().cmp(&b.target_group_name()));
    let rows = all(groups.iter().map(|group| of_group(session, names, group))).await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn of_group(session: &Session, names: &Names, group: &TargetGroup) -> Result<Vec<Row>> {
    let name = group.target_group_name().unwrap_or_default();
    let call = session.aws.elasticloadbalancingv2().describe_target_health();
    let answer = call.set_target_group_arn(group.target_group_arn().map(str::to_owned)).send().await;
    let told = answer.cannot(format_args!("look up the health of the target group {name}"))?;
    let mut rows: Vec<Row> =
        told.target_health_descriptions().iter().map(|target| row(names, name, target)).collect();
    rows.sort_by(|a, b| (&a.target, a.port).cmp(&(&b.target, b.port)));
    Ok(rows)
}

fn row(names: &Names, group: &str, described: &TargetHealthDescription) -> Row {
    let target = described.target();
    let health = described.target_health();
    Row {
        load_balancer: names.name.clone(),
        target_group: group.to_owned(),
        target: target.and_then(|it| it.id()).unwrap_or_default().to_owned(),
        port: target.and_then(TargetDescription::port),
        availability_zone: target.and_then(|it| it.availability_zone()).map(str::to_owned),
        state: health.and_then(|it| it.state()).map_or("unknown", TargetHealthStateEnum::as_str).to_owned(),
        reason: health.and_then(|it| it.reason()).map(TargetHealthReasonEnum::as_str).map(str::to_owned),
        description: health.and_then(|it| it.description()).map(str::to_owned),
    }
}

/// The AZ of each instance: ELB tells that of addresses only.
async fn zones(session: &Session, rows: &[Row]) -> Result<BTreeMap<String, String>> {
    let unknown = rows.iter().filter(|row| row.availability_zone.is_none() && row.target.starts_with("i-"));
    let mut ids: Vec<&str> = unknown.map(|row| row.target.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let looked_up = all(ids.chunks(IDS_A_FILTER).map(async |ids| {
        let call = session.aws.ec2().describe_instances().filters(ec2_filter("instance-id", ids.to_vec()));
        let pages = call.into_paginator().items().send().try_collect().await;
        pages.cannot("look up the instances that are targets")
    }))
    .await?;
    let instances = looked_up.iter().flatten().flat_map(Reservation::instances);
    let zone =
        |it: &Instance| Some((it.instance_id()?.to_owned(), it.placement()?.availability_zone()?.to_owned()));
    Ok(instances.filter_map(zone).collect())
}

fn table(rows: &[Row]) -> String {
    let heading =
        ["LOAD BALANCER", "TARGET GROUP", "TARGET", "AZ", "PORT", "STATE", "REASON"].map(str::to_owned);
    let lines = rows.iter().map(|row| {
        let reasons = [row.reason.as_deref(), row.description.as_deref()];
        let reasons: Vec<&str> = reasons.into_iter().flatten().collect();
        [
            row.load_balancer.clone(),
            row.target_group.clone(),
            row.target.clone(),
            row.availability_zone.clone().unwrap_or_else(|| "-".to_owned()),
            row.port.map_or_else(|| "-".to_owned(), |port| port.to_string()),
            row.state.clone(),
            reasons.join(": "),
        ]
    });
    columns(&std::iter::once(heading).chain(lines).collect::<Vec<_>>())
}
