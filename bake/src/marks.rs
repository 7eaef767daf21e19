//! What is noted as tags: on a builder, whose it is and how far it has come; on an image, what it was made from.

use std::time::{Duration, SystemTime};

use aws_sdk_ec2::types as ec2;
use common::identity::Identity;
use common::server::mark::{HOST_KEY, LOGIN_KEY, LOGIN_USER};
use common::tags::ec2_value;

use crate::names::{MAKING, Names};

/// On a builder: the component that it is to become an image of.
pub const COMPONENT: &str = "stackpipe:component";
/// On a builder: the run that made it.
pub const OWNER: &str = "stackpipe:owner";
/// On a builder: until when that run counts as alive, in seconds since 1970, UTC.
pub const ALIVE_UNTIL: &str = "stackpipe:alive-until";
/// On a builder that is configured and clean: the fingerprint of the image it is to become.
pub const BAKED: &str = "stackpipe:baked";

/// On an image and its snapshots.
pub const VERSION: &str = "Version";
pub const SOURCE_IMAGE: &str = "SourceImage";
pub const FINGERPRINT: &str = "Fingerprint";
pub const REVISION: &str = "Revision";

/// A person's own tag may not take the place of a mark.
const ALL: [&str; 11] = [
    COMPONENT,
    OWNER,
    ALIVE_UNTIL,
    BAKED,
    VERSION,
    SOURCE_IMAGE,
    FINGERPRINT,
    REVISION,
    HOST_KEY,
    LOGIN_KEY,
    LOGIN_USER,
];

/// For how long a run counts as alive after it was last heard of.
pub const ALIVE_FOR: Duration = Duration::from_mins(3);

/// The tags of builder, security group, volume and network interface.
pub fn of_making(identity: &Identity, names: &Names) -> Vec<(String, String)> {
    let mut tags = without_marks(identity.tags_of(MAKING, &names.builder));
    tags.push((COMPONENT.to_owned(), names.name.clone()));
    tags
}

/// The marks of the run that makes a builder and its group.
pub fn of_run(owner: &str) -> [(String, String); 2] {
    let until = seconds_from_now(ALIVE_FOR).to_string();
    [(OWNER.to_owned(), owner.to_owned()), (ALIVE_UNTIL.to_owned(), until)]
}

/// The tags of an image and its snapshots.
pub fn of_image(
    identity: &Identity,
    names: &Names,
    name: &str,
    marks: &[(&str, Option<&str>)],
) -> Vec<(String, String)> {
    let mut tags = without_marks(identity.tags_of(&names.name, name));
    let given = marks.iter().filter_map(|(key, value)| Some(((*key).to_owned(), (*value)?.to_owned())));
    tags.extend(given);
    tags
}

fn without_marks(mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
    tags.retain(|(key, _)| !ALL.contains(&key.as_str()));
    tags
}

/// Seconds since 1970, some time from now.
pub fn seconds_from_now(time: Duration) -> u64 {
    now().saturating_add(time.as_secs())
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

/// Whether the run that made something was heard of lately.
pub fn is_heard_of(tags: &[ec2::Tag]) -> bool {
    let until = ec2_value(tags, ALIVE_UNTIL).and_then(|text| text.parse::<u64>().ok());
    // A clock that is far ahead must not keep a builder for ever.
    until.is_some_and(|until| (now()..=now().saturating_add(10 * ALIVE_FOR.as_secs())).contains(&until))
}

/// How long ago the run that made something was last heard of.
pub fn silence(tags: &[ec2::Tag]) -> Option<Duration> {
    let until: u64 = ec2_value(tags, ALIVE_UNTIL)?.parse().ok()?;
    Some(Duration::from_secs(now().saturating_sub(until.saturating_sub(ALIVE_FOR.as_secs()))))
}

/// How long ago EC2 made something.
pub fn age(made: Option<&aws_sdk_ec2::primitives::DateTime>) -> Option<Duration> {
    let made = u64::try_from(made?.secs()).ok()?;
    Some(Duration::from_secs(now().saturating_sub(made)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_alive_for_as_long_as_it_says_and_no_longer_than_makes_sense() {
        let tags = |until: String| vec![ec2::Tag::builder().key(ALIVE_UNTIL).value(until).build()];
        assert!(is_heard_of(&tags(seconds_from_now(ALIVE_FOR).to_string())));
        assert!(!is_heard_of(&tags((now() - 1).to_string())));
        assert!(!is_heard_of(&tags(u64::MAX.to_string())));
        assert!(!is_heard_of(&tags("soon".to_owned())));
        assert!(!is_heard_of(&[]));
    }

    #[test]
    fn a_persons_tag_cannot_take_the_place_of_a_mark() {
        let own = std::collections::BTreeMap::from([(FINGERPRINT.to_owned(), "evil".to_owned())]);
        let identity = Identity::new("expense", "dev", own).unwrap();
        let names = Names::new(&identity, "backend");
        let tags = of_image(&identity, &names, "x", &[(FINGERPRINT, Some("good")), (REVISION, None)]);
        let marks: Vec<&str> =
            tags.iter().filter(|(key, _)| key == FINGERPRINT).map(|(_, it)| it.as_str()).collect();
        assert_eq!(marks, ["good"]);
        assert!(!of_making(&identity, &names).iter().any(|(key, _)| key == FINGERPRINT));
    }
}
