//! The password of Access Server's administrator: made here, kept in Secrets Manager, and told to the server over SSH. It is in no
//! argument list on this machine, in no user data, in no document and in no message.

use anyhow::{Context as _, Result};
use common::fault::{Fault, is_code};
use common::password;
use common::secret::{self, Place, RACED, SETTLES_WITHIN, Secret};
use common::session::Session;
use common::token::derived;
use common::wait::while_refused;
use serde_json::{Value, json};

use crate::appliance::ADMIN;
use crate::inventory::COMPONENT;

/// Access Server asks for a capital letter, a small one, a digit and a symbol, and eight characters in all.
const LENGTH: usize = 32;

/// The secret as it is now: where it is, and which version is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub arn: String,
    pub version: Option<String>,
}

/// `expense-dev-vpn-admin`.
pub fn secret_name(session: &Session) -> String {
    session.identity.name("vpn-admin")
}

/// The secret, made if it is not there. None where that is only planned.
///
/// # Errors
/// A conflict where it is somebody else's; AWS's refusal.
pub async fn provide(session: &Session, found: Option<&Secret>, is_reset: bool) -> Result<Option<Kept>> {
    let name = secret_name(session);
    let Some(found) = found else {
        return make(session, &name).await;
    };
    found.check_ours(session, &name)?;
    secret::restore(session, &name, found).await?;
    secret::retag(session, COMPONENT, &name, found).await?;
    let kept = Kept { arn: found.arn.clone(), version: found.current.clone() };
    if !is_reset {
        return Ok(Some(kept));
    }
    let token = token(session, &name, found.current.as_deref());
    let put = Box::pin(async { secret::put(session, &name, token, content()?).await });
    let written = session.change(format_args!("secret {name}: a new password"), put).await?;
    Ok(Some(Kept { version: written.map_or(kept.version, |it| it.id), ..kept }))
}

async fn make(session: &Session, name: &str) -> Result<Option<Kept>> {
    let mut made = None;
    let what = format!("the name of secret {name}");
    let create = Box::pin(async {
        let kept = while_refused(session, &RACED, &what, SETTLES_WITHIN, async || {
            create_or_adopt(session, name).await
        });
        made = Some(kept.await?);
        Ok(name.to_owned())
    });
    session.make(format_args!("secret {name}"), create).await?;
    Ok(made)
}

async fn create_or_adopt(session: &Session, name: &str) -> Result<Kept> {
    let place = Place {
        name,
        component: COMPONENT,
        description: format!("Administrator of the VPN server {}", crate::inventory::name(session)),
    };
    match secret::create(session, &place, token(session, name, None), content()?).await {
        Ok((arn, version)) => Ok(Kept { arn, version: version.id }),
        Err(refused) if is_code(&refused, &RACED) => {
            let Some(found) = secret::look(session, name).await? else {
                return Err(refused);
            };
            found.check_ours(session, name)?;
            secret::restore(session, name, &found).await?;
            Ok(Kept { arn: found.arn, version: found.current })
        }
        Err(error) => Err(error),
    }
}

/// Of the version that takes the place of `replaced`; none with a new secret.
fn token(session: &Session, name: &str, replaced: Option<&str>) -> String {
    derived(&session.identity, "vpn-secret", &[name, replaced.unwrap_or_default()], 0)
}

/// A new password, in the form that AWS's own clients read.
fn content() -> Result<String> {
    Ok(json!({ "username": ADMIN, "password": strong()? }).to_string())
}

fn strong() -> Result<String> {
    loop {
        let letters = password::make(LENGTH - 1)?;
        let (begin, end) = letters.split_at(LENGTH / 2);
        let is_mixed =
            [char::is_ascii_digit as fn(&char) -> bool, char::is_ascii_lowercase, char::is_ascii_uppercase]
                .iter()
                .all(|has| letters.chars().any(|c| has(&c)));
        if is_mixed {
            return Ok(format!("{begin}-{end}"));
        }
    }
}

/// The password in force.
///
/// # Errors
/// A conflict where the secret holds none that can be told to the server; AWS's refusal.
pub async fn password(session: &Session) -> Result<String> {
    let name = secret_name(session);
    let version = secret::read(session, &name).await?;
    of_content(&version.text).with_context(|| {
        Fault::conflict(format!("the secret {name} holds no password"))
            .hint("make a new one with `vpn create --reset-password`")
    })
}

/// It is told to the server as one line.
fn of_content(text: &str) -> Option<String> {
    let keys: Value = serde_json::from_str(text).ok()?;
    let password = keys.get("password")?.as_str()?;
    (!password.is_empty() && !password.chars().any(char::is_control)).then(|| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_as_access_server_wants_it() {
        for _ in 0..200 {
            let password = strong().unwrap();
            assert_eq!(password.len(), LENGTH);
            assert!(password.chars().any(|c| c.is_ascii_digit()));
            assert!(password.chars().any(|c| c.is_ascii_lowercase()));
            assert!(password.chars().any(|c| c.is_ascii_uppercase()));
            assert_eq!(password.chars().filter(|c| !c.is_ascii_alphanumeric()).count(), 1);
        }
    }

    #[test]
    fn what_is_not_one_line_is_no_password() {
        assert_eq!(of_content(r#"{"password":"p"}"#).unwrap(), "p");
        for bad in ["", "p", "{}", r#"{"password":""}"#, r#"{"password":"a\nb"}"#, r#"{"password":1}"#] {
            assert_eq!(of_content(bad), None, "{bad}");
        }
    }
}
