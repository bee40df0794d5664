//! Names of what is shared, as the samples give them, and sizes.

/// Most clients of a server.
pub const CLIENTS_MAX: u16 = 16;

/// The zone of facts and counters.
pub const INFO: &str = "MProc_port_info";

/// The pool of packets.
pub const POOL: &str = "MProc_pktmbuf_pool";

/// Slots of a client's ring.
pub const RING_SIZE: u32 = 128;

/// Mbufs that an lcore's cache keeps.
pub const POOL_CACHE: u32 = 512;

/// The ring by which client `id` receives.
pub fn ring_name(id: u16) -> String {
    format!("MProc_Client_{id}_RX")
}

/// How many mbufs `ports` and `clients` need: what the queues of ports may hold, what the rings do,
/// and what caches keep, the server's with them.
pub fn pool_size(ports: u32, clients: u32) -> u32 {
    let rx = 1024 * ports;
    let each = RING_SIZE + 1024 * ports;
    rx + clients * each + (clients + 1) * POOL_CACHE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_is_as_large_as_the_samples() {
        assert_eq!(pool_size(2, 2), 2048 + 2 * (128 + 2048) + 3 * 512);
        assert_eq!(pool_size(32, 16), 32_768 + 16 * (128 + 32_768) + 17 * 512);
    }
}
