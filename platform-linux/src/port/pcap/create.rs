//! The files for Tx: looked at by who makes the ports, made by who lets one run for the first time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::append::io_error;
use super::args::PcapArgs;
use super::error::PcapError;
use super::files::{at_once, header, identity, open_rx, refuse_irregular};

/// A port, and its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFiles {
    /// The port's name.
    pub port: String,
    /// Its files, named from the root on.
    pub files: PcapArgs,
}

/// Whether the files of the `new` ports can be read and made. No file changes, and none is made.
///
/// A file that is written is of one port, and once: neither another of `new` nor one of the `others`, which the
/// group has already, reads or writes it, under whatever name.
///
/// # Errors
/// [`PcapError`], and the port that it is about.
pub fn check_files<'p>(
    new: &'p [PortFiles],
    others: &'p [PortFiles],
) -> Result<(), (&'p str, PcapError)> {
    // Those that were not there go again.
    open_all(new, others).map(drop)
}

/// Makes the files for Tx of the `new` ports, empty but for their headers, if [`check_files`] has nothing
/// against it. For who lets the ports run for the first time; who adopts one that has run leaves the files
/// alone.
///
/// # Errors
/// As of [`check_files`]. Then no file is there that was not; one that was has not changed, unless the system
/// refused to write: then those for Tx may be empty.
pub fn create_files<'p>(
    new: &'p [PortFiles],
    others: &'p [PortFiles],
) -> Result<(), (&'p str, PcapError)> {
    let (fresh, made) = open_all(new, others)?;
    for (port, path, mut file) in made {
        let written = file.set_len(0).and_then(|()| file.write_all(&header(path)));
        written.map_err(|error| (port, io_error("written", path, error)))?;
    }
    fresh.keep();
    Ok(())
}

/// Files for Tx that are open, and which of them are new.
type Opened<'p> = (NewFiles<'p>, Vec<(&'p str, &'p Path, File)>);

/// Looks at all files for Rx, and opens all those for Tx.
fn open_all<'p>(
    new: &'p [PortFiles],
    others: &'p [PortFiles],
) -> Result<Opened<'p>, (&'p str, PcapError)> {
    let mut uses = Uses::of(others);
    for (port, path) in paths(new, |files| &files.rx) {
        let used = open_rx(path).and_then(|(id, _)| uses.read(port, path, id));
        used.map_err(|error| (port, error))?;
    }
    let (mut fresh, mut made) = (NewFiles::default(), Vec::new());
    for (port, path) in paths(new, |files| &files.tx) {
        let file = fresh.open(path).and_then(|(file, id)| {
            uses.write(port, path, id)?;
            Ok(file)
        });
        made.push((port, path, file.map_err(|error| (port, error))?));
    }
    Ok((fresh, made))
}

/// The port of `ports` that reads or writes the file `path`, under whatever name.
pub fn user_of<'p>(ports: &'p [PortFiles], path: &Path) -> Option<&'p str> {
    let id = path.metadata().ok().map(|it| (it.dev(), it.ino()));
    let path = std::path::absolute(path).ok();
    let is_it = |it: &Use<'_>| Some(it.path) == path.as_deref() || id.is_some() && it.id == id;
    Uses::of(ports).0.into_iter().find(is_it).map(|it| it.port)
}

/// The files of one direction, each with its port.
fn paths<'p>(
    ports: &'p [PortFiles],
    direction: impl Fn(&'p PcapArgs) -> &'p [PathBuf],
) -> impl Iterator<Item = (&'p str, &'p Path)> {
    ports.iter().flat_map(move |it| {
        direction(&it.files).iter().map(|path| (it.port.as_str(), path.as_path()))
    })
}

/// A file that a port uses.
struct Use<'p> {
    port: &'p str,
    path: &'p Path,
    /// Device and inode; `None` if it is not to be looked at, as one that was removed.
    id: Option<(u64, u64)>,
    is_written: bool,
}

/// Who uses which file.
struct Uses<'p>(Vec<Use<'p>>);

impl<'p> Uses<'p> {
    fn of(ports: &'p [PortFiles]) -> Self {
        let of = |(port, path): (&'p str, &'p Path), is_written| {
            let file = path.metadata().ok();
            let id = file.map(|it| (it.dev(), it.ino()));
            Use { port, path, id, is_written }
        };
        let read = paths(ports, |files| &files.rx).map(|it| of(it, false));
        Self(read.chain(paths(ports, |files| &files.tx).map(|it| of(it, true))).collect())
    }

    /// A port reads a file, which nobody else may write.
    fn read(&mut self, port: &'p str, path: &'p Path, id: (u64, u64)) -> Result<(), PcapError> {
        self.add(Use { port, path, id: Some(id), is_written: false })
    }

    /// A port writes a file, which nobody else may use.
    fn write(&mut self, port: &'p str, path: &'p Path, id: (u64, u64)) -> Result<(), PcapError> {
        self.add(Use { port, path, id: Some(id), is_written: true })
    }

    fn add(&mut self, new: Use<'p>) -> Result<(), PcapError> {
        let is_same = |it: &&Use<'_>| it.path == new.path || it.id == new.id;
        let mut same = self.0.iter().filter(is_same);
        match same.find(|it| it.is_written || new.is_written) {
            None => {
                self.0.push(new);
                Ok(())
            }
            Some(other) if other.port == new.port => {
                Err(PcapError::Twice { path: new.path.to_owned() })
            }
            Some(other) => {
                let (path, port) = (new.path.to_owned(), other.port.to_owned());
                Err(PcapError::Shared { path, port })
            }
        }
    }
}

/// Files that were not there before. Dropped, they are removed again.
#[derive(Default)]
struct NewFiles<'p>(Vec<&'p Path>);

impl<'p> NewFiles<'p> {
    /// Opens a file to be written, and makes it if it is not there. Says which it is.
    fn open(&mut self, path: &'p Path) -> Result<(File, (u64, u64)), PcapError> {
        refuse_irregular(path)?;
        let file = self.open_or_make(path).map_err(|error| io_error("made", path, error))?;
        let id = identity(path, &file)?;
        Ok((file, id))
    }

    fn open_or_make(&mut self, path: &'p Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let options = at_once(options.write(true));
        match options.clone().create_new(true).open(path) {
            Ok(file) => {
                self.0.push(path);
                Ok(file)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                options.create(true).truncate(false).open(path)
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
