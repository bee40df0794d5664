//! The files of a port: named so that every process finds them, and opened without waiting.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::append::io_error;
use super::args::PcapArgs;
use super::error::PcapError;
use super::format::Format;
use super::reader::PacketReader;
use super::writer::Encoder;

/// The arguments with files named from the root on: so that a process in another directory finds them,
/// and the same words given twice are the same.
///
/// # Errors
/// [`PcapError`], if they are none, or the directory of this process is gone.
pub fn absolute(args: &str) -> Result<String, PcapError> {
    let mut args = PcapArgs::parse(args)?;
    for path in args.rx.iter_mut().chain(&mut args.tx) {
        *path = std::path::absolute(&*path)
            .map_err(|error| io_error("named from the root on", path, error))?;
    }
    Ok(args.to_text())
}

/// A way of opening that waits for nobody: not for the other end of a pipe.
pub(super) fn at_once(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OFlags::NONBLOCK.bits() as i32)
}

/// Whether something stands there that is no regular file. It is not opened for that, which may change a
/// device.
pub(super) fn refuse_irregular(path: &Path) -> Result<(), PcapError> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(PcapError::NotRegular { path: path.to_owned() }),
        // What is not to be looked at is not to be opened either, which says why.
        _ => Ok(()),
    }
}

/// Which file it is, whatever its name; a regular one.
pub(super) fn identity(path: &Path, file: &File) -> Result<(u64, u64), PcapError> {
    let found = file.metadata().map_err(|error| io_error("looked at", path, error))?;
    if !found.is_file() {
        return Err(PcapError::NotRegular { path: path.to_owned() });
    }
    Ok((found.dev(), found.ino()))
}

/// What the file begins with.
pub(super) fn header(path: &Path) -> Vec<u8> {
    let mut header = Vec::new();
    Encoder::new(Format::of_name(path)).header(&mut header);
    header
}

/// Opens a file to be read, and looks at its header. Says which file it is.
pub(super) fn open_rx(path: &Path) -> Result<((u64, u64), PacketReader<File>), PcapError> {
    refuse_irregular(path)?;
    let file = at_once(OpenOptions::new().read(true)).open(path);
    let file = file.map_err(|error| io_error("opened", path, error))?;
    let id = identity(path, &file)?;
    match PacketReader::new(file) {
        Ok(reader) => Ok((id, reader)),
        Err(fault) => {
            let path: PathBuf = path.to_owned();
            Err(PcapError::Read { path, packets: 0, at: 0, fault })
        }
    }
}
