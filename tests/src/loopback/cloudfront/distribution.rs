//! Distributions.

use serde_json::json;

use super::error::{invalid, not_found, version};
use super::{XMLNS, reply};
use crate::loopback::action::{Action, Call, Reply, Resource, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// What a configuration has. Most of it nothing here looks into.
macro_rules! config {
    ($more:literal) => {
        concat!(
            "CallerReference! Comment Enabled! Origins.* DefaultCacheBehavior.* Aliases.* DefaultRootObject \
             OriginGroups.* CacheBehaviors.* CustomErrorResponses.* Logging.* PriceClass ViewerCertificate.* \
             Restrictions.* WebACLId HttpVersion IsIPV6Enabled Staging ContinuousDeploymentPolicyId",
            $more
        )
    };
}

pub const ACTIONS: &[Action] = &[
    write("CreateDistribution", create, config!("")),
    write("UpdateDistribution", update, config!(" Id!")),
    read("GetDistribution", get, "Id!"),
    read("GetDistributionConfig", get_config, "Id!"),
    read("ListDistributions", list, "Marker MaxItems"),
];

/// From a change to its being known at every edge.
const DEPLOY_SECONDS: f64 = 240.0;

#[derive(Clone, Debug)]
pub struct Distribution {
    pub id: String,
    pub arn: String,
    pub domain: String,
    pub reference: String,
    pub enabled: bool,
    /// As XML, as it came.
    pub config: String,
    pub version: String,
    pub changed: Time,
    pub deployed: Time,
}

impl Distribution {
    fn status(&self, now: Time) -> &'static str {
        if now < self.deployed { "InProgress" } else { "Deployed" }
    }

    /// As an answer, the configuration inside.
    fn answer(&self, status: u16, now: Time) -> Reply {
        let node = Node::new()
            .put("Id", &self.id)
            .put("ARN", &self.arn)
            .put("Status", self.status(now))
            .put("LastModifiedTime", self.changed)
            .put("InProgressInvalidationBatches", 0)
            .put("DomainName", &self.domain);
        let config = format!("<DistributionConfig>{}</DistributionConfig>", self.config);
        let body = format!("<Distribution xmlns=\"{XMLNS}\">{}{config}</Distribution>", node.xml());
        let location = format!("https://cloudfront.amazonaws.com/2020-05-31/distribution/{}", self.id);
        let headers = vec![("etag", self.version.clone()), ("location", location)];
        Reply::Rest { status, headers, body }
    }

    /// As a dump has it.
    pub fn resource(&self) -> Resource {
        Resource {
            kind: "distribution",
            id: self.id.clone(),
            name: Some(self.reference.clone()),
            aliases: vec![self.domain.clone()],
            body: json!({ "Enabled": self.enabled, "Config": self.config }),
        }
    }
}

fn named<'a>(call: &'a Call<'_>) -> Result<&'a Distribution> {
    call.region.cloudfront.distributions.get(call.params.required("Id")?).ok_or_else(not_found)
}

/// The distribution that a call names by the version it has now.
///
/// # Errors
/// `NoSuchDistribution`, `PreconditionFailed`, `InvalidIfMatchVersion`.
pub fn current<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Distribution> {
    let given = call.request.raw.headers.get("if-match").and_then(|header| header.to_str().ok());
    let id = call.params.required("Id")?;
    let distribution = call.region.cloudfront.distributions.get_mut(id).ok_or_else(not_found)?;
    if given != Some(distribution.version.as_str()) {
        return Err(version(given));
    }
    Ok(distribution)
}

fn letters(call: &mut Call<'_>, first: char, count: usize) -> String {
    let letter = |_| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[call.region.rng.usize(0..36)]);
    std::iter::once(first).chain((0..count).map(letter)).collect()
}

/// What is within the outermost element of a body.
fn inner(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.split_once("?>").map_or(&*text, |(_, rest)| rest);
    let start = text.find('>').map_or(0, |at| at + 1);
    let end = text.rfind("</").unwrap_or(text.len());
    text.get(start..end).unwrap_or_default().to_owned()
}

fn check(params: &Params) -> Result<()> {
    if !params.has("Origins.Items") || !params.has("DefaultCacheBehavior.TargetOriginId") {
        return Err(invalid(
            "The parameter Origins and the DefaultCacheBehavior that targets one are required.",
        ));
    }
    match params.text("Enabled") {
        Some("true" | "false") => Ok(()),
        _ => Err(invalid("The parameter Enabled is true or false.")),
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    check(call.params)?;
    let reference = call.params.required("CallerReference")?.to_owned();
    if call.region.cloudfront.distributions.values().any(|before| before.reference == reference) {
        let message = "The caller reference you attempted to create the distribution with is associated with another \
                       distribution.";
        return Err(AwsError::new("DistributionAlreadyExists", message).status(409));
    }
    let id = letters(call, 'E', 13);
    let distribution = Distribution {
        arn: format!("arn:aws:cloudfront::{}:distribution/{id}", call.region.account),
        domain: format!("{}.cloudfront.net", letters(call, 'D', 13).to_lowercase()),
        id,
        reference,
        enabled: call.params.text("Enabled") == Some("true"),
        config: inner(&call.request.raw.body),
        version: letters(call, 'E', 13),
        changed: call.now,
        deployed: call.after(DEPLOY_SECONDS),
    };
    let answer = distribution.answer(201, call.now);
    call.region.cloudfront.distributions.insert(distribution.id.clone(), distribution);
    Ok(answer)
}

fn update(call: &mut Call<'_>) -> Result<Reply> {
    check(call.params)?;
    let (next, now, deployed) = (letters(call, 'E', 13), call.now, call.after(DEPLOY_SECONDS));
    let (enabled, config) = (call.params.text("Enabled") == Some("true"), inner(&call.request.raw.body));
    let reference = call.params.required("CallerReference")?;
    let distribution = current(call)?;
    if distribution.reference != reference {
        let message = "The update contains modifications that are not allowed.";
        return Err(AwsError::new("IllegalUpdate", message));
    }
    (distribution.enabled, distribution.config, distribution.version) = (enabled, config, next);
    (distribution.changed, distribution.deployed) = (now, deployed);
    Ok(distribution.answer(200, now))
}

fn get(call: &mut Call<'_>) -> Result<Reply> {
    Ok(named(call)?.answer(200, call.now))
}

fn get_config(call: &mut Call<'_>) -> Result<Reply> {
    let distribution = named(call)?;
    let body = format!("<DistributionConfig xmlns=\"{XMLNS}\">{}</DistributionConfig>", distribution.config);
    Ok(Reply::Rest { status: 200, headers: vec![("etag", distribution.version.clone())], body })
}

/// All on one page: an account may have two hundred.
fn list(call: &mut Call<'_>) -> Result<Reply> {
    if let Some(marker) = call.params.text("Marker").filter(|marker| !marker.is_empty()) {
        return Err(invalid(format!("The marker '{marker}' is not valid.")));
    }
    let now = call.now;
    let distributions = call.region.cloudfront.distributions.values();
    let nodes = distributions.map(|distribution| {
        Node::new()
            .put("Id", &distribution.id)
            .put("ARN", &distribution.arn)
            .put("Status", distribution.status(now))
            .put("LastModifiedTime", distribution.changed)
            .put("DomainName", &distribution.domain)
            .put("Enabled", distribution.enabled)
    });
    let nodes: Vec<Node> = nodes.collect();
    let node = Node::new()
        .put("Marker", "")
        .put("MaxItems", 100)
        .put("IsTruncated", false)
        .put("Quantity", nodes.len())
        .named_list("Items", "DistributionSummary", nodes);
    Ok(reply(200, "DistributionList", &node))
}
