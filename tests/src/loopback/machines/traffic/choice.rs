//! Which target a request goes to.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::plan::{Fitness, Group, Target};
use super::shared::lock;

/// How often something has been chosen from, by what it is.
#[derive(Debug, Default)]
pub struct Rounds(Mutex<BTreeMap<String, u64>>);

impl Rounds {
    /// The number of this choice.
    fn next(&self, of: &str) -> u64 {
        let mut rounds = lock(&self.0);
        let round = rounds.entry(of.to_owned()).or_default();
        let this = *round;
        *round += 1;
        this
    }

    /// One of several target groups, each as often as its weight says. A group keeps its share even where it has nobody to
    /// serve it: AWS does not fall back on another one. None where all weights are 0.
    #[must_use]
    pub fn group<'a>(&self, groups: &'a [(String, u32)]) -> Option<&'a str> {
        let total: u64 = groups.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total == 0 {
            return None;
        }
        let name = groups.iter().fold(String::new(), |name, (arn, weight)| format!("{name}{arn}={weight} "));
        let mut at = (self.next(&name) % total) * stride(total) % total;
        let found = groups.iter().find(|(_, weight)| {
            let here = at < u64::from(*weight);
            at = at.saturating_sub(u64::from(*weight));
            here
        });
        found.map(|(arn, _)| arn.as_str())
    }

    /// One target of a group after another: of the fit ones, or where none is fit of all that are not leaving, which is how AWS
    /// fails open. The other algorithms that a group may be set to come to the same where targets are alike.
    #[must_use]
    pub fn target<'a>(&self, arn: &str, group: &'a Group) -> Option<&'a Target> {
        let with = |fitness| group.targets.iter().filter(move |target| target.fitness == fitness);
        let mut targets: Vec<&Target> = with(Fitness::Fit).collect();
        if targets.is_empty() {
            targets = with(Fitness::Unfit).collect();
        }
        let number = u64::try_from(targets.len()).ok().filter(|number| *number > 0)?;
        targets.get(usize::try_from(self.next(arn) % number).ok()?).copied()
    }
}

/// A step around a circle that comes to every place once and does not stay in one part of it: near the golden section, and with
/// no divisor in common with the number of places.
fn stride(places: u64) -> u64 {
    let golden = (places * 618 / 1000).max(1);
    (golden..golden + places).find(|step| common_divisor(*step, places) == 1).unwrap_or(1)
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::plan::Check;
    use super::{Fitness, Group, Rounds, Target};

    fn group(fitness: &[Fitness]) -> Group {
        let target = |(at, fitness): (usize, &Fitness)| Target {
            id: format!("i-{at}"),
            address: "10.0.0.1:80".parse().unwrap(),
            fitness: *fitness,
        };
        let second = Duration::from_secs(1);
        let check = Check {
            port: None,
            path: "/".into(),
            codes: Vec::new(),
            interval: second,
            timeout: second,
            plain: true,
        };
        let targets = fitness.iter().enumerate().map(target).collect();
        Group { targets, check, plain: true, sources: Vec::new() }
    }

    fn chosen(fitness: &[Fitness]) -> Vec<String> {
        let (rounds, group) = (Rounds::default(), group(fitness));
        (0..4).filter_map(|_| rounds.target("web", &group).map(|target| target.id.clone())).collect()
    }

    #[test]
    fn targets_take_turns_the_fit_ones_first() {
        use Fitness::{Draining, Fit, Unfit};
        assert_eq!(chosen(&[Fit, Unfit, Fit, Draining]), ["i-0", "i-2", "i-0", "i-2"]);
        assert_eq!(chosen(&[Unfit, Unfit, Draining]), ["i-0", "i-1", "i-0", "i-1"]);
        assert!(chosen(&[Draining]).is_empty() && chosen(&[]).is_empty());
    }

    #[test]
    fn groups_are_chosen_by_weight_and_mixed() {
        let groups = [("a".to_owned(), 90), ("b".to_owned(), 10), ("c".to_owned(), 0)];
        let rounds = Rounds::default();
        let chosen: Vec<&str> = (0..100).filter_map(|_| rounds.group(&groups)).collect();
        let of = |name, part: &[&str]| part.iter().filter(|chosen| **chosen == name).count();
        assert_eq!((of("a", &chosen), of("b", &chosen), of("c", &chosen)), (90, 10, 0));
        assert!((3..=7).contains(&of("b", &chosen[..50])), "{chosen:?}");
        assert_eq!(rounds.group(&[("a".to_owned(), 0)]), None);
    }
}
