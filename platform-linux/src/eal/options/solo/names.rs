//! Names, letters and kinds of options, made from the one table at compile time.

use super::super::{OPTIONS, OptionSpec, Repeat, Value};

/// Whether a name takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// It is a switch.
    Nothing,
    /// Attached or behind it.
    Value,
    /// Attached or none.
    Attached,
}

/// An option's names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// Behind two dashes.
    pub(super) long: &'static str,
    /// Behind two dashes as well; empty if there is none.
    alias: &'static str,
    /// Behind one dash; 0 if there is none.
    letter: u8,
    /// Whether it may be given again with another value.
    pub(super) is_many: bool,
    /// Its value.
    pub(super) takes: Takes,
}

/// Of the EAL and of a static worker; in the order of [`OptionId`](super::super::OptionId), then
/// [`SCHED`], [`SANDBOX`], [`NO_SANDBOX`].
pub(super) const COUNT: usize = OPTIONS.len() + 3;
/// `--sched fifo:N`
pub(super) const SCHED: usize = OPTIONS.len();
/// `--sandbox`
pub(super) const SANDBOX: usize = OPTIONS.len() + 1;
/// `--no-sandbox`
pub(super) const NO_SANDBOX: usize = OPTIONS.len() + 2;

/// Every name there is.
pub(super) static NAMES: [Names; COUNT] = {
    let mut names = [Names::own("", Takes::Nothing); COUNT];
    let mut index = 0;
    while index < OPTIONS.len() {
        names[index] = Names::of(&OPTIONS[index]);
        index += 1;
    }
    names[SCHED] = Names::own("sched", Takes::Value);
    names[SANDBOX] = Names::own("sandbox", Takes::Nothing);
    names[NO_SANDBOX] = Names::own("no-sandbox", Takes::Nothing);
    names
};

impl Names {
    const fn own(long: &'static str, takes: Takes) -> Self {
        Self { long, alias: "", letter: 0, is_many: false, takes }
    }

    const fn of(spec: &OptionSpec) -> Self {
        let letter = match spec.short {
            Some(letter) => letter as u8,
            None => 0,
        };
        let alias = match spec.alias {
            Some(alias) => alias,
            None => "",
        };
        let takes = match spec.value {
            Value::None => Takes::Nothing,
            Value::Required { .. } => Takes::Value,
            Value::Optional { .. } => Takes::Attached,
        };
        let is_many = matches!(spec.repeat, Repeat::Many);
        Self { long: spec.long, alias, letter, is_many, takes }
    }
}

/// An argument that begins with a dash, cut into option and attached value; `None` if no option has
/// this name.
pub(super) fn split(word: &str) -> Option<(usize, Option<&str>)> {
    if let Some(body) = word.strip_prefix("--") {
        let (name, attached) = match body.find('=') {
            Some(at) => (body.get(..at)?, body.get(at + 1..)),
            None => (body, None),
        };
        let is_it = |names: &Names| names.long == name || (!name.is_empty() && names.alias == name);
        return Some((NAMES.iter().position(is_it)?, attached));
    }
    let letter = *word.as_bytes().get(1)?;
    let index = NAMES.iter().position(|names| names.letter == letter)?;
    let rest = word.get(2..)?;
    let attached = rest.strip_prefix('=').unwrap_or(rest);
    Some((index, (!rest.is_empty()).then_some(attached)))
}

/// The long name that begins most like `word`; `None` if none does for three letters.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let word = word.trim_start_matches('-').as_bytes();
    let alike = |name: &str| word.iter().zip(name.as_bytes()).take_while(|(a, b)| a == b).count();
    let best = NAMES.iter().max_by_key(|names| alike(names.long))?;
    (alike(best.long) >= 3).then_some(best.long)
}
