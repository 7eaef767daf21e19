//! Where the database is: from the document, or else from AWS.

use anyhow::Result;
use common::call::Call as _;
use common::fault::{Fault, is_missing};
use common::identity::MANAGED_BY;
use common::section::{Database, Named};
use common::session::Session;

/// A database's address and port.
pub struct Endpoint {
    pub address: String,
    pub port: u16,
}

/// Finds it by its name, e.g. `mysql`.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn endpoint(session: &Session, name: &str) -> Result<Endpoint> {
    let databases = session.section::<Named<Database>>("rds")?.unwrap_or_default();
    let known = databases.get(name).and_then(|it| it.endpoint.clone());
    if let Some(endpoint) = known.and_then(|it| checked(it.address?, it.port?)) {
        return Ok(endpoint);
    }
    let id = session.identity.name(name);
    look_up(session, &id).await?.ok_or_else(|| {
        Fault::not_found(format!("there is no DB instance {id} with an address"))
            .hint("run `rds create` first, or `rds show --wait`")
            .into()
    })
}

async fn look_up(session: &Session, id: &str) -> Result<Option<Endpoint>> {
    let call = session.aws.rds().describe_db_instances().db_instance_identifier(id);
    let answer = match call.send().await.cannot(format!("look up the DB instance {id}")) {
        Err(error) if is_missing(&error) => return Ok(None),
        answer => answer?,
    };
    let Some(found) = answer.db_instances.unwrap_or_default().pop() else { return Ok(None) };
    let is_ours =
        found.tag_list().iter().any(|it| (it.key(), it.value()) == (Some("ManagedBy"), Some(MANAGED_BY)));
    if !is_ours {
        return Err(Fault::conflict(format!("the DB instance {id} is not tagged as ours")).into());
    }
    let endpoint = found.endpoint.unwrap_or_else(|| aws_sdk_rds::types::Endpoint::builder().build());
    let port = endpoint.port.and_then(|port| u16::try_from(port).ok());
    Ok(endpoint.address.zip(port).and_then(|(address, port)| checked(address, port)))
}

/// It goes into a forwarding of ssh, so it has to be a host name and nothing else.
fn checked(address: String, port: u16) -> Option<Endpoint> {
    let is_name = !address.is_empty()
        && !address.starts_with('-')
        && address.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    is_name.then_some(Endpoint { address, port })
}
