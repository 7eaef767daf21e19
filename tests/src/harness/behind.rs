//! What happens behind the commands' back, and what a test wants to know of AWS without asking a command.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value as Json, json};

use super::sandbox::{REGION, Sandbox};

/// States in which AWS still shows what is no more.
const DEAD: [&str; 4] = ["deleted", "deleting", "failed", "terminated"];

impl Sandbox {
    /// Carries out an action such as `ec2.DeleteSubnet`, or a hook of the loopback AWS, that no command asked for.
    ///
    /// # Errors
    /// Whatever AWS refuses.
    pub fn behind(&self, action: &str, parameters: Json) -> Result<Json> {
        let (service, name) =
            action.split_once('.').context("an action is written as in ec2.DeleteSubnet")?;
        self.aws.drift(REGION, service, name, parameters).with_context(|| action.to_owned())
    }

    /// Every living resource of a kind that has this `Name`, with its id, or of any name where it is empty.
    pub fn all(&self, kind: &str, name: &str) -> Vec<(String, Json)> {
        let resources = self.resources();
        let of_kind = resources.get(kind).and_then(Json::as_object).into_iter().flatten();
        of_kind
            .filter(|(_, body)| !["state", "DBInstanceStatus"].iter().any(|key| is_dead(&body[*key])))
            .filter(|(_, body)| name.is_empty() || tag(body, "Name").as_deref() == Some(name))
            .map(|(id, body)| (id.clone(), body.clone()))
            .collect()
    }

    /// The one living resource of a kind that has this `Name`.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn one(&self, kind: &str, name: &str) -> Result<Json> {
        Ok(self.the_one(kind, name)?.1)
    }

    /// Its id.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn id(&self, kind: &str, name: &str) -> Result<String> {
        Ok(self.the_one(kind, name)?.0)
    }

    fn the_one(&self, kind: &str, name: &str) -> Result<(String, Json)> {
        let mut all = self.all(kind, name);
        match (all.pop(), all.len()) {
            (Some(found), 0) => Ok(found),
            (None, _) => bail!("there is no {kind} {name} in {:#}", self.resources()[kind]),
            (_, more) => bail!("there are {} of {kind} {name}", more + 1),
        }
    }

    /// Where the routes of the route table with this `Name` lead, by destination: `("0.0.0.0/0", "nat-…")`, sorted.
    ///
    /// # Errors
    /// There is no such table.
    pub fn routes(&self, table: &str) -> Result<Vec<(String, String)>> {
        Ok(routes_of(&self.one("route-table", table)?))
    }

    /// The name of the route table that a subnet uses.
    ///
    /// # Errors
    /// There is no such subnet, or it uses the main table.
    pub fn table_of(&self, subnet: &str) -> Result<String> {
        let id = self.id("subnet", subnet)?;
        let tables = self.all("route-table", "");
        let used = tables.iter().find(|(_, table)| {
            let associations = table["associationSet"].as_array().into_iter().flatten();
            associations.into_iter().any(|association| association["subnetId"] == id.as_str())
        });
        let (_, table) = used.with_context(|| format!("{subnet} uses the main route table"))?;
        tag(table, "Name").context("the table has no name")
    }

    /// What Secrets Manager keeps under this name.
    ///
    /// # Errors
    /// There is no such secret, or it is not JSON.
    pub fn secret(&self, name: &str) -> Result<Json> {
        let value = self.behind("secretsmanager.GetSecretValue", json!({ "SecretId": name }))?;
        let text = value["SecretString"].as_str().context("the secret has no text")?;
        serde_json::from_str(text).context("the secret is not JSON")
    }
}

fn is_dead(state: &Json) -> bool {
    state.as_str().is_some_and(|state| DEAD.contains(&state))
}

/// The value of a tag, in whichever of AWS's ways they are written.
pub fn tag(resource: &Json, key: &str) -> Option<String> {
    let sets = ["tagSet", "TagList", "Tags"].into_iter().map(|name| &resource[name]);
    for set in sets {
        if let Some(value) = set.get(key).and_then(Json::as_str) {
            return Some(value.to_owned());
        }
        for tag in set.as_array().into_iter().flatten() {
            let named = |lower: &str, upper: &str| tag.get(lower).or(tag.get(upper)).and_then(Json::as_str);
            if named("key", "Key") == Some(key) {
                return named("value", "Value").map(str::to_owned);
            }
        }
    }
    None
}

/// Where the routes of a table lead, by destination, but for the local one.
pub fn routes_of(table: &Json) -> Vec<(String, String)> {
    let text = |route: &Json, keys: [&str; 3]| {
        keys.iter().find_map(|key| route[*key].as_str()).unwrap_or_default().to_owned()
    };
    let routes = table["routeSet"].as_array().into_iter().flatten();
    let mut routes: Vec<(String, String)> = routes
        .map(|route| {
            let to = text(route, ["natGatewayId", "vpcPeeringConnectionId", "gatewayId"]);
            (text(route, ["destinationCidrBlock", "destinationPrefixListId", ""]), to)
        })
        .filter(|(_, to)| to != "local")
        .collect();
    routes.sort();
    routes
}
