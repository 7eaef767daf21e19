//! The git repository that `ansible-pull` pulls: where it is, and which commit a branch or a tag is now.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use common::fault::{Fault, Kind};
use common::ssh::cannot_start;
use tokio::process::Command;

/// A repository's URL: over HTTPS, HTTP, SSH or git's own protocol.
///
/// # Errors
/// Anything else. A password in it would stand in argument lists, in the logs of the builder and in its fingerprint.
pub fn url(text: &str) -> Result<String, String> {
    let expected =
        || Err("expected the URL of a git repository, such as https://example.com/ansible.git".to_owned());
    if text.len() > 1024 || text.chars().any(|c| c.is_control() || c == ' ') {
        return expected();
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        // git@example.com:ansible.git
        let is_short = text.split_once(':').is_some_and(|(host, path)| {
            host.contains('@')
                && !host.starts_with('-')
                && !host.contains('/')
                && !path.is_empty()
                && !path.starts_with(':')
        });
        return if is_short { Ok(text.to_owned()) } else { expected() };
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    match scheme {
        "https" | "http" | "git" if user.is_some() => Err(secret()),
        "ssh" if user.is_some_and(|user| user.contains(':')) => Err(secret()),
        "https" | "http" | "git" | "ssh" if !authority.is_empty() && !authority.starts_with('-') => {
            Ok(text.to_owned())
        }
        _ => expected(),
    }
}

fn secret() -> String {
    "there is a user or a password in the URL, which everybody could read: give a URL without".to_owned()
}

/// A branch, a tag or a commit.
///
/// # Errors
/// Anything that git does not take for one (`git check-ref-format`), or that a shell or git could take for something else.
pub fn reference(text: &str) -> Result<String, String> {
    let fits = (1..=200).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/+-@#=".contains(&b))
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !text.contains("..")
        && !text.contains("@{");
    if fits { Ok(text.to_owned()) } else { Err("expected a branch, a tag or a whole commit".to_owned()) }
}

/// The path of a playbook in a repository.
///
/// # Errors
/// One that leaves the repository.
pub fn path(text: &str) -> Result<String, String> {
    let fits = (1..=1024).contains(&text.len())
        && !text.starts_with(['/', '-'])
        && text.split('/').all(|part| !matches!(part, "" | ".."))
        && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("expected the path of a playbook in the repository".to_owned())
    }
}

/// The commit that a branch or a tag is now. A whole commit is itself, and asks nobody.
///
/// # Errors
/// Not found; git is not there, or cannot reach the repository.
pub async fn commit(url: &str, reference: &str) -> Result<String> {
    if is_commit(reference) {
        return Ok(reference.to_owned());
    }
    let mut git = Command::new("git");
    git.args(["ls-remote", "--", url, reference]).arg(format!("{reference}^{{}}"));
    git.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
    let output = git.output().await.map_err(|error| cannot_start("git", "install git", error))?;
    if !output.status.success() {
        let said = common::ssh::last_line(&output.stderr);
        return Err(Fault::new(Kind::Failed, format!("cannot read the repository {url}: {said}"))
            .hint(
                "see that it can be reached from here; --ref takes a whole commit, for which nothing is read",
            )
            .into());
    }
    let text = String::from_utf8(output.stdout).context("git printed something that cannot be read")?;
    chosen(&text, reference).ok_or_else(|| {
        Fault::not_found(format!("{url} has no branch or tag {reference}"))
            .hint("give a branch, a tag or a whole commit with --ref")
            .into()
    })
}

/// Whether it is a commit in full.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// From what `git ls-remote` prints. It matches the ends of names, so `main` also finds `feature/main`; a tag that is an object of its
/// own is followed by the commit it stands for.
fn chosen(text: &str, reference: &str) -> Option<String> {
    let names = [
        reference.to_owned(),
        format!("refs/tags/{reference}^{{}}"),
        format!("refs/tags/{reference}"),
        format!("refs/heads/{reference}"),
    ];
    let found =
        |name: &String| text.lines().find_map(|line| line.split_once('\t').filter(|(_, it)| it == name));
    let (commit, _) = names.iter().find_map(found)?;
    is_commit(commit).then(|| commit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_secret_or_a_command_in_it_is_refused() {
        for good in [
            "https://github.com/a/b.git",
            "ssh://git@example.com:2222/a.git",
            "git@example.com:a/b.git",
            "http://127.0.0.1:8000/a@b.git",
            "git://127.0.0.1/a",
        ] {
            assert!(url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a/b",
            "https://token@github.com/a.git",
            "https://a:b@github.com/a.git",
            "ssh://a:b@example.com/a.git",
            "ext::sh -c id",
            "file:///etc",
            "--upload-pack=id",
            "-x@host:path",
            "https://-host/a",
            "a@b::c",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_very_branch_or_tag_is_taken() {
        let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let text = format!("{a}\trefs/heads/feature/main\n{b}\trefs/heads/main\n");
        assert_eq!(chosen(&text, "main"), Some(b.clone()));
        let text = format!("{a}\trefs/tags/v1\n{c}\trefs/tags/v1^{{}}\n{b}\trefs/heads/v1\n");
        assert_eq!(chosen(&text, "v1"), Some(c));
        assert_eq!(chosen(&format!("{a}\tHEAD\n"), "HEAD"), Some(a));
        assert_eq!(chosen("", "main"), None);
    }

    #[test]
    fn a_reference_or_a_path_cannot_be_a_flag_or_leave_the_repository() {
        assert!(reference("release/1.x").is_ok() && path("playbooks/backend.yaml").is_ok());
        for bad in ["", "-x", "a..b", "a b", "/a", "a/", "HEAD@{1}", "a;b"] {
            assert!(reference(bad).is_err(), "{bad}");
        }
        for bad in ["", "/a", "../a", "a/../../b", "-i", "a//b"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
