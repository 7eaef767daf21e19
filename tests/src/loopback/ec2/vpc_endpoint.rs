//! Gateway endpoints, and the routes that they put into route tables.

use super::describe::{Shape, describe_where};
use super::noun::kept;
use super::prefix_list;
use super::route::{Destination, Origin, Route, Target};
use super::route_table::RouteTable;
use super::vpc::Vpc;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateVpcEndpoint",
        create,
        "VpcId! ServiceName! VpcEndpointType PolicyDocument RouteTableId.N ClientToken @tags",
    ),
    read("DescribeVpcEndpoints", list, "VpcEndpointId.N @filters @page"),
    write(
        "ModifyVpcEndpoint",
        modify,
        "VpcEndpointId! PolicyDocument ResetPolicy AddRouteTableId.N RemoveRouteTableId.N",
    ),
    write("DeleteVpcEndpoints", delete, "VpcEndpointId.N!"),
];

const OPEN_POLICY: &str = r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const DELETING_SECONDS: f64 = 5.0;

#[derive(Clone, Debug)]
pub struct VpcEndpoint {
    pub meta: Meta,
    pub vpc: String,
    pub service: String,
    pub prefix_list: String,
    pub route_tables: Vec<String>,
    pub policy: String,
    /// When it is gone, once it was told to go.
    pub gone: Option<Time>,
}

impl Noun for VpcEndpoint {
    const KIND: Kind = Kind {
        tag: "vpc-endpoint",
        prefix: "vpce-",
        word: "Vpc Endpoint Id",
        malformed: "InvalidVpcEndpointId.Malformed",
        not_found: "InvalidVpcEndpointId.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("vpc-endpoint-id", |endpoint, _| vec![endpoint.meta.id.clone()]),
        ("vpc-id", |endpoint, _| vec![endpoint.vpc.clone()]),
        ("service-name", |endpoint, _| vec![endpoint.service.clone()]),
        ("vpc-endpoint-state", |endpoint, _| vec![endpoint.state().to_owned()]),
        ("vpc-endpoint-type", |_, _| vec!["Gateway".to_owned()]),
    ];

    kept!(vpc_endpoints);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("vpcEndpointId", self.id())
            .put("vpcEndpointType", "Gateway")
            .put("vpcId", &self.vpc)
            .put("serviceName", &self.service)
            .put("state", self.state())
            .put("policyDocument", &self.policy)
            .texts("routeTableIdSet", "item", &self.route_tables)
            .list("subnetIdSet", [])
            .list("groupSet", [])
            .put("privateDnsEnabled", false)
            .put("requesterManaged", false)
            .list("networkInterfaceIdSet", [])
            .list("dnsEntrySet", [])
            .put("creationTimestamp", self.meta.made)
            .list("tagSet", tag::nodes(&self.meta.tags))
            .put("ownerId", &view.region.account)
    }
}

impl VpcEndpoint {
    fn state(&self) -> &'static str {
        if self.gone.is_some() { "deleting" } else { "available" }
    }

    /// Whether it has a route in a table.
    #[must_use]
    pub fn routes_for(&self, table: &str, now: Time) -> bool {
        self.gone.is_none_or(|gone| gone > now) && self.route_tables.iter().any(|id| id == table)
    }
}

/// Takes away what has to be gone by now.
pub fn settle(region: &mut Region, now: Time) {
    region.ec2.vpc_endpoints.retain(|_, endpoint| endpoint.gone.is_none_or(|gone| gone > now));
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let made = match call.replayed("ClientToken")?.filter(|id| call.region.ec2.vpc_endpoints.contains_key(id))
    {
        Some(id) => id,
        None => make(call)?,
    };
    let shown = call.region.ec2.vpc_endpoints.get(&made).map(|e| e.show(call.view())).unwrap_or_default();
    Ok(Node::new().node("vpcEndpoint", shown).maybe("clientToken", call.params.text("ClientToken")).into())
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let vpc = call.named::<Vpc>("VpcId")?.meta.id.clone();
    let service = call.params.required("ServiceName")?;
    let list = prefix_list::lists(call.region).into_iter().find(|list| list.name == service);
    let list = list.ok_or_else(|| {
        AwsError::new("InvalidServiceName", format!("The Vpc Endpoint Service '{service}' does not exist"))
    })?;
    if let Some(kind) = call.params.text("VpcEndpointType").filter(|kind| *kind != "Gateway") {
        let message = format!("The loopback AWS has no endpoints of type {kind}: it has Gateway endpoints");
        return Err(AwsError::new("UnsupportedOperation", message));
    }
    let meta = call.make::<VpcEndpoint>()?;
    let id = meta.id.clone();
    let policy = call.params.text("PolicyDocument").unwrap_or(OPEN_POLICY).to_owned();
    let tables: Vec<String> = call.params.texts("RouteTableId").into_iter().map(str::to_owned).collect();
    let endpoint = VpcEndpoint {
        meta,
        vpc,
        service: service.to_owned(),
        prefix_list: list.id,
        route_tables: Vec::new(),
        policy,
        gone: None,
    };
    call.keep(endpoint);
    for table in tables {
        add(call, &id, &table)?;
    }
    call.remember("ClientToken", &id);
    Ok(id)
}

/// Puts the endpoint's route into a table.
fn add(call: &mut Call<'_>, id: &str, table: &str) -> Result<()> {
    let endpoint =
        call.region.ec2.vpc_endpoints.get(id).ok_or_else(|| VpcEndpoint::KIND.not_found(&[id]))?.clone();
    let table = call.find_mut::<RouteTable>(table)?;
    if table.vpc != endpoint.vpc {
        let message =
            format!("Route table {} and VPC endpoint {id} belong to different networks", table.meta.id);
        return Err(AwsError::invalid_value(message));
    }
    let destination = Destination::PrefixList(endpoint.prefix_list.clone());
    if table.routes.iter().any(|route| route.destination == destination) {
        let message = format!(
            "route table {} already has a route with destination-prefix-list-id {}",
            table.meta.id, endpoint.prefix_list
        );
        return Err(AwsError::new("RouteAlreadyExists", message));
    }
    table.routes.push(Route { destination, target: Target::Endpoint(id.to_owned()), origin: Origin::Route });
    let table = table.meta.id.clone();
    if let Some(endpoint) = call.region.ec2.vpc_endpoints.get_mut(id) {
        endpoint.route_tables.push(table);
    }
    Ok(())
}

/// Takes the endpoint's route out of a table.
fn remove(call: &mut Call<'_>, id: &str, table: &str) -> Result<()> {
    let endpoint = call.find_mut::<VpcEndpoint>(id)?;
    let before = endpoint.route_tables.len();
    endpoint.route_tables.retain(|other| other != table);
    if endpoint.route_tables.len() == before {
        let message = format!("Route table {table} is not associated with VPC endpoint {id}");
        return Err(AwsError::invalid_value(message));
    }
    let target = Target::Endpoint(id.to_owned());
    call.find_mut::<RouteTable>(table)?.routes.retain(|route| route.target != target);
    Ok(())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let now = call.now;
    describe_where::<VpcEndpoint>(
        call,
        &Shape { page: 1..=1000, ..Shape::new("VpcEndpointId", "vpcEndpointSet") },
        |endpoint| endpoint.gone.is_none_or(|gone| gone > now),
    )
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.named::<VpcEndpoint>("VpcEndpointId")?.meta.id.clone();
    let owned = |name| call.params.texts(name).into_iter().map(str::to_owned).collect::<Vec<String>>();
    let (added, removed) = (owned("AddRouteTableId"), owned("RemoveRouteTableId"));
    let reset = call.params.flag("ResetPolicy")? == Some(true);
    let policy = if reset { Some(OPEN_POLICY) } else { call.params.text("PolicyDocument") };
    if let Some(policy) = policy {
        policy.clone_into(&mut call.find_mut::<VpcEndpoint>(&id)?.policy);
    }
    for table in removed {
        remove(call, &id, &table)?;
    }
    for table in added {
        add(call, &id, &table)?;
    }
    done()
}

/// Deletes those that are there, and lists the others: this call fails for none of them.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let mut unsuccessful = Vec::new();
    for id in call.params.texts("VpcEndpointId") {
        let tables = match call.find::<VpcEndpoint>(id) {
            Ok(endpoint) => endpoint.route_tables.clone(),
            Err(error) => {
                let error = Node::new().put("code", error.code).put("message", error.message);
                unsuccessful.push(Node::new().node("error", error).put("resourceId", id));
                continue;
            }
        };
        for table in tables {
            remove(call, id, &table)?;
        }
        let gone = call.after(DELETING_SECONDS);
        call.find_mut::<VpcEndpoint>(id)?.gone.get_or_insert(gone);
    }
    Ok(Node::new().list("unsuccessful", unsuccessful).into())
}
