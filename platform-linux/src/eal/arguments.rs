//! The arguments of this process, as text.

use super::{EalError, Identity};

/// The arguments of this process without the program's name: what [`Eal::init`](super::Eal::init)
/// takes.
///
/// # Errors
/// [`EalError::NotText`] names the first that is not UTF-8.
pub fn process_arguments() -> Result<Vec<String>, EalError> {
    let arguments = std::env::args_os().enumerate().skip(1);
    let text = |(position, argument): (usize, std::ffi::OsString)| {
        let shown =
            |argument: std::ffi::OsString| argument.to_string_lossy().escape_debug().to_string();
        argument
            .into_string()
            .map_err(|argument| EalError::NotText { position, shown: shown(argument) })
    };
    arguments.map(text).collect()
}

/// What this process says of itself; what is no text in its command line is replaced.
pub(super) fn own_identity() -> Identity {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    Identity::of(words.iter().map(String::as_str))
}
