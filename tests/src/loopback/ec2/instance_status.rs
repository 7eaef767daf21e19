//! Status checks, which a new instance passes some minutes after it runs.

use super::Noun;
use super::describe::{Shape, select};
use super::instance::Instance;
use super::instance_state::{Life, State};
use crate::loopback::action::{Action, Call, Reply, View, done, read, write};
use crate::loopback::error::Result;
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[read("DescribeInstanceStatus", list, "InstanceId.N IncludeAllInstances @filters @page")];

/// An instance that stops answering, or answers again.
pub const HOOKS: &[Action] = &[write("ImpairInstance", impair, "InstanceId! Impaired")];

const FILTERS: &[Field<Instance>] = &[
    ("availability-zone", |i, _| vec![i.zone.name.clone()]),
    ("instance-state-name", |i, view| vec![i.state(view.now).name().to_owned()]),
    ("instance-state-code", |i, view| vec![i.state(view.now).code().to_string()]),
    ("instance-status.status", |i, view| vec![i.status(view).0.to_owned()]),
    ("instance-status.reachability", |i, view| vec![i.status(view).1.to_owned()]),
    ("system-status.status", |i, view| vec![i.status(view).0.to_owned()]),
    ("system-status.reachability", |i, view| vec![i.status(view).1.to_owned()]),
];

impl Instance {
    /// What the checks say in sum, and of whether it can be reached.
    #[must_use]
    pub fn status(&self, view: View<'_>) -> (&'static str, &'static str) {
        match self.life {
            _ if self.state(view.now) != State::Running => ("not-applicable", "not-applicable"),
            _ if self.impaired.is_some() => ("impaired", "failed"),
            Life::Running { checked, .. } if view.now >= checked => ("ok", "passed"),
            _ => ("initializing", "initializing"),
        }
    }

    fn show_status(&self, view: View<'_>) -> Node {
        let (status, reachability) = self.status(view);
        let detail = Node::new().put("name", "reachability").put("status", reachability);
        let details = (status != "not-applicable").then_some(detail);
        let summary = Node::new().put("status", status).list("details", details);
        Node::new()
            .put("instanceId", self.id())
            .put("availabilityZone", &self.zone.name)
            .put("availabilityZoneId", &self.zone.id)
            .node("instanceState", self.state(view.now).show())
            .node("instanceStatus", summary.clone())
            .node("systemStatus", summary)
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let all = call.params.flag("IncludeAllInstances")?.unwrap_or_default();
    let view = call.view();
    // By ids only: the filters are others than those of DescribeInstances.
    let shape = Shape { filters: "NoFilter", ..Shape::new("InstanceId", "instanceStatusSet") };
    let mut instances: Vec<&Instance> = select(call, &shape)?;
    instances.retain(|instance| {
        (all || instance.state(view.now) == State::Running)
            && filter::matches(&filters, *instance, FILTERS, None, view)
    });
    let page = page::ec2(call.params, instances, shape.page)?;
    let nodes = page.items.into_iter().map(|instance| instance.show_status(view));
    Ok(Node::new().list("instanceStatusSet", nodes).maybe("nextToken", page.next).into())
}

fn impair(call: &mut Call<'_>) -> Result<Reply> {
    let impaired = call.params.flag("Impaired")?.unwrap_or(true).then_some(call.now);
    let id = call.params.required("InstanceId")?;
    call.find_mut::<Instance>(id)?.impaired = impaired;
    done()
}
