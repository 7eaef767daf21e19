//! The sandbox: runs commands against the loopback AWS. See [`tests::sandbox`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tests::sandbox::main()
}
