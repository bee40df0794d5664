//! Arguments cut into options and values, up to `--`.
//!
//! This knows the table's shapes (which names exist, which take a value) and nothing of what a value means.
//! A required value may be the next argument or be attached; an optional value must be attached, since
//! otherwise nobody could tell it from what follows.

use super::{Fault, Given, OptionError, OptionId, Repeat, Shown, Value, foreign, nearest};

/// Every option once and a few dozen repetitions of the two repeatable ones.
const FOUND_MAX: usize = 64;

type Arguments<'i, 'a> = &'i mut dyn Iterator<Item = &'a str>;

/// An option as it was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) given: Given,
    pub(super) value: Option<&'a str>,
}

/// The options of a command line, in order.
#[derive(Debug, Default)]
pub(super) struct Scan<'a> {
    found: heapless::Vec<Found<'a>, FOUND_MAX>,
    /// How many arguments were read, `--` included.
    pub(super) consumed: usize,
    last: Option<Given>,
}

impl<'a> Scan<'a> {
    /// Reads up to and including `--`, `-h` or `--help`, or to the end.
    pub(super) fn read(arguments: Arguments<'_, 'a>) -> Result<Self, OptionError> {
        let mut scan = Self::default();
        while let Some(argument) = arguments.next() {
            scan.consumed += 1;
            if argument == "--" {
                break;
            }
            let found = scan.read_option(argument, arguments)?;
            scan.last = Some(found.given);
            scan.record(found)?;
            if found.given.id == OptionId::Help {
                break;
            }
        }
        Ok(scan)
    }

    /// All options found, in order.
    pub(super) fn found(&self) -> &[Found<'a>] {
        &self.found
    }

    /// The first time that this option was found.
    pub(super) fn find(&self, id: OptionId) -> Option<&Found<'a>> {
        self.found.iter().find(|found| found.given.id == id)
    }

    /// Under which name this option was given, if it was.
    pub(super) fn given(&self, id: OptionId) -> Option<Given> {
        self.find(id).map(|found| found.given)
    }

    fn read_option(
        &mut self,
        argument: &'a str,
        rest: Arguments<'_, 'a>,
    ) -> Result<Found<'a>, OptionError> {
        let (given, attached) = match (argument.strip_prefix("--"), argument.strip_prefix('-')) {
            (Some(body), _) => long_option(body)?,
            (None, Some(body)) if !body.is_empty() => short_option(argument, body)?,
            _ => return Err(self.stray(argument)),
        };
        let value = match (given.id.spec().value, attached) {
            (Value::None, Some(text)) => {
                return Err(OptionError::UnexpectedValue { option: given, text: Shown::of(text) });
            }
            (Value::None, None) | (Value::Optional { .. }, None) => None,
            (Value::Optional { .. } | Value::Required { .. }, Some(text)) => Some(text),
            (Value::Required { .. }, None) => Some(self.next_value(given, rest)?),
        };
        Ok(Found { given, value })
    }

    fn next_value(
        &mut self,
        option: Given,
        rest: Arguments<'_, 'a>,
    ) -> Result<&'a str, OptionError> {
        match rest.next() {
            Some(text) if !looks_like_option(text) => {
                self.consumed += 1;
                Ok(text)
            }
            next => Err(OptionError::MissingValue { option, next: next.map(Shown::of) }),
        }
    }

    fn stray(&self, text: &str) -> OptionError {
        let optional = |given: &Given| matches!(given.id.spec().value, Value::Optional { .. });
        OptionError::StrayPositional { text: Shown::of(text), after: self.last.filter(optional) }
    }

    /// Keeps an option, unless the same was said before.
    fn record(&mut self, found: Found<'a>) -> Result<(), OptionError> {
        let Found { given, value } = found;
        if given.id.spec().repeat == Repeat::Once
            && let Some(first) = self.find(given.id)
        {
            if first.value == value {
                return Ok(());
            }
            let [first, second] = [first.value, value].map(|value| Shown::of(value.unwrap_or("")));
            return Err(OptionError::Repeated { option: given, first, second });
        }
        let fault = Fault::TooMany { most: FOUND_MAX as u16 };
        let text = value.unwrap_or("");
        self.found.push(found).map_err(|_| OptionError::invalid(given, text, fault))
    }
}

/// `-5` may be a value (a wrong one, to be refused as such); `-x` and `--xyz` are options.
fn looks_like_option(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next() == Some('-') && letters.next().is_some_and(|second| !second.is_ascii_digit())
}

fn long_option(body: &str) -> Result<(Given, Option<&str>), OptionError> {
    let (name, attached) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    };
    match (Given::by_long(name), foreign::by_long(name)) {
        (Some(given), _) => Ok((given, attached)),
        (None, Some(long)) => Err(OptionError::NotSupported { long }),
        (None, None) => {
            let with_dashes = Shown::of_display(&format_args!("--{name}"));
            Err(OptionError::Unknown { text: with_dashes, nearest: nearest::nearest(name) })
        }
    }
}

fn short_option<'a>(
    argument: &str,
    body: &'a str,
) -> Result<(Given, Option<&'a str>), OptionError> {
    let unknown =
        || OptionError::Unknown { text: Shown::of(argument), nearest: nearest::nearest(body) };
    let mut letters = body.chars();
    let letter = letters.next().ok_or_else(unknown)?;
    let rest = letters.as_str();
    let attached = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest));
    match (Given::by_short(letter), foreign::by_short(letter)) {
        (Some(given), _) => Ok((given, attached)),
        (None, Some(long)) => Err(OptionError::NotSupported { long }),
        (None, None) => Err(unknown()),
    }
}
