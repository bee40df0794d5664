//! The tables that people read.

use core::fmt;

use phalanx_core::count::Count;

use super::facts::{Event, Facts};
use crate::table::{Rows, section};
use crate::{info, ps};

/// How many of the last events are shown.
const EVENTS_SHOWN: usize = 16;

/// The whole view, as text.
pub(super) struct Tables<'a>(pub &'a Facts);

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.0;
        writeln!(f, "THIS GROUP IS DEAD: {}", End(facts))?;
        writeln!(f, "what follows is what it left; nothing of it was changed\n")?;
        writeln!(f, "died, not reaped")?;
        ps::processes(f, &facts.died_last)?;
        let first = facts.events.len().saturating_sub(EVENTS_SHOWN);
        section(
            f,
            "last events",
            &["s ago", "process", "pid", "slot", "what", "by slot", "recovered"],
            &[0, 2, 3, 5],
            facts.events.iter().skip(first).map(row).collect::<Rows>(),
        )?;
        writeln!(f, "\naudit")?;
        match (&facts.audit, &facts.not_audited) {
            (Some(report), _) => report.fmt(f)?,
            (None, why) => writeln!(f, " none: {}", why.as_deref().unwrap_or_default())?,
        }
        writeln!(f)?;
        info::Tables(&facts.group).fmt(f)
    }
}

/// Who died last, as far as it can be known.
struct End<'a>(&'a Facts);

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.died_last.as_slice(), self.0.events.last()) {
            ([], None) => f.write_str("nobody was ever up in it"),
            ([], Some(last)) => write!(
                f,
                "the last was {} (pid {}, slot {}), which {}",
                last.name, last.pid, last.slot, last.what
            ),
            ([one], _) => write!(
                f,
                "{} (pid {}, slot {}) died last, and nobody was left to reap it",
                one.name, one.pid, one.slot
            ),
            (several, _) => write!(
                f,
                "one of the {} processes in slots {:?} died last, and nobody was left to reap them",
                several.len(),
                several.iter().map(|process| process.slot).collect::<Vec<_>>()
            ),
        }
    }
}

fn row(event: &Event) -> Vec<String> {
    let recovered = [
        (event.objects, "object", "objects"),
        (event.lcores, "lcore", "lcores"),
        (event.ring_ends, "ring end", "ring ends"),
        (event.others, "other", "others"),
    ];
    let recovered: Vec<String> = recovered
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| Count::of(*count, one, many).to_string())
        .collect();
    vec![
        format!("{:.1}", event.seconds_ago),
        event.name.clone(),
        event.pid.to_string(),
        event.slot.to_string(),
        event.what.to_owned(),
        event.by_slot.map_or("-".to_owned(), |slot| slot.to_string()),
        recovered.join(", "),
    ]
}
