//! `asg history`: versions and deployments.

use anyhow::Result;
use aws_sdk_autoscaling::types::{InstanceRefresh, InstanceRefreshStatus};
use aws_sdk_ec2::types::{InstanceType, LaunchTemplateVersion};
use common::call::both;
use common::session::Session;
use common::table::columns;
use serde::Serialize;

use crate::cli::{Format, History};
use crate::inventory::Found;
use crate::names::Names;
use crate::scale::own_group;
use crate::{group, launch_template, refresh};

/// A version, as JSON has it.
#[derive(Debug, Serialize)]
struct Version {
    #[serde(rename = "version")]
    number: i64,
    image_id: String,
    instance_type: String,
    /// When it was made: RFC 3339, UTC.
    made: Option<String>,
    /// Whether the group launches from it.
    is_current: bool,
    /// The newest first. None for the version the group was made with, and for those older than AWS remembers.
    deployments: Vec<Deployment>,
}

/// An instance refresh, as JSON has it.
#[derive(Debug, Serialize)]
struct Deployment {
    /// AWS's word, e.g. `Successful`, `RollbackSuccessful`.
    status: String,
    percentage_complete: Option<i32>,
    /// RFC 3339, UTC.
    started: Option<String>,
    ended: Option<String>,
    reason: Option<String>,
}

pub async fn history(session: &Session, flags: &History) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let of_group = both(group::look(session, &names), refresh::list(session, &names));
    let read = both(of_group, launch_template::versions(session, &names));
    let ((group, refreshes), versions) = session.inventory(read).await?;
    let found = Found { group, refreshes, versions, ..Found::default() };
    let current = group::version(own_group(session, &names, &found)?);
    let rows: Vec<Version> =
        found.versions.iter().map(|version| row(version, current, &found.refreshes)).collect();
    session.print(&match flags.format {
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
        Format::Table => table(&rows),
    })
}

fn row(version: &LaunchTemplateVersion, current: Option<i64>, refreshes: &[InstanceRefresh]) -> Version {
    let data = version.launch_template_data();
    let number = version.version_number();
    let to_here = refreshes.iter().filter(|it| number.is_some() && refresh::version(it) == number);
    Version {
        number: number.unwrap_or_default(),
        image_id: data.and_then(|it| it.image_id()).unwrap_or_default().to_owned(),
        instance_type: data.and_then(|it| it.instance_type()).map_or("", InstanceType::as_str).to_owned(),
        made: version.create_time().map(ToString::to_string),
        is_current: number == current,
        deployments: to_here.map(deployment).collect(),
    }
}

fn deployment(found: &InstanceRefresh) -> Deployment {
    Deployment {
        status: found.status().map_or("", InstanceRefreshStatus::as_str).to_owned(),
        percentage_complete: found.percentage_complete(),
        started: found.start_time().map(ToString::to_string),
        ended: found.end_time().map(ToString::to_string),
        reason: refresh::reason(found).map(str::to_owned),
    }
}

fn table(rows: &[Version]) -> String {
    let heading = ["VERSION", "IMAGE", "TYPE", "MADE", "DEPLOYED", "STATUS", "REASON"].map(str::to_owned);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let lines = rows.iter().flat_map(|row| {
        let number = format!("{}{}", row.number, if row.is_current { " *" } else { "" });
        let (image, kind, made) = (&row.image_id, &row.instance_type, or_dash(&row.made));
        let line = |[started, status, reason]: [String; 3]| {
            [number.clone(), image.clone(), kind.clone(), made.clone(), started, status, reason]
        };
        if row.deployments.is_empty() {
            return vec![line(["-".to_owned(), "-".to_owned(), String::new()])];
        }
        let deployments = row.deployments.iter();
        let ends = deployments
            .map(|it| [or_dash(&it.started), it.status.clone(), it.reason.clone().unwrap_or_default()]);
        ends.map(line).collect()
    });
    columns(&std::iter::once(heading).chain(lines).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::ResponseLaunchTemplateData;

    #[test]
    fn the_current_version_is_marked() {
        let data = ResponseLaunchTemplateData::builder().image_id("ami-1").build();
        let version = |number| {
            LaunchTemplateVersion::builder().version_number(number).launch_template_data(data.clone()).build()
        };
        let rows: Vec<Version> = [2, 1].iter().map(|it| row(&version(*it), Some(2), &[])).collect();
        let text = table(&rows);
        let begins: Vec<&str> = text.lines().map(|line| line.split("  ").next().unwrap_or("")).collect();
        assert_eq!(begins, ["VERSION", "2 *", "1"]);
    }
}
