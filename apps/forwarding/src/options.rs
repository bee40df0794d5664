//! The words behind `--`: options with a value, as `getopt` takes them (`-p 3`, `-p3`, `--proc-id 1`,
//! `--proc-id=1`), and options without.

use core::fmt;

/// The options that a program has.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Those that take a value, with their dashes.
    pub with_value: &'static [&'static str],
    /// Those that take none.
    pub flags: &'static [&'static str],
}

/// One option that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// Its name, with its dashes.
    pub name: &'static str,
    /// Its value; empty for one that takes none.
    pub value: &'a str,
}

/// A word that is no option, or an option that lacks its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadOption<'a> {
    /// The program has no such option.
    Unknown(&'a str),
    /// The option was the last word.
    NoValue(&'static str),
    /// The option takes no value.
    NeedlessValue(&'static str),
}

impl fmt::Display for BadOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "'{word}' is no option of this program"),
            Self::NoValue(name) => write!(f, "{name} was given without a value"),
            Self::NeedlessValue(name) => write!(f, "{name} was given a value and takes none"),
        }
    }
}

impl core::error::Error for BadOption<'_> {}

impl Known {
    /// Every option of `words`, in order.
    ///
    /// # Errors
    /// The first word that is wrong.
    pub fn read<'a>(&self, words: &'a [String]) -> Result<Vec<Given<'a>>, BadOption<'a>> {
        let mut given = Vec::new();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let (name, glued) = self.find(word).ok_or(BadOption::Unknown(word))?;
            let takes_value = self.with_value.contains(&name);
            let value = match (takes_value, glued) {
                (true, Some(value)) => value,
                (true, None) => words.next().ok_or(BadOption::NoValue(name))?,
                (false, None) => "",
                (false, Some(_)) => return Err(BadOption::NeedlessValue(name)),
            };
            given.push(Given { name, value });
        }
        Ok(given)
    }

    /// The name of the option that `word` is, if it is one.
    pub fn name_of(&self, word: &str) -> Option<&'static str> {
        self.find(word).map(|(name, _)| name)
    }

    /// The option that `word` is, and the value in the same word.
    fn find<'a>(&self, word: &'a str) -> Option<(&'static str, Option<&'a str>)> {
        let mut names = self.with_value.iter().chain(self.flags);
        names.find_map(|name| {
            let rest = word.strip_prefix(name)?;
            match (name.starts_with("--"), rest) {
                (_, "") => Some((*name, None)),
                (true, _) => rest.strip_prefix('=').map(|value| (*name, Some(value))),
                (false, _) => Some((*name, Some(rest))),
            }
        })
    }
}

/// A decimal number, and nothing else: no sign, no blanks, no other text.
pub fn decimal(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known { with_value: &["-p", "--proc-id"], flags: &["--json"] };

    fn read(line: &str) -> Result<Vec<(&'static str, String)>, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let given = KNOWN.read(&words).map_err(|error| error.to_string())?;
        Ok(given.iter().map(|it| (it.name, it.value.to_owned())).collect())
    }

    #[test]
    fn a_value_stands_behind_its_option_or_in_the_same_word() {
        let wanted = Ok(vec![("-p", "3".to_owned()), ("--proc-id", "1".to_owned())]);
        assert_eq!(read("-p 3 --proc-id 1"), wanted);
        assert_eq!(read("-p3 --proc-id=1"), wanted);
    }

    #[test]
    fn what_is_no_option_is_named() {
        assert_eq!(read("-x"), Err("'-x' is no option of this program".to_owned()));
        assert_eq!(read("word"), Err("'word' is no option of this program".to_owned()));
        assert_eq!(
            read("--proc-ids 1"),
            Err("'--proc-ids' is no option of this program".to_owned())
        );
    }

    #[test]
    fn a_missing_and_a_needless_value_are_named() {
        assert_eq!(read("--json -p"), Err("-p was given without a value".to_owned()));
        assert_eq!(read("--json=1"), Err("--json was given a value and takes none".to_owned()));
    }

    #[test]
    fn a_number_is_digits_and_nothing_else() {
        assert_eq!(decimal("16"), Some(16));
        for text in ["", "-1", "+1", " 1", "1 ", "0x1", "1.0", "99999999999999999999"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
