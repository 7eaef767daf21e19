//! Making an image: security group, builder, steps, image. Until the image is being made, a failure or a signal takes down what was
//! made; from then on the next run goes on with it.

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::fault::Fault;
use common::interrupt::Held;
use common::section::Baked;
use common::server::mark::{LOGIN_KEY, LOGIN_USER};
use common::server::{Disk, Launch, launch, until_stopped};
use common::session::Session;
use common::ssh::{PublicKey, user_data};
use common::tags::ec2_value;

use crate::claim::Claim;
use crate::cli::Create;
use crate::configure::Work;
use crate::ground::{Ground, Place};
use crate::group;
use crate::image::Wanted;
use crate::inventory::Inventory;
use crate::marks::{FINGERPRINT, OWNER, REVISION, SOURCE_IMAGE, VERSION, of_image, of_making, of_run};
use crate::names::Names;
use crate::recipe::Recipe;
use crate::source::Found;
use crate::{clear, section, settle, step};

/// An image that is to be made.
pub struct Bake<'a> {
    pub session: &'a Session,
    pub flags: &'a Create,
    pub names: &'a Names,
    pub recipe: &'a Recipe,
    pub fingerprint: &'a str,
}

/// Tags that are put on a builder or an image beside the five of every resource.
const MARKS: usize = 7;

/// A person's own tags leave room for ours (EC2 takes 50 a resource).
fn check_tags(session: &Session) -> Result<()> {
    let own = session.identity.tags.len();
    if own + common::identity::RESERVED_TAGS.len() + MARKS <= 50 {
        return Ok(());
    }
    Err(Fault::usage(format!("{own} tags are too many: an image needs {MARKS} of its own")).into())
}

impl Bake<'_> {
    /// What a dry run says and writes.
    ///
    /// # Errors
    /// What can be seen to fail.
    pub async fn plan(&self, source: &Found, ground: Ground) -> Result<()> {
        let (session, names) = (self.session, self.names);
        check_tags(session)?;
        source.check(session, self.flags.instance_type()).await?;
        ground.place(session, self.flags)?;
        let version = self.recipe.version(self.flags.version.as_deref(), self.fingerprint);
        let name = names.image(&version, self.fingerprint, 1);
        let none = async || Ok(String::new());
        session.make(format!("security group {}", names.builder), none()).await?;
        session.make(format!("builder {} from {}", names.builder, source.id), none()).await?;
        for step in &self.recipe.steps {
            session.progress.line(&format!("would run {}", step.label()));
        }
        session.make(format!("image {name}"), none()).await?;
        let baked = Baked {
            image: None,
            name: Some(name),
            version: Some(version),
            fingerprint: Some(self.fingerprint.to_owned()),
            source_image: Some(source.id.clone()),
            revision: self.recipe.revision().map(str::to_owned),
        };
        section::write(session, [(names.name.clone(), baked)])
    }

    /// Makes it, writes the document, and waits for the rest. `stopped` is a builder that a run before this one had got ready. Answers
    /// the claim where another run was quicker: then there is something else to wait for.
    ///
    /// # Errors
    /// A step failed; not in time; interrupted; AWS's refusal.
    pub async fn carry_out(
        &self,
        mut claim: Claim,
        inventory: &Inventory,
        source: &Found,
        ground: Ground,
        stopped: Option<ec2::Instance>,
    ) -> Result<Option<Claim>> {
        let held = self.session.interrupt.hold();
        let built = Box::pin(self.build(&held, &mut claim, inventory, source, ground, stopped)).await;
        let image = match built {
            Ok(Some(image)) => image,
            Ok(None) => return Ok(Some(claim)),
            Err(error) => return Err(Box::pin(self.undo(claim, error)).await),
        };
        section::write(self.session, [(self.names.name.clone(), section::baked(&image))])?;
        held.check()?;
        drop(held);
        if self.session.waits() {
            Box::pin(settle::settle(self.session, self.names, &image, Some(claim))).await?;
            return Ok(None);
        }
        self.session.progress.line(&format!("`bake show {} --wait` removes the builder", self.names.name));
        Ok(None)
    }

    async fn build(
        &self,
        held: &Held<'_>,
        claim: &mut Claim,
        inventory: &Inventory,
        source: &Found,
        ground: Ground,
        stopped: Option<ec2::Instance>,
    ) -> Result<Option<ec2::Image>> {
        let builder = match stopped {
            Some(builder) => {
                let id = builder.instance_id().unwrap_or_default();
                held.until_interrupted(until_stopped(self.session, id)).await?;
                Some(builder)
            }
            None => Box::pin(self.configured(held, claim, inventory, source, ground)).await?,
        };
        held.check()?;
        match builder {
            Some(builder) => self.image(inventory, &builder, &source.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// A builder that is configured and stopped; none where another run launched it at the same moment.
    async fn configured(
        &self,
        held: &Held<'_>,
        claim: &mut Claim,
        inventory: &Inventory,
        source: &Found,
        ground: Ground,
    ) -> Result<Option<ec2::Instance>> {
        check_tags(self.session)?;
        step::check(self.recipe).await?;
        let root_device = source.check(self.session, self.flags.instance_type()).await?;
        let place = ground.place(self.session, self.flags)?.context("the place is only planned")?;
        held.check()?;
        let key = claim.folder.own_key().await?;
        let owner = claim.name()?;
        let builder =
            Box::pin(self.launch(inventory, &place, &source.id, &root_device, &key, &owner)).await?;
        if ec2_value(builder.tags(), OWNER) != Some(&owner) {
            return Ok(None);
        }
        let work = Work {
            session: self.session,
            names: self.names,
            recipe: self.recipe,
            claim,
            builder: &builder,
            vpc: &place.vpc,
            via: self.flags.via,
            fingerprint: self.fingerprint,
        };
        held.until_interrupted(work.carry_out()).await?;
        Ok(Some(builder))
    }

    async fn launch(
        &self,
        inventory: &Inventory,
        place: &Place,
        image: &str,
        root_device: &str,
        key: &PublicKey,
        owner: &str,
    ) -> Result<ec2::Instance> {
        let session = self.session;
        let wanted = group::Wanted {
            names: self.names,
            vpc: place.vpc.clone(),
            admitted: place.admitted.clone(),
            owner,
        };
        let group = wanted.provide(session, &inventory.groups).await?;
        let mut tags = of_making(&session.identity, self.names);
        tags.extend(of_run(owner));
        let marks = [(LOGIN_KEY, key.fingerprint()), (LOGIN_USER, self.recipe.user.clone())];
        tags.extend(marks.map(|(key, value)| (key.to_owned(), value)));
        let types: Vec<&str> = self.flags.instance_types.iter().map(String::as_str).collect();
        let order = Launch {
            name: &self.names.builder,
            image,
            instance_types: &types,
            subnets: &place.subnets,
            security_groups: std::slice::from_ref(&group),
            root_device,
            disk: Disk { kms_key: self.flags.kms_key.as_deref(), size: self.flags.volume_size },
            key_name: None,
            user_data: &user_data(key),
            tags: &tags,
            // The group is made anew for each image, and is the same for two runs at once.
            token: &[&group],
            dead: inventory.dead,
        };
        let mut made = None;
        session
            .make(format!("builder {}", self.names.builder), async {
                let builder = Box::pin(launch(session, &order)).await?;
                let id = builder.instance_id().unwrap_or_default().to_owned();
                made = Some(builder);
                Ok(id)
            })
            .await?;
        made.context("the builder is only planned")
    }

    async fn image(
        &self,
        inventory: &Inventory,
        builder: &ec2::Instance,
        source: &str,
    ) -> Result<ec2::Image> {
        let version = self.recipe.version(self.flags.version.as_deref(), self.fingerprint);
        let names = self.names;
        let is_taken = |name: &String| inventory.images.iter().any(|it| it.name() == Some(name));
        let mut generations = (1..).map(|generation| names.image(&version, self.fingerprint, generation));
        let name = generations.find(|name| !is_taken(name)).context("there is no free name")?;
        let marks = [
            (VERSION, Some(version.as_str())),
            (SOURCE_IMAGE, Some(source)),
            (FINGERPRINT, Some(self.fingerprint)),
            (REVISION, self.recipe.revision()),
        ];
        let wanted = Wanted {
            names,
            builder: builder.instance_id().unwrap_or_default(),
            fingerprint: self.fingerprint,
            tags: of_image(&self.session.identity, names, &name, &marks),
            name,
        };
        wanted.provide(self.session).await
    }

    /// Takes down what was made, unless it is to be kept. Answers the error, with what could not be taken down.
    async fn undo(&self, claim: Claim, error: anyhow::Error) -> anyhow::Error {
        let (session, names) = (self.session, self.names);
        let left = match Inventory::read(session, names).await {
            Ok(left) => left,
            Err(second) => return common::fault::Several(vec![error, second]).into(),
        };
        let is_own = |it: &&ec2::Instance| !claim.is_alive(it.tags());
        let own: Vec<ec2::Instance> = left.builders.iter().filter(is_own).cloned().collect();
        if self.flags.keep_on_error && !own.is_empty() {
            let config = claim.folder.file("config");
            // With `-q` as well: without it nobody could log in.
            session.progress.warning(&format!(
                "the builder stays: ssh -F {} {}\nthe next `bake create {}` or `bake delete` removes it",
                config.display(),
                names.builder,
                names.name
            ));
            return error;
        }
        // What another run has made meanwhile is its own.
        let is_shared = own.len() < left.builders.len();
        let groups = if is_shared { Vec::new() } else { left.groups };
        let left = Inventory { builders: own, groups, ..Inventory::default() };
        match clear::with_claim(session, names, claim, &left).await {
            Ok(()) => error,
            Err(second) => common::fault::Several(vec![error, second]).into(),
        }
    }
}
