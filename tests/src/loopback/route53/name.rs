//! Domain names, the way Route 53 writes and sorts them.

use std::fmt::Write as _;

use super::error::fatal;

const LONGEST: usize = 255;
const LONGEST_LABEL: usize = 63;

/// A name in lower case, with a dot at its end and `\052` for what is no letter, digit, hyphen or underscore.
///
/// # Errors
/// What is wrong with it, in AWS's words.
pub fn canonical(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut label = 0;
    let mut characters = text.strip_suffix('.').unwrap_or(text).chars();
    while let Some(c) = characters.next() {
        if c == '.' {
            end(label, text)?;
            label = 0;
            out.push('.');
            continue;
        }
        label += 1;
        let c = if c == '\\' { escaped(&mut characters) } else { Some(c) };
        match c {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => {
                out.push(c.to_ascii_lowercase());
            }
            Some(c) if c.is_ascii_graphic() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            _ => return Err(fatal("UnsupportedCharacter (Value contains unsupported characters)", text)),
        }
    }
    end(label, text)?;
    if out.len() >= LONGEST {
        return Err(fatal("DomainNameTooLong (Domain name is too long)", text));
    }
    Ok(out + ".")
}

fn end(label: usize, text: &str) -> Result<(), String> {
    match label {
        0 => Err(fatal("DomainLabelEmpty (Domain label is empty)", text)),
        length if length > LONGEST_LABEL => Err(fatal("DomainLabelTooLong (Domain label is too long)", text)),
        _ => Ok(()),
    }
}

/// The character that three octal digits stand for.
fn escaped(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let digits: String = characters.by_ref().take(3).collect();
    u8::from_str_radix(&digits, 8).ok().map(char::from)
}

/// What names are sorted by: their labels from the right, `com.example.www.` for `www.example.com.`
#[must_use]
pub fn reversed(canonical: &str) -> String {
    let mut labels: Vec<&str> = canonical.trim_end_matches('.').split('.').collect();
    labels.reverse();
    labels.join(".") + "."
}

/// Whether a name is a zone's own or lies below it.
#[must_use]
pub fn within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{canonical, reversed, within};

    #[test]
    fn names_are_written_as_route_53_writes_them() {
        assert_eq!(canonical("*.App-Dev.example.COM").unwrap(), "\\052.app-dev.example.com.");
        assert_eq!(canonical("\\052.example.com.").unwrap(), "\\052.example.com.");
        assert_eq!(reversed("www.example.com."), "com.example.www.");
        for bad in ["", "a..b", "a b.example.com", "ä.example.com", "\\999.example.com"] {
            assert!(canonical(bad).unwrap_err().starts_with("FATAL problem"), "{bad}");
        }
        assert!(canonical(&"a".repeat(64)).unwrap_err().contains("DomainLabelTooLong"));
        assert!(canonical(&"abc.".repeat(64)).unwrap_err().contains("DomainNameTooLong"));
    }

    #[test]
    fn a_zone_holds_what_is_below_it() {
        assert!(within("a.example.com.", "example.com.") && within("example.com.", "example.com."));
        assert!(!within("badexample.com.", "example.com."));
    }
}
