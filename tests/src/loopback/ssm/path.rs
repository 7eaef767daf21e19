//! Reading the parameters below a path, in pages.

use serde_json::{Value as Json, json};

use super::describe::filtered;
use super::parameter::{Parameter, public};
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::page;

pub const ACTIONS: &[Action] = &[read(
    "GetParametersByPath",
    get,
    "Path! Recursive WithDecryption MaxResults NextToken ParameterFilters.N.Key ParameterFilters.N.Option \
     ParameterFilters.N.Values.N",
)];

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let path = call.params.required("Path")?;
    if !path.starts_with('/') {
        let message = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a \
                       forward slash \"/\".";
        return Err(AwsError::new("ValidationException", message));
    }
    let recursive = call.params.flag("Recursive")? == Some(true);
    let decrypt = call.params.flag("WithDecryption")? == Some(true);
    let under = |parameter: &Parameter| below(path, &parameter.name, recursive);
    let all = call.region.ssm.parameters.values().cloned().chain(public(call.region));
    let found = filtered(call.params, all.filter(under).collect())?;
    let page = page::json(call.params, found, 1..=10, 10)?;
    let shown: Vec<Json> = page.items.iter().map(|p| p.show(call.region, decrypt)).collect();
    let mut json = json!({"Parameters": shown});
    if let Some(next) = page.next {
        json["NextToken"] = json!(next);
    }
    Ok(json.into())
}

/// Whether a name is below a path, one level below it unless all levels are wanted.
fn below(path: &str, name: &str, recursive: bool) -> bool {
    let rest = name.strip_prefix(path.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| recursive || !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_path_holds_its_own_level_or_all_below() {
        assert!(below("/expense/dev", "/expense/dev/vpc", false));
        assert!(below("/expense/", "/expense/dev/vpc", true));
        assert!(!below("/expense", "/expense/dev/vpc", false));
        assert!(!below("/expense/de", "/expense/dev/vpc", true));
        assert!(below("/", "/expense/dev/vpc", true));
    }
}
