//! What a static worker is asked for.

use super::super::lcore::{Grammar, Item, List, Placement, parse_mask};
use super::super::settings::WAIT_DEFAULT_SECONDS;
use super::super::{CpuSet, LCORE_MAX, Lcore, OptionId};
use super::error::SoloError;
use super::names::{COUNT, LONG, NO_SANDBOX, SANDBOX, SCHED, TRAITS, Takes, nearest, split};

/// The longest `--wait`: an hour.
const WAIT_MAX_SECONDS: u16 = 3600;

/// The help text.
pub const SOLO_USAGE: &str = "\
Arguments of a static worker (the program's own go after '--'):
  -l, --lcores LCORE        The lcore it is, e.g. 1, or 1@(4-7) to run on CPUs 4-7
      --file-prefix NAME    The group it joins (default phx)
      --wait SECONDS        How long it waits for the group (default 5)
      --sched fifo:N        Real-time class, priority N of 1 to 99
      --sandbox             Do not start without the sandbox
      --no-sandbox          Start without the sandbox
All others of the EAL are taken as by any process that joins; those about memory have no effect.
";

/// Whether a worker gives up what it does not need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxChoice {
    /// As far as the kernel can.
    #[default]
    IfPossible,
    /// All of it, or no start.
    Required,
    /// Not at all.
    Off,
}

/// What a process of one thread that joins a group was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoloOptions<'a> {
    /// The name of the group: `--file-prefix`. Checked where it is used.
    pub file_prefix: &'a str,
    /// Its one lcore: `-l`, `--lcores` or `-c`, or the only CPU that it may use.
    pub lcore: Lcore,
    /// Seconds that it waits for the group: `--wait`.
    pub wait_seconds: u16,
    /// Priority in the real-time class, 1 to 99: `--sched fifo:N`.
    pub fifo: Option<u8>,
    /// `--sandbox`, `--no-sandbox`; the later one counts.
    pub sandbox: SandboxChoice,
}

/// What was written for each option; an empty text for a switch.
struct Found<'a> {
    values: [Option<&'a str>; COUNT],
    sandbox: SandboxChoice,
}

impl<'a> SoloOptions<'a> {
    /// Parses the arguments of a process, without the program's name, for a process that may run on
    /// the CPUs `available`. Stops behind `--`. `None` if the help text was asked for.
    ///
    /// Changes nothing, makes no system call, does not allocate.
    ///
    /// # Errors
    /// [`SoloError`] for the first thing that is wrong.
    ///
    /// ```
    /// use phalanx_linux::eal::options::{CpuSet, SoloOptions};
    ///
    /// let available: CpuSet = [0, 1].into_iter().collect();
    /// let parsed = SoloOptions::parse(["-l", "1", "--file-prefix=lab"], &available)?;
    /// assert_eq!(parsed.map(|it| (it.lcore.id, it.file_prefix)), Some((1, "lab")));
    /// # Ok::<(), phalanx_linux::eal::options::SoloError<'_>>(())
    /// ```
    pub fn parse(
        words: impl IntoIterator<Item = &'a str>,
        available: &CpuSet,
    ) -> Result<Option<Self>, SoloError<'a>> {
        match Found::read(&mut words.into_iter())? {
            Some(found) => Self::of(&found, available).map(Some),
            None => Ok(None),
        }
    }

    #[cfg_attr(not(feature = "std"), inline(never))]
    fn of(found: &Found<'a>, available: &CpuSet) -> Result<Self, SoloError<'a>> {
        for device in [OptionId::Vdev, OptionId::Allow, OptionId::Block] {
            if found.of(device).is_some() {
                return Err(SoloError::Device { option: name(device as usize) });
            }
        }
        for private in [OptionId::InMemory, OptionId::NoShconf] {
            if found.of(private).is_some() {
                return Err(SoloError::Private { option: name(private as usize) });
            }
        }
        match found.of(OptionId::ProcType) {
            None => {}
            Some(text) if is_either(text, "secondary", "auto") => {}
            Some(text) if text.eq_ignore_ascii_case("primary") => {
                return Err(SoloError::OnlySecondary);
            }
            Some(text) => return Err(invalid(OptionId::ProcType, text, "secondary or auto")),
        }
        let wait = found.number(OptionId::Wait, WAIT_MAX_SECONDS, "seconds from 0 to 3600")?;
        let lcore = lcore(found, available)?;
        let main = found.number(OptionId::MainLcore, LCORE_MAX - 1, "the worker's lcore")?;
        if main.is_some_and(|main| main != lcore.id) {
            let text = found.of(OptionId::MainLcore).unwrap_or_default();
            return Err(invalid(OptionId::MainLcore, text, "the worker's lcore"));
        }
        Ok(Self {
            file_prefix: found.of(OptionId::FilePrefix).unwrap_or("phx"),
            lcore,
            wait_seconds: wait.unwrap_or(WAIT_DEFAULT_SECONDS),
            fifo: found.values[SCHED].map(priority).transpose()?,
            sandbox: found.sandbox,
        })
    }
}

impl<'a> Found<'a> {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn read(words: &mut dyn Iterator<Item = &'a str>) -> Result<Option<Self>, SoloError<'a>> {
        let mut found = Self { values: [None; COUNT], sandbox: SandboxChoice::default() };
        while let Some(word) = words.next() {
            match word {
                "--" => break,
                "--help" | "-h" => return Ok(None),
                _ if !word.starts_with('-') => return Err(SoloError::Stray { word }),
                _ => found.take(word, words)?,
            }
        }
        Ok(Some(found))
    }

    /// Takes one option, and its value if that is the next word.
    fn take(
        &mut self,
        word: &'a str,
        words: &mut dyn Iterator<Item = &'a str>,
    ) -> Result<(), SoloError<'a>> {
        let unknown = || SoloError::Unknown { word, nearest: nearest(word) };
        let (index, attached) = split(word).ok_or_else(unknown)?;
        let traits = TRAITS.get(index).ok_or_else(unknown)?;
        let value = match (traits.takes, attached) {
            (Takes::Nothing, Some(_)) => return Err(SoloError::UnexpectedValue { word }),
            (Takes::Value, None) => {
                let is_option = |text: &&str| {
                    let mut letters = text.bytes();
                    letters.next() == Some(b'-')
                        && !letters.next().is_some_and(|it| it.is_ascii_digit())
                };
                let next = words.next().filter(|text| !is_option(text));
                next.ok_or(SoloError::MissingValue { word })?
            }
            (_, attached) => attached.unwrap_or_default(),
        };
        match index {
            SANDBOX => self.sandbox = SandboxChoice::Required,
            NO_SANDBOX => self.sandbox = SandboxChoice::Off,
            _ => {}
        }
        if let Some(place) = self.values.get_mut(index) {
            if !traits.is_many && place.is_some_and(|earlier| earlier != value) {
                return Err(SoloError::Repeated { word });
            }
            *place = Some(value);
        }
        Ok(())
    }

    fn of(&self, id: OptionId) -> Option<&'a str> {
        self.values.get(id as usize).copied().flatten()
    }

    fn number(
        &self,
        id: OptionId,
        most: u16,
        accepts: &'static str,
    ) -> Result<Option<u16>, SoloError<'a>> {
        let Some(text) = self.of(id) else { return Ok(None) };
        match digits(text) {
            Some(number) if number <= most => Ok(Some(number)),
            _ => Err(invalid(id, text, accepts)),
        }
    }
}

fn name(option: usize) -> &'static str {
    LONG.get(option).copied().unwrap_or_default()
}

fn invalid<'a>(id: OptionId, text: &'a str, accepts: &'static str) -> SoloError<'a> {
    SoloError::Invalid { option: name(id as usize), text, accepts }
}

fn is_either(text: &str, one: &str, other: &str) -> bool {
    text.eq_ignore_ascii_case(one) || text.eq_ignore_ascii_case(other)
}

/// Digits and nothing else; a number beyond 16 bits is 65535.
fn digits(text: &str) -> Option<u16> {
    let digit = |number: u16, byte: u8| {
        byte.is_ascii_digit()
            .then(|| number.saturating_mul(10).saturating_add(u16::from(byte - b'0')))
    };
    if text.is_empty() { None } else { text.bytes().try_fold(0, digit) }
}

fn priority(text: &str) -> Result<u8, SoloError<'_>> {
    let number = text.strip_prefix("fifo:").and_then(digits);
    match number {
        Some(number @ 1..=99) => Ok(number as u8),
        _ => Err(SoloError::Invalid {
            option: name(SCHED),
            text,
            accepts: "fifo:N with a priority N from 1 to 99, e.g. fifo:50",
        }),
    }
}

/// The one lcore that was asked for.
#[cfg_attr(not(feature = "std"), inline(never))]
fn lcore<'a>(found: &Found<'a>, available: &CpuSet) -> Result<Lcore, SoloError<'a>> {
    let base = match found.of(OptionId::RemapLcoreIds) {
        Some("") => Some(0),
        _ => found.number(OptionId::RemapLcoreIds, LCORE_MAX - 1, "an lcore id from 0 to 255")?,
    };
    let item = match (found.of(OptionId::Lcores), found.of(OptionId::Coremask)) {
        (Some(_), Some(_)) => return Err(SoloError::Both),
        (None, None) => Item { lcores: *available, placement: Placement::OneOnOne },
        (Some(text), None) => {
            let grammar = if base.is_some() { Grammar::BareSpans } else { Grammar::Full };
            let mut list = List::new(text, grammar);
            let wrong = |_| invalid(OptionId::Lcores, text, "one lcore, as 1 or 1@(4-7)");
            let first = list.next_item().map_err(wrong)?;
            let mut more = 0;
            while let Some(item) = list.next_item().map_err(wrong)? {
                more += item.lcores.len();
            }
            let first = first.ok_or_else(|| invalid(OptionId::Lcores, text, "one lcore"))?;
            if more > 0 {
                return Err(SoloError::OneLcore { asked: first.lcores.len() + more });
            }
            first
        }
        (None, Some(text)) => {
            let lcores = parse_mask(text)
                .map_err(|_| invalid(OptionId::Coremask, text, "one hexadecimal bit, e.g. 0x2"))?;
            Item { lcores, placement: Placement::OneOnOne }
        }
    };
    let (Some(number), 1) = (item.lcores.first(), item.lcores.len()) else {
        return Err(SoloError::OneLcore { asked: item.lcores.len() });
    };
    let cpus = match item.placement {
        Placement::OneOnOne => item.lcores,
        Placement::Shared(cpus) => cpus,
    };
    match cpus.first_outside(available) {
        Some(cpu) => Err(SoloError::Unavailable { cpu }),
        None => Ok(Lcore { id: base.unwrap_or(number), cpus }),
    }
}
