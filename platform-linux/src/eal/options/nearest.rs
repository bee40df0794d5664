//! The known option that an unknown name was probably meant to be.
//!
//! Near means: the beginning of a name, a name behind the wrong number of dashes, or a name within a few
//! typing errors (one for every three characters). Anything further away would be a guess, and a wrong
//! guess sends people the wrong way.

use super::{Given, OPTIONS, Spelling};

/// Longer than any option's name; no name that long is near to one.
const LENGTH_MAX: usize = 32;
/// A beginning shorter than that could be anything's.
const PREFIX_MIN: usize = 3;

/// The known option nearest to `name`, which may have its dashes.
pub(super) fn nearest(name: &str) -> Option<Given> {
    let name = name.trim_start_matches('-');
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (None, _) => None,
        (Some(letter), None) => by_letter(letter),
        _ => by_beginning(name).or_else(|| by_distance(name)),
    }
}

fn by_letter(letter: char) -> Option<Given> {
    Given::by_short(letter)
        .or_else(|| Given::by_short(letter.to_ascii_lowercase()))
        .or_else(|| Given::by_short(letter.to_ascii_uppercase()))
}

/// The only option whose name begins so.
fn by_beginning(name: &str) -> Option<Given> {
    if name.len() < PREFIX_MIN {
        return None;
    }
    let mut matching = long_names().filter(|(_, known)| {
        known.get(..name.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(name))
    });
    let (given, _) = matching.next()?;
    matching.next().is_none().then_some(given)
}

/// The one of `known` that is nearest to `name`, if one is near.
pub(super) fn nearest_of(
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let allowed = (name.len() / 3).max(1);
    known
        .filter_map(|known| Some((known, distance(name, known)?)))
        .filter(|(_, distance)| *distance <= allowed)
        .min_by_key(|(_, distance)| *distance)
        .map(|(known, _)| known)
}

fn by_distance(name: &str) -> Option<Given> {
    let allowed = (name.len() / 3).max(1);
    long_names()
        .filter_map(|(given, known)| Some((given, distance(name, known)?)))
        .filter(|(_, distance)| *distance <= allowed)
        .min_by_key(|(_, distance)| *distance)
        .map(|(given, _)| given)
}

/// Every name behind two dashes.
fn long_names() -> impl Iterator<Item = (Given, &'static str)> {
    OPTIONS.iter().flat_map(|spec| {
        let long = (Given::long(spec.id), spec.long);
        let alias =
            spec.alias.map(|alias| (Given { id: spec.id, spelling: Spelling::Alias }, alias));
        core::iter::once(long).chain(alias)
    })
}

/// How many characters must be added, removed or changed (Levenshtein), in either case of letters.
fn distance(left: &str, right: &str) -> Option<usize> {
    if left.len() > LENGTH_MAX || right.len() > LENGTH_MAX {
        return None;
    }
    let mut row: [usize; LENGTH_MAX + 1] = core::array::from_fn(|index| index);
    for (index, a) in left.bytes().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.bytes()) {
            let change = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = *cell;
            before = change.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.get(right.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::super::OptionId;
    use super::*;

    fn near(name: &str) -> Option<OptionId> {
        nearest(name).map(|given| given.id)
    }

    #[test]
    fn distance_counts_the_typing_errors() {
        assert_eq!(distance("lcores", "lcores"), Some(0));
        assert_eq!(distance("lcors", "lcores"), Some(1));
        assert_eq!(distance("", "wait"), Some(4));
        assert_eq!(distance("wait", ""), Some(4));
        assert_eq!(distance("kitten", "sitting"), Some(3));
    }

    #[test]
    fn a_typing_error_leads_to_the_name() {
        assert_eq!(near("--lcors"), Some(OptionId::Lcores));
        assert_eq!(near("--file-prefx"), Some(OptionId::FilePrefix));
        assert_eq!(near("--File_Prefix"), Some(OptionId::FilePrefix));
        assert_eq!(nearest("--numa-men").map(|given| given.to_string()), Some("--numa-mem".into()));
    }

    #[test]
    fn a_beginning_that_fits_one_name_leads_to_it() {
        assert_eq!(near("--base"), Some(OptionId::BaseVirtaddr));
        assert_eq!(near("--huge"), None);
    }

    #[test]
    fn the_wrong_number_of_dashes_leads_to_the_name() {
        assert_eq!(nearest("--l").map(|given| given.to_string()), Some("-l".into()));
        assert_eq!(near("-file-prefix"), Some(OptionId::FilePrefix));
        assert_eq!(near("-L"), Some(OptionId::Lcores));
    }

    #[test]
    fn a_name_far_from_all_leads_nowhere() {
        for name in ["", "--", "--frobnicate", "-z", "--ä", &"x".repeat(500)] {
            assert_eq!(near(name), None, "{name:?}");
        }
    }
}
