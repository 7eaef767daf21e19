//! What counts as drift and what does not.

use aws_sdk_rds::types::{
    DbInstance, DbParameterGroupStatus, DbSubnetGroup, PendingModifiedValues, VpcSecurityGroupMembership,
    builders::DbInstanceBuilder,
};
use clap::Parser as _;

use super::*;
use crate::cli::{Cli, Verb};

fn flags(line: &str) -> Create {
    let words = ["rds", "create"].into_iter().chain(line.split_whitespace());
    match Cli::try_parse_from(words).unwrap().verb {
        Verb::Create(create) => create,
        _ => unreachable!("the verb is create"),
    }
}

fn instance() -> DbInstanceBuilder {
    DbInstance::builder()
        .db_instance_identifier("expense-dev-mysql")
        .engine("mysql")
        .engine_version("8.4.8")
        .db_instance_class("db.t4g.micro")
        .storage_type("gp3")
        .storage_encrypted(true)
        .allocated_storage(20)
        .max_allocated_storage(100)
        .backup_retention_period(7)
        .multi_az(false)
        .copy_tags_to_snapshot(true)
        .master_username("admin")
        .db_name("transactions")
        .db_subnet_group(
            DbSubnetGroup::builder().db_subnet_group_name("expense-dev-mysql").vpc_id("vpc-1").build(),
        )
        .vpc_security_groups(VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").build())
        .db_parameter_groups(
            DbParameterGroupStatus::builder().db_parameter_group_name("expense-dev-mysql").build(),
        )
}

fn changes(line: &str, found: &DbInstance) -> Vec<Change> {
    let flags = flags(line);
    wanted(&flags).changes(found)
}

fn wanted(flags: &Create) -> Wanted<'_> {
    Wanted {
        flags,
        version: flags.engine_version.as_deref(),
        security_group: Some("sg-1"),
        parameter_group: "expense-dev-mysql",
    }
}

#[test]
fn a_flag_that_is_not_given_leaves_things_as_they_are() {
    let found = instance().multi_az(true).backup_retention_period(1).allocated_storage(50).build();
    assert_eq!(changes("", &found), []);
}

#[test]
fn storage_that_has_grown_is_no_drift_and_is_never_shrunk() {
    let found = instance().allocated_storage(64).build();
    assert_eq!(changes("--storage 20", &found), []);
    assert_eq!(changes("--storage 70", &found), [Change::Storage(70, None)]);
    assert_eq!(changes("--storage 500", &found), [Change::Storage(500, Some(12_000))]);
}

#[test]
fn what_is_on_its_way_is_not_asked_for_again_and_not_done_yet() {
    let later = PendingModifiedValues::builder().db_instance_class("db.t4g.small").build();
    let found = instance().pending_modified_values(later).build();
    assert_eq!(changes("--class db.t4g.small", &found), []);
    let flags = flags("--class db.t4g.small");
    assert_eq!(wanted(&flags).outstanding(&found), [Change::Class("db.t4g.small".into())]);
}

#[test]
fn everything_asked_for_is_changed_in_one_go() {
    let line = "--multi-az --backup-days 3 --max-storage 200 --deletion-protection --class db.t4g.small";
    assert_eq!(
        changes(line, &instance().build()),
        [
            Change::Class("db.t4g.small".into()),
            Change::MaxStorage(200),
            Change::MultiAz(true),
            Change::BackupDays(3),
            Change::DeletionProtection(true),
        ]
    );
}

#[test]
fn a_database_that_became_public_is_made_private_again() {
    let found = instance().publicly_accessible(true).build();
    assert_eq!(changes("", &found), [Change::Private]);
}

#[test]
fn groups_that_others_added_stay() {
    let theirs = VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-2").build();
    let found = instance().set_vpc_security_groups(Some(vec![theirs])).build();
    assert_eq!(changes("", &found), [Change::SecurityGroups(vec!["sg-2".into(), "sg-1".into()])]);
}

#[test]
fn what_cannot_be_changed_in_place_is_refused_by_name() {
    let found = instance().build();
    for (line, word) in [
        ("--db-name other", "database name"),
        ("--username root", "master user"),
        ("--engine-version 8.0", "major version"),
    ] {
        let error = refuse(&flags(line), &found, Some("vpc-1"), "expense-dev-mysql").unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(refuse(&flags(""), &found, Some("vpc-2"), "expense-dev-mysql").is_err());
    assert!(refuse(&flags("--db-name transactions"), &found, Some("vpc-1"), "expense-dev-mysql").is_ok());
}

#[test]
fn a_limit_below_what_there_is_now_is_refused() {
    let has = Standing { storage: 95, max_storage: Some(100), ..Standing::default() };
    assert!(refused::check_growth(&[Change::MaxStorage(100)], &has).is_err());
    assert!(refused::check_growth(&[Change::Storage(99, None)], &has).is_err());
    assert!(refused::check_growth(&[Change::MultiAz(true)], &has).is_ok());
}
