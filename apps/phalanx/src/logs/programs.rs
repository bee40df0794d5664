//! The programs that can decode what was logged, found by their build ids.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use object::{Object, ReadCache};

use super::decoder::Question;
use super::line::{Text, hex};
use super::regular::{self, Unread};
use super::texts::Texts;
use crate::Failure;
use crate::cli::ProgramFiles;

/// How many programs are known at a time: more than processes can log at a time.
const KNOWN_MAX: usize = 128;

/// Programs known so far, and where to look for others.
pub(super) struct Programs {
    given: Vec<PathBuf>,
    known: HashMap<Vec<u8>, Result<Texts, String>>,
}

impl Programs {
    /// Looks into `files` and into the files of the directories before it looks where a program lay.
    pub(super) fn new(files: &ProgramFiles) -> Result<Self, Failure> {
        let mut given = files.elf.clone();
        for file in &given {
            regular::open(file).map_err(|why| cannot_read(file, &why))?;
        }
        for dir in &files.elf_dir {
            let entries = fs::read_dir(dir).map_err(|error| cannot_read(dir, &error.into()))?;
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            given.extend(paths.into_iter().filter(|path| path.is_file()));
        }
        Ok(Self { given, known: HashMap::new() })
    }

    /// Decodes a frame of a program.
    pub(super) fn decode(&mut self, question: &Question) -> Result<Text, String> {
        let id = &question.build_id;
        if !self.known.contains_key(id) {
            let found = self.find(question);
            if self.known.len() >= KNOWN_MAX {
                self.known.clear();
            }
            self.known.insert(id.clone(), found);
        }
        match self.known.get(id) {
            Some(Ok(texts)) => texts.decode(&question.frame),
            Some(Err(why)) => Err(why.clone()),
            None => Err("it was not looked for".to_owned()),
        }
    }

    /// The first program with the build id that has texts: a stripped copy has the id too.
    fn find(&self, question: &Question) -> Result<Texts, String> {
        let id = &question.build_id;
        let lay = PathBuf::from(OsString::from_vec(question.path.clone()));
        if id.is_empty() {
            return Err(format!(
                "its program {} has no build id; link it with --build-id",
                shown(&lay)
            ));
        }
        // A process that has ended may have lent its number to another, whose build id tells.
        let runs = PathBuf::from(format!("/proc/{}/exe", question.pid));
        let mut not_it = format!("it was {}", shown(&lay));
        let mut without_texts = None;
        let given = self.given.iter().map(|path| (path, regular::open(path)));
        let named = [&lay, &runs].into_iter().map(|path| (path, regular::open_program(path)));
        for (path, opened) in given.chain(named) {
            let file = match opened {
                Ok(file) => file,
                // What is not there any more, or is another's, is no news.
                Err(Unread::Io(_)) => continue,
                Err(why) => {
                    not_it = format!("{} {why}", path.display());
                    continue;
                }
            };
            if build_id(&file).as_ref() != Some(id) {
                continue;
            }
            match Texts::read(&file) {
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
                "no program with build id {id} was found ({not_it}); give it with --elf PATH or --elf-dir DIR"
            ),
        })
    }
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() { "unknown".to_owned() } else { path.display().to_string() }
}

fn cannot_read(path: &Path, why: &Unread) -> Failure {
    Failure::new(format!("{} {why}; name a file or directory that can be read", path.display()))
}

/// The build id of a program; `None` if the file is no program, or has none.
fn build_id(file: &File) -> Option<Vec<u8>> {
    let cache = ReadCache::new(file);
    let file = object::File::parse(&cache).ok()?;
    let id = file.build_id().ok().flatten()?;
    // As much as a log keeps of it.
    Some(id.iter().copied().take(phalanx_core::log::BUILD_ID_MAX).collect())
}
