//! What every command promises whatever it makes: streams, waiting, interruption, help.

use std::fmt::Write as _;

use anyhow::Result;
use tests::harness::{CREATE, Sandbox};
use tests::loopback::Options;

const IDENTITY: &str = "--project expense --env dev";
const COMMANDS: [&str; 8] = ["vpc", "sg", "bastion", "vpn", "alb", "rds", "bake", "asg"];

/// Slow enough that a NAT gateway stays pending for longer than a test lasts.
fn slow() -> Options {
    Options { time_scale: 1.0, seed: Some(1), ..Options::default() }
}

#[test]
fn the_document_is_one_line_and_progress_goes_to_stderr() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(&format!("vpc create {IDENTITY}"))?;
    run.succeeds().says("vpc: made ");
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(run.stdout.ends_with("}\n"));
    assert!(
        !run.stderr.contains('\r') && !run.stderr.contains('\u{1b}'),
        "plain lines where stderr is no terminal"
    );
    Ok(())
}

#[test]
fn quiet_says_nothing_and_verbose_says_each_call_without_its_parameters() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let quiet = sandbox.sh(&format!("vpc create -q {IDENTITY}"))?;
    quiet.succeeds();
    assert_eq!(quiet.stderr, "");
    let verbose = sandbox.sh(&format!("vpc show -v {IDENTITY}"))?;
    verbose.succeeds().says("DescribeVpcs 200");
    let lines = verbose.stderr.lines().filter(|line| line.contains(" ms")).count();
    assert_eq!(lines, verbose.calls.len());
    Ok(())
}

#[test]
fn a_wait_that_takes_too_long_ends_with_75_and_the_next_run_carries_on() -> Result<()> {
    let sandbox = Sandbox::with(&slow())?;
    let run = sandbox.sh(&format!("vpc create --timeout 1s {IDENTITY}"))?;
    // The document was written when it was known; the exit status tells that not all is ready.
    run.ends_with(75).says("run the same command again");
    // Many changes are told a line each, every line with the command's name.
    run.says("\nvpc: so far:\nvpc:   made    VPC expense-dev (vpc-");
    assert!(run.document()["vpc"]["nat_gateways"][0]["id"].is_string());
    let again = sandbox.sh(&format!("vpc create --timeout 1s {IDENTITY}"))?;
    again.ends_with(75);
    assert_eq!(again.count("ec2.CreateNatGateway"), 0);
    Ok(())
}

#[test]
fn no_wait_ends_at_once_and_show_wait_completes_it() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(&format!("vpc create --no-wait {IDENTITY}"))?;
    run.succeeds();
    let shown = sandbox.sh(&format!("vpc show --wait {IDENTITY}"))?;
    shown.succeeds();
    let whole = Sandbox::new()?;
    whole.sh(&format!("vpc create {IDENTITY}"))?.succeeds();
    tests::harness::assert_same_environment(
        &sandbox.environment(),
        &whole.environment(),
        "completed by show --wait",
    );
    Ok(())
}

#[test]
fn an_interrupt_ends_with_130_and_says_what_was_made() -> Result<()> {
    for signal in ["INT", "TERM", "HUP"] {
        let sandbox = Sandbox::with(&slow())?;
        let line = format!(
            "vpc create {IDENTITY} > out 2> err & pid=$!; \
             until grep -q 'NAT gateway' err; do sleep 0.05; done; kill -{signal} $pid; wait $pid"
        );
        let run = sandbox.sh(&line)?;
        run.ends_with(130);
        let messages = std::fs::read_to_string(sandbox.home().join("err"))?;
        assert!(messages.contains(&format!("interrupted by SIG{signal}")), "{messages}");
        assert!(
            messages.contains("\nvpc: so far:\nvpc:   made    ")
                && messages.contains("hint: run the same command again"),
            "{messages}"
        );
    }
    Ok(())
}

#[test]
fn a_reader_that_is_gone_is_no_failure() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("vpc create {IDENTITY}"))?.succeeds();
    let run = sandbox.sh(&format!("(vpc show {IDENTITY}; echo $? > status) | true"))?;
    run.succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.home().join("status"))?.trim(), "0");
    Ok(())
}

#[test]
fn a_document_from_a_file_is_as_good_as_a_pipe() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} > environment.json"))?.succeeds();
    sandbox.sh("sg show < environment.json")?.succeeds();
    sandbox.sh("rds show < environment.json | jq -e .rds.mysql.endpoint.port || true")?.succeeds();
    Ok(())
}

#[test]
fn the_region_of_the_document_counts_where_none_is_set() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("vpc create {IDENTITY} > environment.json"))?.succeeds();
    sandbox.set("AWS_REGION", None);
    sandbox.sh("vpc show < environment.json")?.succeeds();
    Ok(())
}

#[test]
fn a_profile_gives_credentials_and_region_as_in_the_aws_cli() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.write(
        "config",
        "[profile work]\nregion = us-east-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n",
    )?;
    let config = sandbox.home().join("config");
    for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        sandbox.set(name, None);
    }
    sandbox.set("AWS_CONFIG_FILE", config.to_str());
    sandbox.sh(&format!("vpc create --profile work {IDENTITY}"))?.succeeds();
    sandbox.sh(&format!("vpc show --profile absent {IDENTITY}"))?.writes_nothing().says_one_error();
    Ok(())
}

#[test]
fn a_profile_that_is_named_goes_before_credentials_in_the_environment() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.write(
        "config",
        "[profile work]\naws_access_key_id = AKIAWORKEXAMPLE00000\naws_secret_access_key = secret\n",
    )?;
    sandbox.set("AWS_CONFIG_FILE", sandbox.home().join("config").to_str());
    let keys = |line: &str| -> Result<Vec<String>> {
        let run = sandbox.sh(line)?;
        run.succeeds();
        let mut keys: Vec<String> = run.calls.iter().map(|call| call.access_key.clone()).collect();
        keys.dedup();
        Ok(keys)
    };
    let line = format!("vpc create --nat none {IDENTITY}");
    assert_eq!(keys(&format!("{line} --profile work"))?, ["AKIAWORKEXAMPLE00000"]);
    // As in the AWS CLI, AWS_PROFILE gives way to keys in the environment, and a profile that is not there is told.
    sandbox.set("AWS_PROFILE", Some("work"));
    assert_eq!(keys(&line)?, ["AKIAIOSFODNN7EXAMPLE"]);
    let run = sandbox.sh(&format!("{line} --profile absent"))?;
    run.ends_with(77).says_one_error().writes_nothing().calls_nothing().says("absent");
    Ok(())
}

#[test]
fn an_endpoint_of_one_service_goes_before_that_of_all() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let endpoint = sandbox.aws.endpoint();
    sandbox.set("AWS_ENDPOINT_URL", Some("http://127.0.0.1:1"));
    for service in ["EC2", "STS", "RDS", "SECRETS_MANAGER"] {
        sandbox.set(&format!("AWS_ENDPOINT_URL_{service}"), Some(&endpoint));
    }
    sandbox.sh(&format!("vpc create {IDENTITY}"))?.succeeds();
    Ok(())
}

#[test]
fn help_schema_completions_and_man_pages_need_no_aws() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_REGION", None).set("AWS_ACCESS_KEY_ID", None);
    for command in COMMANDS {
        for (arguments, holds) in [
            ("--help", "Exit status:"),
            ("--version", command),
            ("create --help", "--dry-run"),
            ("schema", "\"$schema\""),
            ("completions bash", "complete"),
            ("completions zsh", "#compdef"),
            ("completions fish", "complete -c"),
            ("man", ".TH"),
            ("man create", "create"),
        ] {
            let run = sandbox.sh(&format!("{command} {arguments}"))?;
            run.succeeds().calls_nothing();
            assert!(run.stdout.contains(holds), "{command} {arguments}: {}", run.stdout);
        }
    }
    Ok(())
}

#[test]
fn the_document_fits_its_own_schema() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(CREATE)?;
    let document = run.succeeds().document();
    let shown = sandbox.sh("vpc schema")?;
    let schema = shown.succeeds().document();
    let validator = jsonschema::validator_for(&schema)?;
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = document;
    wrong["rds"]["mysql"]["secret_arn"] = "hunter2".into();
    assert!(!validator.is_valid(&wrong));
    Ok(())
}

#[test]
fn the_help_of_every_command_and_verb_is_as_it_was_reviewed() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("COLUMNS", Some("100"));
    let mut tree = String::new();
    for command in COMMANDS {
        let help = sandbox.sh(&format!("{command} --help"))?;
        help.succeeds();
        let verbs = verbs(&help.stdout);
        writeln!(tree, "===== {command} --help\n{}", help.stdout)?;
        for verb in verbs.iter().filter(|verb| *verb != "help") {
            let help = sandbox.sh(&format!("{command} {verb} --help"))?;
            help.succeeds();
            writeln!(tree, "===== {command} {verb} --help\n{}", help.stdout)?;
        }
    }
    insta::assert_snapshot!("help", tree);
    Ok(())
}

/// The verbs that a command's help lists.
fn verbs(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}
