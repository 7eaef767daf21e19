//! Deleting distributions.

use super::distribution::current;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};

pub const ACTIONS: &[Action] = &[write("DeleteDistribution", delete, "Id!")];

/// Only one that is switched off everywhere can be deleted.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let now = call.now;
    let distribution = current(call)?;
    if distribution.enabled || now < distribution.deployed {
        let message = "The distribution you are trying to delete has not been disabled.";
        return Err(AwsError::new("DistributionNotDisabled", message).status(409));
    }
    let id = distribution.id.clone();
    call.region.cloudfront.distributions.shift_remove(&id);
    Ok(Reply::Rest { status: 204, headers: Vec::new(), body: String::new() })
}
