//! A route table of the plan with its default route and its subnets.
//!
//! A subnet that uses no table yet is associated at once. One that uses another table (the NAT gateways are changing) is moved when all
//! routes of the new table stand, so that it never loses its way.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, all, both};
use common::fault::is_code;
use common::session::Session;
use common::tags::ec2_filter;
use common::wait::while_missing;

use crate::plan;
use crate::route::{self, ANYWHERE, Target};
use crate::route_table;

/// Where a table's default route is to lead.
pub enum Way {
    To(Target),
    /// To a NAT gateway that is not available yet: AWS takes no route to it before.
    NotYet,
    /// Nowhere. What leads to one of these NAT gateways of ours is taken away.
    Nowhere {
        nats: Vec<String>,
    },
}

/// A table, as far as this run has got with it.
pub struct Table {
    pub plan: plan::Table,
    pub name: String,
    pub id: Option<String>,
    pub routes: Vec<ec2::Route>,
    pub members: Vec<Member>,
    /// Whether the default route stands.
    pub is_led: bool,
}

/// A subnet that is to use the table.
pub struct Member {
    pub name: String,
    pub subnet: Option<String>,
    pub held: Option<Held>,
}

/// What a subnet uses now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub association: String,
    pub table: String,
}

impl Held {
    /// What this subnet uses by name, going by these tables.
    pub fn of(subnet: &str, tables: &[ec2::RouteTable]) -> Option<Self> {
        tables.iter().flat_map(ec2::RouteTable::associations).find_map(|it| {
            (it.subnet_id() == Some(subnet)).then(|| Self {
                association: it.route_table_association_id().unwrap_or_default().to_owned(),
                table: it.route_table_id().unwrap_or_default().to_owned(),
            })
        })
    }
}

impl Table {
    /// Makes the default route, where that can be done now, and associates the subnets that use no table yet.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn connect(&mut self, session: &Session, way: &Way) -> Result<()> {
        let without: Vec<&Member> = self.members.iter().filter(|it| it.held.is_none()).collect();
        let lead = async { if self.is_led { Ok(()) } else { self.lead(session, way).await } };
        both(lead, self.hold(session, &without)).await?;
        self.is_led = !matches!(way, Way::NotYet);
        let table = self.id.clone().unwrap_or_default();
        for member in self.members.iter_mut().filter(|it| it.held.is_none()) {
            member.held = Some(Held { association: String::new(), table: table.clone() });
        }
        Ok(())
    }

    /// Moves the subnets that use another table to this one, once its default route stands.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn move_members(&mut self, session: &Session) -> Result<()> {
        if !self.is_led {
            return Ok(());
        }
        let elsewhere: Vec<&Member> = self.members.iter().filter(|it| !self.has(it)).collect();
        self.hold(session, &elsewhere).await?;
        let table = self.id.clone().unwrap_or_default();
        for member in &mut self.members {
            member.held = Some(Held { association: String::new(), table: table.clone() });
        }
        Ok(())
    }

    /// Whether the default route stands and every subnet uses this table.
    pub fn is_connected(&self) -> bool {
        self.is_led && self.members.iter().all(|member| self.has(member))
    }

    fn has(&self, member: &Member) -> bool {
        member
            .held
            .as_ref()
            .is_some_and(|held| Some(&held.table) == self.id.as_ref() || held.table.is_empty())
    }

    async fn lead(&self, session: &Session, way: &Way) -> Result<()> {
        match way {
            Way::NotYet => Ok(()),
            Way::To(target) => {
                let table = route::Table {
                    name: &self.name,
                    id: self.id.as_deref(),
                    routes: &self.routes,
                    is_ours: true,
                };
                Box::pin(route::keep(session, &table, ANYWHERE, target)).await
            }
            Way::Nowhere { nats } => {
                let there = route::to(&self.routes, ANYWHERE).and_then(ec2::Route::nat_gateway_id);
                let (Some(nat), Some(id)) = (there, &self.id) else { return Ok(()) };
                if !nats.iter().any(|ours| ours == nat) {
                    return Ok(());
                }
                let what = format!("route {ANYWHERE} of {} to {nat}", self.name);
                session.delete(what, route::delete(session, id, &self.name, ANYWHERE)).await.map(|_| ())
            }
        }
    }

    async fn hold(&self, session: &Session, members: &[&Member]) -> Result<()> {
        if members.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        let what = format!("route table {}: associate {}", self.name, names.join(", "));
        let table = self.id.clone().unwrap_or_default();
        let calls = all(members.iter().map(|member| associate(session, member, &table)));
        session.change(what, calls).await.map(|_| ())
    }
}

async fn associate(session: &Session, member: &Member, table: &str) -> Result<()> {
    let subnet = member.subnet.clone().unwrap_or_default();
    if let Some(held) = &member.held {
        return replace(session, member, held, table).await;
    }
    let associated = while_missing(session, async || {
        let call = session.aws.ec2().associate_route_table().route_table_id(table).subnet_id(&subnet);
        call.send().await.cannot(format!("associate a route table with the subnet {}", member.name))
    });
    match associated.await {
        Err(error) if is_code(&error, &["Resource.AlreadyAssociated"]) => {
            match look(session, &subnet).await? {
                Some(held) if held.table == table => Ok(()),
                Some(held) => replace(session, member, &held, table).await,
                None => Err(error),
            }
        }
        other => other.map(|_| ()),
    }
}

/// Replacing gives the association a new id, so a call whose answer was lost does not know the old one any more.
async fn replace(session: &Session, member: &Member, held: &Held, table: &str) -> Result<()> {
    let replaced = while_missing(session, async || {
        let call = session.aws.ec2().replace_route_table_association();
        let call = call.association_id(&held.association).route_table_id(table);
        let replaced = call
            .send()
            .await
            .cannot(format!("associate another route table with the subnet {}", member.name));
        match replaced {
            Err(error) if is_code(&error, &["InvalidAssociationID.NotFound"]) => Ok(Err(error)),
            other => other.map(Ok),
        }
    });
    match replaced.await? {
        Ok(_) => Ok(()),
        Err(error) => match look(session, member.subnet.as_deref().unwrap_or_default()).await? {
            Some(now) if now.table == table => Ok(()),
            _ => Err(error),
        },
    }
}

async fn look(session: &Session, subnet: &str) -> Result<Option<Held>> {
    let tables = route_table::list(session, vec![ec2_filter("association.subnet-id", [subnet])]).await?;
    Ok(Held::of(subnet, &tables))
}
