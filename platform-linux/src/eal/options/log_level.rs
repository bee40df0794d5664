//! How much is logged, and by whom (`OP-29`).

use core::fmt;

use super::Fault;
use super::process::check_characters;

/// Most bytes of a component's name or pattern.
pub const COMPONENT_MAX: usize = 32;

/// The severity of a message; a log shows those up to its level. The numbers are syslog's plus one, as in DPDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// The system is unusable.
    Emergency = 1,
    /// Action must be taken at once.
    Alert = 2,
    /// Critical conditions.
    Critical = 3,
    /// Errors.
    Error = 4,
    /// Warnings.
    Warning = 5,
    /// Normal but worth knowing.
    Notice = 6,
    /// Informational.
    Info = 7,
    /// Everything.
    Debug = 8,
}

impl LogLevel {
    /// Every level, from the most severe on; what `--log-level help` lists.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Info,
        Self::Debug,
    ];

    /// The name that `--log-level` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emerg",
            Self::Alert => "alert",
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// Parses 1 to 8 or a name in either case of letters; `emergency` is DPDK's long form of `emerg`.
    fn parse(text: &str) -> Result<Self, Fault> {
        if text.eq_ignore_ascii_case("emergency") {
            return Ok(Self::Emergency);
        }
        Self::ALL
            .into_iter()
            .find(|level| text.eq_ignore_ascii_case(level.name()) || level.has_number(text))
            .ok_or(if text.is_empty() { Fault::Empty } else { Fault::NotAChoice })
    }

    fn has_number(self, text: &str) -> bool {
        super::number::decimal(text) == Ok(self as u64)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One `--log-level`: a level for everything, or for some components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRule {
    /// The component's name, which may hold the wildcards `*` and `?`; `None` for everything.
    pub component: Option<heapless::String<COMPONENT_MAX>>,
    /// Up to which level it is logged.
    pub level: LogLevel,
}

impl LogRule {
    /// Parses `level`, `component:level` or `component,level`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        match text.rsplit_once([':', ',']) {
            None => Ok(Self { component: None, level: LogLevel::parse(text)? }),
            Some((component, level)) => {
                let component = Some(Self::component(component)?);
                Ok(Self { component, level: LogLevel::parse(level)? })
            }
        }
    }

    /// Whether the rule speaks of `component`.
    pub fn is_for(&self, component: &str) -> bool {
        self.component
            .as_ref()
            .is_none_or(|pattern| matches(pattern.as_bytes(), component.as_bytes()))
    }

    fn component(text: &str) -> Result<heapless::String<COMPONENT_MAX>, Fault> {
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '?');
        if text.is_empty() {
            return Err(Fault::EmptyEntry { entry: 1 });
        }
        check_characters(text, allowed)?;
        heapless::String::try_from(text).map_err(|_| Fault::TooLong { most: COMPONENT_MAX as u16 })
    }
}

/// Whether `text` is what `pattern` says: `*` is any bytes, `?` any one byte.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => matches(rest, text),
        (Some((b'*', rest)), Some((_, tail))) => matches(rest, text) || matches(pattern, tail),
        (Some((b'?', rest)), Some((_, tail))) => matches(rest, tail),
        (Some((one, rest)), Some((other, tail))) => one == other && matches(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_for(rule: &str, component: &str) -> bool {
        LogRule::parse(rule).unwrap().is_for(component)
    }

    #[test]
    fn a_rule_without_a_component_is_for_all() {
        assert!(is_for("debug", "eal"));
    }

    #[test]
    fn a_pattern_is_for_what_it_matches_and_nothing_else() {
        assert!(is_for("lib.*:7", "lib.eal"));
        assert!(is_for("e?l:7", "eal"));
        assert!(!is_for("eal:7", "eal2"));
        assert!(!is_for("lib.*:7", "eal"));
        assert!(is_for("*a*:7", "eal"));
    }
}
