//! The coremask: CPUs as the bits of a hexadecimal number of any length (`OP-2`).

use super::super::{Fault, number};
use super::CpuSet;

/// Parses a mask; `0x` before it and blanks around it are allowed.
///
/// `at` in a fault counts in the text as it was given.
pub(in super::super) fn parse(text: &str) -> Result<CpuSet, Fault> {
    let digits = number::without_0x(text.trim_start_matches([' ', '\t']));
    let offset = text.len() - digits.len();
    let digits = digits.trim_end_matches([' ', '\t']);
    if digits.is_empty() {
        return Err(Fault::Empty);
    }
    check_digits(digits, offset)?;
    let mut cpus = CpuSet::new();
    for (place, digit) in digits.bytes().rev().enumerate() {
        let digit = char::from(digit).to_digit(16).unwrap_or(0);
        for bit in (0..4).filter(|bit| digit >> bit & 1 == 1) {
            let cpu = u16::try_from(place * 4 + bit).map_err(|_| Fault::CpuTooHigh)?;
            cpus.insert(cpu).map_err(|_| Fault::CpuTooHigh)?;
        }
    }
    if cpus.is_empty() { Err(Fault::NoCpuInMask) } else { Ok(cpus) }
}

fn check_digits(digits: &str, offset: usize) -> Result<(), Fault> {
    match digits.chars().position(|character| !character.is_ascii_hexdigit()) {
        None => Ok(()),
        Some(index) => {
            let character = digits.chars().nth(index).unwrap_or('?');
            let at = u16::try_from(offset + index + 1).unwrap_or(u16::MAX);
            Err(Fault::BadCharacter { character, at })
        }
    }
}
