//! What a peer logs that lies about who it is.

use phalanx_core::group::Group;
use phalanx_core::log::{LogWriter, Tenant, Weight};
use phalanx_linux::sys::clock::monotonic_ns;
use rustix::process::getpid;

use crate::obey::{Answer, sentence};

/// | command | does | answers |
/// |---|---|---|
/// | `log-as ID PATH FRAME` | logs the frame as the program of that build id and path (both numbers hexadecimal digits) | |
pub(crate) fn answer(group: &Group, words: &[&str]) -> Answer {
    let ["log-as", id, path, frame] = words else { return Err("it takes three words".to_owned()) };
    let (id, frame) = (bytes(id)?, bytes(frame)?);
    let pid = getpid().as_raw_nonzero().get().unsigned_abs();
    let tenant = Tenant { pid, ticks_hz: 1_000_000_000, build_id: &id, path: path.as_bytes() };
    let mut log = LogWriter::open(group, &tenant).map_err(sentence)?;
    log.write(&frame, monotonic_ns(), Weight::Last).map_err(sentence)?;
    Ok(String::new())
}

fn bytes(digits: &str) -> Result<Vec<u8>, String> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = core::str::from_utf8(pair).ok();
        pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.ok_or_else(|| format!("'{digits}' is no row of hexadecimal digits"))
}
