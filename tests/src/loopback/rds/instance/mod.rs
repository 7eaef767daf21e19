//! DB instances: what they are, how they are found, and what befalls them while nobody looks.

mod change;
mod create;
mod delete;
mod fate;
mod modify;
mod parameters;
mod power;
mod show;

pub use create::{Draft, launch, vacant};
pub use fate::settle;
pub use parameters::Parameters;
pub use show::address;

use super::course::Course;
use super::describe::{Shape, describe};
use super::master_secret::MasterSecret;
use super::network::Network;
use super::noun::{Kind, Noun, kept};
use super::settings::Settings;
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateDBInstance", create::create, create::TAKES),
    read(
        "DescribeDBInstances",
        list,
        "DBInstanceIdentifier Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
    write("ModifyDBInstance", modify::modify, modify::TAKES),
    write(
        "DeleteDBInstance",
        delete::delete,
        "DBInstanceIdentifier! SkipFinalSnapshot FinalDBSnapshotIdentifier DeleteAutomatedBackups",
    ),
    write("RebootDBInstance", power::reboot, "DBInstanceIdentifier! ForceFailover"),
    write("StopDBInstance", power::stop, "DBInstanceIdentifier! DBSnapshotIdentifier"),
    write("StartDBInstance", power::start, "DBInstanceIdentifier!"),
];

/// How long the interfaces of an instance outlive it.
const LINGER_SECONDS: f64 = 120.0;
/// How far behind the latest moment is to which an instance can be restored.
const BEHIND_SECONDS: f64 = 300.0;

/// The statuses in which an instance serves and can be changed. Storage that AWS optimises after a change is one of them.
const USABLE: [&str; 3] = ["available", "storage-optimization", "storage-full"];

#[derive(Clone, Debug)]
pub struct Instance {
    pub meta: Meta,
    /// `db-` and 26 letters and digits: what it is, whatever it is called.
    pub resource: String,
    pub settings: Settings,
    pub network: Network,
    pub course: Course,
    /// From when on it has an endpoint.
    pub born: Time,
    /// What it will be set to, and when.
    pub wanted: Option<(Settings, Time)>,
    /// Whether a new password is on its way.
    pub password_pending: Option<Time>,
    /// The master user's password, where a call gave one.
    pub password: Option<String>,
    pub parameters: Parameters,
    pub secret: Option<MasterSecret>,
    /// The instance that it is a replica of.
    pub source: Option<String>,
    /// From when on it can be restored to a point in time, where there are backups, and how far behind the latest point is.
    pub backed_up: Option<Time>,
    pub behind: u64,
    /// When its storage was last changed, which it cannot be again for six hours.
    pub storage_changed: Option<Time>,
    /// When it will be gone, once it is being deleted.
    pub gone: Option<Time>,
}

impl Noun for Instance {
    const KIND: Kind = Kind {
        dump: "db-instance",
        arn: "db",
        not_found: "DBInstanceNotFound",
        message: "DBInstance {} not found.",
    };

    kept!(instances);

    fn show(&self, view: View<'_>) -> Node {
        self.node(view)
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.resource.clone()]
    }
}

const FILTERS: &[Field<Instance>] = &[
    ("db-instance-id", |i, view| vec![i.name().to_owned(), i.arn(view.region)]),
    ("dbi-resource-id", |i, _| vec![i.resource.clone()]),
    ("db-cluster-id", |_, _| Vec::new()),
    ("domain", |_, _| Vec::new()),
    ("engine", |_, _| vec![super::version::ENGINE.to_owned()]),
];

impl Instance {
    #[must_use]
    pub fn status(&self, now: Time) -> &'static str {
        self.course.status(now)
    }

    /// Refuses to do anything with an instance that is not `available`.
    pub fn check_available(&self, now: Time, what: &str) -> Result<()> {
        if USABLE.contains(&self.status(now)) {
            return Ok(());
        }
        Err(AwsError::new("InvalidDBInstanceState", what.replace("{}", self.name())))
    }

    /// The latest moment to which it can be restored.
    #[must_use]
    pub fn restorable(&self, now: Time) -> Option<Time> {
        let first = self.backed_up.filter(|first| self.settings.backup_days > 0 && *first <= now)?;
        Some(first.max(Time(now.0.saturating_sub(self.behind))))
    }

    /// The names of its replicas.
    pub fn replicas<'a>(&'a self, region: &'a Region) -> impl Iterator<Item = &'a str> {
        let others = region.rds.instances.values();
        others.filter(|other| other.source.as_deref() == Some(self.name())).map(Noun::name)
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let shape = Shape { name: "DBInstanceIdentifier", list: ("DBInstances", "DBInstance"), filters: FILTERS };
    describe::<Instance>(call, &shape, |_| true)
}

/// The instance that a call names, as it is now.
fn named(call: &Call<'_>) -> Result<Instance> {
    call.region.rds.find::<Instance>(call.params.required("DBInstanceIdentifier")?).cloned()
}

/// Keeps an instance and answers with it.
fn kept_and_shown(call: &mut Call<'_>, instance: Instance) -> Result<Reply> {
    let name = instance.name().to_owned();
    call.region.rds.keep(instance);
    let shown = call.region.rds.find::<Instance>(&name)?.show(call.view());
    Ok(Node::new().node("DBInstance", shown).into())
}
