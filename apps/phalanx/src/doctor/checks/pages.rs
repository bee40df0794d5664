//! Hugepages: reserved, free, mounted, and open to this user.

use core::fmt::Write;
use phalanx_core::count::Count;
use phalanx_linux::doctor::{HugeMount, Machine, Pages};
use phalanx_linux::hugepage::HugepageSize;
use phalanx_linux::runtime_dir::Amount;

use crate::doctor::Subject;
use crate::doctor::check::Check;

const SUBJECT: Subject = Subject::Hugepages;

pub(super) fn hugepages(machine: &Machine) -> Check {
    let pages = match &machine.pages {
        Ok(pages) => pages,
        Err(why) => return Check::unknown(SUBJECT, why),
    };
    let uid = machine.rights.as_ref().map_or(0, |rights| rights.uid);
    judged(pages, uid).with(details(pages))
}

fn judged(pages: &Pages, uid: u32) -> Check {
    let sizes = &pages.info.sizes;
    let Some(smallest) = sizes.last() else {
        return Check::missing(
            SUBJECT,
            "the kernel has none",
            "use a kernel with CONFIG_HUGETLBFS; until then, --no-huge",
        );
    };
    let found = sizes.iter().map(|size| summary(pages, size)).collect::<Vec<_>>().join("; ");
    let exist = |size: &&HugepageSize| size.pages.total > 0 || size.pages.overcommit > 0;
    if !sizes.iter().any(|size| exist(&size)) {
        return Check::missing(SUBJECT, found, reserve("kernel/mm", smallest.page_size));
    }
    let is_usable = |size: &&HugepageSize| pages.mounts_of(size.page_size).any(|it| it.is_usable);
    let usable: Vec<&HugepageSize> = sizes.iter().filter(exist).filter(is_usable).collect();
    let Some(first) = usable.last() else {
        let of = sizes.iter().rfind(exist).unwrap_or(smallest);
        return Check::missing(SUBJECT, found, open_mount(pages, of, uid));
    };
    if usable.iter().all(|size| size.pages.available() == 0) {
        return Check::missing(SUBJECT, found, reserve("kernel/mm", first.page_size));
    }
    let is_empty = |node: u32| {
        usable.iter().all(|size| size.nodes.iter().all(|it| it.node != node || it.total == 0))
    };
    let nodes = usable.iter().flat_map(|size| &size.nodes).map(|it| it.node);
    if let Some(node) = nodes.into_iter().find(|node| is_empty(*node)) {
        let mend = reserve(&format!("devices/system/node/node{node}"), first.page_size);
        return Check::poor(SUBJECT, format!("{found}; node {node} has none"), mend);
    }
    Check::good(SUBJECT, found)
}

/// The command that reserves some, on the machine or on a node.
fn reserve(below: &str, page_size: u64) -> String {
    let count = ((2_u64 << 30) / page_size).max(1);
    format!("echo {count} > /sys/{below}/hugepages/hugepages-{}kB/nr_hugepages", page_size >> 10)
}

/// The command that gives this user a mount of such pages.
fn open_mount(pages: &Pages, size: &HugepageSize, uid: u32) -> String {
    let closed = pages.mounts_of(size.page_size).find(|it| it.mount.is_writable);
    match closed {
        Some(HugeMount { mount, .. }) => {
            let own = format!("{}/phalanx-{uid}", mount.dir.display());
            format!("as root: install -d -o {uid} -m 700 {own}")
        }
        None => {
            let dir = if size.page_size == 2 << 20 { "/dev/hugepages" } else { "/dev/hugepages1G" };
            let megabytes = size.page_size >> 20;
            format!("mkdir -p {dir}; mount -t hugetlbfs -o pagesize={megabytes}M none {dir}")
        }
    }
}

/// `2 MB: 1024 reserved, 1000 free, at /dev/hugepages`.
fn summary(pages: &Pages, size: &HugepageSize) -> String {
    let mut text = Amount(size.page_size).to_string();
    let count = &size.pages;
    if count.total == 0 && count.overcommit == 0 {
        text.push_str(": none reserved");
        return text;
    }
    // Writing to a text does not fail.
    let _ = write!(text, ": {} reserved, {} free", count.total, count.available());
    let mut mounts = pages.mounts_of(size.page_size).peekable();
    let is_mounted = mounts.peek().is_some();
    match mounts.find(|it| it.is_usable) {
        Some(it) => _ = write!(text, ", at {}", it.mount.dir.display()),
        None if is_mounted => text.push_str(", mounted where this user may not write"),
        None => text.push_str(", not mounted"),
    }
    text
}

fn details(pages: &Pages) -> Vec<String> {
    let mut lines = Vec::new();
    for size in &pages.info.sizes {
        let text = Amount(size.page_size);
        let promised = Count::of(size.pages.reserved, "page", "pages");
        lines.push(format!(
            "{text}: {promised} promised to mappings, {} more on demand",
            size.pages.overcommit
        ));
        for node in &size.nodes {
            lines.push(format!(
                "{text} on node {}: {} reserved, {} free",
                node.node, node.total, node.free
            ));
        }
    }
    for HugeMount { mount, entry, is_usable } in &pages.mounts {
        let mode = entry.as_ref().map_or("not to be seen".to_owned(), |entry| {
            format!("mode {:04o}, user {}, group {}", entry.mode, entry.uid, entry.gid)
        });
        let usable = if *is_usable { "usable" } else { "not usable by this user" };
        let (dir, size) = (mount.dir.display(), Amount(mount.page_size));
        lines.push(format!("{dir}: pages of {size}, {mode}, {usable}"));
    }
    lines
}
