//! Where a text is wrong, and what was expected there.

use std::fmt;

use common::identity::quoted;

/// Why a rule text is not one. Its display is `3:14: expected a source such as backend, found "@"`, to be put after the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    place: String,
    message: String,
}

/// A line and a column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub line: usize,
    pub column: usize,
}

impl SyntaxError {
    /// `my.rules:3:14: expected …`.
    pub fn in_file(&self, name: &str) -> String {
        match self.place.as_str() {
            "" => format!("{name}: {}", self.message),
            place => format!("{name}:{place}: {}", self.message),
        }
    }

    pub(super) fn at(position: Position, message: impl Into<String>) -> Self {
        Self { place: position.to_string(), message: message.into() }
    }

    /// In JSON: the path to a value, such as `mysql[0]`.
    pub(super) fn in_value(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: path.into(), message: message.into() }
    }

    /// The text as a whole.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }

    /// The same, in a text that stands at `path`: `mysql[0]:1:14`.
    pub(super) fn within(self, path: &str) -> Self {
        Self { place: format!("{path}:{}", self.place), ..self }
    }

    pub(super) fn expected(position: Position, expected: &str, found: Option<&str>) -> Self {
        let found = found.map_or_else(|| "the end".to_owned(), quoted);
        Self::at(position, format!("expected {expected}, found {found}"))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}
