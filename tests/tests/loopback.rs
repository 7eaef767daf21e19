//! The loopback AWS over HTTP, as a client with no SDK sees it.

#![allow(clippy::unwrap_used)]

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::json;
use tests::loopback::{Conditions, Options, Server, round_trips};

/// Calls EC2 with a form, on a connection of its own. Status and body, or how the connection ended.
fn ec2(server: &Server, form: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(server.address())?;
    let length = form.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKIAX/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{form}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    Ok((status, body.to_owned()))
}

fn outcome(server: &Server, form: &str) -> String {
    match ec2(server, form) {
        Ok((200, _)) => "ok".to_owned(),
        Ok((_, body)) => {
            body.split("<Code>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
        }
        Err(error) => error.kind().to_string(),
    }
}

fn server() -> Server {
    Server::start(&Options { time_scale: 1000.0, ..Options::default() }).unwrap()
}

#[test]
fn it_listens_on_loopback_addresses_only() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert_eq!(Server::start(&options).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn it_starts_in_milliseconds() {
    let start = Instant::now();
    let server = server();
    assert_eq!(outcome(&server, "Action=DescribeVpcs"), "ok");
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
}

#[test]
fn what_it_does_not_know_is_an_error() {
    let server = server();
    for (form, code) in [
        ("Action=DescribeVpcs&Filter.1.Name=no-such&Filter.1.Value.1=x", "InvalidParameterValue"),
        ("Action=DescribeVpcs&Nonsense=1", "UnknownParameter"),
        ("Action=MakeTea", "InvalidAction"),
        ("", "InvalidAction"),
        ("Action=DeleteVpc", "MissingParameter"),
        ("Action=DeleteVpc&VpcId=vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("Action=CreateVpc&CidrBlock=10.0.0.0/16&DryRun=true", "DryRunOperation"),
    ] {
        assert_eq!(outcome(&server, form), code, "{form}");
    }
}

#[test]
fn a_batch_that_is_refused_leaves_nothing_behind() {
    let server = server();
    let before = server.resources("us-east-1");
    let group = before["security-group"].as_object().unwrap().keys().next().unwrap().clone();
    // The second permission is the default group's own rule, which is there already.
    let form = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}\
         &IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
         &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8\
         &IpPermissions.2.IpProtocol=-1&IpPermissions.2.Groups.1.GroupId={group}"
    );
    assert_eq!(outcome(&server, &form), "InvalidPermission.Duplicate");
    assert_eq!(server.resources("us-east-1"), before);
}

#[test]
fn faults_strike_before_or_after_the_act() {
    let server = server();
    let gateways = || server.resources("us-east-1")["internet-gateway"].as_object().unwrap().len();
    let create = "Action=CreateInternetGateway";
    for (fault, answer, made) in [
        ("throttle@writes#1", "RequestLimitExceeded", 0),
        ("error@ec2.CreateInternetGateway", "InternalError", 0),
        ("reset@ec2", "connection reset", 0),
        ("lose@writes", "connection reset", 1),
    ] {
        let before = gateways();
        server.add_faults(&[fault]).unwrap();
        assert_eq!(outcome(&server, create), answer, "{fault}");
        server.clear_faults();
        assert_eq!(gateways() - before, made, "{fault}");
    }
    let outcomes: Vec<String> = server.journal().into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, ["RequestLimitExceeded", "InternalError", "reset", "lost"]);
}

#[test]
fn what_is_new_is_not_visible_at_once() {
    let server = Server::start(&Options { time_scale: 1.0, seed: Some(1), ..Options::default() }).unwrap();
    server.set_conditions(Conditions { propagation: 60.0, ..Conditions::default() });
    let made = server.drift("us-east-1", "ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"})).unwrap();
    let id = made["vpc"]["vpcId"].as_str().unwrap();
    assert_eq!(outcome(&server, &format!("Action=DescribeVpcs&VpcId.1={id}")), "InvalidVpcID.NotFound");
    assert_eq!(server.journal().len(), 1, "what is done behind the client's back is no call");
}

#[test]
fn environments_made_alike_are_equal_whatever_their_ids() {
    let dumps = [1, 2].map(|seed| {
        let server = Server::start(&Options { seed: Some(seed), ..Options::default() }).unwrap();
        let make = |action: &str, params| server.drift("us-east-1", "ec2", action, params).unwrap();
        let tags =
            |kind: &str, name: &str| json!([{"ResourceType": kind, "Tag": [{"Key": "Name", "Value": name}]}]);
        let vpc =
            make("CreateVpc", json!({"CidrBlock": "10.0.0.0/16", "TagSpecification": tags("vpc", "dev")}));
        let vpc = vpc["vpc"]["vpcId"].clone();
        for block in if seed == 1 { ["10.0.1.0/24", "10.0.2.0/24"] } else { ["10.0.2.0/24", "10.0.1.0/24"] } {
            make(
                "CreateSubnet",
                json!({"VpcId": vpc, "CidrBlock": block, "TagSpecification": tags("subnet", block)}),
            );
        }
        make("CreateRouteTable", json!({"VpcId": vpc}));
        std::thread::sleep(std::time::Duration::from_millis(60));
        server.normalised("us-east-1")
    });
    assert!(dumps[0] == dumps[1], "they differ");
}

#[test]
fn the_journal_tells_round_trips() {
    let server =
        Server::start(&Options { latency: std::time::Duration::from_millis(40), ..Options::default() })
            .unwrap();
    let look = || outcome(&server, "Action=DescribeVpcs");
    std::thread::scope(|scope| {
        let side_by_side: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
        for call in side_by_side {
            assert_eq!(call.join().unwrap(), "ok");
        }
    });
    look();
    let journal = server.journal();
    assert_eq!((journal.len(), round_trips(&journal)), (5, 2));
}
