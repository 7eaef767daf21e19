//! Which revision of a git repository files are of.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::words;

/// What git says of a directory; nothing where it is in no repository, or there is no git.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// The commit in full, with `-dirty` where something was changed since.
    pub commit: Option<String>,
    /// What people call it: `v1.4-3-gabc1234`.
    pub description: Option<String>,
}

impl Revision {
    pub async fn of(folder: &Path) -> Self {
        let whole = ["--always", "--dirty", "--abbrev=40", "--exclude=*"];
        let (commit, description) =
            (describe(folder, &whole).await, describe(folder, &["--always", "--dirty"]).await);
        Self { commit, description: description.map(|it| words::version_from(&it)) }
    }
}

async fn describe(folder: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).arg("describe").args(words);
    git.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = git.output().await.ok().filter(|it| it.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty() && text.len() <= 200).then_some(text)
}
