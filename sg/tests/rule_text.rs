//! The rule text: what is read, what is refused and where, and that what is written can be read back.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use ipnet::IpNet;
use sg::rules::{DEFAULT, MOST_RULES, Rule, Source, Table, Traffic, Transport, clauses, rules_of};

/// The table as the documentation tells it.
const DOCUMENTED: &str = "
    mysql     3306/tcp  from backend, bastion, vpn
    backend   8080/tcp  from app-alb, vpn;      22/tcp from bastion, ansible, vpn
    frontend  80/tcp    from web-alb;           22/tcp from bastion, ansible, vpn
    app-alb   80/tcp    from frontend, bastion, vpn
    web-alb   80/tcp, 443/tcp  from anywhere
    vpn       443/tcp, 1194/udp from anywhere;  22/tcp, 943/tcp from the admin CIDRs
    bastion, ansible  22/tcp  from the admin CIDRs
";

fn refusal(text: &str) -> String {
    Table::read(text).unwrap_err().in_file("f")
}

#[test]
fn the_default_table_is_the_documented_one() {
    let table = Table::read(DEFAULT).unwrap();
    assert_eq!(table, Table::read(DOCUMENTED).unwrap());
    let roles: Vec<&str> = table.groups().map(|(role, _)| role).collect();
    assert_eq!(roles, ["mysql", "backend", "frontend", "app-alb", "web-alb", "vpn", "bastion", "ansible"]);
    assert_eq!(table.groups().map(|(_, rules)| rules.len()).sum::<usize>(), 23);
}

#[test]
fn a_table_that_is_written_reads_back_as_itself() {
    let table = Table::read(DEFAULT).unwrap();
    assert_eq!(Table::read(&table.to_string()).unwrap(), table);
}

#[test]
fn every_rule_reads_back_as_itself() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..20_000 {
        let rule = any_rule(&mut random);
        assert_eq!(rules_of(&rule.to_string()).unwrap(), std::slice::from_ref(&rule), "{rule}");
    }
}

#[test]
fn clauses_read_back_as_the_same_rules() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..2_000 {
        let rules: std::collections::BTreeSet<Rule> =
            (0..random.usize(1..20)).map(|_| any_rule(&mut random)).collect();
        let read: std::collections::BTreeSet<Rule> =
            rules_of(&clauses(&rules)).unwrap().into_iter().collect();
        assert_eq!(read, rules);
    }
}

fn any_rule(random: &mut fastrand::Rng) -> Rule {
    let traffic = match random.u8(0..5) {
        0 | 1 => {
            let (a, b) = (random.u16(..), random.u16(..));
            let transport = if random.bool() { Transport::Tcp } else { Transport::Udp };
            Traffic::Ports { from: a.min(b), to: a.max(b), transport }
        }
        2 => {
            let kind = random.bool().then(|| random.u8(..));
            let code = kind.and_then(|_| random.bool().then(|| random.u8(..)));
            Traffic::Icmp { v6: random.bool(), kind, code }
        }
        // 1, 6, 17 and 58 have names.
        3 => Traffic::Protocol(random.u8(59..)),
        _ => Traffic::All,
    };
    let hexadecimal = |random: &mut fastrand::Rng| format!("{:017x}", random.u64(..));
    let source = match random.u8(0..6) {
        0 => Source::Group(["backend", "app-alb", "a", "x1-"][random.usize(..4)].to_owned()),
        1 => Source::Admin,
        2 => {
            let net = IpNet::new(std::net::Ipv4Addr::from_bits(random.u32(..)).into(), random.u8(0..=32));
            Source::Cidr(net.unwrap().trunc())
        }
        3 => {
            let net = IpNet::new(std::net::Ipv6Addr::from_bits(random.u128(..)).into(), random.u8(0..=128));
            Source::Cidr(net.unwrap().trunc())
        }
        4 => Source::PrefixList(format!("pl-{}", hexadecimal(random))),
        _ => {
            let account = random.bool().then(|| format!("{:012}", random.u64(0..1_000_000_000_000)));
            Source::GroupId { account, id: format!("sg-{}", hexadecimal(random)) }
        }
    };
    Rule { traffic, source }
}

#[test]
fn one_thing_has_one_form() {
    for (text, same) in [
        ("0-65535/tcp from anywhere", "all/tcp from 0.0.0.0/0"),
        ("22-22/tcp from 10.1.2.3/8", "22/tcp from 10.0.0.0/8"),
        ("protocol-6 from vpn", "all/tcp from vpn"),
        ("0022/tcp from 203.0.113.7", "22/tcp from 203.0.113.7/32"),
        ("22/tcp from the admin CIDRs", "22/tcp from admin"),
    ] {
        assert_eq!(rules_of(text).unwrap(), rules_of(same).unwrap(), "{text}");
    }
}

#[test]
fn lines_go_on_after_a_comma_and_with_traffic() {
    let table = "# a comment, 22/tcp from nowhere\nweb 80/tcp,\n 443/tcp from anywhere # and more\n22/tcp from web,\n db\ndb\r\n";
    assert_eq!(
        Table::read(table).unwrap().to_string(),
        "web  22/tcp from db, web; 80/tcp from anywhere; 443/tcp from anywhere\ndb\n"
    );
}

#[test]
fn json_says_the_same_as_text() {
    let json = r#"{"mysql": ["3306/tcp from backend; 22/tcp from admin", {"ports": ["53/udp", "53/tcp"], "from": "backend"}],
        "backend": [], "mysql": ["icmp from 10.0.0.0/8"]}"#;
    let text =
        "mysql 3306/tcp, 53/udp, 53/tcp from backend; 22/tcp from admin; icmp from 10.0.0.0/8\nbackend";
    assert_eq!(Table::read(json).unwrap(), Table::read(text).unwrap());
}

#[test]
fn an_error_names_the_place_and_what_was_expected() {
    for (text, place, part) in [
        ("mysql 3306/tcp frm backend", "f:1:16:", "expected a comma, or from and a source, found \"frm\""),
        (
            "mysql 3306 from backend\nbackend",
            "f:1:7:",
            "expected a protocol after the port, such as 3306/tcp",
        ),
        ("\n\n  mysql 3306/tcp from cache", "f:3:23:", "there is no group cache in this table"),
        ("mysql 3306/tcp from mysql vpn", "f:1:27:", "expected a comma, a semicolon or the end of the line"),
        ("mysql 70000/tcp from mysql", "f:1:7:", "a port from 0 to 65535"),
        ("mysql 90-80/tcp from mysql", "f:1:7:", "begins with its lower port"),
        ("mysql 80/sctp from mysql", "f:1:7:", "one of the protocols tcp, udp"),
        ("mysql 80/tcp from 10.0.0.0/33", "f:1:19:", "expected a CIDR such as"),
        ("mysql 80/tcp from 10.0.0.256", "f:1:19:", "expected a CIDR such as"),
        ("mysql 80/tcp from sg-xyz", "f:1:19:", "an id like sg-"),
        ("mysql 80/tcp from @", "f:1:19:", "expected a source: a group's name"),
        ("mysql 80/tcp from", "f:1:18:", "found the end"),
        ("mysql 80/tcp from mysql,", "f:1:25:", "found the end"),
        ("MySQL 80/tcp from anywhere", "f:1:1:", "expected a group's name"),
        ("all 80/tcp from anywhere", "f:1:1:", "expected a group's name"),
        ("sg-mysql 80/tcp from anywhere", "f:1:1:", "expected a group's name that means nothing else"),
        ("22/tcp from anywhere", "f:1:1:", "expected a group's name"),
        ("mysql 80/tcp from mysql; backend", "f:1:26:", "or a new line before the next group"),
        ("mysql from backend", "f:1:7:", "expected traffic such as 3306/tcp after the group's name"),
        ("# nothing", "f:", "no group in it"),
        ("{\"mysql\": [\"80/tcp from nowhere\"]}", "f:mysql[0]:", "there is no group nowhere"),
        ("{\"mysql\": [\"80/tcp frm mysql\"]}", "f:mysql[0]:1:8:", "expected a comma, or from"),
        ("{\"mysql\": [{\"ports\": 80, \"from\": \"mysql\"}]}", "f:mysql[0].ports:", "expected a text"),
        ("{\"mysql\": [{\"port\": \"80/tcp\"}]}", "f:mysql[0]:", "found \"port\""),
        ("{\"mysql\": {}}", "f:mysql:", "expected a list of rules"),
        ("{\"my sql\": []}", "f:my sql:", "expected a group's name"),
        ("{\"mysql\": [\n", "f:", "not JSON of the right shape"),
    ] {
        let told = refusal(text);
        assert!(told.starts_with(place) && told.contains(part) && !told.contains('\n'), "{text:?}: {told}");
    }
}

#[test]
fn more_than_aws_takes_is_refused_before_it_costs_anything() {
    let ports: Vec<String> = (1..=MOST_RULES + 1).map(|port| format!("{port}/tcp")).collect();
    assert!(refusal(&format!("a {} from a", ports.join(", "))).contains("more than 60 rules"));
    let (one, two) = ports.split_at(40);
    assert!(
        refusal(&format!("a {} from a; {} from a", one.join(","), two.join(",")))
            .contains("more than 60 rules")
    );
    assert!(refusal(&"#".repeat(300 * 1024)).contains("larger than"));
    let many: Vec<String> = (0..500).map(|n| format!("g{n}")).collect();
    assert!(refusal(&many.join("\n")).contains("more than 100 groups"));
    let table = Table::read("a 22/tcp from admin").unwrap();
    let nets: Vec<IpNet> = (0..61).map(|n| format!("10.0.{n}.0/24").parse().unwrap()).collect();
    assert_eq!(table.overfull(&nets), Some(("a", 61)));
    assert_eq!(table.overfull(&nets[..60]), None);
}

#[test]
fn no_text_makes_it_panic() {
    let words = [
        "mysql",
        "vpn",
        "22/tcp",
        "8-9/udp",
        "all",
        "icmp",
        "from",
        "admin",
        "anywhere",
        "the",
        "CIDRs",
        ",",
        ";",
        "#",
        "\n",
        "\r\n",
        " ",
        "10.0.0.0/8",
        "::/0",
        "sg-",
        "pl-00000000",
        "/",
        "-",
        ":",
        "\u{0}",
        "é",
        "\u{2028}",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "protocol-",
        "0",
        "99999999999999999999",
        "123456789012/sg-00000000",
    ];
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..30_000 {
        let text: String = (0..random.usize(0..25))
            .map(|_| words[random.usize(..words.len())])
            .collect::<Vec<_>>()
            .join(if random.bool() { " " } else { "" });
        let _ = rules_of(&text);
        if let Ok(table) = Table::read(&text) {
            assert_eq!(Table::read(&table.to_string()).unwrap(), table, "{text:?}");
        }
    }
}
