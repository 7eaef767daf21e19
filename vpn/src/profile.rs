//! `vpn profile`: what a client needs to connect, on stdout and nowhere else.

use anyhow::Result;
use common::fault::{Fault, Kind};
use common::session::Session;

use crate::appliance::is_profile;
use crate::cli::Profile;
use crate::login::Login;
use crate::user;

/// Prints it. The user is made if need be.
///
/// # Errors
/// Not found where there is no server; denied where it does not let in; the server answers something else.
pub async fn profile(session: &Session, flags: &Profile) -> Result<()> {
    let login = Login::to_standing(session).await?;
    if !user::provide(session, &login, &flags.name).await? {
        return Ok(());
    }
    let user = &flags.name;
    let script = if flags.user_locked {
        format!("sacli --user '{user}' GetUserlogin")
    } else {
        // Only a user who may log in without a password has a profile that does.
        format!(
            "set -eu\nsacli --user '{user}' --key prop_autologin --value true UserPropPut >/dev/null\n\
             sacli --user '{user}' GetAutologin"
        )
    };
    if session.is_planning() {
        return Ok(());
    }
    let text = login.run(&format!("fetch the profile of {user}"), &script, "").await?;
    if !is_profile(&text) {
        return Err(Fault::new(Kind::Failed, format!("what {} answers is no profile of {user}", login.host))
            .hint("run `vpn show --wait` to see whether the server is ready, then run the same command again")
            .into());
    }
    session.print(&text)
}
