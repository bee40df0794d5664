//! Numbers as people type them: decimal, hexadecimal, sizes with a unit.
//!
//! The text is the number and nothing else: no sign, no blank, no rest that is quietly ignored. C's `atoi`
//! takes "bad" for 0, which is how a typing error becomes a group without memory (`OP-8`, `W-50`).

use super::Fault;

/// A decimal number: digits only.
pub(super) fn decimal(text: &str) -> Result<u64, Fault> {
    number(text, 10, Fault::NotDecimal)
}

/// A decimal number from `lowest` to `highest`.
pub(super) fn decimal_within(text: &str, lowest: u64, highest: u64) -> Result<u64, Fault> {
    match decimal(text) {
        Ok(number) if (lowest..=highest).contains(&number) => Ok(number),
        Ok(_) | Err(Fault::TooLarge) => Err(Fault::OutOfRange { lowest, highest }),
        Err(fault) => Err(fault),
    }
}

/// The same for the 16-bit numbers: lcore ids, counts, seconds.
pub(super) fn small(text: &str, lowest: u16, highest: u16) -> Result<u16, Fault> {
    let (lowest, highest) = (u64::from(lowest), u64::from(highest));
    let number = decimal_within(text, lowest, highest)?;
    u16::try_from(number).map_err(|_| Fault::OutOfRange { lowest, highest })
}

/// A hexadecimal number; `0x` before it is optional.
pub(super) fn hexadecimal(text: &str) -> Result<u64, Fault> {
    number(without_0x(text), 16, Fault::NotHexadecimal)
}

/// The digits behind an optional `0x`.
pub(super) fn without_0x(text: &str) -> &str {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text)
}

/// Bytes, with an optional unit K, M or G (powers of 1024, either case).
pub(super) fn size_bytes(text: &str) -> Result<u64, Fault> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (text.get(..text.len() - 1), 10),
        Some(b'm' | b'M') => (text.get(..text.len() - 1), 20),
        Some(b'g' | b'G') => (text.get(..text.len() - 1), 30),
        _ => (Some(text), 0),
    };
    decimal(digits.unwrap_or(text))?.checked_mul(1 << shift).ok_or(Fault::TooLarge)
}

fn number(text: &str, radix: u32, not_a_number: Fault) -> Result<u64, Fault> {
    if text.is_empty() {
        return Err(not_a_number);
    }
    let mut number: Option<u64> = Some(0);
    // A wrong character is the more useful answer than "too large", so all are looked at first.
    for character in text.chars() {
        let digit = character.to_digit(radix).ok_or(not_a_number)?;
        number = number
            .and_then(|number| number.checked_mul(u64::from(radix)))
            .and_then(|number| number.checked_add(u64::from(digit)));
    }
    number.ok_or(Fault::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_number() {
        assert_eq!(decimal("0"), Ok(0));
        assert_eq!(decimal("0512"), Ok(512));
        assert_eq!(decimal("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn signs_blanks_and_rests_are_refused() {
        for text in ["", " ", "+5", "-5", "5 ", " 5", "5x", "x", "1e3", "٣"] {
            assert_eq!(decimal(text), Err(Fault::NotDecimal), "{text:?}");
        }
    }

    #[test]
    fn a_number_beyond_64_bits_is_too_large() {
        assert_eq!(decimal("18446744073709551616"), Err(Fault::TooLarge));
        assert_eq!(hexadecimal("10000000000000000"), Err(Fault::TooLarge));
        assert_eq!(size_bytes("18446744073709551615K"), Err(Fault::TooLarge));
    }

    #[test]
    fn hexadecimal_takes_an_optional_0x_in_either_case() {
        assert_eq!(hexadecimal("ff"), Ok(255));
        assert_eq!(hexadecimal("0xFf"), Ok(255));
        assert_eq!(hexadecimal("0X10"), Ok(16));
        assert_eq!(hexadecimal("0x"), Err(Fault::NotHexadecimal));
        assert_eq!(hexadecimal("fg"), Err(Fault::NotHexadecimal));
    }

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(size_bytes("7"), Ok(7));
        assert_eq!(size_bytes("1K"), Ok(1 << 10));
        assert_eq!(size_bytes("2m"), Ok(2 << 20));
        assert_eq!(size_bytes("3G"), Ok(3 << 30));
        assert_eq!(size_bytes("K"), Err(Fault::NotDecimal));
        assert_eq!(size_bytes("1KK"), Err(Fault::NotDecimal));
        assert_eq!(size_bytes("1T"), Err(Fault::NotDecimal));
    }

    #[test]
    fn a_number_out_of_its_range_is_told_the_range() {
        assert_eq!(decimal_within("17", 1, 16), Err(Fault::OutOfRange { lowest: 1, highest: 16 }));
        assert_eq!(
            small("99999999999999999999", 0, 9),
            Err(Fault::OutOfRange { lowest: 0, highest: 9 })
        );
        assert_eq!(small("9", 0, 9), Ok(9));
    }
}
