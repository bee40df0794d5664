//! What the driver is told on its command line.

use core::time::Duration;
use std::path::PathBuf;

/// Slices longer than this would see the machine change its state.
const LONGEST_SLICE: Duration = Duration::from_millis(40);

/// The settings of one run.
#[derive(Debug)]
pub(crate) struct Options {
    /// Rounds of every cell.
    pub(crate) rounds: usize,
    /// How long each slice runs.
    pub(crate) slice: Duration,
    /// Only cells whose name contains one of these; all if empty.
    pub(crate) only: Vec<String>,
    /// Where every round goes, as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Secondaries of each kind started to time their attach; 0 for none.
    pub(crate) attaches: usize,
    /// Megabytes of our group that they join.
    pub(crate) attach_memory_mb: usize,
    /// Megabytes of hugepages each side's primary takes.
    pub(crate) memory_mb: usize,
}

/// What `--help` prints.
const USAGE: &str = "\
options (after `cargo bench -p phalanx-tests --bench versus_dpdk --`):
  --rounds N         rounds of every cell (default 15)
  --slice-ms N       length of a slice, 1 to 40 (default 8)
  --only TEXT        only cells whose name contains TEXT; may be repeated
  --json PATH        write every round there
  --attaches N       secondaries of each kind to start and time (default 200)
  --attach-memory N  megabytes of our group that they join (default 1024)
  --memory N         megabytes for each side's rings and pools (default 64)";

impl Options {
    /// The options among `arguments`; `None` if cargo runs us as a test, not as a bench.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut options = Self {
            rounds: 15,
            slice: Duration::from_millis(8),
            only: Vec::new(),
            json: None,
            attaches: 200,
            attach_memory_mb: 1024,
            memory_mb: 64,
        };
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

    fn set(&mut self, name: &str, value: Option<&String>) -> Result<(), String> {
        let value = value.ok_or_else(|| format!("{name}: unknown, or its value is missing"))?;
        match name {
            "--rounds" => self.rounds = number(name, value)?,
            "--slice-ms" => self.slice = slice(value)?,
            "--only" => self.only.push(value.clone()),
            "--json" => self.json = Some(PathBuf::from(value)),
            "--attaches" => self.attaches = number(name, value)?,
            "--attach-memory" => self.attach_memory_mb = number(name, value)?,
            "--memory" => self.memory_mb = number(name, value)?,
            _ => return Err(format!("{name}: no such option\n{USAGE}")),
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("{name} {value}: a whole number is wanted"))
}

fn slice(value: &str) -> Result<Duration, String> {
    let slice = Duration::from_millis(number("--slice-ms", value)? as u64);
    if slice.is_zero() || slice > LONGEST_SLICE {
        return Err(format!(
            "--slice-ms {value}: between 1 and 40, or the machine's state changes"
        ));
    }
    Ok(slice)
}
