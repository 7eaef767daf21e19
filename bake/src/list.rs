//! `bake list`: images, and what runs them.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::server::image::state_of;
use common::session::Session;
use common::table::columns;
use common::tags::ec2_value;
use serde::Serialize;

use crate::cli::{Format, List};
use crate::inventory::{id_of, images};
use crate::marks::{FINGERPRINT, REVISION, VERSION, age};
use crate::names::Names;
use crate::usage::Usage;

/// An image, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    component: String,
    version: String,
    /// When it was made: RFC 3339, UTC.
    made: Option<String>,
    /// EC2's word, e.g. `available`.
    state: String,
    image: String,
    name: String,
    fingerprint: String,
    revision: Option<String>,
    used_by: Vec<String>,
}

pub async fn list(session: &Session, flags: &List) -> Result<()> {
    let names = flags.name.as_ref().map(|name| Names::new(&session.identity, name));
    let read = both(images(session, names.as_ref()), Usage::read(session));
    let (mut images, usage) = session.inventory(read).await?;
    let component = |it: &ec2::Image| ec2_value(it.tags(), "Component").unwrap_or_default().to_owned();
    // A stable sort: of each component the newest stays first.
    images.sort_by_key(component);
    let rows: Vec<Row> = images.iter().map(|it| row(it, &usage)).collect();
    session.print(&match flags.format {
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
        Format::Table => table(&rows),
    })
}

fn row(image: &ec2::Image, usage: &Usage) -> Row {
    let value = |key: &str| ec2_value(image.tags(), key).map(str::to_owned);
    Row {
        component: value("Component").unwrap_or_default(),
        version: value(VERSION).unwrap_or_default(),
        made: image.creation_date().map(str::to_owned),
        state: state_of(image).to_owned(),
        image: id_of(image).to_owned(),
        name: image.name().unwrap_or_default().to_owned(),
        fingerprint: value(FINGERPRINT).unwrap_or_default(),
        revision: value(REVISION),
        used_by: usage.of(id_of(image)).into_iter().map(str::to_owned).collect(),
    }
}

fn table(rows: &[Row]) -> String {
    let heading = ["COMPONENT", "VERSION", "AGE", "STATE", "IMAGE", "FINGERPRINT", "USED BY"];
    let lines = rows.iter().map(|row| {
        let made = row.made.as_deref().and_then(|it| DateTime::from_str(it, DateTimeFormat::DateTime).ok());
        let made = age(made.as_ref()).map_or_else(|| "-".to_owned(), short);
        let fingerprint: String = row.fingerprint.chars().take(12).collect();
        let used = if row.used_by.is_empty() { "-".to_owned() } else { row.used_by.join(", ") };
        [
            row.component.clone(),
            row.version.clone(),
            made,
            row.state.clone(),
            row.image.clone(),
            fingerprint,
            used,
        ]
    });
    columns(&std::iter::once(heading.map(str::to_owned)).chain(lines).collect::<Vec<_>>())
}

/// An age in its largest unit, as a person says it: `45s`, `12m`, `3h`, `5d`.
fn short(age: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3600, "h"), (60, "m")];
    let seconds = age.as_secs();
    match UNITS.into_iter().find(|(length, _)| seconds >= *length) {
        Some((length, unit)) => format!("{}{unit}", seconds / length),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        for (seconds, said) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (86_399, "23h"), (500_000, "5d")]
        {
            assert_eq!(short(Duration::from_secs(seconds)), said);
        }
    }
}
