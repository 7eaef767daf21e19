//! The load balancer itself.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_elasticloadbalancingv2::types::{AvailabilityZone, LoadBalancerSchemeEnum, LoadBalancerTypeEnum};
use common::call::{Call as _, both};
use common::converge::{Resource, Unique};
use common::fault::Fault;
use common::session::Session;
use common::tags::elb_tags;
use common::wait::while_refused;

use crate::inventory::{self, Balancer};
use crate::names::{Names, Scheme};

/// How long ELB may not know subnets and groups that were made a moment ago.
const PROPAGATION: Duration = Duration::from_mins(1);

/// What ELB says of a subnet, an internet gateway or a group that it does not know yet.
const NOT_KNOWN_YET: [&str; 3] = ["SubnetNotFound", "InvalidSubnet", "InvalidSecurityGroup"];

/// A load balancer as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub scheme: Scheme,
    pub vpc: Option<&'a str>,
    /// None leaves them as they are; ids are absent in a planned document.
    pub subnets: Option<Vec<String>>,
    /// Whether a flag says which subnets. Otherwise those of new AZs are added, and none is taken away.
    pub are_subnets_exact: bool,
    /// None leaves it as it is.
    pub group: Option<&'a str>,
    pub tags: Vec<(String, String)>,
}

impl Wanted<'_> {
    /// The subnets to set; none where it has them.
    fn new_subnets(&self, found: &Balancer) -> Option<Vec<String>> {
        let wanted = self.subnets.as_ref()?;
        let zones = found.found.availability_zones().iter();
        let has: Vec<&str> = zones.filter_map(AvailabilityZone::subnet_id).collect();
        let (lacks, exceeds) =
            (wanted.iter().any(|id| !has.contains(&id.as_str())), wanted.len() < has.len());
        if self.are_subnets_exact {
            return (lacks || exceeds).then(|| wanted.clone());
        }
        let kept = has.iter().filter(|id| !wanted.iter().any(|it| it == *id)).map(|id| (*id).to_owned());
        lacks.then(|| kept.chain(wanted.iter().cloned()).collect())
    }

    fn lacks_group(&self, found: &Balancer) -> bool {
        self.group.is_some_and(|wanted| found.found.security_groups() != [wanted])
    }

    /// What AWS does not let anyone change.
    pub fn check(&self, found: &Balancer) -> Result<()> {
        let scheme = found.scheme().map_or("something else", Scheme::name);
        let vpc = found.found.vpc_id();
        let differs = if scheme != self.scheme.name() {
            format!("is {scheme} and cannot become {}", self.scheme)
        } else if let (Some(vpc), Some(wanted)) = (vpc, self.vpc)
            && vpc != wanted
        {
            format!("is in {vpc}, the vpc is {wanted}")
        } else if found.found.r#type() != Some(&LoadBalancerTypeEnum::Application) {
            "is no application load balancer".to_owned()
        } else {
            return Ok(());
        };
        Err(Fault::conflict(format!("{self} {differs}"))
            .hint(format!("delete it with `alb delete {}` first, or choose another NAME", self.names.name))
            .into())
    }

    async fn set_subnets(
        &self,
        session: &Session,
        found: &Balancer,
    ) -> Result<Option<Vec<AvailabilityZone>>> {
        let Some(subnets) = self.new_subnets(found) else {
            return Ok(None);
        };
        let what = "ELB to know the subnets";
        let answer = while_refused(session, &NOT_KNOWN_YET, what, PROPAGATION, async || {
            let call = session.aws.elasticloadbalancingv2().set_subnets();
            call.set_load_balancer_arn(found.arn().map(str::to_owned))
                .set_subnets(Some(subnets.clone()))
                .send()
                .await
                .cannot(format_args!("set the subnets of the {self}"))
        });
        Ok(answer.await?.availability_zones)
    }

    async fn set_group(&self, session: &Session, found: &Balancer) -> Result<Option<Vec<String>>> {
        if !self.lacks_group(found) {
            return Ok(None);
        }
        let what = "ELB to know the security group";
        let answer = while_refused(session, &NOT_KNOWN_YET, what, PROPAGATION, async || {
            let call = session.aws.elasticloadbalancingv2().set_security_groups();
            call.set_load_balancer_arn(found.arn().map(str::to_owned))
                .set_security_groups(self.group.map(|id| vec![id.to_owned()]))
                .send()
                .await
                .cannot(format_args!("set the security group of the {self}"))
        });
        Ok(answer.await?.security_group_ids)
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

impl Resource for Wanted<'_> {
    type Found = Balancer;

    fn id(found: &Balancer) -> String {
        found.arn().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &Balancer) -> Result<Vec<String>> {
        self.check(found)?;
        let mut amendments = Vec::new();
        if let Some(subnets) = self.new_subnets(found) {
            amendments.push(format!("subnets {}", subnets.join(", ")));
        }
        if self.lacks_group(found) {
            amendments.push(format!("security group {}", self.group.unwrap_or_default()));
        }
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<Balancer> {
        let what = "ELB to know the subnets and the security group";
        let answer = while_refused(session, &NOT_KNOWN_YET, what, PROPAGATION, async || {
            let call = session.aws.elasticloadbalancingv2().create_load_balancer();
            call.name(&self.names.balancer)
                .r#type(LoadBalancerTypeEnum::Application)
                .scheme(LoadBalancerSchemeEnum::from(self.scheme.name()))
                .set_subnets(self.subnets.clone())
                .set_security_groups(self.group.map(|id| vec![id.to_owned()]))
                .set_tags(Some(elb_tags(&self.tags)))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        });
        let made = answer.await?.load_balancers.and_then(|made| made.into_iter().next());
        Ok(Balancer {
            found: made.context("ELB named no load balancer")?,
            tags: elb_tags(&self.tags),
            listeners: Vec::new(),
            attributes: BTreeMap::new(),
        })
    }

    async fn amend(&self, session: &Session, mut found: Balancer) -> Result<Balancer> {
        let (zones, groups) =
            both(self.set_subnets(session, &found), self.set_group(session, &found)).await?;
        found.found.availability_zones = zones.or(found.found.availability_zones);
        found.found.security_groups = groups.or(found.found.security_groups);
        Ok(found)
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["DuplicateLoadBalancerName"];

    async fn look(&self, session: &Session) -> Result<Vec<Balancer>> {
        let found = inventory::one(session, self.names, None).await?;
        let Some(found) = found.filter(|found| found.is_ours(&session.identity)) else {
            return Ok(Vec::new());
        };
        self.check(&found)?;
        Ok(vec![found])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_elasticloadbalancingv2::types::LoadBalancer;
    use common::identity::Identity;

    fn balancer(subnets: &[&str]) -> Balancer {
        let zone = |id: &&str| AvailabilityZone::builder().subnet_id(*id).build();
        let found = LoadBalancer::builder().set_availability_zones(Some(subnets.iter().map(zone).collect()));
        Balancer {
            found: found.build(),
            tags: Vec::new(),
            listeners: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    #[test]
    fn new_zones_are_added_and_none_is_taken_away_unless_a_flag_says_so() {
        let identity = Identity::new("expense", "dev", BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "app");
        let new = |wanted: &[&str], are_subnets_exact: bool, has: &[&str]| {
            let subnets = Some(wanted.iter().map(|id| (*id).to_owned()).collect());
            let (names, scheme) = (&names, Scheme::Internal);
            let (vpc, group, tags) = (None, None, Vec::new());
            let wanted = Wanted { names, scheme, vpc, subnets, are_subnets_exact, group, tags };
            wanted.new_subnets(&balancer(has)).unwrap_or_default().join(" ")
        };
        assert_eq!(new(&["a", "b"], false, &["b", "a"]), "");
        assert_eq!(new(&["a", "b", "c"], false, &["a", "b"]), "a b c");
        assert_eq!(new(&["a", "b"], false, &["a", "b", "c"]), "");
        assert_eq!(new(&["a", "d"], false, &["a", "c"]), "c a d");
        assert_eq!(new(&["a", "b"], true, &["a", "b", "c"]), "a b");
    }
}
