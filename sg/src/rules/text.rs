//! From text to rules and tables. Linear in the text, but for the product of a clause's two lists, which is bounded.

use super::rule::{Rule, Source, Traffic};
use super::syntax::{Position, SyntaxError};
use super::table::{MOST_RULES, Table};
use super::token::{Kind, Tokens};
use super::word;

/// A rule and where its source stands, so that an unknown group can be told there.
pub(super) type Placed = (Rule, Position);

/// The rules of one group, as `sg allow` takes them: one clause, or several with `;` between them.
///
/// # Errors
/// The place and what was expected there.
pub fn rules_of(text: &str) -> Result<Vec<Rule>, SyntaxError> {
    let mut tokens = Tokens::of(text);
    let mut rules = Vec::new();
    loop {
        rules.extend(clause(&mut tokens)?.into_iter().map(|(rule, _)| rule));
        while tokens.take(Kind::Semicolon) {}
        if tokens.peek().is_none() {
            return Ok(rules);
        }
    }
}

pub(super) fn table(text: &str) -> Result<Table, SyntaxError> {
    let mut tokens = Tokens::of(text);
    let mut table = Table::default();
    let mut groups: Vec<&str> = Vec::new();
    let mut sources: Vec<Placed> = Vec::new();
    loop {
        while tokens.take(Kind::Semicolon) {}
        if tokens.peek().is_none() {
            break;
        }
        if groups.is_empty() || !tokens.peek_word().is_some_and(word::is_traffic) {
            groups = group_names(&mut tokens)?;
            for role in &groups {
                table.declare(role).map_err(|reason| SyntaxError::at(tokens.position(), reason))?;
            }
            continue;
        }
        let position = tokens.position();
        let rules = clause(&mut tokens)?;
        for role in &groups {
            table
                .add(role, rules.iter().map(|(rule, _)| rule.clone()))
                .map_err(|reason| SyntaxError::at(position, reason))?;
        }
        sources.extend(rules);
    }
    for (rule, position) in &sources {
        table.check_source(&rule.source).map_err(|reason| SyntaxError::at(*position, reason))?;
    }
    Ok(table)
}

/// `bastion, ansible`, at the beginning of a line.
fn group_names<'a>(tokens: &mut Tokens<'a>) -> Result<Vec<&'a str>, SyntaxError> {
    if !tokens.at_line_start() {
        return Err(tokens.expected("traffic such as 3306/tcp, or a new line before the next group"));
    }
    let mut names = Vec::new();
    loop {
        names.push(tokens.word("a group's name", word::role)?);
        if !tokens.take(Kind::Comma) {
            break;
        }
    }
    let is_over = tokens.at_line_start() || tokens.peek().is_some_and(|it| it.kind == Kind::Semicolon);
    if !is_over && !tokens.peek_word().is_some_and(word::is_traffic) {
        return Err(tokens.expected("traffic such as 3306/tcp after the group's name"));
    }
    Ok(names)
}

/// `80/tcp, 443/tcp from anywhere`, up to a semicolon or the end of a line.
fn clause(tokens: &mut Tokens<'_>) -> Result<Vec<Placed>, SyntaxError> {
    let begin = tokens.position();
    let traffic = list(tokens, |tokens| tokens.word("traffic such as 3306/tcp", word::traffic))?;
    if !tokens.take(Kind::Word("from")) {
        return Err(tokens.expected("a comma, or from and a source"));
    }
    let sources = list(tokens, |tokens| {
        let position = tokens.position();
        source(tokens).map(|source| (source, position))
    })?;
    let is_over = tokens.at_line_start() || tokens.peek().is_some_and(|it| it.kind == Kind::Semicolon);
    if !is_over {
        return Err(tokens.expected("a comma, a semicolon or the end of the line"));
    }
    product(&traffic, &sources)
        .ok_or_else(|| SyntaxError::at(begin, format!("more than {MOST_RULES} rules for one group")))
}

/// Every traffic from every source, unless that is more than any group holds.
fn product(traffic: &[Traffic], sources: &[(Source, Position)]) -> Option<Vec<Placed>> {
    let fits = traffic.len().checked_mul(sources.len()).is_some_and(|rules| rules <= MOST_RULES);
    fits.then(|| {
        let of = |traffic: Traffic| {
            sources
                .iter()
                .map(move |(source, position)| (Rule { traffic, source: source.clone() }, *position))
        };
        traffic.iter().copied().flat_map(of).collect()
    })
}

fn list<T>(
    tokens: &mut Tokens<'_>,
    mut element: impl FnMut(&mut Tokens<'_>) -> Result<T, SyntaxError>,
) -> Result<Vec<T>, SyntaxError> {
    let mut elements = vec![element(tokens)?];
    while tokens.take(Kind::Comma) {
        elements.push(element(tokens)?);
    }
    Ok(elements)
}

/// A source; `the admin CIDRs` is `admin` in the words of the documentation.
fn source(tokens: &mut Tokens<'_>) -> Result<Source, SyntaxError> {
    if tokens.take(Kind::Word("the")) {
        for wanted in ["admin", "CIDRs"] {
            if !tokens.take(Kind::Word(wanted)) {
                return Err(tokens.expected("the admin CIDRs"));
            }
        }
        return Ok(Source::Admin);
    }
    tokens.word("a source such as backend, 10.0.0.0/8 or anywhere", word::source)
}
