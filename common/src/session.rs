//! One run of one command: whose environment, the document, AWS, and what has been done so far.

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::fmt::Display;
use std::future::Future;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde::de::DeserializeOwned;

use crate::aws::Aws;
use crate::call::both;
use crate::changes::{Changes, Verb};
use crate::document::{Document, VERSION};
use crate::fault::Fault;
use crate::identity::Identity;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::stdout;

/// Everything a verb works with.
pub struct Session {
    pub identity: Identity,
    pub aws: Aws,
    pub progress: Arc<Progress>,
    pub changes: Changes,
    /// The first signal, for a verb that cleans up before it ends.
    pub interrupt: Interrupt,
    settings: Settings,
    document: RefCell<Document>,
    account: OnceCell<String>,
    is_written: Cell<bool>,
}

impl Session {
    /// Puts flags, document and AWS together. Makes no AWS call unless the document names an account that the credentials do not
    /// tell by themselves: then STS is asked before anything else, so that nothing is ever read from or made in another account.
    ///
    /// # Errors
    /// Document and denied faults; AWS's refusal.
    pub async fn begin(
        settings: &Settings,
        identity: Identity,
        document: Document,
        progress: Arc<Progress>,
        aws: Aws,
    ) -> Result<Self> {
        let session = Self {
            identity,
            aws,
            progress,
            changes: Changes::default(),
            interrupt: Interrupt::default(),
            settings: settings.clone(),
            document: RefCell::new(document),
            account: OnceCell::new(),
            is_written: Cell::new(false),
        };
        session.check_region()?;
        session.check_account().await?;
        Ok(session)
    }

    /// The same environment in another Region, for what is handed over to it. Makes no AWS call, and nothing is written there.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self {
            identity: self.identity.clone(),
            aws: self.aws.in_region(region),
            progress: Arc::clone(&self.progress),
            changes: Changes::default(),
            interrupt: Interrupt::default(),
            settings: self.settings.clone(),
            document: self.document.clone(),
            account: self.account.clone(),
            is_written: Cell::new(true),
        }
    }

    fn check_region(&self) -> Result<()> {
        let document = self.document.borrow();
        match document.text("region")? {
            Some(region) if region != self.aws.region() => Err(Fault::document(format!(
                "the document is of Region {}, the settings say {}",
                crate::identity::quoted(region),
                self.aws.region()
            ))
            .hint("use --region or the profile of the document's Region")
            .into()),
            _ => Ok(()),
        }
    }

    async fn check_account(&self) -> Result<()> {
        let wanted = self.document.borrow().text("account")?.map(str::to_owned);
        let known = self.aws.account_of_credentials().await?;
        let found = match (known, &wanted) {
            (Some(account), _) => account,
            (None, Some(_)) => self.aws.account_of_caller().await?,
            (None, None) => return Ok(()),
        };
        if let Some(wanted) = wanted
            && wanted != found
        {
            return Err(Fault::document(format!(
                "the document is of account {}, the credentials are of account {found}",
                crate::identity::quoted(&wanted)
            ))
            .hint("use the profile of the document's account")
            .into());
        }
        self.account.get_or_init(|| found);
        Ok(())
    }

    /// The account, once [`Session::inventory`] has run.
    ///
    /// # Errors
    /// None in practice: it was asked for before the inventory.
    pub fn account(&self) -> Result<&str> {
        self.account
            .get()
            .map(String::as_str)
            .ok_or_else(|| anyhow::anyhow!("the account was used before the inventory"))
    }

    /// The first read of a run. Where the account is not known yet it is asked for side by side, in the same round trip.
    ///
    /// # Errors
    /// What `read` fails with, and AWS's refusal to say whose credentials these are.
    pub async fn inventory<T>(&self, read: impl Future<Output = Result<T>>) -> Result<T> {
        if self.account.get().is_some() {
            return read.await;
        }
        let (account, found) = both(self.aws.account_of_caller(), read).await?;
        self.account.get_or_init(|| account);
        Ok(found)
    }

    /// The document as it came in.
    pub fn document(&self) -> Ref<'_, Document> {
        self.document.borrow()
    }

    /// A section of the document, or none where it is absent.
    ///
    /// # Errors
    /// A document fault where it is not well formed.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        self.document.borrow().section(name)
    }

    /// A dry run, or a document made by one: nothing that writes may be called.
    pub fn is_planning(&self) -> bool {
        self.settings.dry_run || self.document.borrow().is_planned()
    }

    /// Whether to go on until all is ready.
    pub fn waits(&self) -> bool {
        !self.settings.no_wait && !self.is_planning()
    }

    /// The longest wait: `--timeout`, or this kind of resource's own.
    pub fn timeout(&self, default: Duration) -> Duration {
        self.settings.timeout.unwrap_or(default)
    }

    /// Makes something, unless this is a dry run. `call` answers its id. None where it is only planned.
    ///
    /// # Errors
    /// What `call` fails with.
    pub async fn make(
        &self,
        what: impl Display,
        call: impl Future<Output = Result<String>>,
    ) -> Result<Option<String>> {
        if self.plans(Verb::Make, &what) {
            return Ok(None);
        }
        let id = call.await?;
        let what = what.to_string();
        if id == what || what.ends_with(&format!(" {id}")) {
            self.done(Verb::Make, what);
        } else {
            self.done(Verb::Make, format!("{what} ({id})"));
        }
        Ok(Some(id))
    }

    /// Changes something, unless this is a dry run. None where it is only planned.
    ///
    /// # Errors
    /// What `call` fails with.
    pub async fn change<T>(
        &self,
        what: impl Display,
        call: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        self.act(Verb::Change, what, call).await
    }

    /// Deletes something, unless this is a dry run. None where it is only planned.
    ///
    /// # Errors
    /// What `call` fails with.
    pub async fn delete<T>(
        &self,
        what: impl Display,
        call: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        self.act(Verb::Delete, what, call).await
    }

    async fn act<T>(
        &self,
        verb: Verb,
        what: impl Display,
        call: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        if self.plans(verb, &what) {
            return Ok(None);
        }
        let value = call.await?;
        self.done(verb, what.to_string());
        Ok(Some(value))
    }

    fn plans(&self, verb: Verb, what: impl Display) -> bool {
        let planning = self.is_planning();
        if planning {
            self.progress.line(&format!("{} {what}", verb.planned()));
        }
        planning
    }

    fn done(&self, verb: Verb, what: String) {
        self.progress.line(&format!("{} {what}", verb.done()));
        self.changes.push(verb, what);
    }

    /// Refuses to take production down unless `--confirm expense-prod` spells out which.
    ///
    /// # Errors
    /// A usage fault.
    pub fn confirm(&self, given: Option<&str>) -> Result<()> {
        let wanted = self.identity.base();
        match given {
            Some(given) if given != wanted => Err(Fault::usage(format!(
                "--confirm says {}, this environment is {wanted}",
                crate::identity::quoted(given)
            ))
            .into()),
            None if self.identity.is_production() && !self.is_planning() => {
                Err(Fault::usage(format!("{wanted} is a production environment"))
                    .hint(format!("add --confirm {wanted} if you mean to delete from it"))
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// Writes the document to stdout and closes it: the next command of the pipe starts now. `update` brings it up to date first.
    ///
    /// # Errors
    /// Stdout cannot be written. A reader that is gone is no error: nobody wants the document.
    pub fn write(&self, update: impl FnOnce(&mut Document) -> Result<()>) -> Result<()> {
        if self.is_written.replace(true) {
            return Ok(());
        }
        let planned = self.is_planning();
        let mut document = self.document.borrow_mut();
        self.set_head(&mut document, planned)?;
        update(&mut document)?;
        let is_terminal = std::io::stdout().is_terminal();
        self.put(&document.to_text(is_terminal)?, is_terminal)
    }

    /// Writes something other than the document to stdout and closes it, for a verb that shows rather than hands on.
    ///
    /// # Errors
    /// Stdout cannot be written. A reader that is gone is no error.
    pub fn print(&self, text: &str) -> Result<()> {
        if self.is_written.replace(true) {
            return Ok(());
        }
        self.put(text, std::io::stdout().is_terminal())
    }

    /// On a terminal a live line may stand where the text is to begin.
    fn put(&self, text: &str, is_terminal: bool) -> Result<()> {
        if is_terminal {
            self.progress.beside(|clear| stdout::write_and_close(&format!("{clear}{text}")))
        } else {
            stdout::write_and_close(text)
        }
    }

    fn set_head(&self, document: &mut Document, planned: bool) -> Result<()> {
        document.set("version", VERSION);
        document.set("project", self.identity.project.clone());
        document.set("environment", self.identity.environment.clone());
        document.set("region", self.aws.region());
        document.set("account", self.account()?);
        if !self.identity.tags.is_empty() {
            document.set_section("tags", &self.identity.tags)?;
        }
        if planned {
            document.set("planned", true);
        } else {
            document.unset("planned");
        }
        Ok(())
    }
}

/// Project, environment and tags: from the document, from the flags, or from both where they agree.
pub(crate) fn identity(settings: &Settings, document: &Document) -> Result<Identity> {
    let name = |key: &str, flag: &Option<String>| -> Result<String> {
        match (flag.as_deref(), document.text(key)?) {
            (Some(flag), Some(piped)) if flag != piped => Err(Fault::usage(format!(
                "the {key} is {} by flag and {} in the document",
                crate::identity::quoted(flag),
                crate::identity::quoted(piped)
            ))
            .into()),
            (Some(name), _) | (None, Some(name)) => Ok(name.to_owned()),
            (None, None) => Err(Fault::usage(format!("no {key}: nothing was piped in and no flag names it"))
                .hint("give --project and --env, or pipe in a document; in a pipe, the command before this one has failed")
                .into()),
        }
    };
    let project = name("project", &settings.project)?;
    let environment = name("environment", &settings.environment)?;
    let mut tags = document.tags()?;
    tags.extend(settings.tags());
    Ok(Identity::new(&project, &environment, tags)?)
}
