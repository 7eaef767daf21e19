//! Three commands of a pipe share one terminal. `script` of bsdutils, which every Debian has, is the terminal.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;
use tests::harness::{CREATE, Sandbox};
use tests::loopback::Options;

/// Slow enough that each command draws its live line for a while.
fn watchable() -> Result<Sandbox> {
    Sandbox::with(&Options { time_scale: 100.0, seed: Some(1), ..Options::default() })
}

/// What a terminal was sent by a line that ran on it, with its stdin left open as a person leaves it.
fn on_terminal(sandbox: &Sandbox, line: &str) -> Result<String> {
    let script = format!("timeout 60 script --quiet --return --command '{line}' /dev/null");
    let mut command = sandbox.command(&script);
    let mut child = command
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start script")?;
    let stdin = child.stdin.take();
    let output = child.wait_with_output()?;
    drop(stdin);
    let text = String::from_utf8(output.stdout).context("a character was torn apart")?;
    ensure!(output.status.success(), "{line}: {}\n{text}", output.status);
    Ok(text)
}

/// The lines that stay on a terminal after all that it was sent: as much of one as these commands use.
fn screen(sent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = sent;
    let mut column = 0;
    while let Some(next) = rest.chars().next() {
        let line = lines.last_mut();
        if let Some(after) = rest.strip_prefix("\u{1b}[2K") {
            line.map(String::clear);
            rest = after;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        match next {
            '\r' => column = 0,
            '\n' => lines.push(String::new()),
            _ => {
                let Some(line) = line else { continue };
                let mut cells: Vec<char> = line.chars().collect();
                cells.resize(cells.len().max(column + 1), ' ');
                cells[column] = next;
                column += 1;
                *line = cells.into_iter().collect();
            }
        }
    }
    lines
}

/// Whether a line is a whole one of a command's.
fn is_whole(line: &str) -> bool {
    let known = ["made ", "changed ", "deleted ", "waiting for ", "left out, ", "warning: "];
    let said = ["vpc: ", "sg: ", "rds: "].iter().find_map(|command| line.strip_prefix(command));
    // One word of a command's name: a second one would be another command's line in this one.
    said.is_some_and(|said| {
        known.iter().any(|verb| said.starts_with(verb)) && !said.contains(": waiting for")
    })
}

#[test]
fn the_commands_of_a_pipe_share_a_terminal_without_garbling_it() -> Result<()> {
    let sandbox = watchable()?;
    let sent = on_terminal(&sandbox, &format!("{CREATE} > document.json"))?;
    assert!(sent.contains("\u{1b}[2Kvpc: waiting for NAT gateway"), "no live line: {sent:?}");
    assert!(sent.contains("\u{1b}[2Krds: waiting for DB instance"), "no live line: {sent:?}");
    let lines = screen(&sent);
    for line in lines.iter().filter(|line| !line.is_empty()) {
        assert!(is_whole(line), "{line:?} in\n{}", lines.join("\n"));
    }
    for made in [
        "vpc: made VPC expense-dev (vpc-",
        "sg: made security group expense-dev-mysql (sg-",
        "rds: made DB instance expense-dev-mysql",
    ] {
        assert_eq!(
            lines.iter().filter(|line| line.starts_with(made)).count(),
            1,
            "{made} in\n{}",
            lines.join("\n")
        );
    }
    assert_eq!(lines.last().map(String::as_str), Some(""), "the live line is gone at the end");
    // Elsewhere than on a terminal the same line is said once.
    let count = |text: &str, what: &str| text.lines().filter(|line| line.contains(what)).count();
    let plain = watchable()?.sh(CREATE)?;
    plain.succeeds();
    assert_eq!(count(&plain.stderr, "vpc: waiting for NAT gateway expense-dev-nat-us-east-1a (pending)"), 1);
    Ok(())
}

#[test]
fn the_document_is_indented_on_a_terminal_and_whole_beside_the_live_lines() -> Result<()> {
    let sandbox = watchable()?;
    let lines = screen(&on_terminal(&sandbox, CREATE)?);
    let text: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| !line.is_empty() && !is_whole(line)).collect();
    assert_eq!((text.first(), text.last()), (Some(&"{"), Some(&"}")), "{}", lines.join("\n"));
    assert!(text.contains(&"  \"project\": \"expense\","), "{}", lines.join("\n"));
    let document: Json = serde_json::from_str(&text.join("\n")).with_context(|| lines.join("\n"))?;
    assert!(document["rds"]["mysql"]["endpoint"]["address"].is_string());
    Ok(())
}

#[test]
fn a_terminal_on_stdin_is_the_empty_document_and_nothing_hangs() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(CREATE)?.succeeds();
    for command in ["vpc", "sg", "rds"] {
        let sent = on_terminal(&sandbox, &format!("{command} show --project expense --env dev"))?;
        let document: Json = serde_json::from_str(&screen(&sent).join("\n"))?;
        assert!(document[command].is_object(), "{sent}");
    }
    // Nothing typed but the command: usage, and not an endless wait for a document.
    let sent = on_terminal(&sandbox, "vpc show || echo status $?")?;
    assert!(sent.contains("no project") && sent.contains("status 2"), "{sent}");
    Ok(())
}

#[test]
fn a_dumb_terminal_gets_plain_lines() -> Result<()> {
    let sandbox = watchable()?;
    let sent = on_terminal(&sandbox, &format!("TERM=dumb; export TERM; {CREATE} > document.json"))?;
    assert!(!sent.contains('\u{1b}'), "{sent:?}");
    assert!(sent.contains("vpc: waiting for NAT gateway"), "{sent:?}");
    Ok(())
}

#[test]
fn the_terminal_of_this_suite_is_one() {
    let sent = "one\r\nlive\r\u{1b}[2Ktwo\r\nabc\rX\r\n";
    assert_eq!(screen(sent), ["one", "two", "Xbc", ""]);
    assert!(is_whole("vpc: made VPC x") && !is_whole("vpc: waitvpc: made VPC x") && !is_whole("made VPC x"));
}
