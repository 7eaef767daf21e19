//! Text for shells on the builder.

/// A word that a shell takes as it stands.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A command line that runs a script of `sh` as root, with words as its arguments. Whoever logs in as root needs no sudo.
pub fn as_root(script: &str, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|it| quoted(it)).collect();
    let command = format!("sh -c {} sh {}", quoted(script), words.join(" "));
    format!("if [ \"$(id -u)\" = 0 ]; then exec {command}; else exec sudo -H -n -- {command}; fi")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        for word in ["", "a b", "it's", "$(id)", "a\nb", "\\'\"`"] {
            let line = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
