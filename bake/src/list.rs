//! `bake list`: images, and what runs them.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::server::image::state_of;
use common::session::Session;
use common::table::columns;
use common::tags::ec2_value;
use serde::Serialize;

use crate::cli::{Format, List};
use crate::inventory::{id_of, images};
use crate::marks::{FINGERPRINT, REVISION, VERSION};
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
    let heading = ["COMPONENT", "VERSION", "MADE", "STATE", "IMAGE", "FINGERPRINT", "USED BY"];
    let lines = rows.iter().map(|row| {
        let made = row.made.clone().unwrap_or_else(|| "-".to_owned());
        let short: String = row.fingerprint.chars().take(12).collect();
        let used = if row.used_by.is_empty() { "-".to_owned() } else { row.used_by.join(", ") };
        [row.component.clone(), row.version.clone(), made, row.state.clone(), row.image.clone(), short, used]
    });
    columns(&std::iter::once(heading.map(str::to_owned)).chain(lines).collect::<Vec<_>>())
}
