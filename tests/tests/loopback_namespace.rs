//! The traffic of a VPC that is in a network namespace of its own, as those of real machines are.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod backend;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use backend::{Backend, PATIENCE, free_address, get, until};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tests::loopback::clock::Clock;
use tests::loopback::elbv2::forward::Forward;
use tests::loopback::elbv2::routing::Step;
use tests::loopback::machines::traffic::{
    Balancer, Check, Fitness, Group, Listener, Outcome, PublicPort, Rule, Runtime, Target, Traffic,
};
use tests::loopback::tag::Tags;

/// Where the load balancer is, where its target, and whoever comes by a public address.
const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
const MACHINE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 20);
const PERSON: &str = "203.0.113.7";

/// A network namespace, until it is dropped.
struct Namespace(String);

impl Namespace {
    /// None, and a line on stderr, where this machine lets nobody make one.
    fn new() -> Option<Self> {
        let name = format!("stackpipe-test-{:08x}", fastrand::u32(..));
        let new = Self(name);
        if Self::ip(&["netns", "add", &new.0]) && new.inside(&["link", "set", "lo", "up"]) {
            return Some(new);
        }
        eprintln!("skipped: this test needs root and ip (Debian's iproute2)");
        None
    }

    fn ip(arguments: &[&str]) -> bool {
        let mut ip = Command::new("ip");
        ip.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        ip.status().is_ok_and(|status| status.success())
    }

    fn inside(&self, arguments: &[&str]) -> bool {
        Self::ip(&[&["-n", self.0.as_str()], arguments].concat())
    }

    fn add_address(&self, address: &str) {
        assert!(self.inside(&["address", "add", &format!("{address}/32"), "dev", "lo"]));
    }

    fn path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.0)
    }

    /// Does something on a thread within.
    fn within<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let file = File::open(self.path()).unwrap();
        let act = move || {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            act()
        };
        thread::scope(|scope| scope.spawn(act).join()).unwrap()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        Self::ip(&["netns", "delete", &self.0]);
    }
}

/// A load balancer in a namespace, with its public side on the host, and a public port of its one target.
fn traffic(public: Ipv4Addr) -> Traffic {
    let machine = SocketAddrV4::new(MACHINE, 8080);
    let target = Target { id: "i-1".into(), address: machine, fitness: Fitness::Fit };
    let check = Check {
        port: None,
        path: "/health".into(),
        codes: vec![200..=200],
        interval: std::time::Duration::from_millis(50),
        timeout: PATIENCE,
        plain: true,
    };
    let group = Group { targets: vec![target], check, plain: true, sources: vec![BALANCER] };
    let step = Step::Forward(Forward { groups: vec![("one".into(), 1)], sticky: None });
    let rules = vec![Rule { conditions: Vec::new(), step }];
    let balancer = Balancer {
        arn: "web".into(),
        private: vec![BALANCER],
        public: vec![public],
        listeners: vec![Listener { port: 80, open: true, rules }],
        idle: PATIENCE,
        attributes: Tags::new(),
    };
    let ports = vec![PublicPort { public: SocketAddrV4::new(public, 2222), private: machine }];
    let groups = [("one".to_owned(), group)].into();
    Traffic { balancers: vec![balancer], groups, ports, ..Traffic::default() }
}

#[test]
fn the_host_reaches_machines_by_public_addresses_only_and_they_see_from_where() {
    let Some(namespace) = Namespace::new() else { return };
    let runtime = Runtime::start(Some(&namespace.path()), &Clock::new(1.0)).unwrap();
    let public = free_address();
    // The plan comes before the addresses that it is about.
    runtime.apply(&traffic(public));
    namespace.add_address(&BALANCER.to_string());
    namespace.add_address(&MACHINE.to_string());
    namespace.add_address(PERSON);
    let machine = namespace.within(|| Backend::at("machine", SocketAddrV4::new(MACHINE, 8080)));
    until("a good health check", || runtime.probes().iter().any(|probe| probe.outcome == Outcome::Good));
    let outside = get(SocketAddrV4::new(public, 80), "a", "/");
    assert_eq!(outside.backend(), "machine");
    assert!(outside.body.contains(&format!("X-Forwarded-For: {PERSON}")), "{}", outside.body);
    assert_eq!(machine.last_client(), BALANCER.to_string());
    assert_eq!(get(SocketAddrV4::new(public, 2222), "a", "/").backend(), "machine");
    assert_eq!(machine.last_client(), PERSON);
    let private = SocketAddrV4::new(BALANCER, 80);
    let reach = || TcpStream::connect(private).is_ok();
    until("the private side to be open", || namespace.within(reach));
    let inside = namespace.within(|| get(private, "a", "/"));
    assert_eq!(inside.backend(), "machine");
    // No name leads out of the namespace: what is not there is not there.
    let nowhere = Runtime::start(Some(Path::new("/run/netns/there-is-no-such")), &Clock::new(1.0));
    assert!(nowhere.is_err());
    drop(namespace);
    assert_eq!(
        get(SocketAddrV4::new(public, 80), "a", "/").status,
        200,
        "the name is gone, not the namespace"
    );
}
