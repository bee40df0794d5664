//! Names of system calls that a process's last words have as a number only.
//!
//! A static worker knows the names of those that programs make by mistake, and has no room for more.

use phalanx_linux::log::UNNAMED_CALL;
use syscalls::Sysno;

/// A text with the name of the call that it has no name for, if this machine's kernel has such a call.
pub(super) fn named(text: String) -> String {
    let name = text.split_once(UNNAMED_CALL).and_then(|(_, behind)| name(behind));
    match name {
        Some(name) => text.replacen(UNNAMED_CALL, name, 1),
        None => text,
    }
}

/// The name of the number that begins a text, in parentheses.
fn name(behind: &str) -> Option<&'static str> {
    let (number, _) = behind.strip_prefix(" (")?.split_once(')')?;
    Sysno::new(number.parse().ok()?).map(|call| call.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_a_worker_has_no_name_for_gets_it_here() {
        let said = |call| format!("ended for the system call {call}, which its sandbox forbids");
        let call = Sysno::sysinfo;
        let unnamed = format!("{UNNAMED_CALL} ({})", call.id());
        assert_eq!(named(said(&unnamed)), said(&format!("sysinfo ({})", call.id())));
    }

    #[test]
    fn a_number_that_is_no_calls_and_any_other_text_stay_as_they_are() {
        for behind in ["", " (", " (x)", " (-1)", " (99999)", " (99999999999999999999)"] {
            let text = format!("the system call {UNNAMED_CALL}{behind}");
            assert_eq!(named(text.clone()), text);
        }
        assert_eq!(named("openat (257)".to_owned()), "openat (257)");
    }
}
