//! VPCs.

use ipnet::Ipv4Net;

use super::describe::{Shape, describe};
use super::network_acl::NetworkAcl;
use super::noun::kept;
use super::route_table::RouteTable;
use super::route_table_association::Association;
use super::security_group::SecurityGroup;
use super::security_group_rule;
use super::{Ec2, Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::id;
use crate::loopback::tag::{self, Tags};
use crate::loopback::world::{Region, hash};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateVpc", create, "CidrBlock! InstanceTenancy @tags"),
    read("DescribeVpcs", list, "VpcId.N @filters @page"),
    write("DeleteVpc", delete, "VpcId!"),
    write("ModifyVpcAttribute", modify, "VpcId! EnableDnsHostnames.Value EnableDnsSupport.Value"),
    read("DescribeVpcAttribute", attribute, "VpcId! Attribute!"),
];

/// VPCs a Region, the default one included.
const QUOTA: usize = 5;
const PENDING_SECONDS: f64 = 1.0;

#[derive(Clone, Debug)]
pub struct Vpc {
    pub meta: Meta,
    pub cidr: Ipv4Net,
    pub default: bool,
    pub ready: Time,
    pub dns_support: bool,
    pub dns_hostnames: bool,
}

impl Noun for Vpc {
    const KIND: Kind = Kind {
        tag: "vpc",
        prefix: "vpc-",
        word: "vpc ID",
        malformed: "InvalidVpcId.Malformed",
        not_found: "InvalidVpcID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("vpc-id", |vpc, _| vec![vpc.meta.id.clone()]),
        ("cidr", |vpc, _| vec![vpc.cidr.to_string()]),
        ("cidr-block-association.cidr-block", |vpc, _| vec![vpc.cidr.to_string()]),
        ("state", |vpc, view| vec![vpc.state(view.now).to_owned()]),
        ("is-default", |vpc, _| vec![vpc.default.to_string()]),
        ("isDefault", |vpc, _| vec![vpc.default.to_string()]),
        ("dhcp-options-id", |_, view| vec![dhcp_options(view.region)]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
    ];

    kept!(vpcs);

    fn show(&self, view: View<'_>) -> Node {
        let state = Node::new().put("state", "associated");
        let association = Node::new()
            .put("associationId", self.association())
            .put("cidrBlock", self.cidr)
            .node("cidrBlockState", state);
        Node::new()
            .put("vpcId", self.id())
            .put("ownerId", &view.region.account)
            .put("state", self.state(view.now))
            .put("cidrBlock", self.cidr)
            .put("dhcpOptionsId", dhcp_options(view.region))
            .list("cidrBlockAssociationSet", [association])
            .put("instanceTenancy", "default")
            .put("isDefault", self.default)
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.association()]
    }
}

impl Vpc {
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        if now < self.ready { "pending" } else { "available" }
    }

    fn association(&self) -> String {
        self.meta.id.replacen("vpc-", "vpc-cidr-assoc-", 1)
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let cidr = cidr(call.params.required("CidrBlock")?)?;
    if let Some(tenancy) = call.params.text("InstanceTenancy").filter(|t| *t != "default") {
        return Err(AwsError::new(
            "UnsupportedOperation",
            format!("The loopback AWS has no tenancy '{tenancy}'"),
        ));
    }
    if call.region.ec2.vpcs.len() >= call.conditions.quota("vpc", QUOTA) {
        return Err(AwsError::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let meta = call.make::<Vpc>()?;
    let ready = call.after(PENDING_SECONDS);
    let vpc = Vpc { meta, cidr, default: false, ready, dns_support: true, dns_hostnames: false };
    let shown = vpc.show(call.view());
    companions(call.region, &vpc, call.now);
    call.keep(vpc);
    Ok(Node::new().node("vpc", shown).into())
}

/// What comes and goes with every VPC: its default group, its network ACL and its main route table, whose id is answered.
pub fn companions(region: &mut Region, vpc: &Vpc, now: Time) -> String {
    let fresh = |region: &mut Region, prefix| Meta::fresh(&mut region.rng, prefix, Tags::new(), now);
    let (name, description) = ("default".to_owned(), "default VPC security group".to_owned());
    let meta = fresh(region, SecurityGroup::KIND.prefix);
    let (group, vpc_id) = (meta.id.clone(), vpc.meta.id.clone());
    let default = SecurityGroup { meta, name, description, vpc: vpc_id.clone() };
    region.ec2.security_groups.insert(group.clone(), default);
    security_group_rule::allow_all(region, &group, false, now);
    security_group_rule::allow_all(region, &group, true, now);
    let acl = NetworkAcl { meta: fresh(region, NetworkAcl::KIND.prefix), vpc: vpc_id };
    region.ec2.network_acls.insert(acl.meta.id.clone(), acl);
    let mut table = RouteTable::new(fresh(region, RouteTable::KIND.prefix), vpc);
    let id = id::fresh(&mut region.rng, "rtbassoc-");
    table.associations.push(Association { id, subnet: None });
    let id = table.meta.id.clone();
    region.ec2.route_tables.insert(id.clone(), table);
    id
}

/// The set of DHCP options that a Region's VPCs have, there being no call to make others.
fn dhcp_options(region: &Region) -> String {
    format!("dopt-0{:016x}", hash(&format!("{} {}", region.account, region.name)))
}

/// A block from /16 to /28. AWS takes away the bits behind the mask.
fn cidr(text: &str) -> Result<Ipv4Net> {
    let bad = || {
        AwsError::invalid_value(format!(
            "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        ))
    };
    let net: Ipv4Net = text.parse().map_err(|_| bad())?;
    if !(16..=28).contains(&net.prefix_len()) {
        return Err(AwsError::new("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")));
    }
    Ok(net.trunc())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<Vpc>(call, &Shape::new("VpcId", "vpcSet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.named::<Vpc>("VpcId")?.meta.id.clone();
    if held(&call.region.ec2, &id, call.now) {
        return Err(AwsError::dependency(format!("The vpc '{id}' has dependencies and cannot be deleted.")));
    }
    let ec2 = &mut call.region.ec2;
    let groups: Vec<String> = ec2
        .security_groups
        .values()
        .filter(|group| group.vpc == id)
        .map(|group| group.meta.id.clone())
        .collect();
    ec2.security_group_rules.retain(|_, rule| !groups.contains(&rule.group));
    ec2.security_groups.retain(|_, group| group.vpc != id);
    ec2.network_acls.retain(|_, acl| acl.vpc != id);
    ec2.route_tables.retain(|_, table| table.vpc != id);
    call.drop_noun::<Vpc>(&id);
    done()
}

/// Whether anything is in a VPC but for what goes with it.
fn held(ec2: &Ec2, id: &str, now: Time) -> bool {
    ec2.subnets.values().any(|subnet| subnet.vpc == id)
        || ec2.internet_gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(id))
        || ec2.network_interfaces.values().any(|interface| interface.vpc == id)
        || ec2.vpc_endpoints.values().any(|endpoint| endpoint.vpc == id)
        || ec2.vpc_peering_connections.values().any(|peering| peering.alive(now) && peering.joins(id))
        || ec2.route_tables.values().any(|table| table.vpc == id && !table.main())
        || ec2.security_groups.values().any(|group| group.vpc == id && group.name != "default")
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let support = call.params.flag("EnableDnsSupport.Value")?;
    let hostnames = call.params.flag("EnableDnsHostnames.Value")?;
    let id = call.params.required("VpcId")?;
    let vpc = call.find_mut::<Vpc>(id)?;
    match (support, hostnames) {
        (Some(flag), None) => vpc.dns_support = flag,
        (None, Some(flag)) => vpc.dns_hostnames = flag,
        (None, None) => return Err(AwsError::new("InvalidParameterCombination", "No attributes specified.")),
        (Some(_), Some(_)) => {
            let message =
                "Fields for multiple attribute types specified: enableDnsSupport, enableDnsHostnames";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    }
    done()
}

fn attribute(call: &mut Call<'_>) -> Result<Reply> {
    let vpc = call.named::<Vpc>("VpcId")?;
    let flag =
        |name, value: bool| Node::new().put("vpcId", vpc.id()).node(name, Node::new().put("value", value));
    match call.params.required("Attribute")? {
        "enableDnsSupport" => Ok(flag("enableDnsSupport", vpc.dns_support).into()),
        "enableDnsHostnames" => Ok(flag("enableDnsHostnames", vpc.dns_hostnames).into()),
        other => Err(AwsError::invalid_value(format!(
            "Value ({other}) for parameter attribute is invalid. Unknown attribute."
        ))),
    }
}
