//! The state: a world of accounts and Regions, nothing shared between them.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::acm::Acm;
use super::autoscaling::AutoScaling;
use super::clock::Clock;
use super::cloudfront::CloudFront;
use super::ec2::Ec2;
use super::elbv2::Elbv2;
use super::options::Conditions;
use super::rds::Rds;
use super::route53::Route53;
use super::secretsmanager::SecretsManager;
use super::ssm::Ssm;
use super::token::Tokens;
use super::{ec2, service};

/// The account that unknown access keys belong to.
pub const ACCOUNT: &str = "123456789012";

/// The Region in which services without Regions keep their state.
pub const HOME: &str = "us-east-1";

/// The Regions that exist, with the short form that the ids of their zones have.
pub const REGIONS: &[(&str, &str)] = &[
    ("us-east-1", "use1"),
    ("us-east-2", "use2"),
    ("us-west-1", "usw1"),
    ("us-west-2", "usw2"),
    ("ca-central-1", "cac1"),
    ("eu-central-1", "euc1"),
    ("eu-north-1", "eun1"),
    ("eu-west-1", "euw1"),
    ("eu-west-2", "euw2"),
    ("eu-west-3", "euw3"),
    ("ap-south-1", "aps1"),
    ("ap-northeast-1", "apne1"),
    ("ap-northeast-2", "apne2"),
    ("ap-southeast-1", "apse1"),
    ("ap-southeast-2", "apse2"),
    ("sa-east-1", "sae1"),
];

/// Everything in one account and Region.
#[derive(Clone, Debug)]
pub struct Region {
    pub name: String,
    pub account: String,
    pub rng: Rng,
    pub tokens: Tokens,
    /// As they are now, for what happens by itself.
    pub conditions: Conditions,
    /// Whether real machines are behind the instances.
    pub machines: bool,
    pub ec2: Ec2,
    pub rds: Rds,
    pub secretsmanager: SecretsManager,
    pub ssm: Ssm,
    pub route53: Route53,
    pub acm: Acm,
    pub elbv2: Elbv2,
    pub autoscaling: AutoScaling,
    pub cloudfront: CloudFront,
}

impl Region {
    fn new(account: &str, name: &str, seed: u64, clock: &Clock) -> Self {
        let mut region = Self {
            name: name.to_owned(),
            account: account.to_owned(),
            rng: Rng::with_seed(seed ^ hash(account) ^ hash(name).rotate_left(32)),
            tokens: Tokens::default(),
            conditions: Conditions::default(),
            machines: false,
            ec2: Ec2::default(),
            rds: Rds::default(),
            secretsmanager: SecretsManager::default(),
            ssm: Ssm::default(),
            route53: Route53::default(),
            acm: Acm::default(),
            elbv2: Elbv2::default(),
            autoscaling: AutoScaling::default(),
            cloudfront: CloudFront::default(),
        };
        ec2::seed(&mut region, clock.now());
        region
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:REST`
    #[must_use]
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.name, self.account)
    }
}

/// All accounts and Regions, made when first called.
#[derive(Clone, Debug)]
pub struct World {
    pub regions: BTreeMap<(String, String), Region>,
    pub conditions: Conditions,
    machines: bool,
    seed: u64,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, conditions: Conditions, machines: bool) -> Self {
        Self { regions: BTreeMap::new(), conditions, machines, seed }
    }

    /// The state of a Region, with everything done in it that has fallen due.
    pub fn region(&mut self, account: &str, name: &str, clock: &Clock) -> &mut Region {
        // Zones are one account's and the same everywhere.
        let zones = (name != HOME).then(|| self.region(account, HOME, clock).route53.clone());
        let key = (account.to_owned(), name.to_owned());
        let region = self.regions.entry(key).or_insert_with(|| Region::new(account, name, self.seed, clock));
        region.conditions.clone_from(&self.conditions);
        region.machines = self.machines;
        if let Some(zones) = zones {
            region.route53 = zones;
        }
        for service in service::ALL {
            (service.settle)(region, clock, clock.now());
        }
        region
    }
}

/// FNV-1a: enough to tell names and calls apart, and the same in every run.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
