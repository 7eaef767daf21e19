//! A server's host key, from its console.
//!
//! cloud-init writes the public host keys to the console at the end of a start, between two marks. `GetConsoleOutput` with
//! `Latest` shows it at once on Nitro instances, and otherwise minutes late. The call is in EC2's lowest rate bucket, so it is asked
//! once soon and then every 15 s.

use std::time::Duration;

use anyhow::Result;
use aws_smithy_types::base64;
use tokio::time::{Instant, sleep};

use super::public_key::PublicKey;
use crate::call::Call as _;
use crate::fault::{Fault, Kind, is_code, is_missing};
use crate::session::Session;

const BEGIN: &str = "-----BEGIN SSH HOST KEY KEYS-----";
const END: &str = "-----END SSH HOST KEY KEYS-----";

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(15);

/// For as long the first start may take to show the key.
const LONGEST: Duration = Duration::from_mins(10);

/// The host key of an instance, where its console shows it already.
///
/// # Errors
/// AWS's refusal.
pub async fn host_key(session: &Session, id: &str) -> Result<Option<PublicKey>> {
    let output = match read(session, id, true).await {
        // Not a Nitro instance.
        Err(error) if is_code(&error, &["UnsupportedOperation"]) => read(session, id, false).await,
        output => output,
    };
    match output {
        Err(error) if is_missing(&error) => Ok(None),
        output => Ok(in_console(&output?)),
    }
}

async fn read(session: &Session, id: &str, latest: bool) -> Result<String> {
    let call = session.aws.ec2().get_console_output().instance_id(id).set_latest(latest.then_some(true));
    let answer = call.send().await.cannot(format!("read the console of the instance {id}"))?;
    let output = answer.output.and_then(|text| base64::decode(text).ok()).unwrap_or_default();
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// Waits until the console shows it.
///
/// # Errors
/// [`Kind::NotInTime`] where it never does; AWS's refusal.
pub async fn until_host_key(session: &Session, id: &str) -> Result<PublicKey> {
    let began = Instant::now();
    let longest = session.timeout(LONGEST);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(key) = host_key(session, id).await? {
            session.progress.waited();
            return Ok(key);
        }
        let elapsed = began.elapsed();
        if elapsed + pause > longest {
            session.progress.waited();
            return Err(Fault::new(Kind::NotInTime, format!("the console of {id} shows no host key yet"))
                .hint("run the same command again; an image without cloud-init never shows one")
                .into());
        }
        session.progress.waiting(&format!("the console of {id} to show its host key"), elapsed.as_secs());
        sleep(pause).await;
        pause = PAUSE;
    }
}

/// The ed25519 key of the last whole block. Other messages may stand before a key on its line, or between two.
fn in_console(text: &str) -> Option<PublicKey> {
    let (before, _) = text.rsplit_once(END)?;
    let (_, block) = before.rsplit_once(BEGIN)?;
    block.lines().find_map(|line| PublicKey::parse(&line[line.find("ssh-ed25519 ")?..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    #[test]
    fn the_key_stands_between_the_marks_of_the_last_start() {
        let console = format!("[ 1.0] boot\r\n{BEGIN}\r\nssh-rsa x\r\n[ 9.1] {KEY} \r\n{END}\r\nlogin: ");
        assert_eq!(in_console(&console).unwrap().line(), KEY);
    }

    #[test]
    fn what_stands_outside_the_marks_or_in_half_a_block_is_no_key() {
        for console in [KEY.to_owned(), format!("{BEGIN}\n{KEY}\n"), format!("{BEGIN}\n{END}\n{KEY}")] {
            assert_eq!(in_console(&console), None, "{console}");
        }
    }
}
