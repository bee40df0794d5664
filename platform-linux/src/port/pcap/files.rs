//! The files of a port: named so that every process finds them, and made once, by its owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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

/// Makes the files for Tx, empty but for their headers, after a look at those for Rx. For who creates
/// the port; who adopts it leaves the files alone.
///
/// # Errors
/// [`PcapError`]. Then no file is there that was not; one that was has not changed, unless the system
/// refused to write: then those of `args.tx` may be empty.
pub fn create_files(args: &PcapArgs) -> Result<(), PcapError> {
    let rx = args.rx.iter().map(|path| identity(path, open_rx(path)?.0));
    let read: Vec<_> = rx.collect::<Result<_, PcapError>>()?;
    let mut new = NewFiles::default();
    let mut made: Vec<(File, &Path, (u64, u64))> = Vec::new();
    for path in &args.tx {
        if path.exists() && !path.is_file() {
            return Err(PcapError::NotRegular { path: path.clone() });
        }
        let file = new.open(path).map_err(|error| io_error("made", path, error))?;
        let (file, id) = identity(path, file)?;
        if read.iter().any(|(_, known)| *known == id) || made.iter().any(|(.., known)| *known == id)
        {
            return Err(PcapError::Twice { path: path.clone() });
        }
        made.push((file, path, id));
    }
    for (mut file, path, _) in made {
        let written = file.set_len(0).and_then(|()| file.write_all(&header(path)));
        written.map_err(|error| io_error("written", path, error))?;
    }
    new.keep();
    Ok(())
}

/// Files that were not there before. Dropped, they are removed again.
#[derive(Default)]
struct NewFiles<'p>(Vec<&'p Path>);

impl<'p> NewFiles<'p> {
    /// Opens a file to be written, and makes it if it is not there.
    fn open(&mut self, path: &'p Path) -> io::Result<File> {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => {
                self.0.push(path);
                Ok(file)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().write(true).create(true).truncate(false).open(path)
            }
            Err(error) => Err(error),
        }
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFiles<'_> {
    fn drop(&mut self) {
        for path in &self.0 {
            // One that somebody else has removed is gone, too.
            let _ = fs::remove_file(path);
        }
    }
}

/// Which file it is, whatever its name.
fn identity(path: &Path, file: File) -> Result<(File, (u64, u64)), PcapError> {
    let found = file.metadata().map_err(|error| io_error("looked at", path, error))?;
    Ok((file, (found.dev(), found.ino())))
}

/// What the file begins with.
pub(super) fn header(path: &Path) -> Vec<u8> {
    let mut header = Vec::new();
    Encoder::new(Format::of_name(path)).header(&mut header);
    header
}

/// Opens a file to be read, and looks at its header.
pub(super) fn open_rx(path: &Path) -> Result<(File, PacketReader<File>), PcapError> {
    let opened = File::open(path).and_then(|file| Ok((file.try_clone()?, file)));
    let (file, again) = opened.map_err(|error| io_error("opened", path, error))?;
    if !file.metadata().is_ok_and(|it| it.is_file()) {
        return Err(PcapError::NotRegular { path: path.to_owned() });
    }
    match PacketReader::new(again) {
        Ok(reader) => Ok((file, reader)),
        Err(fault) => {
            let path: PathBuf = path.to_owned();
            Err(PcapError::Read { path, packets: 0, at: 0, fault })
        }
    }
}
