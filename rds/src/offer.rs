//! Whether AWS would take the order: class, version, storage and AZs together. A bad pair is refused by `CreateDBInstance` too, but
//! only after everything around it has been made.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use anyhow::Result;
use aws_sdk_rds::types::OrderableDbInstanceOption as Offer;
use common::call::Call as _;
use common::fault::Fault;
use common::session::Session;

/// What is to be ordered.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub engine: &'a str,
    pub version: &'a str,
    pub class: &'a str,
    pub storage_type: &'a str,
    /// GiB.
    pub storage: i32,
    pub multi_az: bool,
    /// The AZs of the database subnets.
    pub zones: Vec<String>,
}

/// Asks AWS, and refuses what it would refuse.
///
/// # Errors
/// Not found where it is not offered, with what is; AWS's refusal.
pub async fn check(session: &Session, order: &Order<'_>) -> Result<()> {
    let offers = look(session, order, Some(order.class)).await?;
    if offers.is_empty() {
        return Err(no_such_class(session, order).await?);
    }
    Ok(fits(order, &offers)?)
}

async fn look(session: &Session, order: &Order<'_>, class: Option<&str>) -> Result<Vec<Offer>> {
    let call = session.aws.rds().describe_orderable_db_instance_options();
    call.engine(order.engine)
        .engine_version(order.version)
        .set_db_instance_class(class.map(str::to_owned))
        .vpc(true)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot(format_args!("find out whether {} can be had", order.class))
}

/// Whether one of the offers is of this storage, in these AZs.
fn fits(order: &Order<'_>, offers: &[Offer]) -> Result<(), Fault> {
    let what = format!("{} with {} {}", order.class, order.engine, order.version);
    let Some(offer) = offers.iter().find(|offer| offer.storage_type() == Some(order.storage_type)) else {
        return Err(Fault::not_found(format!("AWS does not offer {what} on {} storage", order.storage_type)));
    };
    let zones: Vec<&str> = offer.availability_zones().iter().filter_map(|zone| zone.name()).collect();
    let shared = order.zones.iter().filter(|zone| zones.contains(&zone.as_str())).count();
    let needed = if order.multi_az { 2 } else { 1 };
    if !zones.is_empty() && !order.zones.is_empty() && shared < needed {
        return Err(Fault::not_found(format!(
            "AWS offers {what} in {}, the database subnets are in {}",
            zones.join(", "),
            order.zones.join(", ")
        ))
        .hint("choose another --class, or make the vpc in those AZs"));
    }
    if order.multi_az && offer.multi_az_capable() == Some(false) {
        return Err(Fault::not_found(format!("AWS does not offer {what} with a standby in a second AZ")));
    }
    if offer.supports_storage_encryption() == Some(false) {
        return Err(Fault::not_found(format!("AWS does not offer {what} with encrypted storage")));
    }
    let least = offer.min_storage_size().unwrap_or(0);
    let most = offer.max_storage_size().unwrap_or(i32::MAX);
    if !(least..=most).contains(&order.storage) {
        return Err(Fault::usage(format!(
            "AWS offers {what} with {least} to {most} GiB, {} are asked for",
            order.storage
        )));
    }
    Ok(())
}

/// Names the classes that are offered and most like the one asked for.
async fn no_such_class(session: &Session, order: &Order<'_>) -> Result<anyhow::Error> {
    let offers = look(session, order, None).await?;
    let classes: BTreeSet<&str> = offers.iter().filter_map(Offer::db_instance_class).collect();
    let fault = Fault::not_found(format!(
        "AWS does not offer {} with {} {} in {}",
        order.class,
        order.engine,
        order.version,
        session.aws.region()
    ));
    Ok(if classes.is_empty() {
        fault.into()
    } else {
        fault.hint(format!("the nearest are {}", nearest(order.class, &classes).join(", "))).into()
    })
}

/// Up to five classes, those that begin most like `asked` first, and of these the same size.
fn nearest<'a>(asked: &str, classes: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let alike = |class: &str| asked.bytes().zip(class.bytes()).take_while(|(a, b)| a == b).count();
    let mut classes: Vec<&str> = classes.iter().copied().collect();
    let size = |class: &str| class.rsplit('.').next().map(str::to_owned);
    classes.sort_by_key(|class| (Reverse(alike(class)), size(class) != size(asked), class.len()));
    classes.truncate(5);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::types::AvailabilityZone;

    fn offer() -> Offer {
        let zone = |name: &str| AvailabilityZone::builder().name(name).build();
        Offer::builder()
            .storage_type("gp3")
            .min_storage_size(20)
            .max_storage_size(16384)
            .availability_zones(zone("us-east-1a"))
            .availability_zones(zone("us-east-1b"))
            .multi_az_capable(true)
            .build()
    }

    fn order(zones: &[&str]) -> Order<'static> {
        Order {
            engine: "mysql",
            version: "8.4.8",
            class: "db.t4g.micro",
            storage_type: "gp3",
            storage: 20,
            multi_az: false,
            zones: zones.iter().map(|&zone| zone.to_owned()).collect(),
        }
    }

    #[test]
    fn an_order_fits_in_one_of_our_azs_and_a_standby_needs_two() {
        assert!(fits(&order(&["us-east-1b", "us-east-1c"]), &[offer()]).is_ok());
        assert!(fits(&order(&["us-east-1c", "us-east-1d"]), &[offer()]).is_err());
        let standby = Order { multi_az: true, ..order(&["us-east-1b", "us-east-1c"]) };
        assert!(fits(&standby, &[offer()]).is_err());
    }

    #[test]
    fn storage_out_of_range_or_of_another_type_is_refused() {
        assert!(fits(&Order { storage: 65536, ..order(&[]) }, &[offer()]).is_err());
        assert!(fits(&Order { storage_type: "io2", ..order(&[]) }, &[offer()]).is_err());
    }

    #[test]
    fn the_nearest_classes_are_those_that_begin_alike() {
        let classes = BTreeSet::from(["db.t4g.small", "db.m6i.large", "db.t3.micro"]);
        assert_eq!(nearest("db.t4g.nano", &classes)[0], "db.t4g.small");
    }
}
