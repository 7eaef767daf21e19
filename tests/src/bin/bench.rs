//! The benchmark. See [`tests::bench`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tests::bench::main()
}
