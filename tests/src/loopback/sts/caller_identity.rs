//! The caller's own identity.

use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("GetCallerIdentity", get, "")];

#[expect(clippy::unnecessary_wraps, reason = "every handler may refuse")]
fn get(call: &mut Call<'_>) -> Result<Reply> {
    let account = &call.region.account;
    let identity = Node::new()
        .put("Arn", format!("arn:aws:iam::{account}:user/sandbox"))
        .put("UserId", "AIDASANDBOXEXAMPLE123")
        .put("Account", account);
    Ok(identity.into())
}
