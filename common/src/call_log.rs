//! `-v`: each AWS call on stderr, with its outcome and time. Parameters are left out: some are secret.

use std::sync::Arc;
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::progress::Progress;

/// Writes a line an attempt, where the person asked for it.
#[derive(Clone)]
pub struct CallLog {
    progress: Arc<Progress>,
}

#[derive(Debug)]
struct Started(Instant);

impl Storable for Started {
    type Storer = StoreReplace<Self>;
}

impl std::fmt::Debug for CallLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallLog")
    }
}

impl CallLog {
    pub(crate) fn new(progress: Arc<Progress>) -> Self {
        Self { progress }
    }
}

impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Started(Instant::now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        attempt: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.progress.is_verbose() {
            return Ok(());
        }
        let call = bag
            .load::<Metadata>()
            .map_or_else(|| "call".to_owned(), |call| format!("{} {}", call.service(), call.name()));
        let took = bag.load::<Started>().map_or(0, |started| started.0.elapsed().as_millis());
        let answer = match attempt.response() {
            Some(response) => response.status().as_u16().to_string(),
            None => "no answer".to_owned(),
        };
        self.progress.call(&format!("{call} {answer} {took} ms"));
        Ok(())
    }
}
