//! `sg` by itself: the table, rules one by one, differences, tables of one's own, administration, and the way down.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use tests::harness::{Sandbox, assert_same_environment, tag};
use tests::loopback::Conditions;

const IDENTITY: &str = "--project expense --env dev";
const ADMIN: &str = "--admin-cidr 203.0.113.7/32";

/// The rules in that the issue names, one a line.
const TABLE: &str = "
    mysql 3306/tcp from backend
    mysql 3306/tcp from bastion
    mysql 3306/tcp from vpn
    backend 8080/tcp from app-alb
    backend 8080/tcp from vpn
    backend 22/tcp from bastion
    backend 22/tcp from ansible
    backend 22/tcp from vpn
    frontend 80/tcp from web-alb
    frontend 22/tcp from bastion
    frontend 22/tcp from ansible
    frontend 22/tcp from vpn
    app-alb 80/tcp from frontend
    app-alb 80/tcp from bastion
    app-alb 80/tcp from vpn
    web-alb 80/tcp from 0.0.0.0/0
    web-alb 443/tcp from 0.0.0.0/0
    vpn 443/tcp from 0.0.0.0/0
    vpn 1194/udp from 0.0.0.0/0
    vpn 22/tcp from 203.0.113.7/32
    vpn 943/tcp from 203.0.113.7/32
    bastion 22/tcp from 203.0.113.7/32
    ansible 22/tcp from 203.0.113.7/32";

const GROUPS: [&str; 8] = ["ansible", "app-alb", "backend", "bastion", "frontend", "mysql", "vpn", "web-alb"];

/// An AWS with the network of an environment, but no NAT gateway to wait for.
fn with_network() -> Result<Sandbox> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("vpc create {IDENTITY} --nat none"))?.succeeds();
    Ok(sandbox)
}

/// The same with the groups and all their rules.
fn with_groups() -> Result<Sandbox> {
    let sandbox = with_network()?;
    sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?.succeeds();
    Ok(sandbox)
}

/// A rule of AWS's in words, such as `mysql 3306/tcp from backend`; none for a rule out.
fn words(sandbox: &Sandbox, rule: &Json) -> Option<String> {
    let name_of = |id: &Json| -> Option<String> {
        let group = sandbox.resources()["security-group"][id.as_str()?].clone();
        let name = group["groupName"].as_str()?;
        Some(name.strip_prefix("expense-dev-").unwrap_or(name).to_owned())
    };
    let source = rule["cidrIpv4"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| name_of(&rule["referencedGroupInfo"]["groupId"]));
    let (from, to) = (rule["fromPort"].as_str()?, rule["toPort"].as_str()?);
    let ports = if from == to { from.to_owned() } else { format!("{from}-{to}") };
    let of = name_of(&rule["groupId"])?;
    (rule["isEgress"] == "false").then(|| {
        format!(
            "{of} {ports}/{} from {}",
            rule["ipProtocol"].as_str().unwrap_or_default(),
            source.unwrap_or_default()
        )
    })
}

/// The rules in that AWS has of our groups, in words.
fn rules(sandbox: &Sandbox) -> BTreeSet<String> {
    let rules = sandbox.all("security-group-rule", "");
    rules
        .iter()
        .filter_map(|(_, rule)| words(sandbox, rule))
        .filter(|rule| !rule.starts_with("default"))
        .collect()
}

fn table() -> BTreeSet<String> {
    TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Adds a rule behind the commands' back.
fn add_rule(sandbox: &Sandbox, role: &str, port: u16, source: &Json) -> Result<()> {
    let id = sandbox.id("security-group", &format!("expense-dev-{role}"))?;
    let mut permission =
        json!({"IpProtocol": "tcp", "FromPort": port.to_string(), "ToPort": port.to_string()});
    for (key, value) in source.as_object().into_iter().flatten() {
        permission[key] = value.clone();
    }
    let parameters = json!({"GroupId": id, "IpPermissions": [permission]});
    sandbox.behind("ec2.AuthorizeSecurityGroupIngress", parameters).map(|_| ())
}

fn cidr(text: &str) -> Json {
    json!({"IpRanges": [{ "CidrIp": text }]})
}

#[test]
fn the_groups_have_exactly_the_rules_of_the_table() -> Result<()> {
    let sandbox = with_network()?;
    let run = sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?;
    let document = run.succeeds().document();
    assert_eq!(rules(&sandbox), table());
    let groups = document["sg"].as_object().context("no section sg")?;
    let written: BTreeSet<String> = groups
        .iter()
        .flat_map(|(role, group)| {
            let rules = group["rules"].as_array().into_iter().flatten();
            rules.map(move |rule| format!("{role} {}", rule.as_str().unwrap_or_default()))
        })
        .collect();
    assert_eq!(written, table().iter().map(|it| it.replace("0.0.0.0/0", "anywhere")).collect());
    let mut roles: Vec<&str> = groups.keys().map(String::as_str).collect();
    roles.sort_unstable();
    assert_eq!(roles, GROUPS);
    for role in GROUPS {
        let group = sandbox.one("security-group", &format!("expense-dev-{role}"))?;
        assert_eq!(group["groupName"], format!("expense-dev-{role}"));
        let out = group["ipPermissionsEgress"].to_string();
        assert!(out.contains("\"-1\"") && out.contains("0.0.0.0/0"), "{role} lets everything out: {out}");
    }
    Ok(())
}

#[test]
fn rules_go_in_one_call_a_group() -> Result<()> {
    let sandbox = with_network()?;
    sandbox
        .sh(&format!("sg create {IDENTITY} {ADMIN}"))?
        .succeeds()
        .makes(8, "ec2.CreateSecurityGroup")
        .makes(8, "ec2.AuthorizeSecurityGroupIngress");
    let other = with_network()?;
    // Without an admin CIDR, bastion and ansible have no rules.
    other.sh(&format!("sg create {IDENTITY}"))?.succeeds().makes(6, "ec2.AuthorizeSecurityGroupIngress");
    add_rule(&other, "mysql", 1, &cidr("10.0.0.0/8"))?;
    add_rule(&other, "mysql", 2, &cidr("10.0.0.0/8"))?;
    add_rule(&other, "vpn", 3, &cidr("10.0.0.0/8"))?;
    let run = other.sh(&format!("sg create {IDENTITY} {ADMIN} --prune"))?;
    run.succeeds().makes(3, "ec2.AuthorizeSecurityGroupIngress").makes(2, "ec2.RevokeSecurityGroupIngress");
    assert_eq!(rules(&other), table());
    Ok(())
}

#[test]
fn nothing_is_opened_for_administration_unless_a_cidr_is_given() -> Result<()> {
    let sandbox = with_network()?;
    let run = sandbox.sh(&format!("sg create {IDENTITY}"))?;
    run.succeeds()
        .says("left out, for want of an admin CIDR: ")
        .says("bastion 22/tcp")
        .says("vpn 22/tcp, 943/tcp");
    let closed: BTreeSet<String> = table().into_iter().filter(|it| !it.contains("203.0.113.7")).collect();
    assert_eq!(rules(&sandbox), closed);
    sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?.succeeds().does_not_say("left out");
    assert_eq!(rules(&sandbox), table());
    // Given once, they stay without the flag, also where everything else is pruned.
    sandbox.sh(&format!("sg create {IDENTITY}"))?.succeeds().changes_nothing().does_not_say("left out");
    sandbox.sh(&format!("sg create {IDENTITY} --prune"))?.succeeds().changes_nothing();
    sandbox.sh(&format!("sg create {IDENTITY} --admin-cidr 198.51.100.0/24 --prune"))?.succeeds();
    assert_eq!(
        rules(&sandbox),
        table().iter().map(|it| it.replace("203.0.113.7/32", "198.51.100.0/24")).collect()
    );
    Ok(())
}

#[test]
fn the_whole_world_as_administrator_is_warned_of_even_when_quiet() -> Result<()> {
    let sandbox = with_network()?;
    let run = sandbox.sh(&format!("sg create -q {IDENTITY} --admin-cidr 0.0.0.0/0"))?;
    run.succeeds()
        .says("warning: expense-dev-bastion: 22/tcp from anywhere opens SSH to the whole world")
        .says("warning: expense-dev-vpn: 943/tcp");
    assert!(run.stderr.lines().all(|line| line.starts_with("sg: warning: ")), "{}", run.stderr);
    run.does_not_say("web-alb");
    let run = sandbox.sh(&format!("sg allow -q mysql 3306/tcp from anywhere {IDENTITY}"))?;
    run.succeeds().says("warning: expense-dev-mysql: 3306/tcp from anywhere opens MySQL");
    let quiet = sandbox.sh(&format!("sg allow -q backend 8080/tcp from anywhere {IDENTITY}"))?;
    quiet.succeeds();
    assert_eq!(quiet.stderr, "");
    Ok(())
}

#[test]
fn allow_and_revoke_change_one_group_and_may_be_repeated() -> Result<()> {
    let sandbox = with_groups()?;
    let before = sandbox.environment();
    let allow =
        format!("sg allow backend '9000-9010/tcp from frontend, 10.8.0.0/24; 22/tcp from vpn' {IDENTITY}");
    let run = sandbox.sh(&allow)?;
    run.succeeds();
    assert_eq!(run.writes(), ["ec2.AuthorizeSecurityGroupIngress"]);
    let has = |rule: &str| {
        run.document()["sg"]["backend"]["rules"].as_array().is_some_and(|it| it.contains(&rule.into()))
    };
    assert!(has("9000-9010/tcp from frontend") && has("9000-9010/tcp from 10.8.0.0/24"));
    assert!(rules(&sandbox).contains("backend 9000-9010/tcp from frontend"));
    sandbox.sh(&allow)?.succeeds().changes_nothing();
    let revoke = allow.replace("sg allow", "sg revoke").replace("; 22/tcp from vpn", "");
    let run = sandbox.sh(&revoke)?;
    run.succeeds();
    assert_eq!(run.writes(), ["ec2.RevokeSecurityGroupIngress"]);
    assert_same_environment(&sandbox.environment(), &before, "after allow and revoke");
    sandbox.sh(&revoke)?.succeeds().changes_nothing().says("has no rule 9000-9010/tcp from frontend");
    // From the document of a pipe, and as words.
    let line =
        format!("vpc show {IDENTITY} | sg allow mysql 3306/tcp from 10.8.0.0/24 | jq -r '.sg.mysql.rules[]'");
    let run = sandbox.sh(&line)?;
    assert!(run.stdout.lines().any(|line| line == "3306/tcp from 10.8.0.0/24"), "{}", run.stdout);
    Ok(())
}

#[test]
fn a_group_that_is_not_there_is_told_before_anything_is_changed() -> Result<()> {
    let sandbox = with_groups()?;
    for line in [
        "sg allow cache 6379/tcp from backend",
        "sg allow mysql 3306/tcp from cache",
        "sg revoke cache all from vpn",
    ] {
        let run = sandbox.sh(&format!("{line} {IDENTITY}"))?;
        run.ends_with(69).says_one_error().says("expense-dev-cache").writes_nothing().changes_nothing();
    }
    let run = sandbox.sh(&format!("sg allow bastion 22/tcp from admin {IDENTITY}"))?;
    run.ends_with(2).says_one_error().says("--admin-cidr").calls_nothing();
    Ok(())
}

#[test]
fn diff_shows_both_directions_and_tells_by_its_exit_status() -> Result<()> {
    let sandbox = with_groups()?;
    let same = sandbox.sh(&format!("sg diff {IDENTITY}"))?;
    same.succeeds().writes_nothing().changes_nothing();
    add_rule(&sandbox, "mysql", 3306, &cidr("0.0.0.0/1"))?;
    sandbox.sh(&format!("sg revoke mysql 3306/tcp from vpn {IDENTITY}"))?.succeeds();
    let run = sandbox.sh(&format!("sg diff {IDENTITY}"))?;
    run.ends_with(73).changes_nothing();
    let lines: Vec<String> =
        run.stdout.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, ["+ mysql 3306/tcp from vpn", "- mysql 3306/tcp from 0.0.0.0/1"]);
    let json = sandbox.sh(&format!("sg diff --format json {IDENTITY}"))?;
    let found = json.ends_with(73).document();
    assert_eq!(found["missing"], json!({"mysql": ["3306/tcp from vpn"]}));
    assert_eq!(found["extra"], json!({"mysql": ["3306/tcp from 0.0.0.0/1"]}));
    // An ordinary create adds and does not take away; --prune does.
    sandbox.sh(&format!("sg create {IDENTITY}"))?.succeeds().says("left as they are: mysql 1");
    let run = sandbox.sh(&format!("sg diff {IDENTITY}"))?;
    run.ends_with(73);
    assert!(run.stdout.starts_with('-'), "{}", run.stdout);
    sandbox
        .sh(&format!("sg create --prune {IDENTITY}"))?
        .succeeds()
        .makes(1, "ec2.RevokeSecurityGroupIngress");
    sandbox.sh(&format!("sg diff {IDENTITY}"))?.succeeds().writes_nothing();
    assert_eq!(rules(&sandbox), table());
    // A diff with no groups at all names them all.
    let none = with_network()?;
    let run = none.sh(&format!("sg diff --format json {IDENTITY}"))?;
    assert_eq!(run.ends_with(73).document()["missing_groups"].as_array().map(Vec::len), Some(8));
    Ok(())
}

const OWN: &str = "
# What this team needs
web      80/tcp, 443/tcp from anywhere
app      8080/tcp from web; 22/tcp from admin,
         10.8.0.0/24
store    5432/tcp, 6379/tcp from app
         icmp from anywhere
worker
";
const OWN_JSON: &str = r#"{
  "web": [{"ports": ["80/tcp", "443/tcp"], "from": "anywhere"}],
  "app": ["8080/tcp from web", {"ports": "22/tcp", "from": ["admin", "10.8.0.0/24"]}],
  "store": ["5432/tcp, 6379/tcp from app", "icmp from anywhere"],
  "worker": []
}"#;

#[test]
fn a_table_of_ones_own_is_the_same_in_text_and_in_json() -> Result<()> {
    let mut environments = Vec::new();
    for (file, content) in [("own.rules", OWN), ("own.json", OWN_JSON)] {
        let sandbox = with_network()?;
        sandbox.write(file, content)?;
        let create = format!("sg create {IDENTITY} {ADMIN} --rules {file}");
        let run = sandbox.sh(&create)?;
        let document = run
            .succeeds()
            .makes(4, "ec2.CreateSecurityGroup")
            .makes(3, "ec2.AuthorizeSecurityGroupIngress")
            .document();
        assert_eq!(document["sg"].as_object().map(serde_json::Map::len), Some(4));
        assert_eq!(document["sg"]["worker"]["rules"], json!([]));
        assert!(rules(&sandbox).contains("app 22/tcp from 203.0.113.7/32"));
        sandbox.sh(&create)?.succeeds().changes_nothing();
        sandbox.sh(&format!("sg diff {IDENTITY} --rules {file}"))?.succeeds();
        // Without the file they are left as they are, and what would need the file asks for it.
        let run = sandbox.sh(&format!("sg create {IDENTITY}"))?;
        run.succeeds().changes_nothing();
        sandbox
            .sh(&format!("sg create --prune {IDENTITY}"))?
            .ends_with(2)
            .changes_nothing()
            .says("--rules FILE");
        environments.push(sandbox.environment());
    }
    assert_same_environment(&environments[1], &environments[0], "JSON and text");
    Ok(())
}

#[test]
fn the_table_that_is_printed_is_the_table_that_is_made() -> Result<()> {
    let default = with_groups()?;
    default.sh("sg rules")?.succeeds().calls_nothing();
    default.sh(&format!("sg rules > mine; sg diff --rules mine {ADMIN} {IDENTITY}"))?.succeeds();
    let piped = with_network()?;
    // The table may come on stdin: then no document does, and the flags say which environment.
    piped.sh(&format!("sg rules | sg create {IDENTITY} {ADMIN} --rules /dev/stdin"))?.succeeds();
    assert_eq!(rules(&piped), table());
    piped.sh(&format!("sg rules > mine; vpc show {IDENTITY} | sg diff {ADMIN} --rules mine"))?.succeeds();
    assert_eq!(rules(&piped), table());
    Ok(())
}

#[test]
fn hostile_rule_files_are_refused_by_file_line_and_column_with_no_call() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let long = format!("{} 80/tcp from anywhere\n", "a".repeat(64));
    let many =
        (0..101).map(|number| format!("g{number} 80/tcp from anywhere")).collect::<Vec<_>>().join("\n");
    let crowded = format!(
        "a {} from anywhere\n",
        (1..=61).map(|port| format!("{port}/tcp")).collect::<Vec<_>>().join(", ")
    );
    let large = format!("# {}\n", "x".repeat(300 * 1024));
    for (content, place) in [
        ("web 80/tcp from cache\n", "mine:1:17"),
        ("web 80/tcp from anywhere\nweb 99999/tcp from anywhere\n", "mine:2:5"),
        ("web 80/tcp frm anywhere\n", "mine:1:12"),
        ("web \u{1b}[2J/tcp from anywhere\n", "mine:1:5"),
        ("all 80/tcp from anywhere\n", "mine:1:1"),
        ("sg-web 80/tcp from anywhere\n", "mine:1:1"),
        ("web 80/tcp from 10.0.0.0/33\n", "mine:1:17"),
        ("web 80/tcp from\n", "mine:"),
        (&long, "mine:1:1"),
        (&many, "mine"),
        (&crowded, "60"),
        (&large, "mine"),
        ("{\"web\": [\"80/tcp from anywhere\"", "mine:1"),
        ("{\"web\": {\"ports\": 1}}", "web"),
        ("[]", "mine"),
        ("\0\0\0", "mine"),
    ] {
        sandbox.write("mine", content)?;
        for line in ["sg create", "sg diff"] {
            let run = sandbox.sh(&format!("{line} {IDENTITY} --rules mine"))?;
            run.ends_with(2).says_one_error().writes_nothing().calls_nothing().says(place);
            run.does_not_say("\u{1b}").does_not_say("\0");
            assert!(run.stderr.len() < 2000, "an error of {} bytes", run.stderr.len());
        }
    }
    std::fs::write(sandbox.home().join("mine"), b"web 80/tcp from \xff\xfe\n")?;
    sandbox.sh(&format!("sg create {IDENTITY} --rules mine"))?.ends_with(2).says("UTF-8").calls_nothing();
    sandbox.sh(&format!("sg create {IDENTITY} --rules ."))?.ends_with(2).says_one_error().calls_nothing();
    Ok(())
}

#[test]
fn show_as_a_table_has_every_group_with_its_ports_and_sources() -> Result<()> {
    let sandbox = with_groups()?;
    let run = sandbox.sh(&format!("sg show --format table {IDENTITY}"))?;
    run.succeeds().changes_nothing();
    let rows: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["GROUP", "ID", "PORTS", "FROM"]);
    let id = sandbox.id("security-group", "expense-dev-mysql")?;
    assert!(rows.contains(&vec!["mysql", &id, "3306/tcp", "backend,", "bastion,", "vpn"]), "{}", run.stdout);
    for role in GROUPS {
        assert_eq!(rows.iter().filter(|row| row[0] == role).count(), 1, "{role}");
    }
    sandbox.sh(&format!("sg show {IDENTITY} | sg show --format table"))?.succeeds();
    Ok(())
}

#[test]
fn delete_takes_the_rules_of_others_that_name_ours_and_leaves_their_groups() -> Result<()> {
    let sandbox = with_network()?;
    let before = sandbox.environment();
    sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?.succeeds();
    let vpc = sandbox.id("vpc", "expense-dev")?;
    let theirs = sandbox.behind(
        "ec2.CreateSecurityGroup",
        json!({"VpcId": vpc, "GroupName": "theirs", "GroupDescription": "theirs"}),
    )?;
    let theirs = theirs["groupId"].as_str().context("no id")?.to_owned();
    let ours = sandbox.id("security-group", "expense-dev-backend")?;
    for action in ["Ingress", "Egress"] {
        let permissions = json!([
            {"IpProtocol": "tcp", "FromPort": "81", "ToPort": "81", "Groups": [{ "GroupId": ours }]},
            {"IpProtocol": "tcp", "FromPort": "82", "ToPort": "82", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ]);
        let parameters = json!({"GroupId": theirs, "IpPermissions": permissions});
        sandbox.behind(&format!("ec2.AuthorizeSecurityGroup{action}"), parameters)?;
    }
    let run = sandbox.sh(&format!("sg delete {IDENTITY}"))?;
    run.succeeds().says("revoke 81/tcp from expense-dev-backend; the group itself stays");
    assert!(run.document().get("sg").is_none());
    let left = sandbox.resources()["security-group"][&theirs].clone();
    assert!(
        left["ipPermissions"].to_string().contains("\"82\"") && !left.to_string().contains("\"81\""),
        "{left}"
    );
    sandbox.behind("ec2.DeleteSecurityGroup", json!({ "GroupId": theirs }))?;
    assert_same_environment(&sandbox.environment(), &before, "after delete");
    sandbox.sh(&format!("sg delete {IDENTITY}"))?.succeeds().changes_nothing();
    Ok(())
}

/// Somebody's network interface in the group of this role; its id.
fn hold(sandbox: &Sandbox, role: &str) -> Result<String> {
    let subnet = sandbox.id("subnet", "expense-dev-private-us-east-1a")?;
    let group = sandbox.id("security-group", &format!("expense-dev-{role}"))?;
    let made = sandbox.behind(
        "ec2.CreateNetworkInterface",
        json!({"SubnetId": subnet, "Description": "their machine", "SecurityGroupId": [group]}),
    )?;
    made["networkInterface"]["networkInterfaceId"].as_str().map(str::to_owned).context("no id")
}

#[test]
fn an_interface_that_holds_a_group_is_waited_for_and_named_when_time_is_up() -> Result<()> {
    let sandbox = with_groups()?;
    let interface = hold(&sandbox, "mysql")?;
    let run = sandbox.sh(&format!("sg delete {IDENTITY} --timeout 1s"))?;
    run.ends_with(75).says_one_error().writes_nothing();
    run.says("security group expense-dev-mysql (").says(&format!("held by {interface} (their machine)"));
    assert_eq!(sandbox.all("security-group", "expense-dev-mysql").len(), 1);
    assert!(sandbox.all("security-group", "expense-dev-backend").is_empty(), "what nobody holds is gone");
    // While another run waits, the interface goes: the run ends by itself.
    let waiting = sandbox.start(&format!("sg delete {IDENTITY}"))?;
    let began = Instant::now();
    let calls = sandbox.aws.journal().len();
    while sandbox.aws.journal().len() < calls + 6 {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not look for what holds the group");
        std::thread::sleep(Duration::from_millis(10));
    }
    sandbox.behind("ec2.DeleteNetworkInterface", json!({ "NetworkInterfaceId": interface }))?;
    let output = waiting.wait_with_output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(sandbox.all("security-group", "expense-dev-mysql").is_empty());
    Ok(())
}

#[test]
fn delete_of_one_group_leaves_the_others() -> Result<()> {
    let sandbox = with_groups()?;
    let run = sandbox.sh(&format!("sg show {IDENTITY} | sg delete vpn"))?;
    let document = run.succeeds().makes(1, "ec2.DeleteSecurityGroup").document();
    assert!(document["sg"].get("vpn").is_none() && document["sg"]["mysql"].is_object());
    assert!(!document["sg"]["mysql"]["rules"].to_string().contains("vpn"), "{document:#}");
    assert!(rules(&sandbox).iter().all(|rule| !rule.contains("vpn")));
    sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?.succeeds().makes(1, "ec2.CreateSecurityGroup");
    assert_eq!(rules(&sandbox), table());
    Ok(())
}

#[test]
fn a_group_of_the_name_that_is_not_ours_is_a_conflict_and_stays_untouched() -> Result<()> {
    let sandbox = with_network()?;
    let vpc = sandbox.id("vpc", "expense-dev")?;
    let parameters = json!({"VpcId": vpc, "GroupName": "expense-dev-mysql", "GroupDescription": "theirs"});
    let theirs = sandbox.behind("ec2.CreateSecurityGroup", parameters)?;
    let run = sandbox.sh(&format!("sg create {IDENTITY} {ADMIN}"))?;
    run.ends_with(73)
        .says_one_error()
        .writes_nothing()
        .says("expense-dev-mysql exists and is not tagged as ours");
    sandbox.sh(&format!("sg delete {IDENTITY}"))?.succeeds();
    let theirs = theirs["groupId"].as_str().unwrap_or_default();
    assert!(sandbox.resources()["security-group"].get(theirs).is_some(), "theirs stays");
    Ok(())
}

#[test]
fn what_somebody_took_away_is_put_back() -> Result<()> {
    let sandbox = with_groups()?;
    let name = "expense-dev-frontend";
    let before = sandbox.one("security-group", name)?;
    let id = sandbox.id("security-group", name)?;
    let everything = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    sandbox.behind("ec2.RevokeSecurityGroupEgress", json!({"GroupId": id, "IpPermissions": everything}))?;
    sandbox.behind("ec2.DeleteTags", json!({"ResourceId": [id], "Tag": [{"Key": "Component"}]}))?;
    sandbox.sh(&format!("sg revoke frontend 22/tcp from bastion, ansible, vpn {IDENTITY}"))?.succeeds();
    assert_ne!(sandbox.one("security-group", name)?["ipPermissionsEgress"], before["ipPermissionsEgress"]);
    sandbox.sh(&format!("sg create {IDENTITY}"))?.succeeds();
    assert_eq!(rules(&sandbox), table());
    let after = sandbox.one("security-group", name)?;
    assert_eq!(after["ipPermissionsEgress"], before["ipPermissionsEgress"]);
    assert_eq!(tag(&after, "Component").as_deref(), Some("sg"));
    Ok(())
}

#[test]
fn a_full_group_is_told_as_a_quota_and_prune_makes_room() -> Result<()> {
    let sandbox = with_groups()?;
    for port in 1000..1057 {
        add_rule(&sandbox, "mysql", port, &cidr("10.0.0.0/8"))?;
    }
    let line = format!("sg allow mysql 1/tcp from backend {IDENTITY}");
    let run = sandbox.sh(&line)?;
    run.ends_with(1)
        .says_one_error()
        .says("RulesPerSecurityGroupLimitExceeded")
        .says("quota")
        .writes_nothing();
    sandbox.sh(&format!("sg create --prune {IDENTITY}"))?.succeeds();
    assert_eq!(rules(&sandbox), table());
    let quotas = vec!["security-group=3".parse().map_err(anyhow::Error::msg)?];
    let other = with_network()?;
    other.aws.set_conditions(Conditions { quotas, ..Conditions::default() });
    other
        .sh(&format!("sg create {IDENTITY}"))?
        .ends_with(1)
        .says_one_error()
        .says("SecurityGroupLimitExceeded")
        .says("quota");
    other.aws.set_conditions(Conditions::default());
    other.sh(&format!("sg create {IDENTITY} {ADMIN}"))?.succeeds();
    assert_eq!(rules(&other), table());
    Ok(())
}
