//! Which launch template a group launches from.

use serde_json::{Value as Json, json};

use super::client::try_launch;
use super::error::invalid;
use crate::loopback::action::Call;
use crate::loopback::ec2::launch_template::{self, LaunchTemplate};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

/// A version of a launch template, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub id: String,
    pub name: String,
    /// A number, `$Default` or `$Latest`.
    pub version: String,
}

impl Spec {
    pub fn show(&self) -> Node {
        Node::new()
            .put("LaunchTemplateId", &self.id)
            .put("LaunchTemplateName", &self.name)
            .put("Version", &self.version)
    }

    /// Whether it means a version that does not change.
    #[must_use]
    pub fn numbered(&self) -> bool {
        !self.version.starts_with('$')
    }

    /// The same with the number that it means now. One that cannot be found stays as it is, to be refused at launch.
    #[must_use]
    pub fn resolved(&self, region: &Region) -> Self {
        let template = region.ec2.launch_templates.get(&self.id);
        let version = template.and_then(|template| template.version(&self.version).ok());
        let number = version.map_or_else(|| self.version.clone(), |version| version.number.to_string());
        Self { version: number, ..self.clone() }
    }

    /// A launch of one instance in a subnet. Where the template lists interfaces, the subnet belongs to the first.
    pub fn launch(&self, region: &Region, subnet: Option<&str>, tags: &[(String, String)]) -> Json {
        let mut params = json!({
            "LaunchTemplate": { "LaunchTemplateId": self.id, "Version": self.version },
            "MinCount": 1,
            "MaxCount": 1,
        });
        if !tags.is_empty() {
            let tags: Vec<Json> =
                tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            params["TagSpecification"] = json!([{ "ResourceType": "instance", "Tag": tags }]);
        }
        let Some(subnet) = subnet else { return params };
        match self.interfaces(region) {
            Some(mut interfaces) => {
                interfaces[0]["SubnetId"] = json!(subnet);
                params["NetworkInterface"] = interfaces;
            }
            None => params["SubnetId"] = json!(subnet),
        }
        params
    }

    /// The interfaces that the template lists, if it does.
    fn interfaces(&self, region: &Region) -> Option<Json> {
        let version = region.ec2.launch_templates.get(&self.id)?.version(&self.version).ok()?;
        let interfaces = version.data.items("NetworkInterface");
        (!interfaces.is_empty()).then(|| interfaces.into_iter().map(as_json).collect())
    }
}

/// Parameters as JSON: what has numbers for names is a list.
fn as_json(params: &Params) -> Json {
    match params {
        Params::Text(text) => json!(text),
        Params::Map(map) if map.keys().all(|key| key.parse::<u32>().is_ok()) => {
            map.values().map(as_json).collect()
        }
        Params::Map(map) => map.iter().map(|(key, value)| (key.clone(), as_json(value))).collect(),
    }
}

fn malformed(why: &AwsError) -> AwsError {
    invalid(format!("You must use a valid fully-formed launch template. {}", why.message))
}

/// The launch template that a call asks for, if it does; one that instances can be launched from, in each of the subnets.
///
/// # Errors
/// `ValidationError`.
pub fn read(call: &Call<'_>, params: Option<&Params>, subnets: &[String]) -> Result<Option<Spec>> {
    let Some(params) = params else { return Ok(None) };
    if params.has("LaunchTemplateId") == params.has("LaunchTemplateName") {
        return Err(invalid(
            "Valid requests must contain either launchTemplateId or LaunchTemplateName, and not both.",
        ));
    }
    let template: &LaunchTemplate = launch_template::named(call, params).map_err(|why| malformed(&why))?;
    let version = params.text("Version").unwrap_or("$Default").to_owned();
    template.version(&version).map_err(|why| malformed(&why))?;
    let spec = Spec { id: template.meta.id.clone(), name: template.name.clone(), version };
    check(call, &spec, subnets)?;
    Ok(Some(spec))
}

/// Refuses a template that nothing can be launched from in some subnet.
///
/// # Errors
/// `ValidationError`, with EC2's reason.
pub fn check(call: &Call<'_>, spec: &Spec, subnets: &[String]) -> Result<()> {
    for subnet in subnets {
        let launch = spec.launch(call.region, Some(subnet), &[]);
        try_launch(call, &launch).map_err(|why| malformed(&why))?;
    }
    Ok(())
}
