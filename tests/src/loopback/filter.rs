//! Filters of describe calls: all must match, any of a filter's values may, `*` and `?` stand for more.

use super::action::View;
use super::error::{AwsError, Result};
use super::params::Params;
use super::tag::Tags;

/// A field to filter by: its name, and what it holds for a thing (several values where it is about a list).
pub type Field<T> = (&'static str, fn(&T, View<'_>) -> Vec<String>);

/// A filter of a call.
#[derive(Clone, Debug)]
pub struct Filter {
    pub name: String,
    pub values: Vec<String>,
}

/// The filters of a call, in the list called `list`, each with its values in the list called `values`.
///
/// # Errors
/// `InvalidParameterValue` for a filter with no name or no values, or with more than 200 values.
pub fn parse(params: &Params, list: &str, values: &str) -> Result<Vec<Filter>> {
    let read = |item: &&Params| {
        let name = item.text("Name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| AwsError::invalid_value("The filter 'null' is invalid"))?;
        let values: Vec<String> = item.texts(values).into_iter().map(str::to_owned).collect();
        match values.len() {
            0 => Err(AwsError::invalid_value(format!("The filter '{name}' has no values"))),
            201.. => Err(AwsError::new(
                "FilterLimitExceeded",
                "The maximum number of filter values specified on a single call is 200.",
            )),
            _ => Ok(Filter { name: name.to_owned(), values }),
        }
    };
    params.items(list).iter().map(read).collect()
}

/// Refuses filters that are not among the fields.
///
/// # Errors
/// `InvalidParameterValue`, as EC2 words it.
pub fn known<T>(filters: &[Filter], fields: &[Field<T>], tagged: bool) -> Result<()> {
    let is_known = |name: &str| {
        fields.iter().any(|(field, _)| *field == name)
            || tagged && (name == "tag-key" || name.starts_with("tag:"))
    };
    match filters.iter().find(|filter| !is_known(&filter.name)) {
        Some(filter) => Err(AwsError::invalid_value(format!("The filter '{}' is invalid", filter.name))),
        None => Ok(()),
    }
}

/// Whether a thing passes every filter.
pub fn matches<T>(
    filters: &[Filter],
    thing: &T,
    fields: &[Field<T>],
    tags: Option<&Tags>,
    view: View<'_>,
) -> bool {
    filters.iter().all(|filter| {
        let held: Vec<String> = match (filter.name.as_str(), tags) {
            ("tag-key", Some(tags)) => tags.keys().cloned().collect(),
            (name, Some(tags)) if name.starts_with("tag:") => {
                tags.get(&name[4..]).cloned().into_iter().collect()
            }
            (name, _) => fields
                .iter()
                .find(|(field, _)| *field == name)
                .map_or_else(Vec::new, |(_, get)| get(thing, view)),
        };
        held.iter().any(|held| filter.values.iter().any(|value| wildcard(value, held)))
    })
}

/// Whether a text fits a pattern with `*` (any run), `?` (any one character) and `\` (the next one as it stands).
#[must_use]
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        tokens.push(match c {
            '*' => Token::Run,
            '?' => Token::One,
            '\\' => Token::Exactly(characters.next().unwrap_or('\\')),
            c => Token::Exactly(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // The classic walk that goes back to the last run only: linear in practice, never exponential.
    let (mut at, mut token, mut back) = (0, 0, None);
    while at < text.len() {
        match tokens.get(token) {
            Some(Token::Run) => {
                back = Some((token, at));
                token += 1;
            }
            Some(t) if matches!(t, Token::One) || matches!(t, Token::Exactly(c) if *c == text[at]) => {
                at += 1;
                token += 1;
            }
            _ => match &mut back {
                Some((run, from)) => {
                    *from += 1;
                    (token, at) = (*run + 1, *from);
                }
                None => return false,
            },
        }
    }
    tokens[token..].iter().all(|t| matches!(t, Token::Run))
}

enum Token {
    Run,
    One,
    Exactly(char),
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn wildcards_stand_for_what_aws_says_they_do() {
        for (pattern, text, fits) in [
            ("expense-*", "expense-dev", true),
            ("expense-?ev", "expense-dev", true),
            ("*-dev", "expense-prod", false),
            ("a\\*c", "a*c", true),
            ("a\\*c", "abc", false),
            ("", "", true),
            ("*a*b*c", "xxaxxbxxc", true),
            ("Expense", "expense", false),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} against {text}");
        }
    }
}
