//! Whose a thing is, by its tags, and putting back tags that are missing.

use anyhow::Result;
use aws_sdk_autoscaling::types::TagDescription;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use common::call::{Call as _, all};
use common::fault::Fault;
use common::identity::Identity;
use common::session::Session;
use common::tags::{autoscaling_tags, ec2_tags, ec2_value, elb_tags, missing};
use common::wait::while_missing;

use crate::instances;
use crate::inventory::Found;
use crate::names::Names;

/// The load balancer a component is behind, on its target group: a run without a document knows it from there.
pub const BALANCER: &str = "stackpipe:alb";

/// The value of a tag of ELB.
pub fn elb_value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// The value of a tag of Auto Scaling.
pub fn group_value<'a>(tags: &'a [TagDescription], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// Whether these tags are those of this environment.
pub fn is_ours<'a>(identity: &Identity, value: impl Fn(&str) -> Option<&'a str>) -> bool {
    identity.own_tags().iter().all(|(key, wanted)| value(key) == Some(wanted))
}

/// The conflict where something is not ours.
pub fn not_ours(what: &str) -> Fault {
    Fault::conflict(format!("{what} exists and is not tagged as ours"))
        .hint("rename or delete the one that is there, or choose another NAME, --project or --env")
}

/// The tags of target group and rule: those of the component, and the load balancer it is behind.
pub fn of_routing(identity: &Identity, names: &Names, balancer: &str) -> Vec<(String, String)> {
    let mut tags = names.tags(identity);
    tags.retain(|(key, _)| key != BALANCER);
    tags.push((BALANCER.to_owned(), balancer.to_owned()));
    tags
}

/// Puts back what is missing on group, launch template, target group and rules, the person's own tags included.
///
/// # Errors
/// AWS's refusal.
pub async fn retag(session: &Session, names: &Names, balancer: &str, found: &Found) -> Result<()> {
    let calls: [std::pin::Pin<Box<dyn Future<Output = Result<()>>>>; 3] = [
        Box::pin(retag_group(session, names, found)),
        Box::pin(retag_template(session, names, found)),
        Box::pin(retag_routing(session, names, balancer, found)),
    ];
    all(calls).await?;
    Ok(())
}

fn keys(tags: &[(String, String)]) -> String {
    tags.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")
}

async fn retag_group(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let Some(group) = &found.group else { return Ok(()) };
    let absent =
        missing(&names.tags(&session.identity), |key| group_value(group.tags(), key).map(str::to_owned));
    if absent.is_empty() {
        return Ok(());
    }
    // Before the group, so that a run that is killed in between sees that there is more to do.
    retag_instances(session, names, &absent).await?;
    let put = async {
        let call = session.aws.autoscaling().create_or_update_tags();
        let tags = autoscaling_tags(&names.full, &absent);
        call.set_tags(Some(tags)).send().await.cannot(format_args!("tag the group {names}"))
    };
    session.change(format_args!("group {names}: tags {}", keys(&absent)), put).await?;
    Ok(())
}

/// A group hands its tags on to new instances only, and never to volumes and network interfaces.
async fn retag_instances(session: &Session, names: &Names, absent: &[(String, String)]) -> Result<()> {
    let ids: Vec<String> = instances::of(session, names).await?.iter().flat_map(instances::parts).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let put = async {
        let call = session.aws.ec2().create_tags().set_resources(Some(ids));
        let answer = call.set_tags(Some(ec2_tags(absent))).send().await;
        answer.cannot(format_args!("tag the instances of {names}"))
    };
    session.change(format_args!("instances of {names}: tags {}", keys(absent)), put).await?;
    Ok(())
}

async fn retag_template(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let Some(template) = &found.template else { return Ok(()) };
    let absent =
        missing(&names.tags(&session.identity), |key| ec2_value(template.tags(), key).map(str::to_owned));
    if absent.is_empty() {
        return Ok(());
    }
    let put = while_missing(session, async || {
        let call = session.aws.ec2().create_tags();
        call.set_resources(template.launch_template_id().map(|id| vec![id.to_owned()]))
            .set_tags(Some(ec2_tags(&absent)))
            .send()
            .await
            .cannot(format_args!("tag the launch template {names}"))
    });
    session.change(format_args!("launch template {names}: tags {}", keys(&absent)), put).await?;
    Ok(())
}

/// The target group and its rules, in one call.
async fn retag_routing(session: &Session, names: &Names, balancer: &str, found: &Found) -> Result<()> {
    let Some(target) = &found.target_group else { return Ok(()) };
    let wanted = of_routing(&session.identity, names, balancer);
    let of_rules = found.rules.iter().map(|it| (it.rule.rule_arn(), &it.tags));
    let all = [(target.arn(), &target.tags)].into_iter().chain(of_rules);
    let lacks = |tags: &[Tag]| missing(&wanted, |key| elb_value(tags, key).map(str::to_owned));
    let lacking: Vec<(&str, Vec<(String, String)>)> =
        all.filter_map(|(arn, tags)| Some((arn?, lacks(tags)))).filter(|(_, it)| !it.is_empty()).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let arns: Vec<String> = lacking.iter().map(|(arn, _)| (*arn).to_owned()).collect();
    let is_absent = |tag: &(String, String)| lacking.iter().any(|(_, absent)| absent.contains(tag));
    let put: Vec<(String, String)> = wanted.iter().filter(|tag| is_absent(tag)).cloned().collect();
    let what = format!("target group and rule of {names}: tags {}", keys(&put));
    let call = while_missing(session, async || {
        let call = session.aws.elasticloadbalancingv2().add_tags().set_resource_arns(Some(arns.clone()));
        let answer = call.set_tags(Some(elb_tags(&put))).send().await;
        answer.cannot(format_args!("tag the target group {}", names.target_group))
    });
    session.change(what, call).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_tag_cannot_take_the_place_of_a_mark() {
        let own = std::collections::BTreeMap::from([(BALANCER.to_owned(), "evil".to_owned())]);
        let identity = Identity::new("expense", "dev", own).unwrap();
        let tags = of_routing(&identity, &Names::new(&identity, "backend"), "app");
        let marks: Vec<&(String, String)> = tags.iter().filter(|(key, _)| key == BALANCER).collect();
        assert_eq!(marks, [&(BALANCER.to_owned(), "app".to_owned())]);
    }

    #[test]
    fn what_another_environment_made_is_not_ours() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let of = |environment: &'static str| {
            move |key: &str| match key {
                "Project" => Some("expense"),
                "Environment" => Some(environment),
                "ManagedBy" => Some("stackpipe"),
                _ => None,
            }
        };
        assert!(is_ours(&identity, of("dev")));
        assert!(!is_ours(&identity, of("prod")));
    }
}
