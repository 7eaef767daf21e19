//! Real machines behind the instances: who reaches whom, what leads out, and what an image has. Without root and the programs that
//! machines need these tests say that they are skipped.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};
use tests::harness::{Sandbox, with_real_machines};
use tests::loopback::Options;

const IDENTITY: &str = "--project expense --env dev";
const IMAGE: &str = "ami-033ca6eab3d6b810e";
/// The one port of the host that machines reach.
const GIT: u16 = 9418;
/// A page on port 8080, and a mark on the disk.
const SERVER: &str = "#!/bin/sh\necho made >/etc/mark\nmkdir -p /srv/www\necho served >/srv/www/index.html\ncd /srv/www && nohup python3 -m http.server 8080 >/dev/null 2>&1 &\n";

/// A network with a NAT gateway and a bastion.
fn ground() -> Result<Option<Sandbox>> {
    let Some(sandbox) = with_real_machines(&Options { time_scale: 150.0, ..Options::default() })? else {
        return Ok(None);
    };
    let line = format!("vpc create {IDENTITY} | sg create --admin-cidr 203.0.113.0/24 | bastion create");
    sandbox.sh(&line)?.succeeds();
    Ok(Some(sandbox))
}

/// Launches a server in a private subnet, in the group of the backend, and answers its id and address.
fn launch(sandbox: &Sandbox, image: &str, user_data: &str) -> Result<(String, String)> {
    let subnet = sandbox.id("subnet", "expense-dev-private-us-east-1a")?;
    let group = sandbox.id("security-group", "expense-dev-backend")?;
    let made = sandbox.behind(
        "ec2.RunInstances",
        json!({
            "ImageId": image, "InstanceType": "t3.micro", "MinCount": "1", "MaxCount": "1", "SubnetId": subnet,
            "SecurityGroupId": [group], "UserData": BASE64.encode(user_data),
        }),
    )?;
    let instance = &made["instancesSet"][0];
    let text = |key: &str| instance[key].as_str().map(str::to_owned).context("no such thing of the instance");
    Ok((text("instanceId")?, text("privateIpAddress")?))
}

/// What a command on the bastion prints, or none where it fails.
fn on_bastion(sandbox: &Sandbox, command: &str) -> Result<Option<String>> {
    let run = sandbox.sh(&format!("bastion ssh -q {IDENTITY} -- '{command}'"))?;
    Ok((run.status() == Some(0)).then(|| run.stdout.trim().to_owned()))
}

/// Tries a command on the bastion until it comes to this.
fn until(sandbox: &Sandbox, command: &str, wanted: Option<&str>) -> Result<()> {
    let began = Instant::now();
    loop {
        let found = on_bastion(sandbox, command)?;
        if found.as_deref() == wanted {
            return Ok(());
        }
        assert!(began.elapsed() < Duration::from_secs(90), "{command}: {found:?} and not {wanted:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn security_groups_decide_who_reaches_whom() -> Result<()> {
    let Some(sandbox) = ground()? else { return Ok(()) };
    let (_, address) = launch(&sandbox, IMAGE, SERVER)?;
    let page = format!("curl --silent --max-time 3 http://{address}:8080/");
    let ssh = format!("timeout 3 bash -c \"head -c 4 </dev/tcp/{address}/22\"");
    // Its group lets the bastion in to port 22, and to 8080 only the load balancer.
    until(&sandbox, &ssh, Some("SSH-"))?;
    assert_eq!(on_bastion(&sandbox, &page)?, None, "8080 is not for the bastion");
    sandbox.sh(&format!("sg allow backend 8080/tcp from bastion {IDENTITY}"))?.succeeds();
    until(&sandbox, &page, Some("served"))?;
    sandbox.sh(&format!("sg revoke backend 8080/tcp from bastion {IDENTITY}"))?.succeeds();
    until(&sandbox, &page, None)
}

#[test]
fn the_way_out_is_there_only_where_the_routes_say_so() -> Result<()> {
    let Some(sandbox) = ground()? else { return Ok(()) };
    let outside = TcpListener::bind((Ipv4Addr::LOCALHOST, GIT))?;
    thread::spawn(move || {
        for stream in outside.incoming() {
            // Whoever leaves early is no concern of ours.
            let _ = stream.and_then(|mut stream| stream.write_all(b"outside"));
        }
    });
    let ask = format!("timeout 3 bash -c \"cat </dev/tcp/host.sandbox/{GIT}\"");
    until(&sandbox, &ask, Some("outside"))?;
    let table = sandbox.id("route-table", "expense-dev-public")?;
    let route = json!({ "RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0" });
    sandbox.behind("ec2.DeleteRoute", route.clone())?;
    until(&sandbox, &ask, None)?;
    let gateway = sandbox.id("internet-gateway", "expense-dev-igw")?;
    let mut route: Json = route;
    route["GatewayId"] = gateway.into();
    sandbox.behind("ec2.CreateRoute", route)?;
    until(&sandbox, &ask, Some("outside"))
}

#[test]
fn an_image_has_the_disk_of_its_instance_and_what_is_launched_from_it_has_that() -> Result<()> {
    let Some(sandbox) = ground()? else { return Ok(()) };
    sandbox.sh(&format!("sg allow backend 8080/tcp from bastion {IDENTITY}"))?.succeeds();
    let (first, address) = launch(&sandbox, IMAGE, SERVER)?;
    until(&sandbox, &format!("curl --silent --max-time 3 http://{address}:8080/"), Some("served"))?;
    sandbox.behind("ec2.StopInstances", json!({ "InstanceId": [first] }))?;
    sandbox.aws.skip(600.0);
    let image = sandbox.behind("ec2.CreateImage", json!({ "InstanceId": first, "Name": "with a mark" }))?;
    let image = image["imageId"].as_str().context("no image")?.to_owned();
    sandbox.aws.skip(3600.0);
    // The second one shows what is on its disk, and nothing else.
    let show = "#!/bin/sh\ncd /etc && nohup python3 -m http.server 8080 >/dev/null 2>&1 &\n";
    let (_, address) = launch(&sandbox, &image, show)?;
    until(&sandbox, &format!("curl --silent --max-time 3 http://{address}:8080/mark"), Some("made"))
}
