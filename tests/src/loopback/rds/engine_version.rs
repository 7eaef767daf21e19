//! Describing the versions of the engine.

use super::describe::filtered;
use super::version::{ALL, DEFAULT_MAJOR, ENGINE, Version, check_engine};
use crate::loopback::action::{Action, Call, Reply, View, read};
use crate::loopback::error::Result;
use crate::loopback::filter::Field;
use crate::loopback::page;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeDBEngineVersions",
    list,
    "Engine EngineVersion DBParameterGroupFamily Filters.N.Name Filters.N.Values.N MaxRecords Marker DefaultOnly \
     ListSupportedCharacterSets ListSupportedTimezones IncludeAll",
)];

const LOGS: [&str; 4] = ["audit", "error", "general", "slowquery"];

const FILTERS: &[Field<Version>] = &[
    ("engine", |_, _| vec![ENGINE.to_owned()]),
    ("engine-mode", |_, _| vec!["provisioned".to_owned()]),
    ("engine-version", |version, _| vec![version.number.to_owned()]),
    ("db-parameter-group-family", |version, _| vec![version.family.to_owned()]),
    ("status", |version, _| vec![version.status().to_owned()]),
];

impl Version {
    fn show(&self, view: View<'_>) -> Node {
        let number = self.number;
        let target = |to: &Version| {
            Node::new()
                .put("Engine", ENGINE)
                .put("EngineVersion", to.number)
                .put("Description", format!("MySQL {}", to.number))
                .put("AutoUpgrade", to.default && to.major == self.major)
                .put("IsMajorVersionUpgrade", to.major != self.major)
        };
        Node::new()
            .put("Engine", ENGINE)
            .put("MajorEngineVersion", self.major)
            .put("EngineVersion", number)
            .put("DBParameterGroupFamily", self.family)
            .put("DBEngineDescription", "MySQL Community Edition")
            .put("DBEngineVersionDescription", format!("MySQL {number}"))
            .put("DBEngineVersionArn", view.region.arn("rds", &format!("engine-version:{ENGINE}/{number}")))
            .named_list("ValidUpgradeTarget", "UpgradeTarget", self.targets().map(target))
            .texts("ExportableLogTypes", "member", LOGS)
            .put("SupportsLogExportsToCloudwatchLogs", true)
            .put("SupportsReadReplica", true)
            .texts("SupportedFeatureNames", "member", [""; 0])
            .put("Status", self.status())
            .put("SupportsParallelQuery", false)
            .put("SupportsGlobalDatabases", false)
            .put("SupportsBabelfish", false)
            .put("SupportsCertificateRotationWithoutRestart", true)
            .texts("SupportedCACertificateIdentifiers", "member", super::AUTHORITIES)
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    if let Some(engine) = call.params.text("Engine") {
        check_engine(engine)?;
    }
    let (asked, family) = (call.params.text("EngineVersion"), call.params.text("DBParameterGroupFamily"));
    let all = call.params.flag("IncludeAll")? == Some(true);
    let only = call.params.flag("DefaultOnly")? == Some(true);
    let default = |version: &Version| version.default && (asked.is_some() || version.major == DEFAULT_MAJOR);
    let wanted = |version: &&Version| {
        asked.is_none_or(|asked| asked == version.number || asked == version.major)
            && family.is_none_or(|family| family == version.family)
            && (version.offered || all)
            && (!only || default(version))
    };
    let found = filtered(call, ALL.iter().filter(wanted).collect(), FILTERS)?;
    let page = page::marker(call.params, found)?;
    let shown = page.items.into_iter().map(|version| version.show(call.view()));
    Ok(Node::new().named_list("DBEngineVersions", "DBEngineVersion", shown).maybe("Marker", page.next).into())
}
