//! Zones: reserved and freed. A zone has a name, so whoever finds it can free it.

#![expect(unsafe_code, reason = "frees zones")]

use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::sync::Word64;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const NAME: &str = "step.zone";
const BYTES: u64 = 4096;

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Reserve,
    LookUp,
    Free,
}

#[derive(Debug)]
struct ZoneOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    vec![
        Box::new(ZoneOp { name: "zone.reserve", act: Act::Reserve }),
        Box::new(ZoneOp { name: "zone.look-up", act: Act::LookUp }),
        Box::new(ZoneOp { name: "zone.free", act: Act::Free }),
    ]
}

impl Operation for ZoneOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        if self.act == Act::Reserve { Ok(()) } else { reserve(member.group).map(drop) }
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let group = member.group;
        match self.act {
            Act::Reserve => drop(marks.around(|| reserve(group))),
            Act::LookUp => drop(marks.around(|| Zone::lookup(group, NAME))),
            // SAFETY: nobody looks at the zone's bytes any more.
            Act::Free => drop(marks.around(|| unsafe { Zone::free_named(group, NAME) })),
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        // Whole, or not there.
        if let Ok(zone) = Zone::lookup(member.group, NAME) {
            same("the zone's length", zone.len(), BYTES)?;
            let words = zone.slice::<Word64>().unwrap_or_default();
            same("the zone is zero", words.iter().all(|word| word.get() == 0), true)?;
            free(member.group)?;
        }
        let zone = reserve(member.group)?;
        zone.slice::<Word64>().unwrap_or_default().iter().for_each(|word| word.set(9));
        Ok(())
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        let zone = Zone::lookup(member.group, NAME).map_err(sentence)?;
        let words = zone.slice::<Word64>().unwrap_or_default();
        same("what the other wrote is there", words.iter().all(|word| word.get() == 9), true)?;
        free(member.group)?;
        same("the name is free", Zone::lookup(member.group, NAME).is_err(), true)
    }
}

fn reserve(group: &Group) -> Result<Zone, String> {
    Zone::reserve(group, NAME, &ZoneOptions::new(BYTES)).map_err(sentence)
}

fn free(group: &Group) -> Outcome {
    // SAFETY: nobody looks at the zone's bytes any more.
    unsafe { Zone::free_named(group, NAME) }.map_err(sentence)
}
