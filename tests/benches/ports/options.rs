//! What the bench is told on its command line.

use core::time::Duration;

/// The settings of one run.
#[derive(Debug)]
pub(crate) struct Options {
    /// Rounds of every subject.
    pub(crate) rounds: usize,
    /// How long each side runs in a round.
    pub(crate) slice: Duration,
    /// Only subjects whose name contains one of these; all if empty.
    only: Vec<String>,
}

/// What `--help` prints.
const USAGE: &str = "\
options (after `cargo bench -p phalanx-tests --bench ports --`):
  --rounds N     rounds of every subject (default 12)
  --slice-ms N   how long each side runs in a round (default 300)
  --only TEXT    only subjects whose name contains TEXT; may be repeated";

impl Options {
    /// The options among `arguments`; `None` if cargo runs us as a test, not as a bench.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut options = Self { rounds: 12, slice: Duration::from_millis(300), only: Vec::new() };
        let mut is_bench = false;
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            match option.as_str() {
                "--bench" => is_bench = true,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                name => options.set(name, rest.next())?,
            }
        }
        Ok(is_bench.then_some(options))
    }

    /// Whether the subject `name` is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| name.contains(text))
    }

    fn set(&mut self, name: &str, value: Option<&String>) -> Result<(), String> {
        let value = value.ok_or_else(|| format!("{name}: unknown, or its value is missing"))?;
        match name {
            "--rounds" => self.rounds = number(name, value)?,
            "--slice-ms" => self.slice = Duration::from_millis(number(name, value)? as u64),
            "--only" => self.only.push(value.clone()),
            _ => return Err(format!("{name}: no such option\n{USAGE}")),
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{name} {value}: a whole number above 0 is wanted"))
}
