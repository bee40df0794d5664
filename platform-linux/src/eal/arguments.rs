//! The arguments of this process, as text.

use super::EalError;

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

/// The whole command line with what is not text replaced: for tables and messages.
pub(super) fn command_line() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}
