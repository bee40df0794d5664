//! `Payload`: what a message carries, at most 256 bytes.

use core::fmt;

/// Bytes a message carries at most.
#[doc(alias = "RTE_MP_MAX_PARAM_LEN")]
pub const PAYLOAD_MAX: usize = 256;

/// 0 to 256 bytes, held in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    bytes: [u8; PAYLOAD_MAX],
    len: u16,
}

/// More bytes than a message carries: how many were given (IPC-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong(pub usize);

impl fmt::Display for PayloadTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a message carries at most {PAYLOAD_MAX} bytes and was given {}; send the name of a memzone that holds them",
            self.0
        )
    }
}

impl core::error::Error for PayloadTooLong {}

impl Payload {
    /// No bytes.
    pub const EMPTY: Self = Self { bytes: [0; PAYLOAD_MAX], len: 0 };

    /// Takes a copy of `bytes`.
    ///
    /// ```
    /// use phalanx_core::message::Payload;
    /// assert_eq!(Payload::new(b"hello").unwrap().as_bytes(), b"hello");
    /// assert!(Payload::new(&[0; 257]).is_err());
    /// ```
    pub fn new(bytes: &[u8]) -> Result<Self, PayloadTooLong> {
        let mut payload = Self::EMPTY;
        let room = payload.bytes.get_mut(..bytes.len()).ok_or(PayloadTooLong(bytes.len()))?;
        room.copy_from_slice(bytes);
        // At most 256, or the line above had refused it.
        payload.len = bytes.len() as u16;
        Ok(payload)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// How many bytes it has, 0..=256.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes {:02x?}", self.len, self.as_bytes())
    }
}
