//! Internet gateways.

use super::describe::{Shape, describe};
use super::noun::kept;
use super::vpc::Vpc;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateInternetGateway", create, "@tags"),
    read("DescribeInternetGateways", list, "InternetGatewayId.N @filters @page"),
    write("AttachInternetGateway", attach, "InternetGatewayId! VpcId!"),
    write("DetachInternetGateway", detach, "InternetGatewayId! VpcId!"),
    write("DeleteInternetGateway", delete, "InternetGatewayId!"),
];

/// Internet gateways a Region.
const QUOTA: usize = 5;

#[derive(Clone, Debug)]
pub struct InternetGateway {
    pub meta: Meta,
    /// The VPC that it is attached to.
    pub vpc: Option<String>,
}

impl Noun for InternetGateway {
    const KIND: Kind = Kind {
        tag: "internet-gateway",
        prefix: "igw-",
        word: "internetGateway ID",
        malformed: "InvalidInternetGatewayId.Malformed",
        not_found: "InvalidInternetGatewayID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("internet-gateway-id", |gateway, _| vec![gateway.meta.id.clone()]),
        ("attachment.vpc-id", |gateway, _| gateway.vpc.clone().into_iter().collect()),
        ("attachment.state", |gateway, _| gateway.vpc.iter().map(|_| "available".to_owned()).collect()),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
    ];

    kept!(internet_gateways);

    fn show(&self, view: View<'_>) -> Node {
        let attachment = self.vpc.iter().map(|vpc| Node::new().put("vpcId", vpc).put("state", "available"));
        Node::new()
            .put("internetGatewayId", self.id())
            .put("ownerId", &view.region.account)
            .list("attachmentSet", attachment)
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    if call.region.ec2.internet_gateways.len() >= call.conditions.quota("internet-gateway", QUOTA) {
        let message = "The maximum number of internet gateways has been reached.";
        return Err(AwsError::new("InternetGatewayLimitExceeded", message));
    }
    let gateway = InternetGateway { meta: call.make::<InternetGateway>()?, vpc: None };
    let shown = gateway.show(call.view());
    call.keep(gateway);
    Ok(Node::new().node("internetGateway", shown).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<InternetGateway>(call, &Shape::new("InternetGatewayId", "internetGatewaySet"))
}

fn attach(call: &mut Call<'_>) -> Result<Reply> {
    let gateway = call.named::<InternetGateway>("InternetGatewayId")?.clone();
    let vpc = call.named::<Vpc>("VpcId")?.meta.id.clone();
    let id = gateway.meta.id;
    if let Some(other) = gateway.vpc {
        let message = format!("resource {id} is already attached to network {other}");
        return Err(AwsError::new("Resource.AlreadyAssociated", message));
    }
    if let Some(other) =
        call.region.ec2.internet_gateways.values().find(|other| other.vpc.as_ref() == Some(&vpc))
    {
        let message = format!("Network {vpc} already has an internet gateway attached: {}", other.meta.id);
        return Err(AwsError::invalid_value(message));
    }
    call.find_mut::<InternetGateway>(&id)?.vpc = Some(vpc);
    done()
}

fn detach(call: &mut Call<'_>) -> Result<Reply> {
    let gateway = call.named::<InternetGateway>("InternetGatewayId")?;
    let vpc = call.named::<Vpc>("VpcId")?.meta.id.clone();
    let id = gateway.meta.id.clone();
    if gateway.vpc.as_ref() != Some(&vpc) {
        return Err(AwsError::new(
            "Gateway.NotAttached",
            format!("resource {id} is not attached to network {vpc}"),
        ));
    }
    let view = call.view();
    if call.region.ec2.network_interfaces.values().any(|i| i.vpc == vpc && i.public(view).is_some()) {
        return Err(AwsError::dependency(format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        )));
    }
    call.find_mut::<InternetGateway>(&id)?.vpc = None;
    done()
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let gateway = call.named::<InternetGateway>("InternetGatewayId")?;
    let id = gateway.meta.id.clone();
    if gateway.vpc.is_some() {
        return Err(AwsError::dependency(format!(
            "The internetGateway '{id}' has dependencies and cannot be deleted."
        )));
    }
    call.drop_noun::<InternetGateway>(&id);
    done()
}
