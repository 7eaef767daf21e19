//! Versions of the engine: which AWS offers, and which one is meant.

use std::cmp::Reverse;

use anyhow::Result;
use common::call::Call as _;
use common::fault::{Fault, is_code};
use common::session::Session;

/// The major version made where none is asked for: MySQL's long-term support.
const PREFERRED: &str = "8.4";

/// The numbers of a version, which order as versions do. `5.7.44-rds.20240408` orders after `5.7.44`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).filter_map(|part| part.parse().ok()).collect()
}

/// `8.4` of `8.4.8`.
pub fn major(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// The major version that is meant.
pub fn major_wanted(asked: Option<&str>) -> String {
    asked.map_or_else(|| PREFERRED.to_owned(), major)
}

/// AWS's name of the parameters of a major version, e.g. `mysql8.4`.
pub fn family(engine: &str, version: &str) -> String {
    format!("{engine}{}", major(version))
}

/// Whether a database that runs `running` is in line with the version asked for: the same major version, and no older. AWS upgrades
/// minor versions by itself, so a newer one is no drift.
pub fn satisfies(running: &str, asked: &str) -> bool {
    major(running) == major(asked) && (asked == major(asked) || numbers(running) >= numbers(asked))
}

/// The offered version that is meant: the one named, or the newest of the major version.
pub fn choose(asked: Option<&str>, offered: &[String]) -> Option<String> {
    let wanted = major_wanted(asked);
    match asked {
        Some(asked) if asked != wanted => offered.iter().find(|version| *version == asked).cloned(),
        _ => newest(offered.iter().filter(|version| major(version) == wanted)),
    }
}

fn newest<'a>(versions: impl Iterator<Item = &'a String>) -> Option<String> {
    versions.max_by_key(|version| numbers(version)).cloned()
}

/// The versions AWS offers of one major version.
///
/// # Errors
/// AWS's refusal, except of a major version it does not know: then there are none.
pub async fn offered(session: &Session, engine: &str, major: &str) -> Result<Vec<String>> {
    let family = format!("{engine}{major}");
    match look(session, engine, Some(&family)).await {
        Err(error) if is_code(&error, &["InvalidParameterValue"]) => Ok(Vec::new()),
        other => other,
    }
}

async fn look(session: &Session, engine: &str, family: Option<&str>) -> Result<Vec<String>> {
    let call = session.aws.rds().describe_db_engine_versions().engine(engine);
    let versions = call
        .set_db_parameter_group_family(family.map(str::to_owned))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot(format_args!("find out which versions of {engine} there are"))?;
    Ok(versions.into_iter().filter_map(|version| version.engine_version).collect())
}

/// The version to make or to upgrade to.
///
/// # Errors
/// Not found where AWS does not offer it, with the nearest that it does.
pub async fn resolve(
    session: &Session,
    engine: &str,
    asked: Option<&str>,
    offered: &[String],
) -> Result<String> {
    if let Some(version) = choose(asked, offered) {
        return Ok(version);
    }
    let all = look(session, engine, None).await?;
    let Some(asked) = asked else {
        // AWS has retired the preferred one: the newest of what is left.
        return newest(all.iter())
            .ok_or_else(|| Fault::not_found(format!("AWS offers no version of {engine} here")).into());
    };
    if let Some(version) = choose(Some(asked), &all) {
        return Ok(version);
    }
    let region = session.aws.region();
    Err(Fault::not_found(format!("AWS does not offer {engine} {asked} in {region}"))
        .hint(format!("the nearest are {}", nearest(asked, &all).join(", ")))
        .into())
}

/// Up to five offered versions, those most like `asked` first.
fn nearest(asked: &str, offered: &[String]) -> Vec<String> {
    let wanted = numbers(asked);
    let mut offered: Vec<&String> = offered.iter().collect();
    offered.sort_by_key(|version| {
        let found = numbers(version);
        let alike = wanted.iter().zip(&found).take_while(|(a, b)| a == b).count();
        let apart = wanted.get(alike).zip(found.get(alike)).map_or(0, |(a, b)| a.abs_diff(*b));
        (Reverse(alike), apart, Reverse(found))
    });
    offered.into_iter().take(5).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> Vec<String> {
        ["8.0.39", "8.0.40", "8.4.8", "8.4.10", "8.4.3", "5.7.44-rds.20240408"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_major_version_means_its_newest_and_none_means_the_preferred() {
        assert_eq!(choose(None, &offered()).as_deref(), Some("8.4.10"));
        assert_eq!(choose(Some("8.0"), &offered()).as_deref(), Some("8.0.40"));
        assert_eq!(choose(Some("8.4.3"), &offered()).as_deref(), Some("8.4.3"));
        assert_eq!(choose(Some("8.4.4"), &offered()), None);
        assert_eq!(choose(Some("9.9"), &offered()), None);
    }

    #[test]
    fn a_newer_minor_version_is_no_drift() {
        assert!(satisfies("8.4.10", "8.4.8"));
        assert!(satisfies("8.4.3", "8.4"));
        assert!(!satisfies("8.4.3", "8.4.8"));
        assert!(!satisfies("8.0.40", "8.4"));
    }

    #[test]
    fn the_nearest_versions_are_told_first() {
        assert_eq!(nearest("8.4.9", &offered())[..2], ["8.4.10", "8.4.8"]);
        assert_eq!(nearest("8.1.0", &offered())[0], "8.0.40");
    }
}
