//! What a process says of itself in the group's process table.

use phalanx_core::name::Name;

/// A program's name and the beginning of its command line.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The program's file name, cut to what a name holds.
    pub(super) name: Name,
    /// The command line, words separated by blanks.
    pub(super) command: heapless::String<COMMAND_ROOM>,
}

/// As much as the process table keeps.
const COMMAND_ROOM: usize = 127;

impl Identity {
    /// That of a process with this command line, the program's path first.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let file = split_path(program).map_or(program, |(_, file)| file);
        let mut command = heapless::String::new();
        append(&mut command, program);
        for word in words {
            append(&mut command, " ");
            append(&mut command, word);
        }
        Self { name: Name::cut(if file.is_empty() { "unnamed" } else { file }), command }
    }
}

/// What stands before and behind the last slash of a path; `None` if it has none.
pub(super) fn split_path(path: &str) -> Option<(&str, &str)> {
    let slash = path.bytes().rposition(|byte| byte == b'/')?;
    Some((path.get(..slash)?, path.get(slash + 1..)?))
}

/// Appends what fits.
fn append(command: &mut heapless::String<COMMAND_ROOM>, text: &str) {
    for character in text.chars() {
        if command.push(character).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_by_its_file_and_its_words_are_kept() {
        let identity = Identity::of(["/usr/bin/edge", "-l", "1"]);
        assert_eq!(identity.name, Name::cut("edge"));
        assert_eq!(identity.command, "/usr/bin/edge -l 1");
    }

    #[test]
    fn a_long_command_line_is_cut_and_none_is_no_name() {
        let words = ["x"; 200];
        assert_eq!(Identity::of(words).command.len(), COMMAND_ROOM);
        assert_eq!(Identity::of([]).name, Name::cut("unnamed"));
    }
}
