//! The help text, made from the table that the parser reads.

use core::fmt::{self, Write};

use super::{Group, OPTIONS, OptionSpec, Value};

/// Where the second column begins. The longest first column fits in front of it: a test sees to that.
const HELP_COLUMN: usize = 32;

const GROUPS: [(Group, &str); 5] = [
    (Group::Cores, "Cores"),
    (Group::Memory, "Memory"),
    (Group::Devices, "Devices"),
    (Group::Process, "Group and process"),
    (Group::Output, "Log and help"),
];

const EXAMPLE: &str = "-l 0-1 --proc-type primary --file-prefix lab -m 512 -- --ports 2";

/// Writes the help text: one line for each option, by groups, and an example. Each line is below 100 characters.
///
/// # Errors
/// Whatever `out` returns.
pub fn usage(out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "EAL options (the application's own go after '--'):")?;
    for (group, heading) in GROUPS {
        writeln!(out, "\n{heading}:")?;
        for spec in OPTIONS.iter().filter(|spec| spec.group == group) {
            write_option(out, spec)?;
        }
    }
    writeln!(out, "\nExample:\n  {EXAMPLE}")
}

fn write_option(out: &mut dyn Write, spec: &OptionSpec) -> fmt::Result {
    let mut names = heapless::String::<HELP_COLUMN>::new();
    write_names(&mut names, spec)?;
    write!(out, "{names:<HELP_COLUMN$}{}", spec.help)?;
    match spec.alias {
        Some(alias) => writeln!(out, " (also --{alias})"),
        None => writeln!(out),
    }
}

fn write_names(out: &mut dyn Write, spec: &OptionSpec) -> fmt::Result {
    match spec.short {
        Some(letter) => write!(out, "  -{letter}, --{}", spec.long)?,
        None => write!(out, "      --{}", spec.long)?,
    }
    match spec.value {
        Value::None => Ok(()),
        Value::Required { placeholder, .. } => write!(out, " {placeholder}"),
        Value::Optional { placeholder, .. } => write!(out, "[={placeholder}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> String {
        let mut text = String::new();
        usage(&mut text).unwrap();
        text
    }

    #[test]
    fn every_option_has_one_line_with_its_names_and_its_help() {
        let text = text();
        for spec in &OPTIONS {
            assert!(!spec.help.is_empty());
            let name = format!("--{}", spec.long);
            let is_its_line = |line: &&str| {
                let (names, help) = line.split_at_checked(HELP_COLUMN).unwrap_or((line, ""));
                names.contains(&name) && help.starts_with(spec.help)
            };
            assert_eq!(text.lines().filter(is_its_line).count(), 1, "{name}");
        }
    }

    #[test]
    fn no_line_is_wide() {
        for line in text().lines() {
            assert!(line.len() < 100, "{line}");
        }
    }

    #[test]
    fn the_example_is_accepted_by_the_parser() {
        use super::super::{CpuSet, Options};
        let available: CpuSet = [0, 1].into_iter().collect();
        let parsed = Options::parse(EXAMPLE.split(' '), &available).unwrap();
        assert_eq!(parsed.options.file_prefix.as_str(), "lab");
    }
}
