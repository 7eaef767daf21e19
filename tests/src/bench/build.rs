//! Time and memory of a clean build, with the workspace's compiler wrapper and without.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::compiler::{RECORD, WRAPPER, recorded};
use super::profile::Profiles;
use super::report::{self, Table};
use super::statistics::megabytes;

/// What is built, and whether with the wrapper.
const BUILDS: [(&str, bool); 3] = [("dev", true), ("release", true), ("dev", false)];

/// How many compiler processes are named.
const LARGEST: usize = 5;

/// Builds the workspace from nothing, three times, in a folder of its own. The release binaries are kept, to be measured too.
///
/// # Errors
/// A build fails.
pub fn measure(profiles: &mut Profiles) -> Result<()> {
    let how = "`cargo build` of the whole workspace into an empty target folder, crates downloaded before. Processor time is that of all \
               compilers together, whatever else the machine was doing; each of the five largest compilers has its peak and its own.";
    let head =
        ["profile", "compiler wrapper", "time", "processor time", "largest compiler", "the five largest"];
    let mut table = Table::new("Clean build", how, &head);
    for (profile, wrapped) in BUILDS {
        report::note(&format!("building: {profile}, wrapper {wrapped} …"));
        let target = Target::new()?;
        let took = build(&target.0, profile, wrapped)?;
        let all = recorded(&target.record())?;
        if profile == "release" {
            profiles.keep(profile, &target.0.join(profile))?;
        }
        let largest = all.first().map_or(0, |it| it.peak);
        let named = all.iter().take(LARGEST);
        let named = named.map(|it| format!("{} {} {} s", it.name, megabytes(it.peak), it.busy.as_secs()));
        let busy: Duration = all.iter().map(|it| it.busy).sum();
        report::note(&format!("{} s, largest compiler {}", took.as_secs(), megabytes(largest)));
        table.row([
            profile.to_owned(),
            if wrapped { "on" } else { "off" }.to_owned(),
            format!("{} s", took.as_secs()),
            format!("{} s", busy.as_secs()),
            megabytes(largest),
            named.collect::<Vec<_>>().join(", "),
        ]);
    }
    table.print();
    Ok(())
}

fn build(target: &Path, profile: &str, wrapped: bool) -> Result<Duration> {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").context("run this with cargo: it builds the workspace")?;
    let root = Path::new(&package).parent().context("the workspace has no folder")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let own = if wrapped { root.join(".cargo/rustc-wrapper") } else { PathBuf::new() };
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--quiet", "--profile", profile]).current_dir(root);
    command.env("CARGO_TARGET_DIR", target).env("RUSTC_WRAPPER", env::current_exe()?);
    command.env(RECORD, target.join(FILE)).env(WRAPPER, own).stdout(Stdio::null());
    let begun = Instant::now();
    ensure!(command.status().context("cannot start cargo")?.success(), "the build failed");
    Ok(begun.elapsed())
}

const FILE: &str = "compilers";

/// A target folder that is gone when it has been measured.
struct Target(PathBuf);

impl Target {
    fn new() -> Result<Self> {
        let path = env::temp_dir().join(format!("stackpipe-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).context("cannot make a target folder")?;
        Ok(Self(path))
    }

    fn record(&self) -> PathBuf {
        self.0.join(FILE)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // What stays behind in the temporary folder is only in nobody's way.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
