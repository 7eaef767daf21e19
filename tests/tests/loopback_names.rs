//! The name server of the loopback AWS's real machines.

#![allow(clippy::unwrap_used)]

mod backend;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread;

use backend::PATIENCE;
use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE};
use tests::loopback::clock::Clock;
use tests::loopback::machines::traffic::names::Meaning;
use tests::loopback::machines::traffic::{Names, Runtime, Traffic, View};

const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 5);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 130, 1, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);

/// A name server for a view, with or without somebody to ask.
fn server(view: View, upstream: Option<SocketAddr>) -> (Runtime, SocketAddr) {
    let names = |address: Ipv4Addr| {
        let mut names = Names::default();
        names.add_zone("example.com");
        names.add("web.example.com", Meaning::Addresses(vec![address]));
        names.add("*.app.example.com", Meaning::Canonical("web.example.com".into()));
        names.add("far.example.com", Meaning::Canonical("www.elsewhere.org".into()));
        names
    };
    let runtime = Runtime::start(None, &Clock::new(1.0)).unwrap();
    runtime.apply(&Traffic { inside: names(INSIDE), outside: names(OUTSIDE), ..Traffic::default() });
    let address = runtime.serve_names(view, (Ipv4Addr::LOCALHOST, 0).into(), upstream).unwrap();
    (runtime, address)
}

/// A name server that knows one address for everything, and does not hear every question the first time.
fn upstream() -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        for number in 0.. {
            let (length, client) = socket.recv_from(&mut buffer).unwrap();
            if number == 0 {
                continue;
            }
            let query = Packet::parse(&buffer[..length]).unwrap();
            let mut reply = Packet::new_reply(query.id());
            let question = query.questions[0].clone();
            let data = RData::A(A::from(ELSEWHERE));
            reply.answers.push(ResourceRecord::new(question.qname.clone(), CLASS::IN, 60, data));
            reply.questions.push(question);
            socket.send_to(&reply.build_bytes_vec().unwrap(), client).unwrap();
        }
    });
    address
}

fn query(name: &str, kind: TYPE) -> Vec<u8> {
    let mut packet = Packet::new_query(4711);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let (kind, class) = (QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN));
    packet.questions.push(Question::new(Name::new_unchecked(name), kind, class, false));
    packet.build_bytes_vec().unwrap()
}

fn ask(server: SocketAddr, name: &str, kind: TYPE) -> Vec<u8> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(&query(name, kind), server).unwrap();
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// What came of a question, and the answers, names and all.
fn read(message: &[u8]) -> (RCODE, Vec<(String, String)>) {
    let packet = Packet::parse(message).unwrap();
    assert_eq!(packet.id(), 4711);
    assert!(packet.has_flags(PacketFlag::RESPONSE));
    let text = |record: &ResourceRecord<'_>| {
        let data = match &record.rdata {
            RData::A(address) => Ipv4Addr::from(address.address).to_string(),
            RData::CNAME(name) => name.0.to_string(),
            other => format!("{other:?}"),
        };
        (record.name.to_string(), data)
    };
    (packet.rcode(), packet.answers.iter().map(text).collect())
}

fn pair(name: &str, data: &impl ToString) -> (String, String) {
    (name.to_owned(), data.to_string())
}

#[test]
fn each_view_has_its_own_addresses() {
    for (view, address) in [(View::Inside, INSIDE), (View::Outside, OUTSIDE)] {
        let (_runtime, server) = server(view, None);
        let found = read(&ask(server, "Web.Example.com", TYPE::A));
        assert_eq!(found, (RCODE::NoError, vec![pair("Web.Example.com", &address)]));
    }
}

#[test]
fn what_stands_for_another_name_is_answered_with_both() {
    let (_runtime, server) = server(View::Inside, None);
    let (code, answers) = read(&ask(server, "x.y.app.example.com", TYPE::A));
    assert_eq!(code, RCODE::NoError);
    assert_eq!(answers, [pair("x.y.app.example.com", &"web.example.com"), pair("web.example.com", &INSIDE)]);
}

#[test]
fn there_are_no_addresses_of_the_sixth_version_and_no_names_that_are_not_there() {
    let (_runtime, server) = server(View::Inside, Some(upstream()));
    assert_eq!(read(&ask(server, "web.example.com", TYPE::AAAA)), (RCODE::NoError, Vec::new()));
    assert_eq!(read(&ask(server, "no.example.com", TYPE::A)), (RCODE::NameError, Vec::new()));
}

#[test]
fn what_is_not_known_is_asked_upstream_and_again_if_need_be() {
    let (_runtime, known) = server(View::Outside, Some(upstream()));
    let (code, answers) = read(&ask(known, "www.elsewhere.org", TYPE::A));
    assert_eq!((code, answers), (RCODE::NoError, vec![pair("www.elsewhere.org", &ELSEWHERE)]));
    let (_, answers) = read(&ask(known, "far.example.com", TYPE::A));
    assert_eq!(
        answers,
        [pair("far.example.com", &"www.elsewhere.org"), pair("www.elsewhere.org", &ELSEWHERE)]
    );
    let (_runtime, alone) = server(View::Outside, None);
    assert_eq!(read(&ask(alone, "www.elsewhere.org", TYPE::A)), (RCODE::ServerFailure, Vec::new()));
}

#[test]
fn questions_are_answered_over_tcp_one_after_another() {
    let (_runtime, server) = server(View::Inside, None);
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..2 {
        let query = query("web.example.com", TYPE::A);
        stream.write_all(&u16::try_from(query.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(&query).unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(read(&answer).1, [pair("web.example.com", &INSIDE)]);
    }
}

#[test]
fn what_is_no_question_is_not_answered() {
    let (_runtime, server) = server(View::Inside, None);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let question = query("web.example.com", TYPE::A);
    let reply = Packet::parse(&question).unwrap().into_reply();
    for noise in
        [b"x".to_vec(), reply.build_bytes_vec().unwrap(), Packet::new_query(2).build_bytes_vec().unwrap()]
    {
        socket.send_to(&noise, server).unwrap();
    }
    socket.send_to(&question, server).unwrap();
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(Packet::parse(&buffer[..length]).unwrap().id(), 4711, "the first answer is to the question");
}
