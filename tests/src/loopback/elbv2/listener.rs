//! Listeners.

use super::certificate;
use super::load_balancer::LoadBalancer;
use super::noun::{Noun, invalid, kept};
use super::page::page;
use super::routing::{self, Step, action_parameters};
use super::rule::{self, Rule};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::xml::Node;

/// What both calls that set them take.
macro_rules! listener_parameters {
    () => {
        concat!(
            "Protocol Port SslPolicy Certificates.N.CertificateArn ",
            action_parameters!("DefaultActions")
        )
    };
}

pub const ACTIONS: &[Action] = &[
    write(
        "CreateListener",
        create,
        concat!("LoadBalancerArn! DefaultActions.N! Tags.N.Key Tags.N.Value ", listener_parameters!()),
    ),
    read("DescribeListeners", list, "LoadBalancerArn ListenerArns.N PageSize Marker"),
    write("ModifyListener", modify, concat!("ListenerArn! ", listener_parameters!())),
    write("DeleteListener", delete, "ListenerArn!"),
];

/// Listeners a load balancer.
const QUOTA: usize = 50;

#[derive(Clone, Debug)]
pub struct Listener {
    pub meta: Meta,
    pub load_balancer: String,
    pub port: u16,
    /// `HTTP` or `HTTPS`
    pub protocol: String,
    /// The default one first.
    pub certificates: Vec<String>,
    pub policy: Option<String>,
    pub step: Step,
}

impl Noun for Listener {
    const KIND: &'static str = "listener";
    const WORD: &'static str = "Listener";
    const NOT_FOUND: &'static str = "ListenerNotFound";

    kept!(listeners);

    fn show(&self, _view: View<'_>) -> Node {
        let default = self.certificates.first().map(|arn| Node::new().put("CertificateArn", arn));
        let node = Node::new()
            .put("ListenerArn", self.arn())
            .put("LoadBalancerArn", &self.load_balancer)
            .put("Port", self.port)
            .put("Protocol", &self.protocol)
            .maybe("SslPolicy", self.policy.as_ref())
            .named_list("DefaultActions", "member", [self.step.show()]);
        if self.protocol == "HTTPS" { node.named_list("Certificates", "member", default) } else { node }
    }

    fn called(&self, view: View<'_>) -> String {
        let balancer = view.region.elbv2.load_balancers.get(&self.load_balancer);
        format!("{}:{}", balancer.map_or("", |lb| &lb.name), self.port)
    }
}

impl Listener {
    /// The rule that always applies.
    #[must_use]
    pub fn default_rule(&self) -> Rule {
        let arn = self.arn().replacen(":listener/", ":listener-rule/", 1);
        // Told from those of other rules by what stands for its own key: the listener's again.
        let key = self.arn().rsplit('/').next().unwrap_or_default();
        let meta = Meta { id: format!("{arn}/{key}"), made: self.meta.made, ..Meta::default() };
        let (listener, step) = (self.arn().to_owned(), self.step.clone());
        Rule { meta, listener, priority: None, conditions: Vec::new(), step }
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let balancer = call.balanced::<LoadBalancer>(call.params.required("LoadBalancerArn")?)?.clone();
    let port = port(call)?.ok_or_else(|| invalid("A port must be specified"))?;
    let protocol = protocol(call)?.ok_or_else(|| invalid("A protocol must be specified"))?;
    free(call, &balancer, port, None)?;
    let step = routing::read(call, "DefaultActions", &balancer.vpc)?;
    let (certificates, policy) = certificate::of_listener(call, &protocol, None)?;
    let key = id::hex(&mut call.region.rng, 16);
    let arn = call.region.arn("elasticloadbalancing", &format!("listener/{}/{key}", balancer.path()));
    let meta = call.balanced_meta(arn.clone())?;
    let load_balancer = balancer.meta.id;
    call.keep_balanced(Listener { meta, load_balancer, port, protocol, certificates, policy, step });
    answer(call, &arn)
}

fn answer(call: &Call<'_>, arn: &str) -> Result<Reply> {
    let shown = call.balanced::<Listener>(arn)?.show(call.view());
    Ok(Node::new().named_list("Listeners", "member", [shown]).into())
}

fn port(call: &Call<'_>) -> Result<Option<u16>> {
    let Some(text) = call.params.text("Port") else { return Ok(None) };
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(invalid(format!("Port '{text}' must be between 1 and 65535"))),
    }
}

fn protocol(call: &Call<'_>) -> Result<Option<String>> {
    match call.params.text("Protocol") {
        Some(protocol) if !matches!(protocol, "HTTP" | "HTTPS") => {
            let message = format!(
                "Listener protocol '{protocol}' is not supported with load balancers of type 'application'"
            );
            Err(AwsError::new("UnsupportedProtocol", message))
        }
        protocol => Ok(protocol.map(str::to_owned)),
    }
}

/// Refuses a port that another listener of the load balancer has, and one listener too many.
fn free(call: &Call<'_>, balancer: &LoadBalancer, port: u16, own: Option<&str>) -> Result<()> {
    let others: Vec<&Listener> =
        call.region.elbv2.listeners.values().filter(|l| l.load_balancer == balancer.arn()).collect();
    if others.iter().any(|listener| listener.port == port && Some(listener.arn()) != own) {
        let message =
            format!("A listener already exists on this port for this load balancer '{}'", balancer.arn());
        return Err(AwsError::new("DuplicateListener", message));
    }
    if own.is_none() && others.len() >= call.conditions.quota("listener", QUOTA) {
        return Err(AwsError::new("TooManyListeners", "The maximum number of listeners has been reached"));
    }
    Ok(())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let arns = call.params.texts("ListenerArns");
    let balancer = call.params.text("LoadBalancerArn");
    if arns.is_empty() == balancer.is_none() {
        return Err(invalid("Either a load balancer ARN or listener ARNs must be specified"));
    }
    if let Some(balancer) = balancer {
        call.balanced::<LoadBalancer>(balancer)?;
    }
    for arn in &arns {
        call.balanced::<Listener>(arn)?;
    }
    let asked = |l: &&Listener| balancer.is_some_and(|arn| l.load_balancer == arn) || arns.contains(&l.arn());
    let page = page(call.params, call.region.elbv2.listeners.values().filter(asked).collect())?;
    let nodes = page.items.into_iter().map(|listener| listener.show(call.view()));
    Ok(Node::new().named_list("Listeners", "member", nodes).maybe("NextMarker", page.next).into())
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("ListenerArn")?;
    let mut listener = call.balanced::<Listener>(arn)?.clone();
    let balancer = call.balanced::<LoadBalancer>(&listener.load_balancer)?.clone();
    listener.port = port(call)?.unwrap_or(listener.port);
    free(call, &balancer, listener.port, Some(arn))?;
    listener.protocol = protocol(call)?.unwrap_or(listener.protocol.clone());
    (listener.certificates, listener.policy) =
        certificate::of_listener(call, &listener.protocol.clone(), Some(&listener))?;
    if call.params.has("DefaultActions") {
        listener.step = routing::read(call, "DefaultActions", &balancer.vpc)?;
    }
    call.keep_balanced(listener);
    answer(call, arn)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.balanced::<Listener>(call.params.required("ListenerArn")?)?.meta.id.clone();
    call.region.elbv2.listeners.shift_remove(&arn);
    rule::forget(call.region, &arn);
    Ok(Node::new().into())
}
