//! Who may ask an instance's metadata service what.

use super::image::Image;
use super::instance::Instance;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write(
    "ModifyInstanceMetadataOptions",
    modify,
    "InstanceId! HttpTokens HttpEndpoint HttpPutResponseHopLimit HttpProtocolIpv6 InstanceMetadataTags",
)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataOptions {
    /// `required` or `optional`
    pub tokens: &'static str,
    /// The others: `enabled` or `disabled`.
    pub endpoint: &'static str,
    pub ipv6: &'static str,
    pub tags: &'static str,
    /// How far answers with a token may travel.
    pub hops: u8,
}

const SWITCH: &[&str] = &["enabled", "disabled"];

impl MetadataOptions {
    /// What instances of an image have unless told otherwise.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let (tokens, hops) = if image.imds_v2 { ("required", 2) } else { ("optional", 1) };
        Self { tokens, endpoint: "enabled", ipv6: "disabled", tags: "disabled", hops }
    }

    /// These, with what a call says changed.
    ///
    /// # Errors
    /// `InvalidParameterValue` for values that there are not.
    pub fn changed(self, params: &Params) -> Result<Self> {
        let hops = params.parsed("HttpPutResponseHopLimit")?.unwrap_or(self.hops);
        if !(1..=64).contains(&hops) {
            return Err(AwsError::invalid_value(format!(
                "Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. Expecting a value between 1 and 64."
            )));
        }
        Ok(Self {
            tokens: one_of(params, "HttpTokens", &["required", "optional"])?.unwrap_or(self.tokens),
            endpoint: one_of(params, "HttpEndpoint", SWITCH)?.unwrap_or(self.endpoint),
            ipv6: one_of(params, "HttpProtocolIpv6", SWITCH)?.unwrap_or(self.ipv6),
            tags: one_of(params, "InstanceMetadataTags", SWITCH)?.unwrap_or(self.tags),
            hops,
        })
    }

    #[must_use]
    pub fn show(&self) -> Node {
        Node::new()
            .put("state", "applied")
            .put("httpTokens", self.tokens)
            .put("httpPutResponseHopLimit", self.hops)
            .put("httpEndpoint", self.endpoint)
            .put("httpProtocolIpv6", self.ipv6)
            .put("instanceMetadataTags", self.tags)
    }
}

fn one_of(params: &Params, name: &str, values: &'static [&'static str]) -> Result<Option<&'static str>> {
    let Some(text) = params.text(name) else { return Ok(None) };
    match values.iter().find(|value| **value == text) {
        Some(value) => Ok(Some(value)),
        None => Err(AwsError::invalid_value(format!("Value ({text}) for parameter {name} is invalid."))),
    }
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let instance = call.named::<Instance>("InstanceId")?;
    if !instance.state(call.now).alive() {
        return Err(instance.incorrect_state("modified"));
    }
    let id = instance.meta.id.clone();
    let options = instance.metadata.changed(call.params)?;
    call.find_mut::<Instance>(&id)?.metadata = options;
    Ok(Node::new().put("instanceId", id).node("instanceMetadataOptions", options.show()).into())
}
