//! Capture: copies of the packets that pass, for whoever looks on.
//!
//! The word that each burst looks at says where the capture lies. While it says nowhere, nothing here
//! runs.

use super::claim::{RxClaim, TxClaim};
use crate::mbuf::Mbuf;
use crate::offset::Offset;

/// Shows the capture at `at` packets that came by `queue`.
pub(super) fn take_rx(_queue: &RxClaim, _at: Offset<u8>, _packets: &[Option<Mbuf<'_>>]) {}

/// Shows the capture at `at` packets that are about to go by `queue`.
pub(super) fn take_tx(_queue: &TxClaim, _at: Offset<u8>, _packets: &[Option<Mbuf<'_>>]) {}
