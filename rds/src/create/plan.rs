//! What is decided from the inventory before anything is made.

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::call::both;
use common::network;
use common::session::Session;

use super::check;
use crate::change::{self, Change, Pending, Standing, Wanted};
use crate::cli::Create;
use crate::instance::Instance;
use crate::inventory::Inventory;
use crate::names::Names;
use crate::offer::{self, Order};
use crate::secret::{Content, Kept};
use crate::{parameter, secret, subnet_group, version};

/// What to do, checked against what there is and what AWS offers.
pub struct Plan<'a> {
    pub flags: &'a Create,
    pub names: &'a Names,
    /// The version it is made with, or runs.
    pub version: String,
    /// The family of its parameters, e.g. `mysql8.4`.
    pub family: String,
    /// Which of the parameters asked for take effect at a reboot only.
    pub are_static: Vec<String>,
    upgrade: Option<String>,
    security_group: Option<String>,
}

impl<'a> Plan<'a> {
    /// # Errors
    /// Not found where the network is missing or AWS does not offer what is asked for; a conflict where what is there is not ours or
    /// cannot be changed in place.
    pub async fn decide(
        session: &Session,
        flags: &'a Create,
        names: &'a Names,
        inventory: &Inventory,
    ) -> Result<Self> {
        let found = inventory.found.instance.as_ref();
        let zones = subnet_group::zones(&inventory.vpc)?;
        let group = network::security_group(&inventory.groups, flags.engine.name())?;
        let mut plan = Self {
            flags,
            names,
            version: String::new(),
            family: String::new(),
            are_static: Vec::new(),
            upgrade: None,
            security_group: group.id.clone(),
        };
        check::instance(session, flags, names, found, inventory.vpc.id.as_deref())?;
        check::surroundings(session, flags, names, inventory)?;
        plan.version(session, found, inventory.versions.as_deref()).await?;
        plan.family = version::family(flags.engine.name(), &plan.version);
        let group = inventory.found.parameter_group.as_ref();
        check::family(names, &plan.family, group)?;
        let is_set =
            |key: &str, value: &str| group.is_some_and(|it| it.set.get(key).is_some_and(|has| has == value));
        let unset = flags.parameters.iter().filter(|(key, value)| !is_set(key, value)).cloned().collect();
        plan.check_offer(session, found, zones, unset).await?;
        Ok(plan)
    }

    /// Makes the version definite: for a new instance, and where the one that runs is older than what is asked for.
    async fn version(
        &mut self,
        session: &Session,
        found: Option<&DbInstance>,
        offered: Option<&[String]>,
    ) -> Result<()> {
        let engine = self.flags.engine.name();
        let asked = self.flags.engine_version.as_deref();
        let runs = found.map(|found| Standing::of(found, Pending::Counted).version);
        if let Some(runs) = &runs
            && asked.is_none_or(|asked| version::satisfies(runs, asked))
        {
            self.version.clone_from(runs);
            return Ok(());
        }
        let asked_for;
        let offered = if let Some(offered) = offered {
            offered
        } else {
            asked_for = version::offered(session, engine, &version::major_wanted(asked)).await?;
            &asked_for
        };
        self.version = version::resolve(session, engine, asked, offered).await?;
        self.upgrade = runs.map(|_| self.version.clone());
        Ok(())
    }

    /// Asks AWS whether it would take the order, and what the parameters are like; nothing where nothing is ordered.
    async fn check_offer(
        &mut self,
        session: &Session,
        found: Option<&DbInstance>,
        zones: Vec<String>,
        parameters: Vec<(String, String)>,
    ) -> Result<()> {
        let changes = found.map(|found| self.wanted().changes(found));
        if let (Some(changes), Some(found)) = (&changes, found) {
            change::check_growth(changes, &Standing::of(found, Pending::Counted))?;
        }
        let orders = changes.is_none_or(|changes| changes.iter().any(Change::is_an_order));
        let order = self.order(found, zones);
        let offer = async { if orders { offer::check(session, &order).await } else { Ok(()) } };
        let ((), are_static) = both(offer, parameter::check(session, &self.family, &parameters)).await?;
        self.are_static = are_static;
        Ok(())
    }

    fn order<'b>(&'b self, found: Option<&'b DbInstance>, zones: Vec<String>) -> Order<'b> {
        let class = self.flags.class.as_deref().or_else(|| found?.db_instance_class());
        let multi_az = self.flags.multi_az.or_else(|| found?.multi_az());
        let storage = found.and_then(aws_sdk_rds::types::DbInstance::allocated_storage).unwrap_or_default();
        Order {
            engine: self.flags.engine.name(),
            version: &self.version,
            class: class.unwrap_or_else(|| self.flags.class_or_default()),
            storage_type: found.and_then(|found| found.storage_type()).unwrap_or("gp3"),
            storage: storage.max(if found.is_some() {
                self.flags.storage.unwrap_or(0)
            } else {
                self.flags.storage_or_default()
            }),
            multi_az: multi_az.unwrap_or_default(),
            zones,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            flags: self.flags,
            version: self.upgrade.as_deref(),
            security_group: self.security_group.as_deref(),
            parameter_group: &self.names.identifier,
        }
    }

    /// The instance to make or to bring in line.
    pub fn instance<'b>(&'b self, kept: Option<&'b Kept>) -> Instance<'b> {
        Instance {
            names: self.names,
            wanted: self.wanted(),
            version: &self.version,
            password: kept.and_then(|kept| kept.version.as_ref()).and_then(secret::Version::password),
            resets_password: self.flags.reset_password,
        }
    }

    /// What the secret says before there is an instance.
    pub fn content(&self) -> Content {
        Content {
            engine: self.flags.engine.name().to_owned(),
            username: self.flags.username_or_default().to_owned(),
            db_name: Some(self.flags.db_name_or_default().to_owned()),
            host: None,
            port: None,
        }
    }
}
