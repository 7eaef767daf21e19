//! Serving and nothing else.

use std::io::{self, Write as _};
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::environment;
use crate::loopback::Server;

/// Serves until interrupted. Prints what to set, in the form in which a shell takes it.
pub fn serve(server: &Server) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    writeln!(out, "# The loopback AWS listens on {}. To use it:", server.endpoint())?;
    for (name, value) in environment::settings(server) {
        writeln!(out, "export {name}={value}")?;
    }
    out.flush()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}
