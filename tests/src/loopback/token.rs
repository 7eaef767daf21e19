//! Client tokens: the same call again is the same resource, another call under the same token is refused.

use std::collections::BTreeMap;

use super::error::{AwsError, Result};
use super::params::Params;

/// What was made under which token, by action.
#[derive(Clone, Debug, Default)]
pub struct Tokens(BTreeMap<(&'static str, String), (Params, String)>);

impl Tokens {
    /// The id made by an earlier call with this token.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch`.
    pub fn seen(&self, action: &'static str, token: &str, params: &Params) -> Result<Option<String>> {
        match self.0.get(&(action, token.to_owned())) {
            Some((before, id)) if before == params => Ok(Some(id.clone())),
            Some(_) => Err(AwsError::new(
                "IdempotentParameterMismatch",
                format!("The client token '{token}' was already used with different parameters"),
            )),
            None => Ok(None),
        }
    }

    pub fn keep(&mut self, action: &'static str, token: &str, params: Params, id: &str) {
        self.0.insert((action, token.to_owned()), (params, id.to_owned()));
    }
}
