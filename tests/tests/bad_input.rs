//! Bad input: each a clear one-line error, the right exit status, nothing on stdout and no AWS call.

use anyhow::Result;
use tests::harness::{Run, Sandbox};

const IDENTITY: &str = "--project expense --env dev";

/// Runs the line and checks what holds for every refusal of bad input.
fn refused(sandbox: &Sandbox, line: &str, status: i32) -> Result<Run> {
    let run = sandbox.sh(line)?;
    run.ends_with(status).says_one_error().writes_nothing().calls_nothing();
    Ok(run)
}

/// The same where only the refusal matters.
fn is_refused(sandbox: &Sandbox, line: &str, status: i32) -> Result<()> {
    refused(sandbox, line, status).map(drop)
}

fn piped(document: &str, command: &str) -> String {
    format!("printf '%s' '{document}' | {command}")
}

#[test]
fn what_is_no_document_is_refused_by_every_command() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let documents = [
        ("this is no JSON", "is not JSON"),
        ("[]", "an array"),
        ("\"vpc\"", "a string"),
        ("17", "a number"),
        ("null", "null"),
        ("{\"project\":\"expense\",\"envir", "ends in the middle"),
        ("{\"version\":2,\"project\":\"expense\",\"environment\":\"dev\"}", "version"),
        ("{\"version\":\"1\"}", "version"),
        ("{\"project\":7}", "project"),
        ("{\"tags\":{\"Owner\":1}}", "tags.Owner"),
    ];
    for command in ["vpc create", "sg create", "rds create", "vpc show", "sg delete", "rds delete"] {
        for (document, reason) in documents {
            refused(&sandbox, &piped(document, &format!("{command} {IDENTITY}")), 65)?.says(reason);
        }
    }
    Ok(())
}

#[test]
fn a_wrong_type_inside_a_section_is_named_by_its_path() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let head = r#""version":1,"project":"expense","environment":"dev""#;
    let sections = [
        (r#""vpc":[]"#, "vpc"),
        (r#""vpc":{"id":5}"#, "vpc.id"),
        (r#""vpc":{"id":"vpc-0; rm -rf"}"#, "vpc.id"),
        (r#""vpc":{"subnets":{"private":[{"id":true}]}}"#, "vpc.subnets.private[0].id"),
        (r#""vpc":{"cidr_block":"10.0.0.0/99"}"#, "vpc.cidr_block"),
        (r#""sg":"mysql""#, "sg"),
        (r#""sg":{"mysql":{"id":"i-0123456789abcdef0"}}"#, "sg"),
        (r#""rds":{"mysql":{"id":"expense-dev-mysql","allocated_storage":"20"}}"#, "allocated_storage"),
    ];
    for (section, path) in sections {
        for command in ["vpc show", "sg create", "rds create"] {
            refused(&sandbox, &piped(&format!("{{{head},{section}}}"), command), 65)?.says(path);
        }
    }
    Ok(())
}

#[test]
fn a_password_where_a_secret_arn_belongs_is_refused_and_not_repeated() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let document = r#"{"version":1,"project":"expense","environment":"dev","rds":{"mysql":{"id":"expense-dev-mysql","secret_arn":"hunter2hunter2"}}}"#;
    let run = refused(&sandbox, &piped(document, "rds show"), 65)?;
    run.says("secret_arn").says("never the secret itself");
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    Ok(())
}

#[test]
fn a_document_of_fifty_megabytes_is_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let fifty = "(printf '{\"version\":1,\"x\":\"'; head -c 52428800 /dev/zero | tr '\\0' x; printf '\"}')";
    refused(&sandbox, &format!("{fifty} | vpc show {IDENTITY}"), 65)?.says("larger than");
    Ok(())
}

#[test]
fn a_document_of_another_region_is_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let document = r#"{"version":1,"project":"expense","environment":"dev","region":"eu-west-1"}"#;
    refused(&sandbox, &piped(document, "vpc create"), 65)?.says("eu-west-1");
    Ok(())
}

#[test]
fn a_document_of_another_account_is_refused_with_no_call_where_the_credentials_tell_theirs() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_ACCOUNT_ID", Some("123456789012"));
    let document = r#"{"version":1,"project":"expense","environment":"dev","account":"999999999999"}"#;
    refused(&sandbox, &piped(document, "vpc create"), 65)?.says("999999999999");
    Ok(())
}

#[test]
fn a_document_of_another_account_costs_one_question_where_they_do_not() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let document = r#"{"version":1,"project":"expense","environment":"dev","account":"999999999999"}"#;
    for command in ["vpc create", "sg create", "rds delete"] {
        let run = sandbox.sh(&piped(document, command))?;
        run.ends_with(65).says_one_error().writes_nothing();
        assert_eq!(run.calls.len(), 1, "{:?}", run.calls);
        assert_eq!(run.count("sts.GetCallerIdentity"), 1);
    }
    Ok(())
}

#[test]
fn names_that_aws_would_not_take_are_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for (project, env) in
        [("Expense", "dev"), ("1st", "dev"), ("a--b", "dev"), ("expense", "d_v"), ("", "dev")]
    {
        for command in ["vpc create", "sg create", "rds create"] {
            refused(&sandbox, &format!("{command} --project '{project}' --env '{env}'"), 2)?
                .says("not usable");
        }
    }
    refused(&sandbox, &format!("vpc create {IDENTITY} --tag Project=mine"), 2)?.says("stackpipe's own");
    is_refused(&sandbox, &format!("vpc create {IDENTITY} --tag 'a<b=c'"), 2)?;
    Ok(())
}

#[test]
fn address_ranges_that_cannot_hold_the_subnets_are_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for cidr in [
        "10.0.0.0/8",
        "10.0.0.0/29",
        "10.0.0.0/28",
        "10.0.0.1/16",
        "fd00::/48",
        "ten",
        "10.0.0.0/33",
        "10.0.0.0",
    ] {
        is_refused(&sandbox, &format!("vpc create {IDENTITY} --cidr {cidr}"), 2)?;
    }
    for overlapping in [
        "--public-cidr 10.0.1.0/24 --public-cidr 10.0.1.128/25",
        "--cidr 10.0.0.0/16 --private-cidr 192.168.0.0/24 --private-cidr 192.168.1.0/24",
    ] {
        is_refused(&sandbox, &format!("vpc create {IDENTITY} {overlapping}"), 2)?;
    }
    Ok(())
}

#[test]
fn a_number_of_zones_that_no_region_has_is_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for azs in ["0", "-1", "27", "two"] {
        is_refused(&sandbox, &format!("vpc create {IDENTITY} --azs {azs}"), 2)?;
    }
    Ok(())
}

#[test]
fn bad_rules_are_refused_with_their_place() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for rule in [
        "3306 from",
        "99999/tcp from backend",
        "3306/tcp to backend",
        "80-70/tcp from anywhere",
        "80/carrier-pigeon from backend",
        "80/tcp from 10.0.0.0/99",
        "from backend",
        "",
    ] {
        is_refused(&sandbox, &format!("sg allow mysql '{rule}' {IDENTITY}"), 2)?;
        sandbox.write("rules", &format!("backend 8080/tcp from mysql\nmysql   {rule}\n"))?;
        if !rule.is_empty() {
            refused(&sandbox, &format!("sg create --rules rules {IDENTITY}"), 2)?.says("rules:2");
        }
    }
    refused(&sandbox, &format!("sg create --rules absent {IDENTITY}"), 2)?.says("absent");
    is_refused(&sandbox, &format!("sg create --admin-cidr 300.0.0.1/32 {IDENTITY}"), 2)?;
    Ok(())
}

#[test]
fn what_rds_would_not_take_is_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for flags in [
        "--storage 5",
        "--storage 100 --max-storage 50",
        "--backup-days 99",
        "--class t3.micro",
        "--parameter nonsense",
        "--db-name 9lives",
        "--backup-window noon",
        "Bad--Name",
    ] {
        is_refused(&sandbox, &format!("rds create {IDENTITY} {flags}"), 2)?;
    }
    Ok(())
}

#[test]
fn flags_and_document_that_disagree_are_refused() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let document = r#"{"version":1,"project":"expense","environment":"dev"}"#;
    refused(&sandbox, &piped(document, "vpc show --env prod"), 2)?.says("prod");
    refused(&sandbox, "vpc create", 2)?.says("no project");
    Ok(())
}

#[test]
fn without_credentials_nothing_is_called_and_the_status_says_so() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_ACCESS_KEY_ID", None).set("AWS_SECRET_ACCESS_KEY", None);
    for command in ["vpc create", "sg create", "rds show"] {
        refused(&sandbox, &format!("{command} {IDENTITY}"), 77)?.says("credentials");
    }
    Ok(())
}

#[test]
fn expired_credentials_are_told_as_such() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_ACCESS_KEY_ID", Some("ASIAEXPIREDEXAMPLE00")).set("AWS_SESSION_TOKEN", Some("token"));
    for command in ["vpc create", "sg create", "rds show"] {
        let run = sandbox.sh(&format!("{command} {IDENTITY}"))?;
        run.ends_with(77).says_one_error().writes_nothing().changes_nothing().says("expired");
    }
    Ok(())
}

#[test]
fn credentials_that_may_not_are_told_as_such() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_ACCESS_KEY_ID", Some("AKIADENIEDEXAMPLE000"));
    let run = sandbox.sh(&format!("vpc create {IDENTITY}"))?;
    run.ends_with(77).says_one_error().writes_nothing();
    Ok(())
}

#[test]
fn without_a_network_the_error_says_what_cannot_be_reached() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_ENDPOINT_URL", Some("http://127.0.0.1:1")).set("AWS_MAX_ATTEMPTS", Some("2"));
    let run = sandbox.sh(&format!("vpc show {IDENTITY}"))?;
    run.ends_with(1).says_one_error().writes_nothing().says("cannot be reached");
    Ok(())
}

#[test]
fn without_a_region_the_error_says_where_to_set_one() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_REGION", None);
    refused(&sandbox, &format!("vpc show {IDENTITY}"), 2)?.says("Region");
    Ok(())
}

#[test]
fn an_unknown_flag_or_verb_is_a_usage_error() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for line in ["vpc", "vpc explode", "sg create --explode", "rds create --timeout never"] {
        let run = sandbox.sh(line)?;
        run.ends_with(2).writes_nothing().calls_nothing();
    }
    Ok(())
}
