//! The control channel: the same things that a [`Server`] does in-process, over HTTP under `/_loopback/`.
//!
//! | request | does |
//! | --- | --- |
//! | `GET journal` | every call made so far |
//! | `GET resources?region=R&account=A` | every resource, by kind and id |
//! | `GET normalised?region=R&account=A` | the same with names for ids, for comparing environments |
//! | `POST faults` `["throttle:3@writes#5"]` | switches faults on, beside those there are |
//! | `DELETE faults` | switches all off |
//! | `POST conditions` `{"propagation": 2}` | replaces the conditions |
//! | `POST drift?region=R` `{"service": "ec2", "action": "…", "params": {…}}` | does something behind the client's back |
//! | `POST skip` `3600` | lets so many seconds of AWS's time pass at once |
//! | `POST reset` | forgets all resources, faults and calls |

use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::error::{AwsError, Result};
use super::fault::Fault;
use super::journal::Entry;
use super::options::Conditions;
use super::params::Params;
use super::request::{Raw, Request};
use super::server::Server;
use super::shared::Shared;
use super::world::{ACCOUNT, World};
use super::{dispatch, dump, service};

/// Where the control channel begins.
pub const PREFIX: &str = "/_loopback/";

/// Answers a request to the control channel.
#[must_use]
pub fn answer(shared: &Shared, raw: &Raw) -> Answer {
    let (path, query) = raw.path.split_once('?').unwrap_or((&raw.path, ""));
    let query = Params::from_form(query.as_bytes(), false).unwrap_or_default();
    let region = query.text("region").unwrap_or("us-east-1");
    let account = query.text("account").unwrap_or(ACCOUNT);
    let result = match (raw.method.as_str(), path.strip_prefix(PREFIX).unwrap_or_default()) {
        ("GET", "journal") => Ok(json!(shared.lock().journal)),
        ("GET", "resources") => Ok(dump::plain(&shared.resources(account, region))),
        ("GET", "normalised") => Ok(dump::normalised(&shared.resources(account, region))),
        ("POST", "faults") => body::<Vec<String>>(raw).and_then(|texts| shared.add_faults(&texts)),
        ("DELETE", "faults") => {
            shared.lock().faults.clear();
            Ok(Json::Null)
        }
        ("POST", "conditions") => body::<Conditions>(raw).map(|conditions| {
            shared.lock().world.conditions = conditions;
            Json::Null
        }),
        ("POST", "drift") => body::<Drift>(raw).and_then(|drift| drift.act(shared, account, region)),
        ("POST", "skip") => body::<f64>(raw).map(|seconds| {
            shared.clock.skip(seconds);
            Json::Null
        }),
        ("POST", "reset") => {
            shared.reset();
            Ok(Json::Null)
        }
        _ => Err(AwsError::new("NotFound", "There is no such thing on the control channel.").status(404)),
    };
    match result {
        Ok(value) => Answer::control(200, &value),
        Err(error) => Answer::control(error.status, &json!({ "code": error.code, "message": error.message })),
    }
}

fn body<T: serde::de::DeserializeOwned>(raw: &Raw) -> Result<T> {
    serde_json::from_slice(&raw.body).map_err(|e| AwsError::new("BadRequest", e.to_string()))
}

/// Something done behind the client's back: an action or a hook of a service.
#[derive(serde::Deserialize)]
struct Drift {
    service: String,
    action: String,
    #[serde(default)]
    params: serde_json::Map<String, Json>,
}

impl Drift {
    fn act(self, shared: &Shared, account: &str, region: &str) -> Result<Json> {
        let unknown = || AwsError::new("NotFound", "There is no such service or action.").status(404);
        let service = service::named(&self.service).ok_or_else(unknown)?;
        let hook = || service.hooks.iter().find(|hook| hook.name == self.action);
        let action = service.action(&self.action).or_else(hook).ok_or_else(unknown)?;
        let params = Params::from_json(&serde_json::to_vec(&self.params).unwrap_or_default())?;
        let request = Request {
            service,
            action,
            params,
            region: region.to_owned(),
            account: account.to_owned(),
            access_key: String::new(),
            raw: Raw::default(),
        };
        let mut inner = shared.lock();
        let reply = dispatch::dispatch(&mut inner.world, &shared.clock, &request)?;
        Ok(match reply {
            super::action::Reply::Xml(node) => node.json(),
            super::action::Reply::Json(value) => value,
            super::action::Reply::Rest { body, .. } => Json::String(body),
        })
    }
}

impl Shared {
    fn resources(&self, account: &str, region: &str) -> Vec<super::action::Resource> {
        dump::resources(&mut self.lock().world, &self.clock, account, region)
    }

    fn add_faults(&self, texts: &[String]) -> Result<Json> {
        let faults: Vec<Fault> = texts
            .iter()
            .map(|text| text.parse().map_err(|e: String| AwsError::new("BadRequest", e)))
            .collect::<Result<_>>()?;
        let mut inner = self.lock();
        for fault in faults {
            inner.faults.add(fault);
        }
        Ok(Json::Null)
    }

    fn reset(&self) {
        let mut inner = self.lock();
        inner.world = World::new(self.seed, self.conditions.clone(), self.machines);
        inner.faults.clear();
        inner.journal.clear();
    }
}

/// The control channel for tests in the same process. Regions are those of the default account.
impl Server {
    /// Every call made so far.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.lock().journal.clone()
    }

    /// Lets `seconds` of AWS's time pass at once: what is on its way arrives, and what is dead is forgotten.
    pub fn skip(&self, seconds: f64) {
        self.shared.clock.skip(seconds);
    }

    pub fn forget_journal(&self) {
        self.shared.lock().journal.clear();
    }

    /// Every resource of a Region, by kind and id.
    #[must_use]
    pub fn resources(&self, region: &str) -> Json {
        dump::plain(&self.shared.resources(ACCOUNT, region))
    }

    /// Every resource of a Region with names for ids: equal for environments made alike.
    #[must_use]
    pub fn normalised(&self, region: &str) -> Json {
        dump::normalised(&self.shared.resources(ACCOUNT, region))
    }

    /// Switches faults on, each written as on the command line.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub fn add_faults(&self, faults: &[&str]) -> Result<()> {
        let texts: Vec<String> = faults.iter().map(|fault| (*fault).to_owned()).collect();
        self.shared.add_faults(&texts).map(|_| ())
    }

    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    pub fn set_conditions(&self, conditions: Conditions) {
        self.shared.lock().world.conditions = conditions;
    }

    /// Does something behind the client's back, neither broken nor in the journal: an action or a hook of a service.
    ///
    /// # Errors
    /// Whatever AWS refuses.
    pub fn drift(&self, region: &str, service: &str, action: &str, params: Json) -> Result<Json> {
        let params = if let Json::Object(map) = params { map } else { serde_json::Map::new() };
        let drift = Drift { service: service.to_owned(), action: action.to_owned(), params };
        drift.act(&self.shared, ACCOUNT, region)
    }

    /// Forgets all resources, faults and calls, and goes back to the conditions of the start.
    pub fn reset(&self) {
        self.shared.reset();
    }
}
