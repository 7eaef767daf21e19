//! Route tables. Their routes are in `route.rs`, what they are associated with in `route_table_association.rs`.

use super::describe::{Shape, describe};
use super::noun::kept;
use super::route::{Destination, Origin, Route, Target};
use super::route_table_association::Association;
use super::vpc::Vpc;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateRouteTable", create, "VpcId! ClientToken @tags"),
    read("DescribeRouteTables", list, "RouteTableId.N @filters @page"),
    write("DeleteRouteTable", delete, "RouteTableId!"),
];

/// Route tables a VPC.
const QUOTA: usize = 200;

#[derive(Clone, Debug)]
pub struct RouteTable {
    pub meta: Meta,
    pub vpc: String,
    pub associations: Vec<Association>,
    pub routes: Vec<Route>,
}

impl Noun for RouteTable {
    const KIND: Kind = Kind {
        tag: "route-table",
        prefix: "rtb-",
        word: "routeTable ID",
        malformed: "InvalidRouteTableId.Malformed",
        not_found: "InvalidRouteTableID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("route-table-id", |table, _| vec![table.meta.id.clone()]),
        ("vpc-id", |table, _| vec![table.vpc.clone()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("association.main", |table, _| table.associations.iter().map(|a| a.main().to_string()).collect()),
        ("association.route-table-association-id", |table, _| {
            table.associations.iter().map(|a| a.id.clone()).collect()
        }),
        ("association.route-table-id", |table, _| {
            table.associations.iter().map(|_| table.meta.id.clone()).collect()
        }),
        ("association.subnet-id", |table, _| {
            table.associations.iter().filter_map(|a| a.subnet.clone()).collect()
        }),
        ("route.destination-cidr-block", |table, _| table.each(|r| r.destination.cidr())),
        ("route.destination-prefix-list-id", |table, _| table.each(|r| r.destination.prefix_list())),
        ("route.gateway-id", |table, _| table.each(|r| r.target.gateway())),
        ("route.nat-gateway-id", |table, _| table.each(|r| r.target.nat_gateway())),
        ("route.vpc-peering-connection-id", |table, _| table.each(|r| r.target.peering())),
        ("route.origin", |table, _| table.each(|r| Some(r.origin.to_string()))),
        ("route.state", |table, view| table.routes.iter().map(|r| r.state(table, view).to_owned()).collect()),
    ];

    kept!(route_tables);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("routeTableId", self.id())
            .put("vpcId", &self.vpc)
            .put("ownerId", &view.region.account)
            .list("routeSet", self.routes.iter().map(|route| route.show(self, view)))
            .list("associationSet", self.associations.iter().map(|association| association.show(self.id())))
            .list("propagatingVgwSet", [])
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        self.associations.iter().map(|association| association.id.clone()).collect()
    }
}

impl RouteTable {
    /// An empty table: but for the VPC's own route, that is.
    #[must_use]
    pub fn new(meta: Meta, vpc: &Vpc) -> Self {
        let local =
            Route { destination: Destination::Cidr(vpc.cidr), target: Target::Local, origin: Origin::Table };
        Self { meta, vpc: vpc.meta.id.clone(), associations: Vec::new(), routes: vec![local] }
    }

    /// Whether it is for the subnets that have none of their own.
    #[must_use]
    pub fn main(&self) -> bool {
        self.associations.iter().any(Association::main)
    }

    fn each(&self, get: impl Fn(&Route) -> Option<String>) -> Vec<String> {
        self.routes.iter().filter_map(get).collect()
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let made = match call.replayed("ClientToken")?.filter(|id| call.region.ec2.route_tables.contains_key(id))
    {
        Some(id) => id,
        None => make(call)?,
    };
    let shown =
        call.region.ec2.route_tables.get(&made).map(|table| table.show(call.view())).unwrap_or_default();
    Ok(Node::new().node("routeTable", shown).maybe("clientToken", call.params.text("ClientToken")).into())
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let vpc = call.named::<Vpc>("VpcId")?.clone();
    let there = call.region.ec2.route_tables.values().filter(|table| table.vpc == vpc.meta.id).count();
    if there >= call.conditions.quota("route-table", QUOTA) {
        return Err(AwsError::new(
            "RouteTableLimitExceeded",
            "The maximum number of route tables has been reached.",
        ));
    }
    let table = RouteTable::new(call.make::<RouteTable>()?, &vpc);
    let id = table.meta.id.clone();
    call.keep(table);
    call.remember("ClientToken", &id);
    Ok(id)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<RouteTable>(call, &Shape { page: 5..=100, ..Shape::new("RouteTableId", "routeTableSet") })
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let table = call.named::<RouteTable>("RouteTableId")?;
    let id = table.meta.id.clone();
    let endpoint = call.region.ec2.vpc_endpoints.values().any(|endpoint| endpoint.routes_for(&id, call.now));
    if !table.associations.is_empty() || endpoint {
        return Err(AwsError::dependency(format!(
            "The routeTable '{id}' has dependencies and cannot be deleted."
        )));
    }
    call.drop_noun::<RouteTable>(&id);
    done()
}
