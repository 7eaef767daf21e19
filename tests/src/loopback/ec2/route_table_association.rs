//! What a route table is for: subnets, or all of a VPC's that have none of their own.

use super::route_table::RouteTable;
use super::subnet::Subnet;
use crate::loopback::action::{Action, Call, Reply, done, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("AssociateRouteTable", associate, "RouteTableId! SubnetId!"),
    write("DisassociateRouteTable", disassociate, "AssociationId!"),
    write("ReplaceRouteTableAssociation", replace, "AssociationId! RouteTableId!"),
];

#[derive(Clone, Debug)]
pub struct Association {
    pub id: String,
    /// The subnet; none for the main association.
    pub subnet: Option<String>,
}

impl Association {
    #[must_use]
    pub fn main(&self) -> bool {
        self.subnet.is_none()
    }

    #[must_use]
    pub fn show(&self, table: &str) -> Node {
        Node::new()
            .put("routeTableAssociationId", &self.id)
            .put("routeTableId", table)
            .maybe("subnetId", self.subnet.as_ref())
            .put("main", self.main())
            .node("associationState", associated())
    }
}

fn associated() -> Node {
    Node::new().put("state", "associated")
}

fn associate(call: &mut Call<'_>) -> Result<Reply> {
    let table = call.named::<RouteTable>("RouteTableId")?;
    let subnet = call.named::<Subnet>("SubnetId")?;
    let (table_id, subnet_id) = (table.meta.id.clone(), subnet.meta.id.clone());
    if table.vpc != subnet.vpc {
        let message = format!("Route table {table_id} and subnet {subnet_id} belong to different networks");
        return Err(AwsError::invalid_value(message));
    }
    let taken = |table: &RouteTable| table.associations.iter().any(|a| a.subnet.as_ref() == Some(&subnet_id));
    if call.region.ec2.route_tables.values().any(taken) {
        let message = format!(
            "the specified association for route table {table_id} conflicts with an existing association"
        );
        return Err(AwsError::new("Resource.AlreadyAssociated", message));
    }
    let id = id::fresh(&mut call.region.rng, "rtbassoc-");
    let association = Association { id: id.clone(), subnet: Some(subnet_id) };
    call.find_mut::<RouteTable>(&table_id)?.associations.push(association);
    Ok(Node::new().put("associationId", id).node("associationState", associated()).into())
}

fn disassociate(call: &mut Call<'_>) -> Result<Reply> {
    let (table, association) = find(call)?;
    if association.main() {
        let message = format!("cannot disassociate the main route table association {}", association.id);
        return Err(AwsError::invalid_value(message));
    }
    call.find_mut::<RouteTable>(&table)?.associations.retain(|other| other.id != association.id);
    done()
}

fn replace(call: &mut Call<'_>) -> Result<Reply> {
    let (from, association) = find(call)?;
    let to = call.named::<RouteTable>("RouteTableId")?;
    let (to_id, same_vpc) = (to.meta.id.clone(), to.vpc == call.find::<RouteTable>(&from)?.vpc);
    if !same_vpc {
        let message = format!("Route table {to_id} and route table {from} belong to different networks");
        return Err(AwsError::invalid_value(message));
    }
    call.find_mut::<RouteTable>(&from)?.associations.retain(|other| other.id != association.id);
    let id = id::fresh(&mut call.region.rng, "rtbassoc-");
    call.find_mut::<RouteTable>(&to_id)?.associations.push(Association { id: id.clone(), ..association });
    Ok(Node::new().put("newAssociationId", id).node("associationState", associated()).into())
}

/// The association that a call names, and its table.
fn find(call: &Call<'_>) -> Result<(String, Association)> {
    let id = call.params.required("AssociationId")?;
    let tables = call.region.ec2.route_tables.values();
    let mut all =
        tables.flat_map(|table| table.associations.iter().map(|a| (table.meta.id.clone(), a.clone())));
    all.find(|(_, association)| association.id == id).ok_or_else(|| {
        AwsError::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
    })
}
