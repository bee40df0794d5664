//! What follows `--`: `-n`, which of the clients this is.

use forwarding::{CLIENTS_MAX, Known, decimal};

/// How the program is called, as the sample says it.
pub(crate) const USAGE: &str = "Usage: mp_client [EAL args] -- -n <client_id>\n\n";

/// The program's options.
pub(crate) const KNOWN: Known = Known { with_value: &["-n"], flags: &[] };

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Which client this is.
    pub id: u16,
}

impl Options {
    /// Understands `words`, or says what is wrong and how it is called.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let read = Self::read(words);
        read.map_err(|why| format!("{}Invalid command-line arguments: {why}", USAGE))
    }

    fn read(words: &[String]) -> Result<Self, String> {
        let all = KNOWN.read(words).map_err(|bad| bad.to_string())?;
        let text = all.last().ok_or("no client id was given; give -n")?.value;
        let id = decimal(text).filter(|id| *id < u64::from(CLIENTS_MAX));
        let id = id.and_then(|id| u16::try_from(id).ok()).ok_or_else(|| {
            format!("'{text}' is no client id; give -n with 0 to {}", CLIENTS_MAX - 1)
        })?;
        Ok(Self { id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<u16, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&words).map(|options| options.id)
    }

    #[test]
    fn an_id_of_a_possible_client_is_taken() {
        assert_eq!(parse("-n 0"), Ok(0));
        assert_eq!(parse("-n15"), Ok(15));
    }

    #[test]
    fn an_id_that_is_missing_or_cannot_be_is_refused() {
        assert!(parse("").unwrap_err().contains("give -n"));
        for text in ["16", "255", "256", "-1", "x", "4294967296"] {
            let error = parse(&format!("-n {text}")).unwrap_err();
            assert_eq!(error, format!("'{text}' is no client id; give -n with 0 to 15"));
        }
        assert!(parse("-x 1").unwrap_err().contains("'-x' is no option"));
    }
}
