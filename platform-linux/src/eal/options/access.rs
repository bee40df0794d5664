//! How devices of the machine are used: their bus addresses, their interrupts, and a secret that some ask
//! for.

use core::fmt;

use phalanx_core::reach::IovaMode;

use super::Fault;

/// How a device interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptKind {
    /// By a line that it may share with others (`legacy`).
    Intx,
    /// By a message.
    Msi,
    /// By messages of which each can be told apart and masked.
    MsiX,
    /// Not the device but the kernel: it wants the device back, because somebody unplugs it.
    Removal,
}

impl fmt::Display for InterruptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intx => "INTx",
            Self::Msi => "MSI",
            Self::MsiX => "MSI-X",
            Self::Removal => "removal",
        })
    }
}

/// A secret that a virtual function's physical one shares: a UUID.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VfToken([u8; 16]);

/// A text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VfTokenError;

impl fmt::Display for VfTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no UUID; give one as 14d63f20-8445-11ea-8900-1f9ce7d5650d")
    }
}

impl core::error::Error for VfTokenError {}

impl VfToken {
    /// Reads a UUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    ///
    /// # Errors
    /// [`VfTokenError`].
    #[doc(alias = "rte_uuid_parse")]
    pub fn parse(text: &str) -> Result<Self, VfTokenError> {
        let mut groups = text.split('-');
        let fits = [8, 4, 4, 4, 12].iter().all(|len| {
            groups.next().is_some_and(|group| {
                group.len() == *len && group.bytes().all(|it| it.is_ascii_hexdigit())
            })
        });
        if !fits || groups.next().is_some() {
            return Err(VfTokenError);
        }
        let mut digits = text.bytes().filter_map(|it| char::from(it).to_digit(16));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let (high, low) = (digits.next().unwrap_or(0), digits.next().unwrap_or(0));
            *byte = (high << 4 | low) as u8;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for VfToken {
    /// It is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VfToken(..)")
    }
}

impl fmt::Display for VfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

/// `--iova-mode`
pub(super) fn iova_mode(text: &str) -> Result<IovaMode, Fault> {
    match text {
        "pa" => Ok(IovaMode::Physical),
        "va" => Ok(IovaMode::Virtual),
        "" => Err(Fault::Empty),
        _ => Err(Fault::NotAChoice),
    }
}

/// `--vfio-intr`
pub(super) fn vfio_intr(text: &str) -> Result<InterruptKind, Fault> {
    match text {
        "legacy" => Ok(InterruptKind::Intx),
        "msi" => Ok(InterruptKind::Msi),
        "msix" => Ok(InterruptKind::MsiX),
        "" => Err(Fault::Empty),
        _ => Err(Fault::NotAChoice),
    }
}

/// `--vfio-vf-token`
pub(super) fn vf_token(text: &str) -> Result<VfToken, Fault> {
    VfToken::parse(text).map_err(|_| Fault::NotUuid)
}
