//! `vpn user`: who may connect. Users live on the server only, and go with it.

use anyhow::Result;
use common::session::Session;
use common::table::columns;

use crate::appliance::users;
use crate::cli::Format;
use crate::login::Login;
use crate::username::Username;

/// Makes a user, unless there is one.
///
/// # Errors
/// Not found where there is no server; denied where it does not let in.
pub async fn add(session: &Session, user: &Username) -> Result<()> {
    let login = Login::to_standing(session).await?;
    provide(session, &login, user).await?;
    session.write(|_| Ok(()))
}

/// Revokes the profiles of a user and removes the user. One who is not there is as good.
///
/// # Errors
/// Not found where there is no server; denied where it does not let in.
pub async fn remove(session: &Session, user: &Username) -> Result<()> {
    let login = Login::to_standing(session).await?;
    if has(&login, user).await? {
        // Removed first, and what that user still has of certificates would stay good.
        let script = format!(
            "set -eu\nsacli --user '{user}' RevokeUser >/dev/null\nsacli --user '{user}' UserPropDelAll >/dev/null"
        );
        session
            .delete(format!("user {user}"), login.run(&format!("remove the user {user}"), &script, ""))
            .await?;
    }
    session.write(|_| Ok(()))
}

/// Prints them.
///
/// # Errors
/// Not found where there is no server; denied where it does not let in.
pub async fn list(session: &Session, format: Format) -> Result<()> {
    let login = Login::to_standing(session).await?;
    let names = read(&login).await?;
    session.print(&match format {
        Format::Table => columns(&names.iter().map(|name| [name.clone()]).collect::<Vec<_>>()),
        Format::Json => format!("{}\n", serde_json::to_string(&names)?),
    })
}

/// Makes a user, unless there is one. False where that is only planned.
///
/// # Errors
/// Denied where the server does not let in.
pub async fn provide(session: &Session, login: &Login, user: &Username) -> Result<bool> {
    if has(login, user).await? {
        return Ok(true);
    }
    let script = format!("sacli --user '{user}' --key type --value user_connect UserPropPut >/dev/null");
    let make = async {
        login.run(&format!("make the user {user}"), &script, "").await?;
        Ok(user.to_string())
    };
    session.make(format!("user {user}"), make).await.map(|made| made.is_some())
}

async fn has(login: &Login, user: &Username) -> Result<bool> {
    Ok(read(login).await?.iter().any(|it| it == user.as_str()))
}

async fn read(login: &Login) -> Result<Vec<String>> {
    users(&login.run("list the users", "sacli UserPropGet", "").await?)
}
