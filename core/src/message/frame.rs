//! `Frame`: one message, checked; and the way from and to its bytes.
//!
//! Decoding is total: any bytes are a frame or one [`FrameError`]. What decodes is canonical:
//! encoding it again gives the same bytes, so nothing unseen travels in the gaps (W-28).

use super::layout::{FRAME_BYTES, FRAME_MAGIC, FRAME_VERSION, RawFrame};
use super::{ActionName, FrameError, Kind, PAYLOAD_MAX, Payload};
use crate::group::{PROCESSES_MAX, ProcessId};
use crate::layout::offset_of;

/// How many descriptors may travel beside a frame.
#[doc(alias = "RTE_MP_MAX_FD_NUM")]
pub const DESCRIPTORS_MAX: u8 = 8;

/// One message between two processes.
#[doc(alias = "rte_mp_msg")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Which request it is or answers; 0 of a message.
    pub request: u64,
    /// Who sends it.
    pub sender: ProcessId,
    /// Whom it is for.
    pub target: ProcessId,
    /// What it is about.
    pub name: ActionName,
    /// What it carries.
    pub payload: Payload,
    /// How many descriptors travel beside it, 0..=8. Of a received frame this is the sender's
    /// claim: whoever received the descriptors compares it with what the kernel delivered, and
    /// drops the frame if they differ (W-27).
    pub descriptors: u8,
}

macro_rules! at {
    ($bytes:expr, $field:ident) => {
        array($bytes, offset_of!(RawFrame, $field))
    };
}

macro_rules! put {
    ($bytes:expr, $field:ident, $value:expr) => {
        write(&mut $bytes, offset_of!(RawFrame, $field), &$value)
    };
}

/// `N` bytes from `from` on; zeros past the end, where no field lies.
fn array<const N: usize>(bytes: &[u8; FRAME_BYTES], from: usize) -> [u8; N] {
    bytes.get(from..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn write(bytes: &mut [u8; FRAME_BYTES], from: usize, value: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(from).zip(value) {
        *to = *from;
    }
}

impl Frame {
    /// Its bytes, every one of them written. `descriptors` above 8 are cut to 8: the service
    /// refuses them before ([`DESCRIPTORS_MAX`]).
    pub fn encode(&self) -> [u8; FRAME_BYTES] {
        let mut bytes = [0; FRAME_BYTES];
        let (kind, reason) = self.kind.to_bytes();
        put!(bytes, magic, FRAME_MAGIC.to_le_bytes());
        put!(bytes, version, FRAME_VERSION.to_le_bytes());
        put!(bytes, kind, [kind]);
        put!(bytes, reason, [reason]);
        put!(bytes, request, self.request.to_le_bytes());
        put!(bytes, sender_generation, self.sender.generation().to_le_bytes());
        put!(bytes, target_generation, self.target.generation().to_le_bytes());
        put!(bytes, sender_slot, self.sender.slot().to_le_bytes());
        put!(bytes, target_slot, self.target.slot().to_le_bytes());
        // At most 256.
        put!(bytes, payload_len, (self.payload.len() as u16).to_le_bytes());
        put!(bytes, descriptors, [self.descriptors.min(DESCRIPTORS_MAX)]);
        put!(bytes, name, *self.name.as_bytes());
        put!(bytes, payload, *self.payload.as_bytes());
        bytes
    }

    /// The frame that `bytes` are. Total: whatever they are, the answer is a frame or one error.
    ///
    /// Cost: no allocation; some 400 bytes looked at once. Answers W-23, W-28, W-36, IPC-6.
    ///
    /// ```
    /// use phalanx_core::message::{Frame, FrameError};
    /// assert_eq!(Frame::decode(b"hello"), Err(FrameError::Length { found: 5 }));
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let bytes: &[u8; FRAME_BYTES] =
            bytes.try_into().map_err(|_| FrameError::Length { found: bytes.len() })?;
        let magic = u32::from_le_bytes(at!(bytes, magic));
        if magic != FRAME_MAGIC {
            return Err(FrameError::Magic { found: magic });
        }
        let version = u16::from_le_bytes(at!(bytes, version));
        if version != FRAME_VERSION {
            return Err(FrameError::Version { found: version });
        }
        let ([kind], [reason]) = (at!(bytes, kind), at!(bytes, reason));
        let kind = Kind::from_bytes(kind, reason).ok_or(FrameError::Kind { kind, reason })?;
        let request = u64::from_le_bytes(at!(bytes, request));
        if (request == 0) != (kind == Kind::Message) {
            return Err(FrameError::Request { kind, request });
        }
        let sender = process(at!(bytes, sender_slot), at!(bytes, sender_generation))?;
        let target = process(at!(bytes, target_slot), at!(bytes, target_generation))?;
        let [descriptors] = at!(bytes, descriptors);
        if descriptors > DESCRIPTORS_MAX {
            return Err(FrameError::Descriptors { found: descriptors });
        }
        let name = ActionName::from_bytes(at!(bytes, name)).ok_or(FrameError::Name)?;
        let payload = payload(at!(bytes, payload), at!(bytes, payload_len))?;
        let ([reserved], line) = (at!(bytes, reserved), at!(bytes, reserved_line));
        if reserved != 0 || line != [0u8; 32] {
            return Err(FrameError::Reserved);
        }
        Ok(Self { kind, request, sender, target, name, payload, descriptors })
    }

    /// How many 64-bit words of its bytes may differ from zero: what a mailbox copies.
    pub(super) fn words_used(&self) -> usize {
        offset_of!(RawFrame, payload) / 8 + self.payload.len().div_ceil(8)
    }
}

fn process(slot: [u8; 2], generation: [u8; 4]) -> Result<ProcessId, FrameError> {
    let (slot, generation) = (u16::from_le_bytes(slot), u32::from_le_bytes(generation));
    match usize::from(slot) < PROCESSES_MAX && generation != 0 {
        true => Ok(ProcessId::new(slot, generation)),
        false => Err(FrameError::Process { slot, generation }),
    }
}

fn payload(bytes: [u8; PAYLOAD_MAX], len: [u8; 2]) -> Result<Payload, FrameError> {
    let found = u16::from_le_bytes(len);
    let (used, rest) =
        bytes.split_at_checked(usize::from(found)).ok_or(FrameError::PayloadLength { found })?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(FrameError::Reserved);
    }
    Payload::new(used).map_err(|_| FrameError::PayloadLength { found })
}
