//! The commands, built before they are needed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// Builds the workspace's commands as this program was built, and tells the folder they are in. Without cargo (when this
/// program was started by itself) they are taken as they are.
pub fn commands() -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program's own file")?;
    let folder = own.parent().context("this program is in no folder")?.to_owned();
    let (Some(cargo), Some(package)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR")) else {
        return Ok(folder);
    };
    let root = Path::new(&package).parent().context("the workspace has no folder")?;
    let mut build = Command::new(cargo);
    build.args(["build", "--bins"]).current_dir(root);
    if let Some(target) = folder.parent() {
        build.arg("--target-dir").arg(target);
    }
    if folder.ends_with("release") {
        build.arg("--release");
    }
    // The first build takes minutes and shows its progress; later ones take a moment and say nothing.
    if all_built(root, &folder) {
        build.arg("--quiet");
    }
    let status = build.status().context("cannot start cargo to build the commands")?;
    if !status.success() {
        bail!("the commands could not be built");
    }
    Ok(folder)
}

/// Whether there is a program for every package that is one.
fn all_built(root: &Path, folder: &Path) -> bool {
    let Ok(entries) = root.read_dir() else { return false };
    let mut programs = entries.flatten().filter(|entry| entry.path().join("src/main.rs").is_file());
    programs.all(|entry| folder.join(entry.file_name()).is_file())
}
