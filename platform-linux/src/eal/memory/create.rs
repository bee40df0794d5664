//! Making a new group's lists: plan, files, mappings, and what was asked for at start.

use std::path::Path;

use phalanx_core::group::{Group, flags};
use phalanx_core::heap;
use phalanx_core::memseg::{LIST_ALIGN, ListConfig, MemsegLists, list_flags};

use super::plan::{Growth, PlannedList, Source, Wanted, nodes_of, plan};
use super::{MemoryError, sources};
use crate::eal::backing::Backing;
use crate::eal::notice::Notice;
use crate::eal::options::Options;
use crate::eal::platform::PLATFORM;
use crate::eal::role::Setup;
use crate::eal::session::Session;
use crate::eal::{EalError, Fallback};
use crate::hugepage::{MemoryDir, MemoryFile, MemoryFileName};
use crate::runtime_dir::{Prefix, Room, ShownPath};

/// What a list's file is named after.
struct Naming {
    prefix: Prefix,
    group_id: u64,
}

/// Makes every memseg list of a new group and takes what was asked for at start.
pub(in crate::eal) fn create_all(
    session: &Session,
    setup: &Setup<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), EalError> {
    let options = setup.options;
    let lists = choose(session, setup, notices)?;
    let naming = Naming {
        prefix: Prefix::new(options.file_prefix.as_str())?,
        group_id: session.group.group_id(),
    };
    limit_heaps(&session.group, options, &lists)?;
    for list in &lists {
        let index = add_list(&session.group, list, options, &naming)?;
        super::map::map_list(session.map()?, &session.group, index)?;
        if list.pinned_bytes > 0 {
            pin(&session.group, index, list.pinned_bytes)?;
        }
    }
    super::map::prefault_all(session.map()?, &session.group)
}

/// The lists: of hugepages, or of small pages if that was asked for or is all there is.
fn choose(
    session: &Session,
    setup: &Setup<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Vec<PlannedList>, EalError> {
    let Setup { options, fallback, topology, .. } = *setup;
    let growth = if options.legacy_mem { Growth::Fixed } else { Growth::Dynamic };
    let wanted = wanted(options);
    let small = || -> Result<Vec<PlannedList>, EalError> {
        let fallback_dir = session.dir.as_ref().map_or("/tmp", |dir| dir.path());
        let source: Source = sources::small_pages(options, topology, fallback_dir);
        let dir = source.dir.clone();
        let planned = plan(&[source], &wanted, growth);
        Ok(planned.map_err(|error| name_file_system(error, dir.as_deref()))?)
    };
    if options.no_huge {
        return small();
    }
    let lists = sources::hugepages(options).and_then(|there| plan(&there, &wanted, growth));
    let why = match lists.and_then(|lists| writable(&lists).map(|()| lists)) {
        Ok(lists) => return Ok(lists),
        Err(error @ (MemoryError::None { .. } | MemoryError::Dir(_)))
            if fallback == Fallback::NoHuge =>
        {
            error
        }
        Err(error) => return Err(error.into()),
    };
    let lists = small()?;
    session.group.add_flag(flags::NO_HUGE);
    notices.push(Notice::FellBackToNoHuge { why: why.to_string() });
    Ok(lists)
}

/// Says of which file system it is that there is too little, where ordinary pages come from one.
fn name_file_system(error: MemoryError, dir: Option<&Path>) -> MemoryError {
    let wanted_bytes = match &error {
        MemoryError::None { sources } if sources.iter().all(|source| source.limit != Some(0)) => 0,
        MemoryError::NotEnough { wanted_bytes, limited: false, .. } => *wanted_bytes,
        _ => return error,
    };
    let Some(dir) = dir.and_then(Path::to_str) else { return error };
    MemoryError::Full { path: dir.into(), wanted_bytes, room: Room::at(dir) }
}

/// Whether this user may make files where the lists want theirs.
fn writable(lists: &[PlannedList]) -> Result<(), MemoryError> {
    let mut dirs = lists.iter().filter_map(|list| list.dir.as_ref()?.to_str());
    dirs.try_for_each(|dir| MemoryDir::create(dir).map(drop)).map_err(MemoryError::Dir)
}

fn wanted(options: &Options) -> Wanted {
    const MB: u64 = 1 << 20;
    match (&options.socket_mem, options.memory_mb) {
        (Some(nodes), _) => {
            Wanted::PerNode(nodes.as_slice().iter().map(|mb| mb.saturating_mul(MB)).collect())
        }
        (None, Some(mb)) => Wanted::Total(mb.saturating_mul(MB)),
        (None, None) if options.legacy_mem && !options.no_huge => Wanted::All,
        // As much as the reference takes of small pages when it cannot grow (OP-12).
        (None, None) if options.legacy_mem => Wanted::Total(64 * MB),
        (None, None) => Wanted::OnDemand,
    }
}

/// Tells each node's heap the most it may hold (`--socket-limit`).
fn limit_heaps(group: &Group, options: &Options, lists: &[PlannedList]) -> Result<(), EalError> {
    let tx = group.begin().map_err(MemoryError::Lock)?;
    for node in nodes_of(lists) {
        let limit =
            options.socket_limit.as_ref().map_or(0, |limits| limits.megabytes(node as usize) << 20);
        heap::set_limit(&tx, node, limit)
            .map_err(|error| MemoryError::Tables(error.to_string()))?;
    }
    tx.commit();
    Ok(())
}

/// Adds one list to the tables, and its file to this process. Returns its index.
fn add_list(
    group: &Group,
    list: &PlannedList,
    options: &Options,
    naming: &Naming,
) -> Result<usize, EalError> {
    let index = group.memseg_lists().iter().count();
    let number = u16::try_from(index).unwrap_or(u16::MAX);
    let name = MemoryFileName::of_list(naming.prefix.clone(), naming.group_id, number);
    let (path, backing) = match &list.dir {
        None => (String::new(), nameless(list)?),
        Some(dir) => named(list, dir.to_str().unwrap_or_default(), &name, options)?,
    };
    let added = enter_list(group, list, options, &path, backing);
    if added.is_err() && !path.is_empty() {
        // The tables do not name them, so nobody else would find them.
        let pages = usize::try_from(list.range_bytes / list.grain_bytes).unwrap_or(0);
        unlink_files(&path, options.legacy_mem.then_some(pages));
    }
    added
}

/// Enters a list, whose files are there, in the tables. Returns its index.
fn enter_list(
    group: &Group,
    list: &PlannedList,
    options: &Options,
    path: &str,
    backing: Backing,
) -> Result<usize, EalError> {
    let tx = group.begin().map_err(MemoryError::Lock)?;
    let tables = |error: &dyn core::fmt::Display| MemoryError::Tables(error.to_string());
    let base = group.memseg_lists().place_for(list.range_bytes, LIST_ALIGN);
    let base = base.ok_or_else(|| tables(&"the window has no room for another memseg list"))?;
    let config = ListConfig {
        page_bytes: list.page_bytes,
        grain_bytes: list.grain_bytes,
        node: list.node,
        base,
        grains: usize::try_from(list.range_bytes / list.grain_bytes).unwrap_or(0),
        limit: list.limit,
        flags: if options.legacy_mem { list_flags::FIXED } else { 0 },
        path,
    };
    let added = MemsegLists::add(&tx, &config).map_err(|error| tables(&error))?;
    PLATFORM.put(added.index(), backing);
    tx.commit();
    Ok(added.index())
}

/// A file that only this process has.
fn nameless(list: &PlannedList) -> Result<Backing, EalError> {
    let label = format!("phalanx-{}-{}", super::error::size_text(list.page_bytes), list.node);
    let file = MemoryFile::memfd(&label, list.page_bytes, list.range_bytes)
        .map_err(|why| MemoryError::File { path: label.as_str().into(), why })?;
    Ok(Backing::Sparse { file, node: list.node })
}

/// A file that every process of the group opens by its name; in legacy mode, one a page.
fn named(
    list: &PlannedList,
    dir: &str,
    name: &MemoryFileName,
    options: &Options,
) -> Result<(String, Backing), EalError> {
    let dir = MemoryDir::create(dir).map_err(MemoryError::Dir)?;
    let path = format!("{}/{name}", dir.path());
    let make = |name: &MemoryFileName, len| {
        let name = name.to_string();
        MemoryFile::create(&dir, &name, len).map_err(|why| {
            EalError::from(MemoryError::File { path: ShownPath::below(dir.path(), &name), why })
        })
    };
    if !options.legacy_mem {
        return Ok((
            path,
            Backing::Sparse { file: make(name, list.range_bytes)?, node: list.node },
        ));
    }
    super::map::raise_file_limit();
    let pages = u32::try_from(list.range_bytes / list.grain_bytes).unwrap_or(u32::MAX);
    let page = |page| {
        let name = MemoryFileName { page: Some(page), ..name.clone() };
        let file = make(&name, list.grain_bytes)?;
        file.commit_on_node(0, list.grain_bytes, list.node)
            .map_err(|error| MemoryError::Tables(error.to_string()))?;
        Ok(file)
    };
    match (0..pages).map(page).collect::<Result<Vec<_>, EalError>>() {
        Ok(files) => Ok((path, Backing::Pages { files })),
        Err(error) => {
            unlink_files(&path, usize::try_from(pages).ok());
            Err(error)
        }
    }
}

/// Gives the heap what was asked for at start; it keeps it until the group ends (ME-12).
fn pin(group: &Group, list: usize, bytes: u64) -> Result<(), EalError> {
    let list = group.memseg_lists().get(list).ok_or(MemoryError::Damaged { list })?;
    let grains = usize::try_from(bytes / list.grain_bytes()).unwrap_or(usize::MAX);
    group.reserve(&list, grains).map_err(|error| MemoryError::Tables(error.to_string()))?;
    Ok(())
}

/// Unlinks the files of a group that nobody else may join (`--huge-unlink=always`).
pub(in crate::eal) fn unlink_all(group: &Group) {
    for list in group.memseg_lists().iter() {
        if let Some(path) = list.path().as_str().filter(|path| !path.is_empty()) {
            unlink_files(path, list.is_fixed().then_some(list.grains()));
        }
    }
}

/// Unlinks the file of a list, or in legacy mode those of its pages. One that cannot be
/// unlinked now is removed when the group ends.
fn unlink_files(path: &str, pages: Option<usize>) {
    match pages {
        None => {
            let _ = rustix::fs::unlink(path);
        }
        Some(pages) => {
            for page in 0..pages {
                let _ = rustix::fs::unlink(format!("{path}.{page}").as_str());
            }
        }
    }
}
