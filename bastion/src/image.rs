//! The image: the newest Amazon Linux 2023 by its public parameter, or the one that was given.

use anyhow::Result;
use common::server::image;
pub use common::server::image::Image;
use common::session::Session;

use crate::cli::Create;

pub const DEFAULT_TYPE: &str = "t3.micro";

/// Finds it. One call.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn find(session: &Session, flags: &Create) -> Result<Image> {
    match &flags.ami {
        Some(id) => image::given(session, id).await,
        None => image::amazon_linux(session, flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE)).await,
    }
}
