//! `vpc` by itself: what it amends and what it refuses, other address ranges, failures of AWS, and what others do in the network.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use tests::harness::{Run, Sandbox, assert_same_environment, routes_of, tag};
use tests::loopback::{Conditions, Options};

const CREATE: &str = "vpc create --project expense --env dev";
const DELETE: &str = "vpc delete --project expense --env dev";
const ANYWHERE: &str = "0.0.0.0/0";

/// The ranges of a tier's subnets, in the document's order.
fn ranges(document: &Json, tier: &str) -> Vec<String> {
    let subnets = document["vpc"]["subnets"][tier].as_array().into_iter().flatten();
    subnets.filter_map(|subnet| subnet["cidr_block"].as_str().map(str::to_owned)).collect()
}

fn all_ranges(document: &Json) -> Vec<String> {
    ["public", "private", "database"].iter().flat_map(|tier| ranges(document, tier)).collect()
}

/// Where a route table leads to the internet.
fn way_out(sandbox: &Sandbox, table: &str) -> Result<Option<String>> {
    let routes = sandbox.routes(table)?;
    Ok(routes.into_iter().find(|(to, _)| to == ANYWHERE).map(|(_, target)| target))
}

/// A refusal that nothing was written for, to stdout or to AWS.
fn is_refused(run: &Run, status: i32) -> &Run {
    run.ends_with(status).says_one_error().writes_nothing().changes_nothing()
}

/// The environment that this line makes on an AWS of its own. Made once for all tests that compare with it.
fn made_at_once(line: &str) -> Result<Json> {
    static MADE: Mutex<BTreeMap<String, Json>> = Mutex::new(BTreeMap::new());
    let known = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = known().get(line) {
        return Ok(made.clone());
    }
    let sandbox = Sandbox::new()?;
    sandbox.sh(line)?.succeeds();
    let made = sandbox.environment();
    known().insert(line.to_owned(), made.clone());
    Ok(made)
}

/// Whether what this line makes at once is what there is.
fn assert_is(sandbox: &Sandbox, line: &str) -> Result<()> {
    assert_same_environment(&sandbox.environment(), &made_at_once(line)?, line);
    Ok(())
}

#[test]
fn a_second_nat_gateway_is_added_and_each_zone_leads_to_its_own() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(CREATE)?.succeeds();
    let first = sandbox.id("natgateway", "expense-dev-nat-us-east-1a")?;
    let run = sandbox.sh(&format!("{CREATE} --nat per-az"))?;
    run.succeeds().makes(1, "ec2.CreateNatGateway").makes(1, "ec2.AllocateAddress");
    let second = sandbox.id("natgateway", "expense-dev-nat-us-east-1b")?;
    assert_eq!(sandbox.id("natgateway", "expense-dev-nat-us-east-1a")?, first, "the first one stays");
    for (zone, nat) in [("us-east-1a", &first), ("us-east-1b", &second)] {
        for tier in ["private", "database"] {
            let table = format!("expense-dev-{tier}-{zone}");
            assert_eq!(way_out(&sandbox, &table)?.as_ref(), Some(nat), "{table}");
            assert_eq!(sandbox.table_of(&table)?, table, "its subnet uses it");
        }
    }
    assert!(sandbox.all("route-table", "expense-dev-private").is_empty(), "the shared table is gone");
    assert_eq!(run.document()["vpc"]["nat_gateways"].as_array().map(Vec::len), Some(2));
    assert_is(&sandbox, &format!("{CREATE} --nat per-az"))?;
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn nat_gateways_go_from_one_a_zone_to_one_to_none_and_back() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --nat per-az"))?.succeeds();
    sandbox.sh(&format!("{CREATE} --nat one"))?.succeeds().makes(1, "ec2.ReleaseAddress");
    assert_eq!(sandbox.all("natgateway", "").len(), 1);
    assert_eq!(sandbox.table_of("expense-dev-private-us-east-1b")?, "expense-dev-private");
    assert_is(&sandbox, &format!("{CREATE} --nat one"))?;
    sandbox.sh(&format!("{CREATE} --nat none"))?.succeeds();
    assert!(sandbox.all("natgateway", "").is_empty() && sandbox.all("elastic-ip", "").is_empty());
    assert_eq!(way_out(&sandbox, "expense-dev-private")?, None);
    assert_is(&sandbox, &format!("{CREATE} --nat none"))?;
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    sandbox.sh(&format!("{CREATE} --nat one"))?.succeeds();
    assert_is(&sandbox, CREATE)
}

#[test]
fn a_zone_is_added_beside_what_is_there() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.sh(CREATE)?.succeeds().document();
    let run = sandbox.sh(&format!("{CREATE} --azs 3"))?;
    run.succeeds().makes(3, "ec2.CreateSubnet").makes(0, "ec2.CreateNatGateway");
    let document = run.document();
    assert_eq!(ranges(&document, "database"), ["10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"]);
    for tier in ["public", "private", "database"] {
        for index in 0..2 {
            let at = |document: &Json| document["vpc"]["subnets"][tier][index]["id"].clone();
            assert_eq!(at(&document), at(&before), "{tier} {index} stays");
        }
    }
    assert_is(&sandbox, &format!("{CREATE} --azs 3"))?;
    let per_az = sandbox.sh(&format!("{CREATE} --nat per-az --azs 4"))?;
    per_az.succeeds();
    assert_eq!(per_az.document()["vpc"]["nat_gateways"].as_array().map(Vec::len), Some(4));
    Ok(())
}

#[test]
fn the_peering_is_added_with_routes_both_ways_and_delete_takes_them_away_again() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.environment();
    sandbox.sh(CREATE)?.succeeds();
    let run = sandbox.sh(&format!("{CREATE} --peer-default"))?;
    let document = run.succeeds().document();
    let peering = document["vpc"]["peering"]["id"].as_str().context("no peering")?.to_owned();
    assert_eq!(document["vpc"]["peering"]["peer_cidr_block"], "172.31.0.0/16");
    for table in ["expense-dev-public", "expense-dev-private", "expense-dev-database"] {
        assert!(sandbox.routes(table)?.contains(&("172.31.0.0/16".into(), peering.clone())), "{table}");
    }
    let back = ("10.0.0.0/16".to_owned(), peering.clone());
    let leads_back = |sandbox: &Sandbox| {
        sandbox.all("route-table", "").iter().filter(|(_, table)| routes_of(table).contains(&back)).count()
    };
    assert_eq!(leads_back(&sandbox), 1, "the default VPC's table leads here");
    // Asked for once, it is kept up without the flag.
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    let default = sandbox.all("route-table", "").into_iter().find(|(_, it)| routes_of(it).contains(&back));
    let (default, _) = default.context("no table leads back")?;
    sandbox
        .behind("ec2.DeleteRoute", json!({"RouteTableId": default, "DestinationCidrBlock": "10.0.0.0/16"}))?;
    sandbox.sh(CREATE)?.succeeds().makes(1, "ec2.CreateRoute");
    assert_eq!(leads_back(&sandbox), 1);
    sandbox.sh(DELETE)?.succeeds().says("deleted route 10.0.0.0/16 of the default VPC's");
    assert_same_environment(&sandbox.environment(), &before, "after peering and delete");
    Ok(())
}

#[test]
fn what_cannot_be_changed_in_place_is_refused_by_name() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --azs 3"))?.succeeds();
    let environment = sandbox.environment();
    for (flags, reason) in [
        ("--cidr 10.1.0.0/16", "has 10.0.0.0/16, --cidr says 10.1.0.0/16"),
        ("--azs 2", "--azs 2 is too few"),
        (
            "--public-cidr 10.0.7.0/24 --public-cidr 10.0.2.0/24 --public-cidr 10.0.3.0/24",
            "the public subnet in us-east-1a has 10.0.1.0/24, --public-cidr says 10.0.7.0/24",
        ),
    ] {
        is_refused(&sandbox.sh(&format!("{CREATE} {flags}"))?, 73).says(reason).says("hint: ");
    }
    assert_same_environment(&sandbox.environment(), &environment, "after refusals");
    sandbox.sh(&format!("{CREATE} --azs 3 --cidr 10.0.0.0/16"))?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn a_default_vpc_that_cannot_be_peered_with_is_told_before_anything_is_made() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let line = format!("{CREATE} --peer-default --cidr 172.31.0.0/16");
    is_refused(&sandbox.sh(&line)?, 73).says("172.31.0.0/16 overlaps the default VPC's 172.31.0.0/16");
    Ok(())
}

#[test]
fn more_zones_than_the_region_has_are_refused_before_anything_is_made() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.set("AWS_REGION", Some("us-west-1"));
    let run = sandbox.sh(&format!("{CREATE} --azs 3"))?;
    is_refused(&run, 2).says("us-west-1 has 2 availability zones to use, not 3");
    // us-east-1 has six, of which one offers no current instance types.
    sandbox.set("AWS_REGION", Some("us-east-1"));
    is_refused(&sandbox.sh(&format!("{CREATE} --azs 6"))?, 2).says("us-east-1 has 5 availability zones");
    Ok(())
}

#[test]
fn other_ranges_are_cut_in_the_same_spirit() -> Result<()> {
    for (flags, wanted) in [
        (
            "--cidr 10.9.0.0/20",
            "10.9.0.128/25 10.9.1.0/25 10.9.5.128/25 10.9.6.0/25 10.9.10.128/25 10.9.11.0/25",
        ),
        (
            "--cidr 10.9.8.0/24",
            "10.9.8.0/28 10.9.8.48/28 10.9.8.16/28 10.9.8.64/28 10.9.8.32/28 10.9.8.80/28",
        ),
        ("--cidr 10.9.0.0/26 --azs 1", "10.9.0.0/28 10.9.0.16/28 10.9.0.32/28"),
        (
            "--cidr 192.168.0.0/16 --azs 1 --public-cidr 192.168.200.0/24",
            "192.168.200.0/24 192.168.11.0/24 192.168.21.0/24",
        ),
        (
            "--database-cidr 10.0.100.0/26 --database-cidr 10.0.100.64/26",
            "10.0.1.0/24 10.0.2.0/24 10.0.11.0/24 10.0.12.0/24 10.0.100.0/26 10.0.100.64/26",
        ),
    ] {
        let sandbox = Sandbox::new()?;
        let run = sandbox.sh(&format!("{CREATE} --nat none {flags}"))?;
        assert_eq!(all_ranges(&run.succeeds().document()).join(" "), wanted, "{flags}");
        sandbox.sh(CREATE)?.succeeds().changes_nothing();
        sandbox.sh(DELETE)?.succeeds();
    }
    Ok(())
}

#[test]
fn a_vpc_without_room_for_another_zone_says_so_and_makes_nothing() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --nat none --cidr 10.9.0.0/25"))?.succeeds();
    is_refused(&sandbox.sh(&format!("{CREATE} --azs 3"))?, 2)
        .says("10.9.0.0/25 is too small for the subnets of 3 availability zones");
    Ok(())
}

#[test]
fn a_nat_gateway_that_fails_ends_the_run_and_the_next_one_replaces_it_on_its_elastic_ip() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let code = "InsufficientFreeAddressesInSubnet";
    sandbox.aws.set_conditions(Conditions { nat_fails: Some(code.into()), ..Conditions::default() });
    let run = sandbox.sh(CREATE)?;
    run.ends_with(1).says_one_error().says(code).says("expense-dev-nat-us-east-1a failed").says("hint: ");
    let address = sandbox.id("elastic-ip", "expense-dev-nat-us-east-1a")?;
    // As long as it is not the way it should be, another run tries again and says the same.
    sandbox.sh(CREATE)?.ends_with(1).says(code);
    sandbox.aws.set_conditions(Conditions::default());
    let again = sandbox.sh(CREATE)?;
    again.succeeds().makes(1, "ec2.CreateNatGateway").makes(0, "ec2.AllocateAddress");
    let nat = sandbox.one("natgateway", "expense-dev-nat-us-east-1a")?;
    assert_eq!(nat["natGatewayAddressSet"][0]["allocationId"], address.as_str());
    assert_eq!(way_out(&sandbox, "expense-dev-private")?.as_deref(), nat["natGatewayId"].as_str());
    assert_is(&sandbox, CREATE)
}

#[test]
fn a_quota_is_named_with_what_was_made_and_the_next_run_carries_on() -> Result<()> {
    for (quota, code, made) in [
        ("elastic-ip=0", "AddressLimitExceeded", "VPC expense-dev (vpc-"),
        ("vpc=1", "VpcLimitExceeded", "internet gateway expense-dev-igw (igw-"),
        ("natgateway=0", "NatGatewayLimitExceeded", "VPC expense-dev (vpc-"),
        ("subnet=3", "SubnetLimitExceeded", "VPC expense-dev (vpc-"),
    ] {
        let sandbox = Sandbox::new()?;
        let quotas = vec![quota.parse().map_err(anyhow::Error::msg)?];
        sandbox.aws.set_conditions(Conditions { quotas, ..Conditions::default() });
        let run = sandbox.sh(CREATE)?;
        run.ends_with(1).says_one_error().writes_nothing().says(code);
        let so_far = run.stderr.split_once("vpc: so far:").map(|(_, so_far)| so_far).unwrap_or_default();
        assert!(so_far.contains("made ") && so_far.contains(made), "{}", run.stderr);
        run.says(&format!("this is a quota of the account ({code})"));
        sandbox.aws.set_conditions(Conditions::default());
        sandbox.sh(CREATE)?.succeeds();
        assert_is(&sandbox, CREATE)?;
    }
    Ok(())
}

/// Somebody puts a thing of their own into the network; answers its id and what the refusal calls it.
fn intrude(sandbox: &Sandbox, what: &str) -> Result<String> {
    let vpc = sandbox.id("vpc", "expense-dev")?;
    let subnet = sandbox.id("subnet", "expense-dev-private-us-east-1a")?;
    let made = match what {
        "network interface" => sandbox.behind(
            "ec2.CreateNetworkInterface",
            json!({"SubnetId": subnet, "Description": "theirs"}),
        )?["networkInterface"]["networkInterfaceId"]
            .clone(),
        "subnet" => {
            sandbox.behind("ec2.CreateSubnet", json!({"VpcId": vpc, "CidrBlock": "10.0.99.0/24"}))?["subnet"]
                ["subnetId"]
                .clone()
        }
        "security group" => sandbox.behind(
            "ec2.CreateSecurityGroup",
            json!({"VpcId": vpc, "GroupName": "theirs", "GroupDescription": "theirs"}),
        )?["groupId"]
            .clone(),
        "instance" => {
            let images = sandbox.behind(
                "ec2.DescribeImages",
                json!({"Filter": [{"Name": "architecture", "Value": ["x86_64"]}]}),
            )?;
            let image = images["imagesSet"][0]["imageId"].clone();
            let order = json!({"ImageId": image, "InstanceType": "t3.micro", "MinCount": "1", "MaxCount": "1",
                "SubnetId": subnet});
            sandbox.behind("ec2.RunInstances", order)?["instancesSet"][0]["instanceId"].clone()
        }
        other => anyhow::bail!("nobody makes a {other}"),
    };
    made.as_str().map(str::to_owned).with_context(|| format!("no id of the {what}"))
}

#[test]
fn somebody_elses_thing_in_the_network_blocks_delete_and_is_named() -> Result<()> {
    for what in ["security group", "instance", "network interface", "subnet"] {
        let sandbox = Sandbox::new()?;
        sandbox.sh(&format!("{CREATE} --nat none"))?.succeeds();
        let theirs = intrude(&sandbox, what)?;
        let before = sandbox.environment();
        is_refused(&sandbox.sh(DELETE)?, 73).says(what).says(&theirs).says("nothing was deleted");
        let planned = sandbox.sh(&format!("{DELETE} --dry-run"))?;
        planned.succeeds().says(what).says(&theirs).says("refused until those are gone").changes_nothing();
        assert_same_environment(&sandbox.environment(), &before, what);
        // With it gone, the next run goes through.
        match what {
            "security group" => {
                sandbox.behind("ec2.DeleteSecurityGroup", json!({ "GroupId": theirs }))?;
            }
            "instance" => {
                sandbox.behind("ec2.TerminateInstances", json!({"InstanceId": [theirs]}))?;
            }
            "network interface" => {
                sandbox.behind("ec2.DeleteNetworkInterface", json!({ "NetworkInterfaceId": theirs }))?;
            }
            _ => {
                sandbox.behind("ec2.DeleteSubnet", json!({ "SubnetId": theirs }))?;
            }
        }
        sandbox.aws.skip(600.0);
        sandbox.sh(DELETE)?.succeeds();
        assert!(sandbox.all("vpc", "expense-dev").is_empty());
    }
    Ok(())
}

#[test]
fn the_vpc_resolves_and_gives_host_names_and_only_public_subnets_give_public_addresses() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(CREATE)?.succeeds();
    let vpc = sandbox.id("vpc", "expense-dev")?;
    let is_on = |attribute: &str, key: &str| -> Result<bool> {
        let parameters = json!({"VpcId": vpc, "Attribute": attribute});
        Ok(sandbox.behind("ec2.DescribeVpcAttribute", parameters)?[key]["value"] == "true")
    };
    let both = || -> Result<bool> {
        Ok(is_on("enableDnsSupport", "enableDnsSupport")?
            && is_on("enableDnsHostnames", "enableDnsHostnames")?)
    };
    assert!(both()?);
    let maps = |subnet: &str| -> Result<bool> {
        Ok(sandbox.one("subnet", subnet)?["mapPublicIpOnLaunch"] == "true")
    };
    for (tier, wanted) in [("public", true), ("private", false), ("database", false)] {
        assert_eq!(maps(&format!("expense-dev-{tier}-us-east-1b"))?, wanted, "{tier}");
    }
    // Switched off by somebody, they are switched on again.
    sandbox
        .behind("ec2.ModifyVpcAttribute", json!({"VpcId": vpc, "EnableDnsHostnames": {"Value": "false"}}))?;
    let subnet = sandbox.id("subnet", "expense-dev-public-us-east-1b")?;
    let off = json!({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": "false"}});
    sandbox.behind("ec2.ModifySubnetAttribute", off)?;
    assert!(!both()? && !maps("expense-dev-public-us-east-1b")?);
    let run = sandbox.sh(CREATE)?;
    run.succeeds().makes(1, "ec2.ModifyVpcAttribute").makes(1, "ec2.ModifySubnetAttribute");
    assert!(both()? && maps("expense-dev-public-us-east-1b")?);
    Ok(())
}

/// Takes pieces of the network away by hand, as somebody does in the console.
fn break_up(sandbox: &Sandbox) -> Result<()> {
    let id = |kind: &str, name: &str| sandbox.id(kind, &format!("expense-dev-{name}"));
    let table = sandbox.one("route-table", "expense-dev-database")?;
    for association in table["associationSet"].as_array().into_iter().flatten() {
        let association = &association["routeTableAssociationId"];
        sandbox.behind("ec2.DisassociateRouteTable", json!({ "AssociationId": association }))?;
    }
    let endpoint = id("vpc-endpoint", "s3")?;
    sandbox.behind("ec2.DeleteVpcEndpoints", json!({"VpcEndpointId": [endpoint]}))?;
    sandbox.aws.skip(600.0);
    sandbox.behind("ec2.DeleteRouteTable", json!({"RouteTableId": table["routeTableId"]}))?;
    sandbox.behind("ec2.DeleteSubnet", json!({"SubnetId": id("subnet", "database-us-east-1b")?}))?;
    let public = id("route-table", "public")?;
    sandbox.behind("ec2.DeleteRoute", json!({"RouteTableId": public, "DestinationCidrBlock": ANYWHERE}))?;
    let nat = id("natgateway", "nat-us-east-1a")?;
    sandbox.behind("ec2.DeleteNatGateway", json!({ "NatGatewayId": nat }))?;
    let gateway = id("internet-gateway", "igw")?;
    sandbox.behind("ec2.DeleteTags", json!({"ResourceId": [gateway], "Tag": [{"Key": "Component"}]}))?;
    Ok(())
}

#[test]
fn pieces_that_somebody_deleted_by_hand_are_put_back() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let document = sandbox.sh(CREATE)?.succeeds().stdout.clone();
    let environment = sandbox.environment();
    break_up(&sandbox)?;
    sandbox.sh(CREATE)?.succeeds().makes(1, "ec2.CreateNatGateway").makes(0, "ec2.AllocateAddress");
    assert_same_environment(&sandbox.environment(), &environment, "after pieces were put back");
    // With the old document piped in, which names ids that are no more, it is the same.
    break_up(&sandbox)?;
    sandbox.write("old.json", &document)?;
    sandbox.sh("vpc create < old.json")?.succeeds();
    assert_same_environment(&sandbox.environment(), &environment, "with an old document");
    Ok(())
}

#[test]
fn an_internet_gateway_that_somebody_detached_or_deleted_is_back_with_its_route() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --nat none"))?.succeeds();
    let environment = sandbox.environment();
    for deletes in [false, true] {
        let gateway = sandbox.id("internet-gateway", "expense-dev-igw")?;
        let vpc = sandbox.id("vpc", "expense-dev")?;
        sandbox.behind("ec2.DetachInternetGateway", json!({"InternetGatewayId": gateway, "VpcId": vpc}))?;
        if deletes {
            sandbox.behind("ec2.DeleteInternetGateway", json!({ "InternetGatewayId": gateway }))?;
        }
        sandbox.sh(CREATE)?.succeeds();
        assert_same_environment(&sandbox.environment(), &environment, "with its gateway back");
    }
    Ok(())
}

#[test]
fn a_tag_given_later_is_put_on_everything_in_one_call() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --peer-default"))?.succeeds();
    let run = sandbox.sh(&format!("{CREATE} --tag Owner=ada --tag 'Cost Center=42'"))?;
    run.succeeds();
    assert_eq!(run.writes(), ["ec2.CreateTags"]);
    assert_eq!(run.document()["tags"], json!({"Owner": "ada", "Cost Center": "42"}));
    let mut counted = 0;
    for (kind, of_kind) in sandbox.resources().as_object().into_iter().flatten() {
        for (id, resource) in of_kind.as_object().into_iter().flatten() {
            if tag(resource, "ManagedBy").is_some() {
                assert_eq!(tag(resource, "Owner").as_deref(), Some("ada"), "{kind} {id}");
                counted += 1;
            }
        }
    }
    assert!(counted > 14, "only {counted} things of ours");
    // The document carries them on; a value that changed is changed.
    sandbox.sh(&format!("{CREATE} --tag Owner=ada --tag 'Cost Center=42'"))?.succeeds().changes_nothing();
    sandbox.sh(&format!("{CREATE} --tag Owner=grace"))?.succeeds();
    assert_eq!(tag(&sandbox.one("vpc", "expense-dev")?, "Owner").as_deref(), Some("grace"));
    Ok(())
}

#[test]
fn what_is_not_to_be_seen_at_once_is_made_once_all_the_same() -> Result<()> {
    for seed in 1..3 {
        let conditions = Conditions { propagation: 60.0, ..Conditions::default() };
        let options = Options { time_scale: 300.0, seed: Some(seed), conditions, ..Options::default() };
        let sandbox = Sandbox::with(&options)?;
        sandbox.sh(&format!("{CREATE} --peer-default"))?.succeeds();
        assert_is(&sandbox, &format!("{CREATE} --peer-default"))?;
        sandbox.sh(CREATE)?.succeeds().changes_nothing();
        sandbox.sh(DELETE)?.succeeds();
    }
    Ok(())
}

#[test]
fn show_wait_finishes_what_no_wait_left_and_names_what_is_missing() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --no-wait"))?.succeeds();
    assert_eq!(way_out(&sandbox, "expense-dev-private")?, None, "no route before the gateway is available");
    let run = sandbox.sh("vpc show --wait --project expense --env dev | tee shown.json")?;
    run.succeeds();
    assert!(way_out(&sandbox, "expense-dev-private")?.is_some());
    assert_is(&sandbox, CREATE)?;
    let plain = sandbox.sh("vpc show --project expense --env dev")?;
    assert_eq!(plain.succeeds().changes_nothing().document(), run.document());
    let id = sandbox.id("subnet", "expense-dev-database-us-east-1a")?;
    sandbox.behind("ec2.DeleteSubnet", json!({ "SubnetId": id }))?;
    let run = sandbox.sh("vpc show --wait --project expense --env dev")?;
    run.ends_with(69).says_one_error().says("subnet").says("vpc create").changes_nothing();
    Ok(())
}

#[test]
fn two_networks_of_one_name_are_a_conflict_that_names_both() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&format!("{CREATE} --nat none"))?.succeeds();
    let tags =
        ["Project=expense", "Environment=dev", "Component=vpc", "Name=expense-dev", "ManagedBy=stackpipe"]
            .iter()
            .filter_map(|tag| tag.split_once('='))
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect::<Vec<_>>();
    let specification = json!([{"ResourceType": "vpc", "Tag": tags}]);
    let other = sandbox
        .behind("ec2.CreateVpc", json!({"CidrBlock": "10.7.0.0/16", "TagSpecification": specification}))?;
    let other = other["vpc"]["vpcId"].as_str().context("no id")?.to_owned();
    sandbox.behind(
        "ec2.CreateSubnet",
        json!({"VpcId": other, "CidrBlock": "10.7.1.0/24",
            "TagSpecification": [{"ResourceType": "subnet", "Tag": [{"Key": "Project", "Value": "expense"},
                {"Key": "Environment", "Value": "dev"}, {"Key": "ManagedBy", "Value": "stackpipe"}]}]}),
    )?;
    let ours = sandbox.all("vpc", "expense-dev");
    assert_eq!(ours.len(), 2);
    for line in ["vpc show --project expense --env dev", CREATE] {
        let run = sandbox.sh(line)?;
        is_refused(&run, 73).says("more than one");
        for (id, _) in &ours {
            run.says(id);
        }
    }
    Ok(())
}
