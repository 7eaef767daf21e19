//! Putting files on the builder, as `cp -r` does: into a directory that is there or whose name ends in a slash, and otherwise under
//! the name given.

use anyhow::Result;

use super::Site;
use super::archive::of_tree;
use crate::process::{Ended, run as run_process};
use crate::recipe::{Tree, files};
use crate::shell::as_root;

/// Taken apart beside its place, in a directory of its own, so that no link that is there already can lead it astray.
const PUT: &str = r#"set -eu
umask 022
to=$1 name=$2
case $to in
    */) into=1 ;;
    *) if [ -d "$to" ]; then into=1; else into=0; fi ;;
esac
if [ "$into" = 1 ]; then folder=$to; else folder=$(dirname -- "$to") name=$(basename -- "$to"); fi
mkdir -p -- "$folder"
beside=$(mktemp -d "${folder%/}/.stackpipe.XXXXXXXX")
trap 'rm -rf -- "$beside"' EXIT
tar -x -p --no-same-owner -f - -C "$beside"
cp -rPT --preserve=mode,timestamps,links -- "$beside/content" "${folder%/}/$name"
"#;

/// Puts them there.
///
/// # Errors
/// They were changed since they were fingerprinted; ssh cannot be started.
pub async fn run(site: &Site<'_>, tree: &Tree, destination: &str) -> Result<Ended> {
    tree.check()?;
    let input = of_tree(files(&tree.root)?);
    let command = site.connection.command(&as_root(PUT, &[destination, &tree.name()]));
    run_process(site.session, command, Some(input)).await
}
