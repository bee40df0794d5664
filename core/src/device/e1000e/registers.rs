//! The registers that are used, by their offset in BAR 0, and their bits.

/// Bytes of BAR 0, of either chip.
pub(super) const BAR_BYTES: usize = 0x2_0000;

/// Device control.
pub(super) const CTRL: usize = 0x0000;
/// The bus is not to be mastered any more (82574L).
pub(super) const CTRL_MASTER_DISABLE: u32 = 1 << 2;
/// The speed is found out.
pub(super) const CTRL_ASDE: u32 = 1 << 5;
/// The link is wanted.
pub(super) const CTRL_SLU: u32 = 1 << 6;
/// Speed or duplex is forced; and the signal inverted.
pub(super) const CTRL_FORCED: u32 = 1 << 7 | 1 << 11 | 1 << 12;
/// VLAN tags are taken off.
pub(super) const CTRL_VME: u32 = 1 << 30;
/// All is to be as after power-on. Reads 0 again when it is.
pub(super) const CTRL_RST: u32 = 1 << 26;

/// Device status.
pub(super) const STATUS: usize = 0x0008;
pub(super) const STATUS_FULL_DUPLEX: u32 = 1;
pub(super) const STATUS_LINK_UP: u32 = 1 << 1;
/// The bus may be mastered still (82574L).
pub(super) const STATUS_MASTER: u32 = 1 << 19;

/// More of device control: what is pending of a vector is noted as PCI has it (82574L).
pub(super) const CTRL_EXT: usize = 0x0018;
pub(super) const CTRL_EXT_PBA: u32 = 1 << 31;

/// EEPROM read.
pub(super) const EERD: usize = 0x0014;
pub(super) const EERD_START: u32 = 1;

/// Interrupt cause, cleared by reading, or by writing; interrupts that are wanted, and that are not: a 1 that is
/// written sets or clears that bit, a 0 nothing. So whoever writes none but its own needs nobody's leave.
pub(super) const ICR: usize = 0x00c0;
pub(super) const IMS: usize = 0x00d0;
/// Which causes clear and mask themselves when their vector has fired (82574L).
pub(super) const EIAC: usize = 0x00dc;
/// Something has come, by whichever queue; and, with MSI-X, by queue 0: that of queue 1 is the next bit.
pub(super) const CAUSE_RX: u32 = 1 << 7;
pub(super) const CAUSE_RX_QUEUE: u32 = 1 << 20;
pub(super) const CAUSE_RX_QUEUES: u32 = CAUSE_RX_QUEUE | CAUSE_RX_QUEUE << 1;
/// The link has changed; and (82574L) one of the causes that have no vector of their own.
pub(super) const CAUSE_LINK: u32 = 1 << 2;
pub(super) const CAUSE_OTHER: u32 = 1 << 24;
/// Which cause has which vector (82574L): 4 bits each, of which one says that it has; those of Rx queue 0 and 1, of
/// Tx queues, and of all else, which has the first.
pub(super) const IVAR: usize = 0x00e4;
pub(super) const IVAR_VALID: u32 = 1 << 3;
pub(super) const IVAR_OTHER_FIRST: u32 = 1 << 19;
pub(super) const IMC: usize = 0x00d8;

/// Receive control.
pub(super) const RCTL: usize = 0x0100;
pub(super) const RCTL_EN: u32 = 1 << 1;
/// Frames for others are received, of one and of many.
pub(super) const RCTL_PROMISCUOUS: u32 = 1 << 3 | 1 << 4;
/// Frames longer than 1,522 bytes are received.
pub(super) const RCTL_LONG: u32 = 1 << 5;
/// Frames for all are received.
pub(super) const RCTL_BROADCAST: u32 = 1 << 15;
/// The frame check sequence is taken off.
pub(super) const RCTL_STRIP_CRC: u32 = 1 << 26;

/// Transmit control.
pub(super) const TCTL: usize = 0x0400;
pub(super) const TCTL_EN: u32 = 1 << 1;
/// Short frames are padded; 15 collisions are borne, 64 bytes' time is for one.
pub(super) const TCTL_USUAL: u32 = 1 << 3 | 15 << 4 | 64 << 12;
/// Gaps between frames, and what is usual for copper.
pub(super) const TIPG: usize = 0x0410;
pub(super) const TIPG_USUAL: u32 = 8 | 8 << 10 | 6 << 20;

/// Rx queue 0; each further one 0x100 behind.
pub(super) const RX_QUEUE: usize = 0x2800;
/// Tx queue 0; each further one 0x100 behind.
pub(super) const TX_QUEUE: usize = 0x3800;
/// In a queue: its descriptors' address, in two parts; their bytes; the device's place; the driver's.
pub(super) const BASE_LOW: usize = 0x00;
pub(super) const BASE_HIGH: usize = 0x04;
pub(super) const LENGTH: usize = 0x08;
pub(super) const HEAD: usize = 0x10;
pub(super) const TAIL: usize = 0x18;
/// In a Tx queue: when descriptors are written back (bit 22 must be set); arbitration, bit 10 of which
/// turns the queue on.
pub(super) const TXDCTL: usize = 0x28;
pub(super) const TXDCTL_USUAL: u32 = 1 << 22;
pub(super) const TARC: usize = 0x40;
pub(super) const TARC_ON: u32 = 1 << 10;

/// Statistics, set to zero by reading.
pub(super) const CRC_ERRORS: usize = 0x4000;
pub(super) const RX_ERRORS: usize = 0x400c;
pub(super) const MISSED: usize = 0x4010;
pub(super) const RX_GOOD: usize = 0x4074;
pub(super) const TX_GOOD: usize = 0x4080;
pub(super) const NO_BUFFER: usize = 0x40a0;
pub(super) const TOO_SHORT: usize = 0x40a4;
pub(super) const TOO_LONG: usize = 0x40ac;

/// Checksums: with this bit the hash stands in a descriptor where the checksum would.
pub(super) const RXCSUM: usize = 0x5000;
pub(super) const RXCSUM_HASH: u32 = 1 << 13;
/// Rx descriptors are extended ones.
pub(super) const RFCTL: usize = 0x5008;
pub(super) const RFCTL_EXTENDED: u32 = 1 << 15;
/// Groups that are received: 128 words of bits.
pub(super) const MTA: usize = 0x5200;
pub(super) const MTA_WORDS: usize = 128;
/// The first address, in two parts.
pub(super) const RAL: usize = 0x5400;
pub(super) const RAH: usize = 0x5404;
pub(super) const RAH_VALID: u32 = 1 << 31;
/// How packets are spread: 1 is over two queues by hash; above, which are hashed.
pub(super) const MRQC: usize = 0x5818;
pub(super) const MRQC_ON: u32 = 1;
pub(super) const MRQC_TCP4: u32 = 1 << 16;
pub(super) const MRQC_IP4: u32 = 1 << 17;
pub(super) const MRQC_TCP6: u32 = 1 << 18;
pub(super) const MRQC_IP6: u32 = 1 << 20;
/// The table: a byte a hash value, whose highest bit is the queue; and the key.
pub(super) const RETA: usize = 0x5c00;
pub(super) const RSSRK: usize = 0x5c80;
