//! The steps that configure a builder, in the order in which they are given on the command line.
//!
//! Several flags make up one list, so the order is taken from where each of them stood ([`ArgMatches::indices_of`]), which a derived
//! `Args` cannot tell.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::repository;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ansible, pushed from here.
    Playbook(PathBuf),
    /// Ansible, which the builder pulls from a repository.
    Pull { url: String, reference: String, playbook: String },
    /// A script, run as root.
    Script(PathBuf),
    /// Files that are put on the builder.
    Copy { source: PathBuf, destination: String },
}

/// All of them, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

impl std::ops::Deref for Steps {
    type Target = [Step];

    fn deref(&self) -> &[Step] {
        &self.0
    }
}

/// The playbook of `ansible-pull` where none is named.
const LOCAL: &str = "local.yml";

impl Args for Steps {
    fn augment_args(command: Command) -> Command {
        let step = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name)
                .long(name)
                .value_name(value)
                .help(help)
                .action(ArgAction::Append)
                .help_heading("Steps, in the order given")
        };
        command
            .arg(step("playbook", "FILE", "Run a playbook from here, or name the one of the --ansible-pull before it"))
            .arg(step("ansible-pull", "URL", "Have the builder pull a repository and run a playbook of it [default: local.yml]"))
            .arg(step("ref", "REF", "Branch, tag or commit of the --ansible-pull before it [default: HEAD]"))
            .arg(step("script", "FILE", "Run a script as root, with the variables in its environment"))
            .arg(step("copy", "SRC:DST", "Put a file or a directory at an absolute path; one that ends in / is the directory to put it into"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Steps {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given: Vec<(usize, &str, &String)> = ["playbook", "ansible-pull", "ref", "script", "copy"]
            .into_iter()
            .flat_map(|name| {
                let values = matches.get_many::<String>(name).into_iter().flatten();
                let places = matches.indices_of(name).into_iter().flatten();
                places.zip(values).map(move |(place, value)| (place, name, value))
            })
            .collect();
        given.sort_unstable_by_key(|(place, ..)| *place);
        let mut steps = Builder::default();
        for (_, name, value) in given {
            steps.add(name, value)?;
        }
        Ok(Self(steps.done))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The steps so far, and what the last one still takes.
#[derive(Default)]
struct Builder {
    done: Vec<Step>,
    takes_playbook: bool,
    takes_reference: bool,
}

impl Builder {
    fn add(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match (name, self.done.last_mut()) {
            ("ref", Some(Step::Pull { reference, .. })) if self.takes_reference => {
                self.takes_reference = false;
                *reference = repository::reference(value).map_err(invalid("--ref"))?;
            }
            ("ref", _) => return Err(invalid("--ref")("no --ansible-pull stands before it".to_owned())),
            ("playbook", Some(Step::Pull { playbook, .. })) if self.takes_playbook => {
                self.takes_playbook = false;
                *playbook = repository::path(value).map_err(invalid("--playbook"))?;
            }
            _ => {
                self.done.push(step(name, value)?);
                (self.takes_playbook, self.takes_reference) =
                    (name == "ansible-pull", name == "ansible-pull");
            }
        }
        Ok(())
    }
}

fn step(name: &str, value: &str) -> Result<Step, Error> {
    Ok(match name {
        "ansible-pull" => Step::Pull {
            url: repository::url(value).map_err(invalid("--ansible-pull"))?,
            reference: "HEAD".to_owned(),
            playbook: LOCAL.to_owned(),
        },
        "playbook" => Step::Playbook(PathBuf::from(value)),
        "script" => Step::Script(PathBuf::from(value)),
        _ => copy(value).map_err(invalid("--copy"))?,
    })
}

/// `SRC:DST`, parted at the last colon before a slash, so that the source may have colons.
fn copy(text: &str) -> Result<Step, String> {
    let expected = "expected SRC:DST, with DST an absolute path".to_owned();
    let Some(place) = text.rfind(":/") else { return Err(expected) };
    let (source, destination) = (&text[..place], &text[place + 1..]);
    let is_plain = !destination.chars().any(char::is_control)
        && destination.len() <= 4096
        && destination.split('/').all(|part| part != "..")
        && !destination.trim_matches('/').is_empty();
    if source.is_empty() || !is_plain {
        return Err(expected);
    }
    Ok(Step::Copy { source: PathBuf::from(source), destination: destination.to_owned() })
}

fn invalid(flag: &'static str) -> impl FnOnce(String) -> Error {
    move |why| Error::raw(ErrorKind::ValueValidation, format!("{flag}: {why}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Vec<Step>, Error> {
        let command = Steps::augment_args(Command::new("x"));
        let matches = command.try_get_matches_from(["x"].iter().chain(line))?;
        Ok(Steps::from_arg_matches(&matches)?.0)
    }

    fn pull(reference: &str, playbook: &str) -> Step {
        let url = "https://example.com/a.git".to_owned();
        Step::Pull { url, reference: reference.into(), playbook: playbook.into() }
    }

    #[test]
    fn steps_keep_the_order_they_are_given_in() {
        let line = ["--script", "a", "--copy", "b:/c", "--playbook", "d.yml", "--script", "e"];
        let copy = Step::Copy { source: "b".into(), destination: "/c".into() };
        let wanted =
            [Step::Script("a".into()), copy, Step::Playbook("d.yml".into()), Step::Script("e".into())];
        assert_eq!(parsed(&line).unwrap(), wanted);
    }

    #[test]
    fn a_playbook_right_after_a_pull_is_of_that_repository() {
        let url = "https://example.com/a.git";
        let line = ["--ansible-pull", url, "--ref", "v1", "--playbook", "b.yml", "--playbook", "c.yml"];
        assert_eq!(parsed(&line).unwrap(), [pull("v1", "b.yml"), Step::Playbook("c.yml".into())]);
        assert_eq!(parsed(&["--ansible-pull", url]).unwrap(), [pull("HEAD", "local.yml")]);
        let line = ["--ansible-pull", url, "--playbook", "b.yml", "--ref", "v1"];
        assert_eq!(parsed(&line).unwrap(), [pull("v1", "b.yml")]);
        let line = ["--ansible-pull", url, "--script", "s", "--playbook", "c.yml"];
        let wanted = [pull("HEAD", "local.yml"), Step::Script("s".into()), Step::Playbook("c.yml".into())];
        assert_eq!(parsed(&line).unwrap(), wanted);
    }

    #[test]
    fn what_makes_no_step_is_refused() {
        for line in [
            ["--ref", "v1"],
            ["--copy", "a"],
            ["--copy", "a:b"],
            ["--copy", ":/b"],
            ["--copy", "a:/"],
            ["--copy", "a:/b/../c"],
            ["--ansible-pull", "https://me:secret@example.com/a.git"],
            ["--ansible-pull", "ext::sh -c id"],
        ] {
            assert!(parsed(&line).is_err(), "{line:?}");
        }
    }
}
