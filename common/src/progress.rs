//! What a person sees on stderr while a command works.
//!
//! Lines that stay (what was made), and where stderr is a terminal one live line (what is being waited for). The commands of a pipe
//! share a terminal, so one of them at a time draws the live line: the one that holds an advisory lock on the terminal itself, opened
//! anew because the inherited descriptor is shared by the whole pipe. The others write whole lines, each in one `write`, which begin
//! by clearing whatever stands on the terminal's last line; the holder draws its own again at its next beat.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

const CLEAR_LINE: &str = "\r\u{1b}[2K";

/// Progress of one command.
pub struct Progress {
    command: &'static str,
    quiet: bool,
    verbose: bool,
    state: Mutex<State>,
}

struct State {
    terminal: Option<File>,
    holds_live_line: bool,
    /// What was last said to be waited for, without the time, so that elsewhere than on a terminal it is said once.
    waiting: String,
}

impl Progress {
    pub fn new(command: &'static str, quiet: bool, verbose: bool) -> Self {
        Self {
            command,
            quiet,
            verbose,
            state: Mutex::new(State { terminal: terminal(), holds_live_line: false, waiting: String::new() }),
        }
    }

    /// Whether each AWS call is to be shown.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// A line that stays: something was made, changed or deleted.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            self.put(text);
        }
    }

    /// A warning: shown even with `-q`, because it is about safety.
    pub fn warning(&self, text: &str) {
        self.put(&format!("warning: {text}"));
    }

    /// An error or its hint: always shown.
    pub fn error(&self, text: &str) {
        self.put(text);
    }

    /// An AWS call, with `-v`.
    pub fn call(&self, text: &str) {
        if self.verbose {
            self.put(text);
        }
    }

    /// What is being waited for, and for how many seconds already.
    pub fn waiting(&self, what: &str, seconds: u64) {
        if self.quiet {
            return;
        }
        let mut state = self.state();
        if state.terminal.is_some() && state.take_live_line() {
            let text = format!("{}: waiting for {what}, {seconds} s", self.command);
            state.draw(&text);
        } else if state.waiting != what {
            what.clone_into(&mut state.waiting);
            drop(state);
            self.put(&format!("waiting for {what}"));
        }
    }

    /// The wait is over: the live line goes, and another command of the pipe may have it.
    pub fn waited(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.give_up_live_line();
    }

    /// Writes to the same terminal something that is not progress. `write` is given what has to go before it, in the same write, where
    /// this command or another one of the pipe has a live line there; no other can begin one meanwhile.
    pub fn beside<T>(&self, write: impl FnOnce(&str) -> T) -> T {
        let mut state = self.state();
        let is_drawn = state.holds_live_line || (state.terminal.is_some() && !state.take_live_line());
        let written = write(if is_drawn { CLEAR_LINE } else { "" });
        if !is_drawn {
            state.release();
        }
        written
    }

    fn put(&self, text: &str) {
        let state = self.state();
        let clear = if state.terminal.is_some() { CLEAR_LINE } else { "" };
        let text = text.replace('\n', "\n  ");
        write_at_once(&format!("{clear}{}: {text}\n", self.command));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_live_line(&mut self) -> bool {
        if !self.holds_live_line {
            self.holds_live_line = self.terminal.as_ref().is_some_and(|it| it.try_lock().is_ok());
        }
        self.holds_live_line
    }

    fn give_up_live_line(&mut self) {
        if self.holds_live_line {
            write_at_once(CLEAR_LINE);
            self.release();
        }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.holds_live_line)
            && let Some(terminal) = &self.terminal
        {
            // The lock also goes with the process: nothing to do where this fails.
            let _ = terminal.unlock();
        }
    }

    /// Cut to the terminal's width: a line that wraps could not be cleared. A width of 0 is that of a terminal that does not know it.
    fn draw(&self, text: &str) {
        let width = self
            .terminal
            .as_ref()
            .and_then(|it| rustix::termios::tcgetwinsize(it).ok())
            .map(|size| usize::from(size.ws_col))
            .filter(|width| *width > 0)
            .map_or(80, |width| width.max(20));
        let shown: String = text.chars().take(width - 1).collect();
        write_at_once(&format!("{CLEAR_LINE}{shown}"));
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.give_up_live_line();
    }
}

fn terminal() -> Option<File> {
    let stderr = std::io::stderr();
    if !stderr.is_terminal() || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return None;
    }
    // The link says which terminal on Linux; elsewhere it is the one that controls this process.
    let path = std::fs::read_link("/dev/fd/2").unwrap_or_else(|_| PathBuf::from("/dev/tty"));
    OpenOptions::new().read(true).write(true).open(path).ok()
}

/// One `write`, so that the commands of a pipe do not mix their lines. A closed stderr is nobody's loss.
fn write_at_once(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
}
