//! The tables that people read.

use core::fmt;

use super::facts::{Facts, Queue};
use crate::table::{Rows, section};

/// The whole view, as text.
pub(crate) struct Tables<'a>(pub &'a Facts);

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.0;
        writeln!(
            f,
            "group '{}' ({}), made by pid {}, window at {}{}{}",
            facts.prefix,
            facts.phase,
            facts.creator_pid,
            facts.window_base,
            facts.tsc_hz.map_or(String::new(), |hz| format!(", TSC {} MHz", hz as f64 / 1e6)),
            facts.mode.iter().map(|mode| format!(", {mode}")).collect::<String>()
        )?;
        section(
            f,
            "processes",
            &["slot", "pid", "role", "state", "lcores", "name", "command"],
            &[0, 1],
            processes(facts),
        )?;
        section(
            f,
            "lcores",
            &["lcore", "slot", "cpus", "node", "role"],
            &[0, 1, 3],
            lcores(facts),
        )?;
        section(
            f,
            "memory",
            &["list", "page", "node", "backed", "at most", "window", "file"],
            &[0, 1, 2, 3, 4],
            memory(facts),
        )?;
        section(
            f,
            "zones",
            &["name", "kind", "bytes", "page", "node", "at", "by slot"],
            &[2, 3, 4, 6],
            zones(facts),
        )?;
        section(
            f,
            "rings",
            &[
                "name",
                "node",
                "producers",
                "consumers",
                "element",
                "capacity",
                "used",
                "fill",
                "held by",
            ],
            &[1, 4, 5, 6],
            rings(facts),
        )?;
        section(
            f,
            "mempools",
            &["name", "node", "handler", "element", "size", "free", "in caches", "in use"],
            &[1, 3, 4, 5, 6, 7],
            mempools(facts),
        )?;
        section(
            f,
            "ports",
            &[
                "id",
                "name",
                "owner",
                "phase",
                "link",
                "node",
                "rx by slot",
                "tx by slot",
                "in",
                "out",
                "lost",
            ],
            &[0, 5, 8, 9, 10],
            ports(facts),
        )
    }
}

/// `1536 MB`, `64 KB`, `12 B`: the biggest unit that is exact.
fn bytes(count: u64) -> String {
    match count {
        0 => "0".to_owned(),
        n if n.is_multiple_of(1 << 30) => format!("{} GB", n >> 30),
        n if n.is_multiple_of(1 << 20) => format!("{} MB", n >> 20),
        n if n.is_multiple_of(1 << 10) => format!("{} KB", n >> 10),
        n => format!("{n} B"),
    }
}

fn node(node: Option<u32>) -> String {
    node.map_or("-".to_owned(), |node| node.to_string())
}

fn ports(facts: &Facts) -> Rows {
    let slot = |slot: Option<u16>| slot.map_or("-".to_owned(), |slot| slot.to_string());
    let slots = |queues: &[Queue]| {
        let all: Vec<String> = queues.iter().map(|queue| slot(queue.slot)).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(",") }
    };
    let sum = |queues: &[Queue], of: fn(&Queue) -> u64| queues.iter().map(of).sum::<u64>();
    let row = |p: &super::facts::Port| {
        vec![
            p.id.to_string(),
            p.name.clone(),
            p.owner_slot.map_or("gone".to_owned(), |slot| format!("slot {slot}")),
            p.phase.clone(),
            p.link.clone(),
            node(p.node),
            slots(&p.rx_queues),
            slots(&p.tx_queues),
            sum(&p.rx_queues, |queue| queue.packets).to_string(),
            sum(&p.tx_queues, |queue| queue.packets).to_string(),
            [
                p.missed,
                p.damaged,
                sum(&p.rx_queues, |queue| queue.lost),
                sum(&p.tx_queues, |queue| queue.lost),
            ]
            .iter()
            .sum::<u64>()
            .to_string(),
        ]
    };
    facts.ports.iter().map(row).collect()
}

fn processes(facts: &Facts) -> Rows {
    let row = |p: &super::facts::Process| {
        let lcores = p.lcores.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        vec![
            p.slot.to_string(),
            p.pid.to_string(),
            p.role.clone(),
            p.state.to_owned(),
            lcores,
            p.name.clone(),
            p.command.clone(),
        ]
    };
    facts.processes.iter().map(row).collect()
}

fn lcores(facts: &Facts) -> Rows {
    let row = |l: &super::facts::Lcore| {
        vec![
            l.id.to_string(),
            l.slot.to_string(),
            l.cpus.clone(),
            l.node.to_string(),
            l.role.to_owned(),
        ]
    };
    facts.lcores.iter().map(row).collect()
}

fn memory(facts: &Facts) -> Rows {
    let row = |m: &super::facts::MemsegList| {
        let path = if m.path.is_empty() { "-".to_owned() } else { m.path.clone() };
        vec![
            m.index.to_string(),
            bytes(m.page_bytes),
            m.node.to_string(),
            bytes(m.backed_bytes),
            bytes(m.most_bytes),
            m.base.clone(),
            path,
        ]
    };
    facts.memseg_lists.iter().map(row).collect()
}

fn zones(facts: &Facts) -> Rows {
    let row = |z: &super::facts::Zone| {
        vec![
            z.name.clone(),
            z.kind.clone(),
            z.len.to_string(),
            bytes(z.page_bytes),
            z.node.to_string(),
            z.at.clone(),
            z.owner_slot.to_string(),
        ]
    };
    facts.zones.iter().map(row).collect()
}

fn rings(facts: &Facts) -> Rows {
    let holder = |slot: Option<u16>| slot.map_or("-".to_owned(), |slot| format!("slot {slot}"));
    let row = |r: &super::facts::Ring| {
        let percent = u64::from(r.used) * 100 / u64::from(r.capacity.max(1));
        let fill = format!(
            "{}{} {percent}%",
            "#".repeat((percent / 10) as usize),
            ".".repeat(10 - (percent / 10).min(10) as usize)
        );
        let held = format!("{} / {}", holder(r.producer_slot), holder(r.consumer_slot));
        vec![
            r.name.clone(),
            r.node.to_string(),
            r.producers.clone(),
            r.consumers.clone(),
            r.element_bytes.to_string(),
            r.capacity.to_string(),
            r.used.to_string(),
            fill,
            held,
        ]
    };
    facts.rings.iter().map(row).collect()
}

fn mempools(facts: &Facts) -> Rows {
    let row = |m: &super::facts::Mempool| {
        vec![
            m.name.clone(),
            node(m.node),
            m.handler.clone(),
            m.element_bytes.to_string(),
            m.size.to_string(),
            m.free.to_string(),
            m.in_caches.to_string(),
            m.in_use.to_string(),
        ]
    };
    facts.mempools.iter().map(row).collect()
}
