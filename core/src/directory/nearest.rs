//! The existing name that is most like one that was not found: a typing error is the
//! commonest cause of "not found", and the answer lies in the directory.

use crate::group::Group;
use crate::name::Name;

/// The name most like `name` that an object of the group has, if one is near.
///
/// Takes no lock: it is a hint for an error's sentence, and an entry that changes meanwhile
/// costs the hint, nothing else. About 1 µs an object.
pub(super) fn nearest(group: &Group, name: Name) -> Option<Name> {
    let entries = group.region().directory.used().iter();
    let near = |other: Name| {
        let distance = distance(name.as_str(), other.as_str());
        (distance > 0 && distance <= 1 + name.as_str().len() / 4).then_some((distance, other))
    };
    entries
        .enumerate()
        .filter_map(|(index, entry)| near(entry.read(index)?.name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be changed, added or left out to get from `a` to `b`. Case counts
/// for nothing, except that names that differ in it alone are 1 apart.
#[inline(never)]
fn distance(a: &str, b: &str) -> usize {
    let mut row: [usize; 32] = core::array::from_fn(|i| i + 1);
    let mut end = b.len();
    for (i, x) in a.bytes().enumerate() {
        let (mut left, mut diagonal) = (i + 1, i);
        for (cell, y) in row.iter_mut().zip(b.bytes()) {
            let change = diagonal + usize::from(!x.eq_ignore_ascii_case(&y));
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        end = left;
    }
    end.max(usize::from(a != b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters_to_change_and_ignores_case() {
        assert_eq!(distance("ring", "ring"), 0);
        assert_eq!(distance("ring", "rings"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("PRI_2_SEC", "pri_2_sec"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
