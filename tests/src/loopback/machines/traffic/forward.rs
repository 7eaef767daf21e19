//! A public address's TCP port, led to a machine's own.

use std::net::SocketAddrV4;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::connection::{open, reset_on_close};
use super::ports::PERSON;
use super::shared::Shared;

/// Passes on what comes, both ways, until both are silent. To the machine it comes from the person at the shell, so that the
/// security groups can tell.
pub async fn pipe(shared: &Shared, machine: SocketAddrV4, mut client: TcpStream) {
    let source = shared.apart.then_some(PERSON);
    let Ok(mut machine) = open(source, machine).await else {
        // As the machine's own refusal would look from afar.
        reset_on_close(&client);
        return;
    };
    // Either end may break off when it likes.
    let _ = copy_bidirectional(&mut client, &mut machine).await;
}
