//! Ports.
pub mod af_packet;
#[cfg(feature = "std")]
pub mod descriptors;
#[cfg(feature = "std")]
pub mod tap;

/// The digits at the end of a device's name, as a number; 0 if it has none.
pub(crate) fn device_number(device: &str) -> u16 {
    let name = device.trim_end_matches(|c: char| c.is_ascii_digit());
    device.get(name.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
