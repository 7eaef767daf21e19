//! A name server that knows the rest of the world.

use std::collections::BTreeMap;
use std::io;
use std::net::UdpSocket as StdSocket;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::shared::lock;

/// How long to wait for an answer before asking again, and how often to ask.
const PATIENCE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
/// The most that comes over UDP.
pub const LARGEST: usize = 65_535;

/// Asked over UDP by a socket of the host's, whichever namespace the question comes from.
#[derive(Debug)]
pub struct Upstream {
    socket: UdpSocket,
    /// Who waits, by the id that the question has upstream.
    waiting: Mutex<BTreeMap<u16, oneshot::Sender<Vec<u8>>>>,
}

impl Upstream {
    /// # Errors
    /// The socket cannot be watched.
    pub fn start(socket: StdSocket) -> io::Result<Arc<Self>> {
        let socket = UdpSocket::from_std(socket)?;
        let upstream = Arc::new(Self { socket, waiting: Mutex::default() });
        tokio::spawn(Arc::clone(&upstream).hand_out());
        Ok(upstream)
    }

    /// Gives answers to those who wait for them.
    async fn hand_out(self: Arc<Self>) {
        let mut buffer = vec![0; LARGEST];
        loop {
            let Ok(length) = self.socket.recv(&mut buffer).await else {
                // Nobody listens upstream, and may yet.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let answer = buffer.get(..length).unwrap_or_default();
            let waiting = id(answer).and_then(|id| lock(&self.waiting).remove(&id));
            // Whoever has asked may have lost patience.
            let _ = waiting.map(|waiting| waiting.send(answer.to_vec()));
        }
    }

    /// The answer to a message, as it comes but for its id, which is the message's. None where there is none.
    pub async fn ask(&self, message: &[u8]) -> Option<Vec<u8>> {
        let own = id(message)?;
        for _ in 0..ATTEMPTS {
            let (number, answer) = self.queue();
            let sent = self.socket.send(&with_id(message, number)).await;
            let answer = timeout(PATIENCE, answer).await;
            lock(&self.waiting).remove(&number);
            if let (Ok(_), Ok(Ok(answer))) = (sent, answer) {
                return Some(with_id(&answer, own));
            }
        }
        None
    }

    /// An id that nobody else waits for.
    fn queue(&self) -> (u16, oneshot::Receiver<Vec<u8>>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        let mut number = fastrand::u16(..);
        while waiting.contains_key(&number) {
            number = number.wrapping_add(1);
        }
        waiting.insert(number, sender);
        (number, receiver)
    }
}

/// The id of a message: its first two bytes.
fn id(message: &[u8]) -> Option<u16> {
    message.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn with_id(message: &[u8], id: u16) -> Vec<u8> {
    let rest = message.iter().skip(2).copied();
    id.to_be_bytes().into_iter().chain(rest).collect()
}
