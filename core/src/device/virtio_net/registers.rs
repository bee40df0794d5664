//! The registers of a modern device, by their offset in their region, and their bits.

/// Bytes of the common region (4.1.4.3), and of as much of the device's as is read (5.1.4).
pub(super) const COMMON_BYTES: usize = 0x38;
pub(super) const DEVICE_BYTES: usize = 12;

/// Which 32 features the next register says.
pub(super) const DEVICE_FEATURE_SELECT: usize = 0x00;
pub(super) const DEVICE_FEATURE: usize = 0x04;
pub(super) const DRIVER_FEATURE_SELECT: usize = 0x08;
pub(super) const DRIVER_FEATURE: usize = 0x0c;
/// Which MSI-X vector tells of changes; and which tells of the queue that is selected. None.
pub(super) const CONFIG_VECTOR: usize = 0x10;
pub(super) const QUEUE_VECTOR: usize = 0x1a;
pub(super) const NO_VECTOR: u16 = 0xffff;
/// How far driver and device have come.
pub(super) const STATUS: usize = 0x14;
/// Changes whenever the device's region does.
pub(super) const GENERATION: usize = 0x15;
/// Which queue the following are of; its size; whether it is on; where it is told of; its three parts.
pub(super) const QUEUE_SELECT: usize = 0x16;
pub(super) const QUEUE_SIZE: usize = 0x18;
pub(super) const QUEUE_ENABLE: usize = 0x1c;
pub(super) const QUEUE_NOTIFY: usize = 0x1e;
pub(super) const QUEUE_DESCRIPTORS: usize = 0x20;
pub(super) const QUEUE_AVAILABLE: usize = 0x28;
pub(super) const QUEUE_USED: usize = 0x30;

/// Bits of the status.
pub(super) mod status {
    pub(in super::super) const ACKNOWLEDGE: u8 = 1;
    pub(in super::super) const DRIVER: u8 = 2;
    pub(in super::super) const DRIVER_OK: u8 = 4;
    pub(in super::super) const FEATURES_OK: u8 = 8;
    pub(in super::super) const NEEDS_RESET: u8 = 64;
    pub(in super::super) const FAILED: u8 = 128;
}

/// In the region of interrupts (4.1.4.5), whose only byte is 0 once it was read, and the line is let go: what the
/// line was pulled for.
pub(super) const ISR: usize = 0;
pub(super) const ISR_QUEUES: u8 = 1;
pub(super) const ISR_DEVICE: u8 = 2;

/// Features, a bit each (5.1.3, 6).
pub(super) mod features {
    /// The device says the longest payload.
    pub(in super::super) const MTU: u64 = 1 << 3;
    /// It says its address.
    pub(in super::super) const MAC: u64 = 1 << 5;
    /// It says whether there is a link.
    pub(in super::super) const STATUS: u64 = 1 << 16;
    /// It has a control queue, by which it is told what to receive.
    pub(in super::super) const CTRL_VQ: u64 = 1 << 17;
    pub(in super::super) const CTRL_RX: u64 = 1 << 18;
    /// It has several queues.
    pub(in super::super) const MQ: u64 = 1 << 22;
    /// It is a modern one.
    pub(in super::super) const VERSION_1: u64 = 1 << 32;
    /// It sees memory as the platform says.
    pub(in super::super) const ACCESS_PLATFORM: u64 = 1 << 33;

    /// All that this driver uses.
    pub(in super::super) const ALL: u64 =
        MTU | MAC | STATUS | CTRL_VQ | CTRL_RX | MQ | VERSION_1 | ACCESS_PLATFORM;
}

/// In the device's region: the address; the link; how many pairs of queues; the MTU.
pub(super) const NET_MAC: usize = 0;
pub(super) const NET_STATUS: usize = 6;
pub(super) const NET_STATUS_LINK_UP: u16 = 1;
pub(super) const NET_PAIRS: usize = 8;
pub(super) const NET_MTU: usize = 10;
