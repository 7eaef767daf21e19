//! The traffic of the loopback AWS's real machines: what load balancers and public addresses do with requests.

#![allow(clippy::unwrap_used)]

mod backend;

use std::net::SocketAddrV4;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use backend::{Backend, Client, PATIENCE, free_address, get, until};
use tests::loopback::clock::Clock;
use tests::loopback::elbv2::condition::Condition;
use tests::loopback::elbv2::fixed_response::FixedResponse;
use tests::loopback::elbv2::forward::Forward;
use tests::loopback::elbv2::redirect::Redirect;
use tests::loopback::elbv2::routing::Step;
use tests::loopback::machines::traffic::{
    Balancer, Check, Fitness, Group, Listener, Outcome, PublicPort, Rule, Runtime, Target, Traffic,
};
use tests::loopback::tag::Tags;

/// A load balancer on a loopback address, and what carries it out.
struct Web {
    runtime: Runtime,
    traffic: Traffic,
    address: SocketAddrV4,
}

impl Web {
    /// One whose listener has these rules, and no target groups.
    fn new(rules: Vec<Rule>) -> Self {
        let address = SocketAddrV4::new(free_address(), 8080);
        let listener = Listener { port: address.port(), open: true, rules };
        let balancer = Balancer {
            arn: "web".into(),
            private: Vec::new(),
            public: vec![*address.ip()],
            listeners: vec![listener],
            idle: PATIENCE,
            attributes: Tags::new(),
        };
        let traffic = Traffic { balancers: vec![balancer], ..Traffic::default() };
        let runtime = Runtime::start(None, &Clock::new(1.0)).unwrap();
        let web = Self { runtime, traffic, address };
        web.apply();
        web
    }

    /// One that forwards everything to these targets.
    fn before(targets: &[(&Backend, Fitness)]) -> Self {
        let mut web = Self::new(vec![always(forward(&[("one", 1)]))]);
        web.set("one", targets);
        web
    }

    /// Gives a target group these targets.
    fn set(&mut self, group: &str, targets: &[(&Backend, Fitness)]) {
        let targets = targets.iter().map(|(backend, fitness)| target(backend, *fitness)).collect();
        self.traffic.groups.insert(group.to_owned(), group_of(targets));
        self.apply();
    }

    fn apply(&self) {
        self.runtime.apply(&self.traffic);
        assert_eq!(self.runtime.problems(), [""; 0]);
    }

    fn get(&self, path: &str) -> backend::Answer {
        get(self.address, "www.example.com", path)
    }

    /// Who answers the next requests, in turn.
    fn who(&self, requests: usize) -> Vec<String> {
        (0..requests).map(|_| self.get("/").backend()).collect()
    }
}

fn target(backend: &Backend, fitness: Fitness) -> Target {
    Target { id: backend.address.to_string(), address: backend.address, fitness }
}

fn group_of(targets: Vec<Target>) -> Group {
    let check = Check {
        port: None,
        path: "/health".into(),
        codes: vec![200..=299],
        interval: Duration::from_millis(50),
        timeout: PATIENCE,
        plain: true,
    };
    Group { targets, check, plain: true, sources: Vec::new() }
}

fn always(step: Step) -> Rule {
    Rule { conditions: Vec::new(), step }
}

fn when(field: &str, value: &str, step: Step) -> Rule {
    Rule { conditions: vec![Condition::new(field, None, &[(None, value)]).unwrap()], step }
}

fn forward(groups: &[(&str, u32)]) -> Step {
    let groups = groups.iter().map(|(arn, weight)| ((*arn).to_owned(), *weight)).collect();
    Step::Forward(Forward { groups, sticky: None })
}

fn fixed(status: &str, kind: Option<&str>, body: Option<&str>) -> Step {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Step::Fixed(FixedResponse { status: status.to_owned(), content_type: own(kind), body: own(body) })
}

const FIT: Fitness = Fitness::Fit;

#[test]
fn the_first_rule_that_fits_decides() {
    let (shop, api) = (Backend::new("shop"), Backend::new("api"));
    let parts = ["HTTPS", "443", "#{host}", "/new/#{path}", "#{query}"].map(str::to_owned).to_vec();
    let mut web = Web::new(vec![
        when("path-pattern", "/api/*", forward(&[("api", 1)])),
        when("host-header", "shop.*", forward(&[("shop", 1)])),
        when("path-pattern", "/old", Step::Redirect(Redirect { parts, status: "HTTP_301".into() })),
        when("path-pattern", "/up", fixed("200", Some("application/json"), Some("{}"))),
        always(fixed("404", None, Some("nothing here"))),
    ]);
    web.set("api", &[(&api, FIT)]);
    web.set("shop", &[(&shop, FIT)]);
    assert_eq!(get(web.address, "shop.example.com", "/api/x").backend(), "api");
    assert_eq!(get(web.address, "Shop.example.com:8080", "/x").backend(), "shop");
    let moved = web.get("/old?x=1");
    assert_eq!(moved.status, 301);
    assert_eq!(moved.field("location").unwrap(), "https://www.example.com:443/new/old?x=1");
    let up = web.get("/up");
    assert_eq!((up.status, up.body.as_str()), (200, "{}"));
    assert_eq!(up.field("content-type").unwrap(), "application/json; charset=utf-8");
    let default = web.get("/");
    assert_eq!((default.status, default.body.as_str()), (404, "nothing here"));
    assert_eq!(default.field("server").unwrap(), "awselb/2.0");
}

#[test]
fn targets_take_turns_and_groups_have_their_weights() {
    let (a, b, c) = (Backend::new("a"), Backend::new("b"), Backend::new("c"));
    let mut web = Web::new(vec![always(forward(&[("old", 3), ("new", 1), ("none", 0)]))]);
    web.set("old", &[(&a, FIT), (&b, FIT)]);
    web.set("new", &[(&c, FIT)]);
    let who = web.who(16);
    let number = |name| who.iter().filter(|other| *other == name).count();
    assert_eq!((number("a"), number("b"), number("c")), (6, 6, 4), "{who:?}");
}

#[test]
fn unfit_targets_get_requests_only_where_none_is_fit() {
    let (a, b) = (Backend::new("a"), Backend::new("b"));
    let mut web = Web::before(&[(&a, Fitness::Unfit), (&b, FIT)]);
    assert_eq!(web.who(3), ["b", "b", "b"]);
    web.set("one", &[(&a, Fitness::Unfit), (&b, Fitness::Draining)]);
    assert_eq!(web.who(2), ["a", "a"], "fails open, but not to what is leaving");
}

#[test]
fn a_target_that_leaves_ends_what_it_has_begun_and_begins_nothing() {
    let (old, new) = (Backend::new("old"), Backend::new("new"));
    let mut web = Web::before(&[(&old, FIT)]);
    let mut client = Client::new(web.address);
    client.send("GET /gate HTTP/1.1\nHost: a\n\n");
    until("the request to arrive", || old.requests() == 1);
    web.set("one", &[(&old, Fitness::Draining), (&new, FIT)]);
    assert_eq!(web.who(4), ["new", "new", "new", "new"]);
    // It has left altogether before it answers.
    web.set("one", &[(&new, FIT)]);
    old.open_gate();
    assert_eq!(client.answer().unwrap().backend(), "old");
    assert_eq!(client.get("a", "/").unwrap().backend(), "new", "the client's connection goes on");
}

#[test]
fn what_goes_wrong_has_the_status_that_aws_gives_it() {
    let (a, gone) = (Backend::new("a"), Backend::new("gone"));
    let mut web = Web::before(&[]);
    assert_eq!(web.get("/").status, 503, "no targets");
    assert!(web.get("/").body.contains("503 Service Temporarily Unavailable"));
    web.set("one", &[(&a, Fitness::Draining)]);
    assert_eq!(web.get("/").status, 503, "none that stays");
    web.set("one", &[(&a, FIT)]);
    assert_eq!(web.get("/break").status, 502, "a connection broken off");
    web.traffic.balancers[0].idle = Duration::from_millis(100);
    web.apply();
    assert_eq!(web.get("/gate").status, 504, "no answer in time");
    let refused = target(&gone, FIT);
    gone.end();
    web.traffic.groups.insert("one".into(), group_of(vec![refused, target(&a, FIT)]));
    web.apply();
    let mut statuses = [web.get("/").status, web.get("/").status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 502], "a refused connection is not tried elsewhere");
    let mut without_host = Client::new(web.address);
    without_host.send("GET / HTTP/1.1\n\n");
    assert_eq!(without_host.answer().unwrap().status, 400);
}

#[test]
fn a_target_is_told_who_asks_and_connections_are_kept() {
    let a = Backend::new("a");
    let web = Web::before(&[(&a, FIT)]);
    until("the first health check", || a.connections() > 0);
    let mut client = Client::new(web.address);
    let seen = client.get("www.example.com", "/x?y=1").unwrap().body;
    for line in [
        "GET /x?y=1 HTTP/1.1",
        "Host: www.example.com:8080",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Port: 8080",
        "X-Amzn-Trace-Id: Root=1-",
    ] {
        assert!(seen.lines().any(|seen| seen.starts_with(line)), "no {line} in {seen}");
    }
    assert_eq!(client.get("a", "/close").unwrap().status, 200, "the target closes its connection");
    assert_eq!(client.get("a", "/").unwrap().status, 200, "and is reached by another");
}

#[test]
fn no_connection_is_kept_to_an_address_that_has_left_since_another_may_come_there() {
    let a = Backend::new("a");
    let mut web = Web::before(&[]);
    // Without health checks, so that connections can be counted.
    let mut group = group_of(vec![target(&a, FIT)]);
    group.check.plain = false;
    for (connections, why) in [(1, "its first"), (1, "kept"), (2, "left and come back")] {
        if connections == 2 {
            web.set("one", &[]);
        }
        web.traffic.groups.insert("one".into(), group.clone());
        web.apply();
        assert_eq!(web.get("/").status, 200);
        until(why, || a.connections() == connections);
    }
}

#[test]
fn bodies_pass_in_both_directions_whatever_their_length() {
    let a = Backend::new("a");
    let web = Web::before(&[(&a, FIT)]);
    let body = "0123456789abcdef".repeat(64 * 1024);
    let mut client = Client::new(web.address);
    client.send(&format!("POST /x HTTP/1.1\nHost: a\nContent-Length: {}\n\n{body}", body.len()));
    assert!(client.answer().unwrap().body.ends_with(&body), "a million bytes there and back");
    client.send("POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nhello\n6\n world\n0\n\n");
    assert!(client.answer().unwrap().body.ends_with("hello world"));
    let old = client.get("a", "/old").unwrap();
    assert_eq!((old.status, old.body.as_str()), (200, "of old"), "whatever version the target speaks");
    assert!(old.head.starts_with("HTTP/1.1"), "{}", old.head);
}

#[test]
fn plans_change_under_load_without_losing_a_request() {
    const REQUESTS: usize = 200;
    const TURNS: usize = 40;
    let backends: Vec<Backend> = (0..4).map(|at| Backend::new(&format!("b{at}"))).collect();
    let mut web = Web::before(&[(&backends[0], FIT)]);
    let (address, done, wrong) = (web.address, AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while done.fetch_add(1, Ordering::SeqCst) < REQUESTS {
                    if get(address, "a", "/").status != 200 {
                        wrong.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        for turn in 0..TURNS {
            let so_far = turn * REQUESTS / TURNS;
            until("some more requests", || done.load(Ordering::SeqCst) >= so_far);
            let (old, new) = (&backends[turn % 4], &backends[(turn + 1) % 4]);
            web.set("one", &[(old, Fitness::Draining), (new, FIT)]);
            web.set("one", &[(new, FIT)]);
        }
    });
    assert_eq!(wrong.into_inner(), 0);
    assert!(backends.iter().all(|backend| backend.requests() > 0), "each had its turn");
}

#[test]
fn listeners_open_and_close_with_the_plan() {
    let mut web = Web::new(vec![always(fixed("200", None, None))]);
    let other = SocketAddrV4::new(*web.address.ip(), 8081);
    web.traffic.balancers[0].listeners[0].port = other.port();
    web.apply();
    assert_eq!(get(other, "a", "/").status, 200);
    assert!(std::net::TcpStream::connect(web.address).is_err());
    for open in [false, true] {
        web.traffic.balancers[0].listeners[0].open = open;
        web.apply();
        assert_eq!(std::net::TcpStream::connect(other).is_ok(), open, "as the security groups say");
    }
    drop(web.runtime);
    assert!(std::net::TcpStream::connect(other).is_err(), "nothing is left");
}

#[test]
fn health_checks_ask_real_targets() {
    let (a, gone) = (Backend::new("a"), Backend::new("gone"));
    let mut web = Web::before(&[(&a, Fitness::Unfit), (&gone, FIT)]);
    let (id, gone_id) = (a.address.to_string(), gone.address.to_string());
    // What has been found of a target next.
    let next = |web: &Web, id: &str, wanted: Outcome| {
        until(&format!("{wanted:?} of {id}"), || {
            let probes = web.runtime.probes();
            probes.iter().any(|probe| probe.target == id && probe.outcome == wanted && probe.group == "one")
        });
    };
    next(&web, &id, Outcome::Good);
    a.set_health(503);
    next(&web, &id, Outcome::Code(503));
    next(&web, &gone_id, Outcome::Good);
    gone.end();
    next(&web, &gone_id, Outcome::Failed);
    assert_eq!(a.requests(), 0, "nothing but health checks");
    web.traffic.groups.get_mut("one").unwrap().check.path = "/gate".into();
    web.traffic.groups.get_mut("one").unwrap().check.timeout = Duration::from_millis(100);
    web.apply();
    next(&web, &id, Outcome::Timeout);
}

#[test]
fn a_public_port_leads_to_a_machine_and_an_occupied_one_is_told_once() {
    let (a, b) = (Backend::new("a"), Backend::new("b"));
    let runtime = Runtime::start(None, &Clock::new(1.0)).unwrap();
    let public = SocketAddrV4::new(free_address(), 2222);
    let to = |private| Traffic { ports: vec![PublicPort { public, private }], ..Traffic::default() };
    runtime.apply(&to(a.address));
    assert_eq!(get(public, "x", "/").backend(), "a");
    runtime.apply(&to(b.address));
    assert_eq!(get(public, "x", "/").backend(), "b", "an address that has moved to another machine");
    let occupied = PublicPort { public: a.address, private: b.address };
    let traffic = Traffic { ports: vec![occupied], ..Traffic::default() };
    for _ in 0..2 {
        runtime.apply(&traffic);
    }
    let problems = runtime.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with(&format!("cannot listen on {}: ", a.address)), "{problems:?}");
    assert!(std::net::TcpStream::connect(public).is_err(), "what is not planned is closed");
}
