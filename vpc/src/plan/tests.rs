use super::*;
use crate::cli::Create;

fn zones_named(names: &str) -> Vec<String> {
    names.chars().map(|letter| format!("us-east-1{letter}")).collect()
}

fn request(public: &[&str]) -> Request {
    let public_cidr = public.iter().map(|&text| text.to_owned()).collect();
    Request::from_flags(&Create { public_cidr, ..Create::default() }).unwrap()
}

fn placed(vpc: &str, zones: &str, standing: &Standing) -> Standing {
    let places = places(&request(&[]), vpc.parse().unwrap(), &zones_named(zones), standing).unwrap();
    places.into_iter().map(|place| ((place.tier, place.zone), place.cidr)).collect()
}

#[test]
fn a_zone_added_later_leaves_the_others_where_they_are() {
    for vpc in ["10.0.0.0/16", "10.0.0.0/20", "10.0.0.0/24"] {
        let two = placed(vpc, "ab", &Standing::new());
        let three = placed(vpc, "abc", &two);
        assert_eq!(three, placed(vpc, "abc", &Standing::new()), "{vpc}");
        assert!(two.iter().all(|(key, cidr)| three[key] == *cidr), "{vpc}");
    }
}

#[test]
fn a_zone_between_two_others_takes_what_is_free() {
    let standing = placed("10.0.0.0/16", "ac", &Standing::new());
    let all = placed("10.0.0.0/16", "abc", &standing);
    assert_eq!(all[&(Tier::Public, "us-east-1c".into())].to_string(), "10.0.2.0/24");
    assert_eq!(all[&(Tier::Database, "us-east-1b".into())].to_string(), "10.0.23.0/24");
}

#[test]
fn an_interrupted_run_is_completed_to_the_same_addresses() {
    let whole = placed("10.0.0.0/16", "abc", &Standing::new());
    for left_out in 0..(1 << whole.len()) {
        let standing: Standing = whole
            .iter()
            .enumerate()
            .filter(|(at, _)| left_out & (1 << at) == 0)
            .map(|(_, (key, cidr))| (key.clone(), *cidr))
            .collect();
        assert_eq!(placed("10.0.0.0/16", "abc", &standing), whole, "{left_out:b}");
    }
}

#[test]
fn other_ranges_for_subnets_that_are_there_are_a_conflict() {
    let standing = placed("10.0.0.0/16", "ab", &Standing::new());
    let vpc = "10.0.0.0/16".parse().unwrap();
    let refused = places(&request(&["10.0.1.0/24", "10.0.5.0/24"]), vpc, &zones_named("ab"), &standing);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("public subnet in us-east-1b has 10.0.2.0/24"), "{refused}");
    assert!(places(&request(&["10.0.1.0/24", "10.0.2.0/24"]), vpc, &zones_named("ab"), &standing).is_ok());
}

#[test]
fn given_ranges_may_not_overlap_derived_ones_nor_lie_outside() {
    let vpc = "10.0.0.0/16".parse().unwrap();
    let refused = |public| {
        places(&request(&[public]), vpc, &zones_named("a"), &Standing::new()).unwrap_err().to_string()
    };
    assert!(refused("10.0.11.0/24").contains("overlaps"));
    assert!(refused("10.1.0.0/24").contains("outside"));
}

#[test]
fn zones_are_added_by_name_and_never_taken_away() {
    let standing = placed("10.0.0.0/16", "bd", &Standing::new());
    let region = zones_named("abcd");
    assert_eq!(zones(3, &standing, &region, "us-east-1").unwrap(), zones_named("abd"));
    let kind = |wanted| common::fault::kind_of(&zones(wanted, &standing, &region, "us-east-1").unwrap_err());
    assert_eq!(kind(1), common::fault::Kind::Conflict);
    assert_eq!(kind(5), common::fault::Kind::Usage);
}

#[test]
fn one_nat_gateway_stays_where_it_is_and_one_a_zone_has_tables_a_zone() {
    let standing = placed("10.0.0.0/16", "ab", &Standing::new());
    let plan = |nat, nat_zones: &str| {
        let wish = Wish { nat, ..Wish::default() };
        Plan::of_standing(wish, "10.0.0.0/16".parse().unwrap(), &standing, &zones_named(nat_zones))
    };
    assert_eq!(plan(Nat::One, "b").nats, zones_named("b"));
    assert_eq!(plan(Nat::One, "").nats, zones_named("a"));
    let identity = Identity::new("expense", "dev", BTreeMap::new()).unwrap();
    let names = |plan: Plan| plan.tables.iter().map(|table| table.name(&identity)).collect::<Vec<_>>();
    assert_eq!(
        names(plan(Nat::None, "")),
        ["expense-dev-public", "expense-dev-private", "expense-dev-database"]
    );
    assert_eq!(names(plan(Nat::PerAz, "")).len(), 5);
}
