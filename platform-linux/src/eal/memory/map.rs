//! Every list into the window: the same file at the same place in every process.

use phalanx_core::group::Group;
use phalanx_core::memseg::List;
#[cfg(feature = "std")]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::MemoryError;
use crate::eal::backing::Backing;
use crate::eal::error::Refusal;
use crate::eal::identity::split_path;
use crate::eal::platform::PLATFORM;
use crate::eal::session::Session;
use crate::eal::window::WindowMap;
use crate::hugepage::{MemoryDir, MemoryFile};
use crate::mapping::Access;
use crate::runtime_dir::ShownPath;

/// Opens and maps every list of a group that this process joins, and prefaults it.
///
/// Cost: some twenty system calls a list, whatever its size, and one or two for each run of
/// backed memory.
#[cfg_attr(not(feature = "std"), inline(never))]
pub(in crate::eal) fn map_all(session: &Session) -> Result<(), Refusal> {
    let group = &session.group;
    session.map()?.prefault_mailboxes(group.region())?;
    for list in group.memseg_lists().iter() {
        session.map()?.prefault_list(list.index())?;
        PLATFORM.put(list.index(), open(&list, Access::ReadWrite)?);
        map_list(session.map()?, group, list.index())?;
    }
    prefault_all(session.map()?, group)
}

/// Maps every list for an observer, who stores nothing and faults pages in as it looks. The
/// files are closed again; the mappings stay.
#[cfg(feature = "std")]
pub(in crate::eal) fn map_read_only(group: &Group, map: &WindowMap) -> Result<(), Refusal> {
    for list in group.memseg_lists().iter() {
        place(map, &list, &open(&list, Access::ReadOnly)?)?;
    }
    Ok(())
}

/// Maps one list, whose files this process has open.
pub(in crate::eal) fn map_list(
    map: &WindowMap,
    group: &Group,
    index: usize,
) -> Result<(), Refusal> {
    let list = group.memseg_lists().get(index).ok_or(MemoryError::Damaged { list: index })?;
    PLATFORM
        .with_backing(index, |backing| place(map, &list, backing))
        .ok_or(MemoryError::Damaged { list: index })?
}

/// Fills the page tables for everything that is backed (design, decision 11).
///
/// Under the group's lock: a grain that somebody gave back between the look at the table and
/// the prefault would be taken from the pool again, with nobody to give it back.
#[cfg_attr(not(feature = "std"), inline(never))]
pub(in crate::eal) fn prefault_all(map: &WindowMap, group: &Group) -> Result<(), Refusal> {
    let _nothing_changes = group.begin().map_err(MemoryError::Lock)?;
    for run in group.memseg_lists().runs() {
        map.prefault(in_usize(run.at.get()), in_usize(run.bytes), run.list.page_bytes())?;
    }
    Ok(())
}

/// Opens the file or files of a list by the path that the group's tables name.
#[cfg_attr(not(feature = "std"), inline(never))]
fn open(list: &List, access: Access) -> Result<Backing, Refusal> {
    let text = list.path();
    let path = text.as_str().ok_or(MemoryError::Damaged { list: list.index() })?;
    let (dir, name) = split(path).ok_or(MemoryError::Damaged { list: list.index() })?;
    let dir = MemoryDir::open_existing(dir)
        .map_err(MemoryError::Dir)?
        .ok_or_else(|| MemoryError::Gone { path: path.into() })?;
    let open = |name: &str, needed: u64| -> Result<MemoryFile, MemoryError> {
        let path = || ShownPath::below(dir.path(), name);
        let opened = match access {
            Access::ReadOnly => MemoryFile::open_to_look(&dir, name),
            Access::ReadWrite => MemoryFile::open(&dir, name, access),
        };
        let file = opened.map_err(|why| MemoryError::File { path: path(), why })?;
        if file.len() < needed {
            return Err(MemoryError::Short { path: path(), found: file.len(), needed });
        }
        Ok(file)
    };
    if !list.is_fixed() {
        return Ok(Backing::Sparse { file: open(name, list.range_bytes())?, node: list.node() });
    }
    #[cfg(not(feature = "std"))]
    return Err(MemoryError::FileAPage.into());
    #[cfg(feature = "std")]
    {
        raise_file_limit();
        let pages = 0..list.grains();
        let files = pages
            .map(|page| open(&format!("{name}.{page}"), list.grain_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Backing::Pages { files })
    }
}

/// Legacy memory has a file a page, and all are open: as many as the system lets this process
/// have (ME-11, W-52). What it does not, opening them says.
#[cfg(feature = "std")]
pub(super) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// `<hugedir>` and the file's name, from `<hugedir>/phalanx-<uid>/<name>`.
fn split(path: &str) -> Option<(&str, &str)> {
    let (dir, name) = split_path(path)?;
    let (hugedir, _) = split_path(dir)?;
    Some((if hugedir.is_empty() { "/" } else { hugedir }, name))
}

fn place(map: &WindowMap, list: &List, backing: &Backing) -> Result<(), Refusal> {
    let at = in_usize(list.base().get());
    match backing {
        Backing::Sparse { file, .. } => map.map(file.as_fd(), at, in_usize(list.range_bytes()), 0),
        #[cfg(feature = "std")]
        Backing::Pages { files } => {
            let grain = in_usize(list.grain_bytes());
            let mut places = files.iter().zip((0..list.grains()).map(|page| at + page * grain));
            places.try_for_each(|(file, place)| map.map(file.as_fd(), place, grain, 0))
        }
    }
}

/// Offsets fit in an address on every machine with a window of a terabyte.
fn in_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
