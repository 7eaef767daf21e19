//! Whose a load balancer is, by its tags, and putting back tags that are missing.

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use common::call::Call as _;
use common::fault::Fault;
use common::identity::Identity;
use common::session::Session;
use common::tags::{elb_tags, missing};
use common::wait::while_missing;

use crate::inventory::Balancer;
use crate::names::{COMPONENT, Names};

/// The domain it was given: without a document, `show` and `delete` know from it which records are its own.
pub const DOMAIN: &str = "stackpipe:domain";

/// Which subnets it was put in: a tier, whose later subnets are added, or `listed`.
pub const SUBNETS: &str = "stackpipe:subnets";

/// The value of [`SUBNETS`] for subnets that were given by id.
pub const LISTED: &str = "listed";

/// The value of a tag.
pub fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// Whether the tags are those of this environment.
pub fn is_ours(identity: &Identity, tags: &[Tag]) -> bool {
    identity.own_tags().iter().all(|(key, wanted)| value(tags, key) == Some(wanted))
}

/// The conflict where it is not ours.
pub fn not_ours(what: &Names) -> Fault {
    Fault::conflict(format!("{what} exists and is not tagged as ours"))
        .hint("rename or delete the one that is there, or choose another NAME, --project or --env")
}

/// The tags of a load balancer and of its listeners.
pub fn wanted(
    identity: &Identity,
    names: &Names,
    domain: Option<&str>,
    subnets: &str,
) -> Vec<(String, String)> {
    let mut tags = identity.tags_of(COMPONENT, &names.full);
    let mut put = |key: &str, text: &str| {
        tags.retain(|(kept, _)| kept != key);
        tags.push((key.to_owned(), text.to_owned()));
    };
    put(SUBNETS, subnets);
    if let Some(domain) = domain {
        put(DOMAIN, domain);
    }
    tags
}

/// Puts back the tags that are missing or differ, the person's own included: in one call, on the listeners as well.
///
/// # Errors
/// AWS's refusal.
pub async fn retag(
    session: &Session,
    names: &Names,
    balancer: &Balancer,
    wanted: &[(String, String)],
) -> Result<()> {
    let absent = missing(wanted, |key| value(&balancer.tags, key).map(str::to_owned));
    let Some(arn) = balancer.arn().filter(|_| !absent.is_empty()) else {
        return Ok(());
    };
    let keys: Vec<&str> = absent.iter().map(|(key, _)| key.as_str()).collect();
    let listeners = balancer.listeners.iter().filter_map(|listener| listener.listener_arn());
    let arns: Vec<String> = [arn].into_iter().chain(listeners).map(str::to_owned).collect();
    let add = while_missing(session, async || {
        let call = session.aws.elasticloadbalancingv2().add_tags().set_resource_arns(Some(arns.clone()));
        call.set_tags(Some(elb_tags(&absent))).send().await.cannot(format_args!("tag the {names}"))
    });
    session.change(format_args!("{names}: tags {}", keys.join(", ")), add).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_tag_cannot_take_the_place_of_a_mark() {
        let own = std::collections::BTreeMap::from([(DOMAIN.to_owned(), "evil.example".to_owned())]);
        let identity = Identity::new("expense", "dev", own).unwrap();
        let tags = wanted(&identity, &Names::new(&identity, "app"), Some("example.com"), "private");
        let domains: Vec<&(String, String)> = tags.iter().filter(|(key, _)| key == DOMAIN).collect();
        assert_eq!(domains, [&(DOMAIN.to_owned(), "example.com".to_owned())]);
    }
}
