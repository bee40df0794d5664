//! From list, mask or affinity to the lcores of the process.
//!
//! Every CPU is checked against those that the process may use, before the ids are checked: advice to map
//! a CPU that is not there would be wrong (`LC-2`).

use super::super::scan::{Found, Scan};
use super::super::{Fault, Given, OptionError, OptionId, Options, Shown, number};
use super::list::{Grammar, Item, List, Placement};
use super::{CpuSet, LCORE_MAX, Lcore, LcoreMap, mask};

/// Fills in `lcores`, `main_lcore` and `skipped_cpus`; `remap_base` has been read.
pub(in super::super) fn select(
    options: &mut Options,
    scan: &Scan<'_>,
    available: &CpuSet,
) -> Result<(), OptionError> {
    let chosen = scan.find(OptionId::Lcores).or_else(|| scan.find(OptionId::Coremask));
    let map = &mut options.lcores;
    match (chosen, options.remap_base) {
        (None, base) => options.skipped_cpus = from_affinity(map, available, base)?,
        (Some(found), None) => map_chosen(map, found, available)?,
        (Some(found), Some(base)) => {
            renumber(map, &chosen_cpus(found, available)?, base, scan)?;
        }
    }
    options.main_lcore = main_lcore(&options.lcores, scan)?;
    Ok(())
}

/// No choice: one lcore for each CPU, as far as ids reach (`LC-3`).
fn from_affinity(
    map: &mut LcoreMap,
    available: &CpuSet,
    base: Option<u16>,
) -> Result<u16, OptionError> {
    let first_cpu = available.first().ok_or(OptionError::NoCpu)?;
    let skipped = map.fill(available, base);
    if map.is_empty() {
        return Err(OptionError::NoLcore { first_cpu, available: Shown::of_display(available) });
    }
    Ok(skipped)
}

/// A list or a mask, with the ids that it says.
fn map_chosen(
    map: &mut LcoreMap,
    found: &Found<'_>,
    available: &CpuSet,
) -> Result<(), OptionError> {
    for_each_item(found, Grammar::Full, |item| {
        item.lcores.iter().try_for_each(|id| {
            let cpus = match item.placement {
                Placement::OneOnOne => CpuSet::from_iter([id]),
                Placement::Shared(cpus) => cpus,
            };
            check_available(found.given, id, &cpus, available)?;
            let cpu = cpus.first().unwrap_or(id);
            map.insert(Lcore { id, cpus }).map_err(|_| OptionError::LcoreTooHigh {
                option: found.given,
                lcore: id,
                cpu,
            })
        })
    })
}

/// A list or a mask of which only the CPUs matter.
fn chosen_cpus(found: &Found<'_>, available: &CpuSet) -> Result<CpuSet, OptionError> {
    let mut cpus = CpuSet::new();
    for_each_item(found, Grammar::BareSpans, |item| {
        cpus = cpus.union(&item.lcores);
        match cpus.first_outside(available) {
            Some(cpu) => Err(unavailable(found.given, cpu, cpu, available)),
            None => Ok(()),
        }
    })?;
    Ok(cpus)
}

/// Their ids from the base on, as long as there are ids (`OP-3`).
fn renumber(
    map: &mut LcoreMap,
    cpus: &CpuSet,
    base: u16,
    scan: &Scan<'_>,
) -> Result<(), OptionError> {
    if map.fill(cpus, Some(base)) == 0 {
        return Ok(());
    }
    let option =
        scan.given(OptionId::RemapLcoreIds).unwrap_or(Given::long(OptionId::RemapLcoreIds));
    let fault = Fault::NoRoomAbove { lcores: cpus.len() as u16 };
    Err(OptionError::Invalid { option, text: Shown::of_display(&base), fault })
}

fn for_each_item(
    found: &Found<'_>,
    grammar: Grammar,
    mut use_item: impl FnMut(Item) -> Result<(), OptionError>,
) -> Result<(), OptionError> {
    let text = found.value.unwrap_or("");
    let invalid = |fault| OptionError::invalid(found.given, text, fault);
    if found.given.id == OptionId::Coremask {
        let lcores = mask::parse(text).map_err(invalid)?;
        return use_item(Item { lcores, placement: Placement::OneOnOne });
    }
    // The whole list must be one before any CPU of it is looked for on this machine.
    let mut list = List::new(text, grammar);
    while list.next_item().map_err(invalid)?.is_some() {}
    let mut list = List::new(text, grammar);
    while let Some(item) = list.next_item().map_err(invalid)? {
        use_item(item)?;
    }
    Ok(())
}

fn check_available(
    option: Given,
    lcore: u16,
    cpus: &CpuSet,
    available: &CpuSet,
) -> Result<(), OptionError> {
    match cpus.first_outside(available) {
        Some(cpu) => Err(unavailable(option, lcore, cpu, available)),
        None => Ok(()),
    }
}

fn unavailable(option: Given, lcore: u16, cpu: u16, available: &CpuSet) -> OptionError {
    OptionError::LcoreUnavailable { option, lcore, cpu, available: Shown::of_display(available) }
}

/// `--main-lcore`, which must be enabled, or the first (`LC-4`).
fn main_lcore(map: &LcoreMap, scan: &Scan<'_>) -> Result<u16, OptionError> {
    let Some(found) = scan.find(OptionId::MainLcore) else {
        return map.first().map(|lcore| lcore.id).ok_or(OptionError::NoCpu);
    };
    let text = found.value.unwrap_or("");
    let lcore = number::small(text, 0, LCORE_MAX - 1)
        .map_err(|fault| OptionError::invalid(found.given, text, fault))?;
    if map.contains(lcore) {
        return Ok(lcore);
    }
    Err(OptionError::MainNotEnabled { lcore, enabled: Shown::of_display(&map.ids()) })
}
