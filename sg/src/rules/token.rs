//! The words of a rule text with their places. Line ends are no tokens: a word knows its line.

use super::syntax::{Position, SyntaxError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    Comma,
    Semicolon,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub position: Position,
}

/// The tokens of a text, one after the other.
pub(super) struct Tokens<'a> {
    all: Vec<Token<'a>>,
    next: usize,
    end: Position,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut end = Position { line: 1, column: 1 };
        for (line, content) in text.lines().enumerate() {
            end = line_of(content, line + 1, &mut tokens);
        }
        Self { all: tokens, next: 0, end }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.all.get(self.next).copied()
    }

    pub(super) fn peek_word(&self) -> Option<&'a str> {
        match self.peek()?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Takes the next token if it is this one.
    pub(super) fn take(&mut self, kind: Kind<'_>) -> bool {
        let is_next = self.peek().is_some_and(|token| token.kind == kind);
        self.next += usize::from(is_next);
        is_next
    }

    /// The next token, or the end of the text.
    pub(super) fn position(&self) -> Position {
        self.peek().map_or(self.end, |token| token.position)
    }

    /// Whether the next token is the first of its line, or there is none.
    pub(super) fn at_line_start(&self) -> bool {
        let before = self.next.checked_sub(1).and_then(|before| self.all.get(before));
        match (before, self.peek()) {
            (Some(before), Some(next)) => before.position.line != next.position.line,
            _ => true,
        }
    }

    /// An error at the next token.
    pub(super) fn expected(&self, expected: &str) -> SyntaxError {
        let found = self.peek().map(|token| match token.kind {
            Kind::Word(word) => word,
            Kind::Comma => ",",
            Kind::Semicolon => ";",
        });
        SyntaxError::expected(self.position(), expected, found)
    }

    /// Takes the next token as what `read` makes of it.
    pub(super) fn word<T>(
        &mut self,
        nothing: &str,
        read: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Result<T, SyntaxError> {
        let word = self.peek_word().ok_or_else(|| self.expected(nothing))?;
        let value = read(word).map_err(|expected| self.expected(&expected))?;
        self.advance();
        Ok(value)
    }
}

/// Adds the tokens of one line; answers where it ends.
fn line_of<'a>(content: &'a str, line: usize, tokens: &mut Vec<Token<'a>>) -> Position {
    let mut column = 0;
    let mut word: Option<(usize, Position)> = None;
    for (at, character) in content.char_indices() {
        column += 1;
        let position = Position { line, column };
        let is_separator = character.is_whitespace() || matches!(character, ',' | ';' | '#');
        if !is_separator {
            word.get_or_insert((at, position));
            continue;
        }
        if let Some((from, position)) = word.take() {
            tokens.push(Token { kind: Kind::Word(&content[from..at]), position });
        }
        match character {
            ',' => tokens.push(Token { kind: Kind::Comma, position }),
            ';' => tokens.push(Token { kind: Kind::Semicolon, position }),
            '#' => return position,
            _ => {}
        }
    }
    if let Some((from, position)) = word {
        tokens.push(Token { kind: Kind::Word(&content[from..]), position });
    }
    Position { line, column: column + 1 }
}
