//! Small HTTP servers for targets of a load balancer, and a client that says exactly what it wants.

#![allow(dead_code, reason = "each test file has a copy of its own and none needs all of it")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a machine that is busy with other things, too.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server that answers every request with its name and what it was sent.
pub struct Backend {
    pub address: SocketAddrV4,
    state: Arc<State>,
}

struct State {
    name: String,
    /// What `/health` answers.
    health: AtomicU16,
    requests: AtomicUsize,
    connections: AtomicUsize,
    /// From where the last request came that was no health check.
    client: Mutex<String>,
    /// Whether `/gate` is open.
    gate: Mutex<bool>,
    opened: Condvar,
    ended: Mutex<bool>,
}

impl Backend {
    pub fn new(name: &str) -> Self {
        Self::at(name, SocketAddrV4::new(free_address(), 0))
    }

    pub fn at(name: &str, address: SocketAddrV4) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let SocketAddr::V4(address) = listener.local_addr().unwrap() else { unreachable!() };
        let state = Arc::new(State {
            name: name.to_owned(),
            health: AtomicU16::new(200),
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            client: Mutex::default(),
            gate: Mutex::new(false),
            opened: Condvar::new(),
            ended: Mutex::new(false),
        });
        let serving = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if *serving.ended.lock().unwrap() {
                    return;
                }
                let state = Arc::clone(&serving);
                state.connections.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || state.converse(&stream.unwrap()));
            }
        });
        Self { address, state }
    }

    pub fn set_health(&self, status: u16) {
        self.state.health.store(status, Ordering::SeqCst);
    }

    /// Requests other than health checks up to now, those under way included.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// From which address the last request came that was no health check.
    pub fn last_client(&self) -> String {
        self.state.client.lock().unwrap().clone()
    }

    /// Lets everybody pass who waits at `/gate`.
    pub fn open_gate(&self) {
        *self.state.gate.lock().unwrap() = true;
        self.state.opened.notify_all();
    }

    /// Ends it: from then on connections are refused.
    pub fn end(self) {
        *self.state.ended.lock().unwrap() = true;
        let _ = TcpStream::connect(self.address);
        until("the backend to be gone", || TcpStream::connect(self.address).is_err());
    }
}

impl State {
    /// One request after another, until the client has no more.
    fn converse(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let (head, body) = message(&mut reader)?;
            let path = head.split(' ').nth(1)?.to_owned();
            if path != "/health" {
                *self.client.lock().unwrap() = stream.peer_addr().ok()?.ip().to_string();
                self.requests.fetch_add(1, Ordering::SeqCst);
            }
            let mut status = 200;
            match path.as_str() {
                "/health" => status = self.health.load(Ordering::SeqCst),
                // As the simplest servers do: no length, and the end of the connection is the end of the body.
                "/old" => {
                    (&mut &*stream).write_all(b"HTTP/1.0 200 OK\r\n\r\nof old").ok()?;
                    return stream.shutdown(Shutdown::Both).ok();
                }
                "/break" => return stream.shutdown(Shutdown::Both).ok(),
                "/gate" => {
                    let gate = self.gate.lock().unwrap();
                    drop(self.opened.wait_while(gate, |open| !*open).unwrap());
                }
                _ => {}
            }
            let text = format!("{}\n{head}\n{body}", self.name);
            let close = if path == "/close" { "Connection: close\r\n" } else { "" };
            let length = text.len();
            let answer = format!(
                "HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\nX-Backend: {}\r\n{close}\r\n{text}",
                self.name
            );
            (&mut &*stream).write_all(answer.as_bytes()).ok()?;
            if !close.is_empty() {
                return None;
            }
        }
    }
}

/// What came: its head, and its body as far as the head says that there is one.
fn message(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = field(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if field(&head, "transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            body.extend(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Some((head, String::from_utf8(body).unwrap()))
}

fn field(head: &str, name: &str) -> Option<String> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn field(&self, name: &str) -> Option<String> {
        field(&self.head, name)
    }

    /// The name of the backend that answered.
    pub fn backend(&self) -> String {
        self.field("X-Backend").unwrap_or_else(|| format!("nobody: {self:?}"))
    }
}

/// A client's connection.
pub struct Client(TcpStream);

impl Client {
    pub fn new(address: SocketAddrV4) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// Sends a request as it stands, lines ended as HTTP wants.
    pub fn send(&mut self, request: &str) {
        self.0.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
    }

    /// The next answer; none where the connection ended instead.
    pub fn answer(&mut self) -> Option<Answer> {
        let (head, body) = message(&mut BufReader::new(&self.0))?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head, body })
    }

    pub fn get(&mut self, host: &str, path: &str) -> Option<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\nHost: {host}\n\n"));
        self.answer()
    }
}

/// A request by a connection of its own.
pub fn get(address: SocketAddrV4, host: &str, path: &str) -> Answer {
    Client::new(address).get(host, path).unwrap()
}

/// A loopback address that no other test is likely to have.
pub fn free_address() -> Ipv4Addr {
    Ipv4Addr::new(127, fastrand::u8(64..=127), fastrand::u8(1..=250), fastrand::u8(1..=250))
}

/// Waits until something is so.
pub fn until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
