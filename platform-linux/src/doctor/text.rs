//! Reading what may not be there: an absent file has a meaning of its own in most places.

use super::Reading;
use crate::cpu::parse_cpu_list;
use crate::kernel_files::{KernelFileError, read_number, read_text};
use phalanx_core::group::CpuSet;
use std::path::Path;

/// The text of a file, without the blanks around it.
pub(super) fn word(path: &Path) -> Reading<String> {
    read_text(path).map(|text| text.trim().to_owned())
}

/// `None` for a file that is not there.
pub(super) fn if_there<T>(read: Reading<T>) -> Reading<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}

/// A number, if the file is there.
pub(super) fn number(path: &Path) -> Reading<Option<u64>> {
    if_there(read_number(path))
}

/// A signed number, if the file is there.
pub(super) fn signed(path: &Path) -> Reading<Option<i64>> {
    let parse =
        |text: String| text.parse().map_err(|_| KernelFileError::not_understood(path, &text));
    if_there(word(path).and_then(parse))
}

/// A list of CPUs; none if the file is not there. Kernels print an empty one as `(null)`, too.
pub(super) fn cpus(path: &Path) -> Reading<CpuSet> {
    let Some(text) = if_there(word(path))? else { return Ok(CpuSet::new()) };
    let list = if text == "(null)" { "" } else { text.as_str() };
    parse_cpu_list(list).ok_or_else(|| KernelFileError::not_understood(path, &text))
}
