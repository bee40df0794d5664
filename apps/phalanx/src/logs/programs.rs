//! The programs that can decode what was logged, found by their build ids.

use core::panic::AssertUnwindSafe;
use std::collections::HashMap;
use std::fs::{self, File};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use defmt_decoder::{Locations, Table};
use object::{Object, ReadCache};
use phalanx_core::log::Program;

use super::line::{Said, hex};
use crate::Failure;

/// Programs known so far, and where to look for others.
pub(super) struct Programs {
    given: Vec<PathBuf>,
    known: HashMap<Vec<u8>, Result<Texts, String>>,
}

/// What one program can say.
struct Texts {
    table: Table,
    /// None if its debug information is gone.
    locations: Locations,
}

impl Programs {
    /// Looks into `files` and into the files of `dirs` before it looks where a program lay.
    pub(super) fn new(files: &[PathBuf], dirs: &[PathBuf]) -> Result<Self, Failure> {
        let mut given = files.to_vec();
        for file in files {
            File::open(file).map_err(|error| cannot_read(file, &error))?;
        }
        for dir in dirs {
            let entries = fs::read_dir(dir).map_err(|error| cannot_read(dir, &error))?;
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            given.extend(paths.into_iter().filter(|path| path.is_file()));
        }
        Ok(Self { given, known: HashMap::new() })
    }

    /// Decodes a frame of `program`.
    pub(super) fn decode(&mut self, program: Option<&Program>, frame: &[u8]) -> Said {
        let undecoded = |why: &str| Said::Undecoded { why: why.to_owned(), frame: hex(frame) };
        let Some(program) = program else {
            return undecoded("nobody knows which program wrote it");
        };
        match self.texts(program) {
            Ok(texts) => texts.decode(frame).unwrap_or_else(|why| undecoded(&why)),
            Err(why) => undecoded(why),
        }
    }

    fn texts(&mut self, program: &Program) -> Result<&Texts, &str> {
        let id = program.build_id();
        if !self.known.contains_key(id) {
            let found = self.find(program);
            self.known.insert(id.to_owned(), found);
        }
        match self.known.get(id) {
            Some(Ok(texts)) => Ok(texts),
            Some(Err(why)) => Err(why),
            None => Err("it was not looked for"),
        }
    }

    /// The first program with the build id that has texts: a stripped copy has the id too.
    fn find(&self, program: &Program) -> Result<Texts, String> {
        let id = program.build_id();
        let lay = PathBuf::from(String::from_utf8_lossy(program.path()).into_owned());
        if id.is_empty() {
            return Err(format!(
                "its program {} has no build id; link it with --build-id",
                shown(&lay)
            ));
        }
        // A process that has ended may have lent its number to another, whose build id tells.
        let runs = PathBuf::from(format!("/proc/{}/exe", program.pid));
        let mut without_texts = None;
        for path in self.given.iter().chain([&lay, &runs]) {
            if build_id(path).as_deref() != Some(id) {
                continue;
            }
            match Texts::read(path) {
                Ok(Some(texts)) => return Ok(texts),
                Ok(None) => without_texts = Some(format!("{} has no log texts", path.display())),
                Err(why) => without_texts = Some(format!("{}: {why}", path.display())),
            }
        }
        let id = hex(id);
        Err(match without_texts {
            Some(found) => format!(
                "{found}; give its unstripped copy, linked with linker/log.ld (build id {id}), with --elf PATH"
            ),
            None => format!(
                "no program with build id {id} was found (it was {}); give it with --elf PATH or --elf-dir DIR",
                shown(&lay)
            ),
        })
    }
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() { "unknown".to_owned() } else { path.display().to_string() }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!(
        "{} cannot be read: {error}; name a file or directory that can",
        path.display()
    ))
}

/// The build id of a program; `None` if the file is no program, or has none.
fn build_id(path: &Path) -> Option<Vec<u8>> {
    let cache = ReadCache::new(File::open(path).ok()?);
    let file = object::File::parse(&cache).ok()?;
    let id = file.build_id().ok().flatten()?;
    // As much as a log keeps of it.
    Some(id.iter().copied().take(phalanx_core::log::BUILD_ID_MAX).collect())
}

impl Texts {
    fn read(path: &Path) -> Result<Option<Self>, String> {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let table = Table::parse(&bytes).map_err(|error| error.to_string())?;
        let Some(table) = table.filter(|table| !table.is_empty()) else { return Ok(None) };
        let locations = table.get_locations(&bytes).unwrap_or_default();
        Ok(Some(Self { table, locations }))
    }

    /// What a peer has written is not trusted, and the decoder is not made for that: a panic of its
    /// is an answer like any other.
    fn decode(&self, frame: &[u8]) -> Result<Said, String> {
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let (decoded, _) = self.table.decode(frame).map_err(|error| error.to_string())?;
            let at = self.locations.get(&decoded.index());
            Ok(Said::Text {
                level: decoded.level().map(|level| level.as_str()).map(upper),
                text: decoded.display_message().to_string(),
                file: at.map(|at| at.file.clone()),
                line: at.map(|at| at.line),
                module: at.map(|at| at.module.clone()),
            })
        }));
        decoded.unwrap_or_else(|_| Err("the decoder failed on it".to_owned()))
    }
}

fn upper(level: &'static str) -> &'static str {
    match level {
        "trace" => "TRACE",
        "debug" => "DEBUG",
        "info" => "INFO",
        "warn" => "WARN",
        "error" => "ERROR",
        other => other,
    }
}
