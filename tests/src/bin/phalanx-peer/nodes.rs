//! Commands about NUMA nodes: objects on one, and where the kernel says that their pages lie.

use std::collections::BTreeMap;

use phalanx_core::directory::{self, Kind};
use phalanx_core::group::Group;
use phalanx_core::heap::Node;
use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::mempool::PoolView;
use phalanx_core::memzone::{Zone, ZoneFlags, ZoneOptions};
use phalanx_core::offset::Offset;
use phalanx_core::ring::{Ring, RingConfig};
use phalanx_linux::eal::Eal;
use phalanx_linux::sys::mempolicy::page_node;

use crate::obey::{Answer, number, sentence};

/// | command | answers |
/// |---|---|
/// | `zone-on NODE NAME BYTES`, `ring-on NODE NAME COUNT`, `pool-on NODE NAME COUNT` makes one of memory of a node; `~1` for a node that is only preferred; a zone of pages of one size alone with `2M` or `1G` behind it | |
/// | `use-pool NAME` gets an mbuf of a pool, by the main lcore, and puts it back | |
/// | `pages-of NAME` asks the kernel for each page of an object | nodes, and how many pages lie there: `0:3 1:2` |
pub(crate) fn answer(eal: &Eal, words: &[&str]) -> Answer {
    let group = eal.group();
    match words {
        ["zone-on", node, name, bytes, pages @ ..] => {
            let flags = match pages {
                [] => ZoneFlags::NONE,
                ["2M"] => ZoneFlags::PAGES_2MB,
                ["1G"] => ZoneFlags::PAGES_1GB,
                _ => return Err(format!("no such pages: {}", pages.join(" "))),
            };
            let node = wanted(node)?;
            let options = ZoneOptions { node, flags, ..ZoneOptions::new(number(bytes)?) };
            Zone::reserve(group, name, &options).map(|_| String::new()).map_err(sentence)
        }
        ["ring-on", node, name, count] => {
            let config = RingConfig::new(number(count)?).node(wanted(node)?);
            Ring::<u64>::create(group, name, &config).map(|_| String::new()).map_err(sentence)
        }
        ["pool-on", node, name, count] => {
            let config = MbufConfig::new(number(count)?).node(wanted(node)?);
            MbufPool::create(group, name, &config).map(|_| String::new()).map_err(sentence)
        }
        ["use-pool", name] => {
            let pool = MbufPool::lookup(group, name).map_err(sentence)?;
            let home = pool.home_of(eal.main_lcore()).map_err(sentence)?;
            home.alloc().map(|_| String::new()).ok_or_else(|| "the pool is empty".to_owned())
        }
        ["pages-of", name] => pages_of(group, name),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}

fn wanted(word: &str) -> Result<Node, String> {
    match word.strip_prefix('~') {
        Some(near) => Ok(Node::Prefer(number(near)?)),
        None => Ok(Node::On(number(word)?)),
    }
}

fn pages_of(group: &Group, name: &str) -> Answer {
    let mut pieces = Vec::new();
    directory::walk(group, |found| {
        if found.name.to_string() == name {
            pieces.push((found.at.get(), found.len));
            if found.kind == Kind::Mempool
                && let Ok(pool) = PoolView::inspect(group, found.at)
            {
                pieces.extend(pool.memory().map(|chunk| (chunk.at, chunk.bytes)));
            }
        }
    })
    .map_err(sentence)?;
    let mut nodes = BTreeMap::new();
    for (at, bytes) in pieces {
        let lists = group.memseg_lists();
        let page = lists.list_of(Offset::<u8>::new(at)).ok_or("it lies in no list")?.page_bytes();
        for place in (at / page..(at + bytes).div_ceil(page)).map(|page_number| page_number * page)
        {
            let address = group.window().address(Offset::<u8>::new(place), 1, 1);
            let address = address.ok_or("it does not lie in the window")?.as_ptr().addr();
            let node = page_node(address).map_err(|errno| format!("the kernel says {errno:?}"))?;
            let node = node.map_or("none".to_owned(), |node| node.to_string());
            *nodes.entry(node).or_insert(0) += 1;
        }
    }
    let shown: Vec<String> = nodes.iter().map(|(node, pages)| format!("{node}:{pages}")).collect();
    Ok(shown.join(" "))
}
