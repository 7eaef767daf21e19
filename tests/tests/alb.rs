//! `alb` by itself: two load balancers in one pipe, HTTPS proved by DNS, what it amends and refuses, and the way down.

use anyhow::Result;
use tests::harness::{Sandbox, assert_same_environment};
use tests::loopback::{Conditions, Options};

const NETWORK: &str = "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24";
const BOTH: &str = "vpc show --project expense --env dev | sg show | alb create app | alb create web";
const DELETE: &str = "alb delete --project expense --env dev | sg delete | vpc delete";

fn network() -> Result<Sandbox> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(NETWORK)?.succeeds();
    Ok(sandbox)
}

#[test]
fn several_in_one_pipe_add_to_one_section() -> Result<()> {
    let sandbox = network()?;
    let run = sandbox.sh(BOTH)?;
    let document = run.succeeds().document();
    let section = &document["alb"];
    assert_eq!(section["app"]["scheme"], "internal");
    assert_eq!(section["web"]["scheme"], "internet-facing");
    for name in ["app", "web"] {
        assert!(section[name]["dns_name"].is_string(), "{document:#}");
        assert!(section[name]["listeners"]["http"].is_string(), "{document:#}");
    }
    Ok(())
}

#[test]
fn creating_load_balancers_twice_is_creating_them_once() -> Result<()> {
    let sandbox = network()?;
    let first = sandbox.sh(BOTH)?;
    first.succeeds();
    let environment = sandbox.environment();
    let second = sandbox.sh(BOTH)?;
    second.succeeds().changes_nothing();
    assert_eq!(second.document(), first.document());
    assert_same_environment(&sandbox.environment(), &environment, "after a second run");
    Ok(())
}

#[test]
fn load_balancers_and_what_is_below_them_are_taken_down_in_the_reverse_pipe() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.environment();
    sandbox.sh(NETWORK)?.succeeds();
    sandbox.sh(BOTH)?.succeeds();
    let run = sandbox.sh(DELETE)?;
    assert!(run.succeeds().document().get("alb").is_none());
    assert_same_environment(&sandbox.environment(), &before, "after create and delete");
    sandbox.sh("alb delete --project expense --env dev")?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn another_scheme_under_the_same_name_is_refused_by_name() -> Result<()> {
    let sandbox = network()?;
    sandbox.sh(BOTH)?.succeeds();
    let run = sandbox.sh("alb create app --internet-facing --project expense --env dev")?;
    run.ends_with(73).says_one_error().writes_nothing().changes_nothing();
    Ok(())
}

#[test]
fn load_balancers_without_a_network_name_the_command_to_run_first() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh("alb create app --project expense --env dev")?;
    run.ends_with(69).says("create").writes_nothing().changes_nothing();
    Ok(())
}

#[test]
fn a_dry_run_of_load_balancers_writes_nothing() -> Result<()> {
    let sandbox = network()?;
    let run = sandbox.sh(&BOTH.replace("alb create app", "alb create app --dry-run"))?;
    let document = run.succeeds().changes_nothing().says("alb: would make").document();
    assert_eq!(document["planned"], true);
    Ok(())
}

#[test]
fn rules_and_health_are_tables_for_a_person_and_json_for_a_script() -> Result<()> {
    let sandbox = network()?;
    sandbox.sh(BOTH)?.succeeds();
    for verb in ["rules", "health"] {
        sandbox.sh(&format!("alb {verb} --project expense --env dev"))?.succeeds().changes_nothing();
        let json = sandbox.sh(&format!("alb {verb} --format json --project expense --env dev"))?;
        let _ = json.succeeds().document();
    }
    Ok(())
}

#[test]
fn https_is_proved_by_dns_and_plain_http_leads_to_it() -> Result<()> {
    let zones = vec!["example.com".to_owned()];
    let conditions = Conditions { hosted_zones: zones, ..Conditions::default() };
    let sandbox =
        Sandbox::with(&Options { time_scale: 300.0, seed: Some(1), conditions, ..Options::default() })?;
    let before = sandbox.environment();
    sandbox.sh(NETWORK)?.succeeds();
    let line =
        BOTH.replace("app", "app --domain example.com").replace("web", "web --domain example.com --https");
    let run = sandbox.sh(&line)?;
    let document = run.succeeds().document();
    assert!(document["alb"]["web"]["listeners"]["https"].is_string(), "{document:#}");
    let environment = sandbox.environment().to_string();
    for wanted in
        ["ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "HTTP_301", "web-dev.example.com", "app-dev.example.com"]
    {
        assert!(environment.contains(wanted), "{wanted} in {environment}");
    }
    sandbox.sh(&line)?.succeeds().changes_nothing();
    sandbox.sh(DELETE)?.succeeds();
    assert_same_environment(&sandbox.environment(), &before, "after create and delete with HTTPS");
    Ok(())
}
