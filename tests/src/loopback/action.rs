//! How a service declares what it can do, and what a handler gets.

use super::clock::{Clock, Time};
use super::error::{AwsError, Result};
use super::options::Conditions;
use super::params::Params;
use super::request::Request;
use super::rest::Route;
use super::tag::Tags;
use super::world::{Region, World};
use super::xml::Node;
use super::{id, tag};

/// The form of a service's requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form in, XML out, in EC2's own shape.
    Ec2,
    /// Form in, XML out, as STS, RDS, ELB and Auto Scaling have it. With the XML namespace.
    Query { xmlns: &'static str },
    /// JSON both ways. With what stands before the dot in `X-Amz-Target`, and the minor version of the content type.
    Json { target: &'static str, minor: u8 },
    /// XML both ways, the action told by method and path.
    RestXml,
}

/// Whether an action changes anything. Faults and journals go by it, and a refused write leaves no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
}

pub type Handler = fn(&mut Call<'_>) -> Result<Reply>;

/// One operation: its name, whether it writes, what does it, and what it takes (see [`super::schema`]).
#[derive(Debug)]
pub struct Action {
    pub name: &'static str,
    pub effect: Effect,
    pub handler: Handler,
    pub takes: &'static str,
}

/// An action that only looks.
pub const fn read(name: &'static str, handler: Handler, takes: &'static str) -> Action {
    Action { name, effect: Effect::Read, handler, takes }
}

/// An action that changes something.
pub const fn write(name: &'static str, handler: Handler, takes: &'static str) -> Action {
    Action { name, effect: Effect::Write, handler, takes }
}

/// A service, as the list in [`super::service`] has it.
#[derive(Debug)]
pub struct Service {
    /// The name in the credential scope of a signature: `ec2`, `elasticloadbalancing`, `secretsmanager`.
    pub name: &'static str,
    pub protocol: Protocol,
    /// The actions, a noun a slice.
    pub actions: &'static [&'static [Action]],
    /// What AWS or the world does by itself (storage that grows, an instance that dies). Only the control channel calls these.
    pub hooks: &'static [Action],
    /// For REST: which action a method and path mean.
    pub route: Option<&'static [Route]>,
    /// Does what has fallen due since it was last called. Called before each call to any service of the Region.
    pub settle: fn(&mut Region, &Clock, Time),
    /// Every resource there is, for dumps.
    pub resources: fn(&Region, Time) -> Vec<Resource>,
}

impl Service {
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static Action> {
        self.actions.iter().copied().flatten().find(|action| action.name == name)
    }
}

/// A resource as a dump shows it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `vpc`, `db-instance`: the kind within its service.
    pub kind: &'static str,
    pub id: String,
    /// What to call it when two environments are compared: the `Name` tag, or the name where AWS has one.
    pub name: Option<String>,
    /// Other texts that AWS chose and that stand for it: an address, a host name.
    pub aliases: Vec<String>,
    pub body: serde_json::Value,
}

/// What a handler answers with.
#[derive(Clone, Debug)]
pub enum Reply {
    Xml(Node),
    Json(serde_json::Value),
    /// A whole REST answer.
    Rest {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
}

impl From<Node> for Reply {
    fn from(node: Node) -> Self {
        Self::Xml(node)
    }
}

impl From<serde_json::Value> for Reply {
    fn from(json: serde_json::Value) -> Self {
        Self::Json(json)
    }
}

/// EC2's answer to most of what succeeds with nothing to say.
///
/// # Errors
/// None: handlers end with it.
pub fn done() -> Result<Reply> {
    Ok(Node::new().put("return", true).into())
}

/// A call on its way through a handler.
pub struct Call<'a> {
    pub request: &'a Request,
    pub params: &'a Params,
    /// The state of the Region and account that the call goes to: for a write a copy, kept only where the call succeeds.
    pub region: &'a mut Region,
    /// The other Regions, for a write that copies from one of them.
    pub elsewhere: Option<&'a World>,
    pub clock: &'a Clock,
    pub conditions: &'a Conditions,
    pub now: Time,
}

/// What is needed to show a resource, or to filter by its fields.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub region: &'a Region,
    pub now: Time,
}

/// What every resource has: an id, tags, when it was made, and when it can first be seen.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    pub id: String,
    pub tags: Tags,
    pub made: Time,
    pub visible: Time,
}

impl Meta {
    /// What AWS makes by itself: seen at once.
    pub fn fresh(rng: &mut fastrand::Rng, prefix: &str, tags: Tags, now: Time) -> Self {
        Self { id: id::fresh(rng, prefix), tags, made: now, visible: now }
    }
}

impl Call<'_> {
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { region: self.region, now: self.now }
    }

    /// A Region of the same account, by name, where anything has ever been done in it.
    #[must_use]
    pub fn region_named(&self, name: &str) -> Option<&Region> {
        if name == self.region.name {
            return Some(self.region);
        }
        self.elsewhere?.regions.get(&(self.region.account.clone(), name.to_owned()))
    }

    /// The moment `seconds` of AWS's time from now.
    #[must_use]
    pub fn after(&self, seconds: f64) -> Time {
        self.clock.after(self.now, seconds)
    }

    /// A new resource's meta data: a fresh id, the tags that the call specifies for its kind (and refuses for any other).
    ///
    /// # Errors
    /// Those of [`tag::specified`].
    pub fn meta(&mut self, prefix: &str, kind: &'static str) -> Result<Meta> {
        let tags = tag::specified(self.params, kind, &[kind])?;
        Ok(self.meta_with(prefix, tags))
    }

    /// The same with tags from elsewhere.
    pub fn meta_with(&mut self, prefix: &str, tags: Tags) -> Meta {
        let id = id::fresh(&mut self.region.rng, prefix);
        let delay = self.conditions.propagation * self.region.rng.f64();
        Meta { id, tags, made: self.now, visible: self.after(delay) }
    }

    /// What an earlier call with the same token has made, by the id it was [remembered](Self::remember) under.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch` where the token is the same and the rest is not.
    pub fn replayed(&self, name: &str) -> Result<Option<String>> {
        let Some(token) = self.params.text(name) else { return Ok(None) };
        if token.is_empty() || token.len() > 128 || !token.is_ascii() {
            return Err(AwsError::invalid_value(format!(
                "The {name} must be 1 to 128 ASCII characters long"
            )));
        }
        self.region.tokens.seen(self.request.action.name, token, &self.params.without(name))
    }

    /// Keeps what this call has made under its token, if it has one.
    pub fn remember(&mut self, name: &str, id: &str) {
        if let Some(token) = self.params.text(name) {
            self.region.tokens.keep(self.request.action.name, token, self.params.without(name), id);
        }
    }
}
