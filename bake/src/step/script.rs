//! A script, run as root on the builder with the variables in its environment. Script and variables reach it on stdin: what stands on
//! a command line can be read by everybody there.

use std::fmt::Write as _;

use anyhow::Result;

use super::Site;
use super::archive::of_files;
use crate::process::{Ended, run as run_process};
use crate::shell::{as_root, quoted};

const RUN: &str = r#"set -eu
umask 077
folder=$(mktemp -d /var/tmp/stackpipe.XXXXXXXX)
trap 'rm -rf -- "$folder"' EXIT
tar -x --no-same-owner -f - -C "$folder"
chmod 700 "$folder/script"
umask 022
cd /
status=0
(
    set +eu
    set -a
    . "$folder/environment"
    set +a
    case $(head -c 2 "$folder/script") in
        '#!') exec "$folder/script" </dev/null ;;
        *) exec sh "$folder/script" </dev/null ;;
    esac
) || status=$?
exit $status
"#;

/// Runs it.
///
/// # Errors
/// ssh cannot be started.
pub async fn run(site: &Site<'_>, text: &[u8]) -> Result<Ended> {
    let mut environment = String::new();
    for (key, value) in site.recipe.variables.environment()? {
        // Writing to a text does not fail.
        let _ = writeln!(environment, "{key}={}", quoted(&value));
    }
    let files =
        vec![("environment".to_owned(), environment.into_bytes()), ("script".to_owned(), text.to_vec())];
    run_process(site.session, site.connection.command(&as_root(RUN, &[])), Some(of_files(files))).await
}
