//! All that goes into an image, read before anything is made, and its fingerprint.
//!
//! What was fingerprinted is what runs: scripts are kept as they were read, the commit of a repository is resolved once and pulled by
//! its hash, and a directory that has changed by the time its step runs ends the bake.

mod fingerprint;
mod revision;
mod tree;
mod variables;

use std::path::{Path, PathBuf};

use anyhow::Result;
use common::call::all;
use common::fault::Fault;

use crate::cli::Create;
use crate::repository;
use crate::steps::Step;
pub use fingerprint::Hash;
pub use revision::Revision;
use tree::Modes;
pub use tree::{Entry, Kind, Tree, files, kind};
pub use variables::Variables;

/// The version of what follows: another one makes every image anew.
const FORMAT: &str = "stackpipe bake 1";

/// The longest script. Larger things are files to copy.
const LONGEST_SCRIPT: u64 = 1024 * 1024;

/// Everything that an image is made from, but for the image to begin with.
pub struct Recipe {
    pub steps: Vec<Ready>,
    pub variables: Variables,
    pub user: String,
    kms_key: Option<String>,
    volume_size: Option<i32>,
    revision: Revision,
}

/// A step with everything it needs.
#[derive(Debug, Clone)]
pub enum Ready {
    Playbook { path: PathBuf, tree: Tree },
    Pull { url: String, commit: String, playbook: String },
    Script { path: PathBuf, text: Vec<u8> },
    Copy { tree: Tree, destination: String },
}

impl Recipe {
    /// Reads the files, and asks the repositories for their commits.
    ///
    /// # Errors
    /// A usage fault for a file that cannot be read or is too large; not found.
    pub async fn read(flags: &Create) -> Result<Self> {
        let variables = Variables::read(&flags.variables)?;
        let steps = all(flags.steps.iter().map(ready)).await?;
        if steps.iter().any(|it| matches!(it, Ready::Script { .. })) {
            variables.environment()?;
        }
        let place = flags.steps.iter().find_map(|step| match step {
            Step::Playbook(path) | Step::Script(path) => Some(folder(path)),
            _ => None,
        });
        let mut revision = match place {
            Some(place) => Revision::of(&place).await,
            None => Revision::default(),
        };
        let pulled = steps.iter().find_map(|step| match step {
            Ready::Pull { commit, .. } => Some(commit.clone()),
            _ => None,
        });
        revision.commit = revision.commit.or(pulled);
        Ok(Self {
            steps,
            variables,
            user: flags.user.clone(),
            kms_key: flags.kms_key.clone(),
            volume_size: flags.volume_size,
            revision,
        })
    }

    /// SHA-256 of all of it and of the image to begin with, in hexadecimal.
    pub fn fingerprint(&self, source_image: &str) -> String {
        let mut hash = Hash::default();
        hash.text(FORMAT).text(source_image);
        for step in &self.steps {
            match step {
                Ready::Script { text, .. } => hash.text("script").bytes(text),
                Ready::Copy { tree, destination } => {
                    hash.text("copy").text(destination).text(&tree.name()).bytes(&tree.digest)
                }
                Ready::Playbook { path, tree } => hash.text("playbook").text(&name(path)).bytes(&tree.digest),
                Ready::Pull { url, commit, playbook } => {
                    hash.text("pull").text(url).text(commit).text(playbook)
                }
            };
        }
        self.variables.add_to(&mut hash);
        let size = self.volume_size.map(|it| it.to_string()).unwrap_or_default();
        hash.text(&self.user).text(self.kms_key.as_deref().unwrap_or_default()).text(&size);
        hash.hexadecimal()
    }

    /// The git revision of what configures it, with `-dirty` where that was changed.
    pub fn revision(&self) -> Option<&str> {
        self.revision.commit.as_deref()
    }

    /// The version that was asked for, or else what git calls it, or else the beginning of the fingerprint.
    pub fn version(&self, asked: Option<&str>, fingerprint: &str) -> String {
        let described = asked.or(self.revision.description.as_deref());
        described.map_or_else(|| fingerprint.chars().take(8).collect(), str::to_owned)
    }
}

async fn ready(step: &Step) -> Result<Ready> {
    Ok(match step {
        Step::Playbook(path) => {
            if !path.is_file() {
                return Err(Fault::usage(format!("there is no playbook {}", path.display())).into());
            }
            let tree = Tree::read(&folder(path), Modes::Executable)?;
            Ready::Playbook { path: path.clone(), tree }
        }
        Step::Script(path) => {
            Ready::Script { path: path.clone(), text: tree::read(path, LONGEST_SCRIPT, "script")? }
        }
        Step::Copy { source, destination } => {
            Ready::Copy { tree: Tree::read(source, Modes::All)?, destination: destination.clone() }
        }
        Step::Pull { url, reference, playbook } => {
            let commit = repository::commit(url, reference).await?;
            Ready::Pull { url: url.clone(), commit, playbook: playbook.clone() }
        }
    })
}

impl Ready {
    /// What it is called in messages: `playbook site.yml`.
    pub fn label(&self) -> String {
        match self {
            Self::Playbook { path, .. } => format!("playbook {}", path.display()),
            Self::Pull { playbook, .. } => format!("playbook {playbook} by ansible-pull"),
            Self::Script { path, .. } => format!("script {}", path.display()),
            Self::Copy { tree, destination } => format!("copy {} to {destination}", tree.root.display()),
        }
    }
}

/// The directory that a file is in.
pub fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(steps: Vec<Ready>, variables: &[&str]) -> Recipe {
        let variables: Vec<String> = variables.iter().map(|it| (*it).to_owned()).collect();
        Recipe {
            steps,
            variables: Variables::read(&variables).unwrap(),
            user: "ec2-user".into(),
            kms_key: None,
            volume_size: None,
            revision: Revision::default(),
        }
    }

    fn script(text: &str) -> Ready {
        Ready::Script { path: "a".into(), text: text.as_bytes().to_vec() }
    }

    #[test]
    fn the_fingerprint_depends_on_everything_that_goes_into_the_image_and_on_nothing_else() {
        let first = recipe(vec![script("true")], &["a=1", "b=2"]).fingerprint("ami-1");
        assert_eq!(first.len(), 64);
        let elsewhere = Ready::Script { path: "b".into(), text: b"true".to_vec() };
        assert_eq!(first, recipe(vec![elsewhere], &["b=2", "a=1"]).fingerprint("ami-1"));
        for other in [
            recipe(vec![script("true")], &["a=1", "b=2"]).fingerprint("ami-2"),
            recipe(vec![script("false")], &["a=1", "b=2"]).fingerprint("ami-1"),
            recipe(vec![script("true")], &["a=1", "b=3"]).fingerprint("ami-1"),
            recipe(vec![script("true"), script("true")], &["a=1", "b=2"]).fingerprint("ami-1"),
            recipe(vec![script("true")], &[]).fingerprint("ami-1"),
            Recipe { user: "ubuntu".into(), ..recipe(vec![script("true")], &["a=1", "b=2"]) }
                .fingerprint("ami-1"),
            Recipe { volume_size: Some(9), ..recipe(vec![script("true")], &["a=1", "b=2"]) }
                .fingerprint("ami-1"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn the_order_of_steps_counts() {
        let one = recipe(vec![script("a"), script("b")], &[]).fingerprint("ami-1");
        assert_ne!(one, recipe(vec![script("b"), script("a")], &[]).fingerprint("ami-1"));
    }

    #[test]
    fn the_version_is_what_was_asked_for_or_what_git_says_or_the_fingerprint() {
        let mut recipe = recipe(Vec::new(), &[]);
        assert_eq!(recipe.version(None, "0123456789abcdef"), "01234567");
        recipe.revision.description = Some("v1-2-gabc".into());
        assert_eq!(recipe.version(None, "0123456789abcdef"), "v1-2-gabc");
        assert_eq!(recipe.version(Some("2"), "0123456789abcdef"), "2");
    }
}
