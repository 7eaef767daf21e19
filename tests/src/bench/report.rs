//! The one place that prints: Markdown on stdout, what is going on on stderr.

use std::io::{self, Write as _};

/// A table with a heading and a line on how it was measured.
#[derive(Debug)]
pub struct Table {
    title: &'static str,
    how: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    #[must_use]
    pub fn new(title: &'static str, how: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(|&cell| cell.to_owned()).collect();
        Self { title, how: how.into(), head, rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Prints it.
    pub fn print(&self) {
        let rule = vec!["---".to_owned(); self.head.len()];
        let lines = [&self.head, &rule].into_iter().chain(&self.rows);
        let table: Vec<String> = lines.map(|cells| format!("| {} |", cells.join(" | "))).collect();
        print(&format!("### {}\n{}\n\n{}\n", self.title, self.how, table.join("\n")));
    }
}

/// Prints a paragraph. A reader that is gone is nobody's loss.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Says on stderr what is going on.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "bench: {text}");
}
