//! Faults of single calls: which, how, and when they strike.
//!
//! A fault strikes a *logical* call: when a refused call is sent again with the same parameters, that is the same call,
//! so `throttle:3@writes#5` refuses the fifth writing call three times and lets its fourth try through. With the same
//! seed the same calls are struck, whatever the order in which parallel calls arrive.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::action::Effect;
use super::request::Request;
use super::world::hash;

/// How a call is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Refused for coming too fast, nothing done.
    Throttle,
    /// Answered 500, nothing done.
    Error,
    /// The connection is reset, nothing done.
    Reset,
    /// Done, but the connection is reset and not answered.
    Lose,
    /// Done, then the calling process is killed and never answered.
    Kill,
}

const NAMES: [(&str, Break); 5] = [
    ("throttle", Break::Throttle),
    ("error", Break::Error),
    ("reset", Break::Reset),
    ("lose", Break::Lose),
    ("kill", Break::Kill),
];

/// Which calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    Calls,
    Writes,
    Service(String),
    Action(String, String),
}

/// `KIND[:TIMES][%PERCENT]@WHICH[#N]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Break,
    /// How often a call is struck before it gets through.
    pub times: u32,
    /// Of the calls that fit, how many are struck.
    pub percent: u8,
    pub which: Which,
    /// Only the n-th that fits, counted from 1.
    pub nth: Option<u32>,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (how, which) = text.split_once('@').ok_or("say which calls, as in throttle@writes")?;
        let (how, percent) = split_number(how, '%')?;
        let (kind, times) = split_number(how, ':')?;
        let (which, nth) = split_number(which, '#')?;
        let known = NAMES.iter().find(|(name, _)| *name == kind);
        let kind = known.ok_or_else(|| format!("{kind:?} is none of throttle, error, reset, lose, kill"))?.1;
        let percent =
            u8::try_from(percent.unwrap_or(100)).ok().filter(|p| *p <= 100).ok_or("more than 100 percent")?;
        if nth == Some(0) || times == Some(0) {
            return Err("numbers count from 1".into());
        }
        let which = match (which, which.split_once('.')) {
            ("calls", _) => Which::Calls,
            ("writes", _) => Which::Writes,
            (_, Some((service, action))) => Which::Action(service.to_owned(), action.to_owned()),
            (service, None) => Which::Service(service.to_owned()),
        };
        Ok(Self { kind, times: times.unwrap_or(1), percent, which, nth })
    }
}

fn split_number(text: &str, mark: char) -> Result<(&str, Option<u32>), String> {
    match text.split_once(mark) {
        Some((rest, number)) => {
            Ok((rest, Some(number.parse().map_err(|_| format!("{number:?} is not a number"))?)))
        }
        None => Ok((text, None)),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        write!(f, "{name}:{}%{}@", self.times, self.percent)?;
        match &self.which {
            Which::Calls => f.write_str("calls")?,
            Which::Writes => f.write_str("writes")?,
            Which::Service(service) => f.write_str(service)?,
            Which::Action(service, action) => write!(f, "{service}.{action}")?,
        }
        self.nth.map_or(Ok(()), |nth| write!(f, "#{nth}"))
    }
}

/// What is known of a call when it is decided whether to break it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub service: &'a str,
    pub action: &'a str,
    pub effect: Effect,
    /// Tells calls apart, and is the same for a call sent again.
    pub digest: u64,
}

impl<'a> Target<'a> {
    #[must_use]
    pub fn of(request: &'a Request) -> Self {
        let (service, action) = (request.service.name, request.action.name);
        let digest = hash(&format!("{service}.{action}.{}.{:?}", request.region, request.params));
        Self { service, action, effect: request.action.effect, digest }
    }
}

/// A fault that is switched on, with what it has seen.
#[derive(Clone, Debug)]
struct Armed {
    fault: Fault,
    seen: u32,
    /// Calls struck and not yet let through, with how often they will still be struck.
    struck: BTreeMap<u64, u32>,
}

/// All faults switched on.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    armed: Vec<Armed>,
    seed: u64,
}

impl Faults {
    #[must_use]
    pub fn new(faults: Vec<Fault>, seed: u64) -> Self {
        let mut all = Self { armed: Vec::new(), seed };
        for fault in faults {
            all.add(fault);
        }
        all
    }

    pub fn add(&mut self, fault: Fault) {
        self.armed.push(Armed { fault, seen: 0, struck: BTreeMap::new() });
    }

    pub fn clear(&mut self) {
        self.armed.clear();
    }

    /// What breaks this call, if anything. Every fault counts it; the first that strikes decides.
    pub fn strike(&mut self, target: Target<'_>) -> Option<Break> {
        let seed = self.seed;
        let struck: Vec<Break> =
            self.armed.iter_mut().filter_map(|armed| armed.strike(target, seed)).collect();
        struck.first().copied()
    }
}

impl Armed {
    fn strike(&mut self, target: Target<'_>, seed: u64) -> Option<Break> {
        if !self.fault.which.fits(target) {
            return None;
        }
        if let Some(left) = self.struck.get_mut(&target.digest) {
            if *left > 0 {
                *left -= 1;
                return Some(self.fault.kind);
            }
            self.struck.remove(&target.digest);
            return None;
        }
        self.seen += 1;
        let due = self.fault.nth.is_none_or(|nth| nth == self.seen);
        let chance = hash(&format!("{seed} {} {}", target.digest, self.seen)) % 100;
        if !due || chance >= u64::from(self.fault.percent) {
            return None;
        }
        self.struck.insert(target.digest, self.fault.times - 1);
        Some(self.fault.kind)
    }
}

impl Which {
    fn fits(&self, target: Target<'_>) -> bool {
        match self {
            Self::Calls => true,
            Self::Writes => target.effect == Effect::Write,
            Self::Service(service) => service == target.service,
            Self::Action(service, action) => service == target.service && action == target.action,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Break, Effect, Fault, Faults, Target};

    fn target(digest: u64) -> Target<'static> {
        Target { service: "ec2", action: "CreateVpc", effect: Effect::Write, digest }
    }

    #[test]
    fn the_nth_call_is_struck_so_often_and_then_let_through() {
        let mut faults = Faults::new(vec!["throttle:2@writes#2".parse().unwrap()], 0);
        let struck: Vec<bool> = [1, 2, 2, 2, 3].map(|digest| faults.strike(target(digest)).is_some()).into();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in
            ["throttle:3%100@writes#5", "lose:1%10@ec2.CreateVpc", "kill:1%100@calls", "error:2%100@rds"]
        {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "throttle", "melt@calls", "reset@writes#0", "reset:x@calls", "lose%101@calls"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
        assert_eq!("reset@writes".parse::<Fault>().unwrap().kind, Break::Reset);
    }

    #[test]
    fn chance_replays_with_the_same_seed() {
        let run = |seed| {
            let mut faults = Faults::new(vec!["error%50@calls".parse().unwrap()], seed);
            (0..64).map(|digest| faults.strike(target(digest)).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}
