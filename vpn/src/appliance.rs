//! What OpenVPN Access Server is told: at its first start by user data, afterwards by `sacli` over SSH.
//!
//! User data can be read by everybody who may describe the instance, so it carries no password. The appliance answers its own
//! questions from it, at the first start and with no one asked. All else goes through `sacli`, because the web interface for programs
//! is documented as not stable.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result};
use common::identity::Identity;
use common::token::derived;
use common::wait::State;
use ipnet::Ipv4Net;
use serde_json::Value;

/// Who administers it.
pub const ADMIN: &str = "openvpn";

/// Whom the image lets in with SSH.
pub const LOGIN_USER: &str = "openvpnas";

/// `KEY=VALUE` lines, which `ovpn-init` reads. The two routes are the appliance's own default answers: only what is meant for the
/// private network goes through the VPN.
pub fn user_data(public_ip: Ipv4Addr) -> String {
    format!("public_hostname={public_ip}\nadmin_user={ADMIN}\nreroute_gw=0\nreroute_dns=0\n")
}

/// What a server is brought in line with.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What the profiles of its users carry.
    pub public_ip: Ipv4Addr,
    /// What its users reach.
    pub network: Ipv4Net,
    /// The version of the secret that its administrator's password is in.
    pub password: &'a str,
}

impl Wanted<'_> {
    /// What is noted on the instance once it has been carried out: another wish has another mark.
    pub fn mark(&self, identity: &Identity) -> String {
        let (public_ip, network) = (self.public_ip.to_string(), self.network.to_string());
        let mut mark = derived(identity, "vpn-settings", &[&public_ip, &network, self.password, SETTINGS], 0);
        mark.truncate(16);
        mark
    }

    /// The script that carries it out. It reads the administrator's password from stdin.
    pub fn script(&self) -> String {
        SETTINGS
            .replace("ADMIN", ADMIN)
            .replace("PUBLIC_IP", &self.public_ip.to_string())
            .replace("NETWORK", &self.network.to_string())
    }
}

/// Client traffic is translated to the server's own address on its way into the VPC: rules that name the group `vpn` go by that
/// address, and the subnets need no route back. `sacli` takes a password as an argument only, so for a moment the list of processes
/// of the appliance, where nobody else works, has it; nothing logs it, because `sudo` runs a shell and not `sacli`.
const SETTINGS: &str = r#"set -eu
IFS= read -r password
{
  sacli --user ADMIN --key prop_superuser --value true UserPropPut
  sacli --user ADMIN --key user_auth_type --value local UserPropPut
  sacli --user ADMIN --new_pass "$password" SetLocalPassword
  sacli --key eula_accepted --value true ConfigPut
  sacli --key host.name --value PUBLIC_IP ConfigPut
  sacli --key vpn.server.routing.private_access --value nat ConfigPut
  sacli --key vpn.server.routing.private_network.0 --value NETWORK ConfigPut
  sacli --key vpn.client.routing.reroute_gw --value false ConfigPut
  sacli --key vpn.client.routing.reroute_dns --value false ConfigPut
  sacli start
} >/dev/null"#;

/// A script for the server's root, as one command for its login shell.
pub fn as_root(script: &str) -> String {
    let script = format!("PATH=$PATH:/usr/local/openvpn_as/scripts\n{script}");
    format!("sudo -n sh -c '{}'", script.replace('\'', r"'\''"))
}

/// Where the server stands, from what `sacli status` prints.
pub fn state(status: &str) -> State {
    let Ok(status) = serde_json::from_str::<Value>(status) else {
        return State::Pending("starting".to_owned());
    };
    let services = status.get("service_status").unwrap_or(&status);
    match services.get("api").and_then(Value::as_str) {
        Some("on") => State::Ready,
        Some(other) => State::Pending(format!("its api is {other}")),
        None => State::Pending("its api is off".to_owned()),
    }
}

/// The users, from what `sacli UserPropGet` prints. Groups, the defaults and the administrator are none.
///
/// # Errors
/// It is something else than JSON.
pub fn users(properties: &str) -> Result<Vec<String>> {
    let properties: Value =
        serde_json::from_str(properties).context("the server answers something else than its users")?;
    let all = properties.as_object().context("the server answers something else than its users")?;
    let is_user = |(name, of): &(&String, &Value)| {
        let kind = of.get("type").and_then(Value::as_str).unwrap_or_default();
        kind.starts_with("user_") && kind != "user_default" && *name != "__DEFAULT__" && *name != ADMIN
    };
    let mut users: Vec<String> = all.iter().filter(is_user).map(|(name, _)| name.clone()).collect();
    users.sort();
    Ok(users)
}

/// Whether this is a profile.
pub fn is_profile(text: &str) -> bool {
    let has = |word: &str| text.lines().any(|line| line.split_whitespace().next() == Some(word));
    has("client") && has("remote") && has("<ca>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(password: &str) -> Wanted<'_> {
        Wanted { public_ip: Ipv4Addr::new(203, 0, 113, 7), network: "10.0.0.0/16".parse().unwrap(), password }
    }

    #[test]
    fn user_data_names_the_host_and_carries_no_password() {
        let text = user_data(Ipv4Addr::new(203, 0, 113, 7));
        assert!(text.starts_with("public_hostname=203.0.113.7\nadmin_user=openvpn\n"), "{text}");
        assert!(!text.contains("pw"));
    }

    #[test]
    fn the_script_routes_the_network_and_names_no_password() {
        let script = wanted("version-1").script();
        assert!(script.contains("--key vpn.server.routing.private_network.0 --value 10.0.0.0/16 ConfigPut"));
        assert!(script.contains("--user openvpn --new_pass \"$password\" SetLocalPassword"));
        assert!(!script.contains("version-1") && !script.contains("ADMIN") && !script.contains("PUBLIC_IP"));
    }

    #[test]
    fn a_script_reaches_the_shell_of_root_as_it_is() {
        let command = as_root("echo 'a'");
        assert!(command.starts_with("sudo -n sh -c 'PATH="), "{command}");
        assert!(command.ends_with(r"echo '\''a'\'''"), "{command}");
    }

    #[test]
    fn another_wish_has_another_mark() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let mark = wanted("version-1").mark(&identity);
        assert_eq!(mark.len(), 16);
        assert_eq!(mark, wanted("version-1").mark(&identity));
        assert_ne!(mark, wanted("version-2").mark(&identity));
    }

    #[test]
    fn it_is_ready_when_its_api_is_on() {
        assert_eq!(state(r#"{"errors":{},"service_status":{"api":"on","auth":"on"}}"#), State::Ready);
        assert_eq!(state(r#"{"api":"on"}"#), State::Ready);
        for not in ["", "Traceback", r#"{"service_status":{"api":"off"}}"#, r#"{"service_status":{}}"#] {
            assert!(matches!(state(not), State::Pending(_)), "{not}");
        }
    }

    #[test]
    fn users_are_what_may_connect() {
        let text = r#"{"__DEFAULT__":{"def_deny":"false","type":"user_default"},
            "admins":{"group_declare":"true","type":"group"},
            "openvpn":{"prop_superuser":"true","type":"user_compile"},
            "zoe":{"type":"user_connect"},"ada":{"prop_autologin":"true","type":"user_connect"}}"#;
        assert_eq!(users(text).unwrap(), ["ada", "zoe"]);
        assert!(users("sacli: error").is_err());
    }

    #[test]
    fn an_error_is_no_profile() {
        assert!(is_profile("# OpenVPN\nclient\nremote 203.0.113.7 1194 udp\n<ca>\nx\n</ca>\n"));
        assert!(!is_profile("Traceback: no such client\n") && !is_profile(""));
    }
}
