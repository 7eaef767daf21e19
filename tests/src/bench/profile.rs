//! The profiles that the commands are built with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::commands::NAMES;

/// Each profile's name, and the folder with its binaries.
#[derive(Debug)]
pub struct Profiles {
    all: Vec<(String, PathBuf)>,
    /// Folders made here, and gone with this.
    kept: Vec<PathBuf>,
}

impl Profiles {
    /// Those that are built: that of `folder`, and release where it is beside it.
    pub fn beside(folder: &Path) -> Self {
        let release = folder.with_file_name("release");
        let is_built = NAMES.iter().all(|name| release.join(name).is_file());
        let mut folders = vec![folder.to_owned()];
        if release != folder && is_built {
            folders.push(release);
        }
        let name = |folder: &PathBuf| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { all: folders.into_iter().map(|folder| (name(&folder), folder)).collect(), kept: Vec::new() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.all.iter().map(|(name, folder)| (name.as_str(), folder.as_path()))
    }

    /// Takes the binaries of a profile out of a target folder that is going to be deleted. They go before any built earlier.
    ///
    /// # Errors
    /// A binary is not there, or cannot be copied.
    pub fn keep(&mut self, name: &str, built: &Path) -> Result<()> {
        let folder = std::env::temp_dir().join(format!("stackpipe-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).context("cannot make a folder for the binaries")?;
        self.kept.push(folder.clone());
        for command in NAMES {
            std::fs::copy(built.join(command), folder.join(command))
                .with_context(|| format!("cannot keep the {name} binary of {command}"))?;
        }
        self.all.retain(|(other, _)| other != name);
        self.all.push((name.to_owned(), folder));
        Ok(())
    }
}

impl Drop for Profiles {
    fn drop(&mut self) {
        for folder in &self.kept {
            // What stays behind in the temporary folder is only in nobody's way.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
