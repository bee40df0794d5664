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

/// What an option is, but for its long names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
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

/// Behind two dashes. Apart from the rest of an option, and so without gaps: a static worker is small.
pub(super) static LONG: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut index = 0;
    while index < OPTIONS.len() {
        names[index] = OPTIONS[index].long;
        index += 1;
    }
    names[SCHED] = "sched";
    names[SANDBOX] = "sandbox";
    names[NO_SANDBOX] = "no-sandbox";
    names
};

/// How many options have a second name.
const ALIASED: usize = {
    let (mut count, mut index) = (0, 0);
    while index < OPTIONS.len() {
        count += OPTIONS[index].alias.is_some() as usize;
        index += 1;
    }
    count
};

/// Behind two dashes as well, and of which option.
static ALIASES: [(&str, usize); ALIASED] = {
    let mut names = [("", 0); ALIASED];
    let (mut next, mut index) = (0, 0);
    while index < OPTIONS.len() {
        if let Some(alias) = OPTIONS[index].alias {
            names[next] = (alias, index);
            next += 1;
        }
        index += 1;
    }
    names
};

/// The rest of each.
pub(super) static TRAITS: [Traits; COUNT] = {
    let switch = Traits { letter: 0, is_many: false, takes: Takes::Nothing };
    let mut traits = [switch; COUNT];
    let mut index = 0;
    while index < OPTIONS.len() {
        traits[index] = Traits::of(&OPTIONS[index]);
        index += 1;
    }
    traits[SCHED].takes = Takes::Value;
    traits
};

impl Traits {
    const fn of(spec: &OptionSpec) -> Self {
        let letter = match spec.short {
            Some(letter) => letter as u8,
            None => 0,
        };
        let takes = match spec.value {
            Value::None => Takes::Nothing,
            Value::Required { .. } => Takes::Value,
            Value::Optional { .. } => Takes::Attached,
        };
        Self { letter, is_many: matches!(spec.repeat, Repeat::Many), takes }
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
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, index)| *index);
        let index = LONG.iter().position(|long| *long == name).or_else(alias)?;
        return Some((index, attached));
    }
    let letter = *word.as_bytes().get(1)?;
    let index = TRAITS.iter().position(|traits| traits.letter == letter)?;
    let rest = word.get(2..)?;
    let attached = rest.strip_prefix('=').unwrap_or(rest);
    Some((index, (!rest.is_empty()).then_some(attached)))
}

/// The long name that begins most like `word`; `None` if none does for three letters.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let word = word.trim_start_matches('-').as_bytes();
    let alike = |name: &str| word.iter().zip(name.as_bytes()).take_while(|(a, b)| a == b).count();
    let best = LONG.into_iter().max_by_key(|long| alike(long))?;
    (alike(best) >= 3).then_some(best)
}
