//! What the sandbox sets, and what it hides.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::Path;

use crate::loopback::Server;
use crate::loopback::world::ACCOUNT;

/// The whole environment of a command in the sandbox: the person's own without a trace of their AWS settings.
pub fn variables(server: &Server, folder: &Path) -> BTreeMap<OsString, OsString> {
    let ours = |name: &OsString| name.to_string_lossy().starts_with("AWS_");
    let mut all: BTreeMap<OsString, OsString> = env::vars_os().filter(|(name, _)| !ours(name)).collect();
    all.extend(settings(server).into_iter().map(|(name, value)| (name.into(), value.into())));
    let path = all.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    // Fails only where the folder has a colon in its name; then its commands are not found, which says enough.
    all.insert("PATH".into(), env::join_paths(folders).unwrap_or(path));
    all
}

/// What has to be set to use a server.
pub fn settings(server: &Server) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", server.endpoint()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIASANDBOXEXAMPLE00".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "throw-away".to_owned()),
        ("AWS_ACCOUNT_ID", ACCOUNT.to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        // A proxy for the internet has no business with this machine's own addresses.
        ("NO_PROXY", no_proxy(server)),
    ]
}

fn no_proxy(server: &Server) -> String {
    let own = server.address().ip().to_string();
    match env::var("NO_PROXY").or_else(|_| env::var("no_proxy")) {
        Ok(others) if !others.is_empty() => format!("{others},{own}"),
        _ => own,
    }
}
