//! Network ACLs: the default one of each VPC, which lets everything through.

use super::describe::{Shape, describe};
use super::noun::kept;
use super::subnet::Subnet;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Meta, View, read};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeNetworkAcls",
    |call| describe::<NetworkAcl>(call, &Shape::new("NetworkAclId", "networkAclSet")),
    "NetworkAclId.N @filters @page",
)];

#[derive(Clone, Debug)]
pub struct NetworkAcl {
    pub meta: Meta,
    pub vpc: String,
}

impl Noun for NetworkAcl {
    const KIND: Kind = Kind {
        tag: "network-acl",
        prefix: "acl-",
        word: "networkAcl ID",
        malformed: "InvalidNetworkAclId.Malformed",
        not_found: "InvalidNetworkAclID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("network-acl-id", |acl, _| vec![acl.meta.id.clone()]),
        ("vpc-id", |acl, _| vec![acl.vpc.clone()]),
        ("default", |_, _| vec!["true".to_owned()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("association.subnet-id", |acl, view| acl.subnets(view).map(|s| s.meta.id.clone()).collect()),
    ];

    kept!(network_acls);

    fn show(&self, view: View<'_>) -> Node {
        let entry = |number: u32, action: &str, egress: bool| {
            Node::new()
                .put("ruleNumber", number)
                .put("protocol", "-1")
                .put("ruleAction", action)
                .put("egress", egress)
                .put("cidrBlock", "0.0.0.0/0")
        };
        let entries = [
            entry(100, "allow", true),
            entry(32767, "deny", true),
            entry(100, "allow", false),
            entry(32767, "deny", false),
        ];
        let association = |subnet: &Subnet| {
            Node::new()
                .put("networkAclAssociationId", subnet.acl_association())
                .put("networkAclId", self.id())
                .put("subnetId", subnet.id())
        };
        Node::new()
            .put("networkAclId", self.id())
            .put("vpcId", &self.vpc)
            .put("ownerId", &view.region.account)
            .put("default", true)
            .list("entrySet", entries)
            .list("associationSet", self.subnets(view).map(association))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl NetworkAcl {
    fn subnets<'a>(&'a self, view: View<'a>) -> impl Iterator<Item = &'a Subnet> {
        view.region.ec2.subnets.values().filter(|subnet| subnet.vpc == self.vpc)
    }
}
