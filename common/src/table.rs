//! Text in columns, for a verb that shows something to a person.

/// Lines of cells, each column as wide as its widest cell. Control characters are shown, not sent to the terminal.
pub fn columns<const N: usize>(lines: &[[String; N]]) -> String {
    let shown: Vec<[String; N]> =
        lines.iter().map(|line| std::array::from_fn(|column| visible(&line[column]))).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        shown.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
    });
    let line_of = |line: &[String; N]| {
        let padded: Vec<String> =
            line.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    shown.iter().map(line_of).collect()
}

fn visible(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let line = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(columns(&[line("a", "b"), line("long", "")]), "a     b\nlong\n");
    }

    #[test]
    fn a_control_character_reaches_no_terminal() {
        assert_eq!(columns(&[["a\u{1b}[2J".to_owned()]]), "a\\u{1b}[2J\n");
    }
}
