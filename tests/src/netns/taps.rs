//! `Taps`: wires for a guest's cards that have several queues. QEMU's hubs have one.

use super::Namespace;

/// A namespace in which QEMU is run (`vm::Guest::within`). Each wire in it is a bridge with two taps: `NAME.many`,
/// which has as many queues as QEMU asks it for, and `NAME.far`, which has one.
#[derive(Debug)]
pub struct Taps {
    namespace: Namespace,
}

impl Taps {
    /// Wires of these names, at most ten bytes each: ask for [`require::bridge`](crate::require::bridge) first.
    ///
    /// # Panics
    /// If they cannot be made.
    pub fn new(wires: &[&str]) -> Self {
        let namespace = Namespace::new("taps");
        for wire in wires {
            namespace.must("ip", &["link", "add", wire, "type", "bridge"]);
            // One that floods all has no queries of its own to send.
            namespace.must("ip", &["link", "set", wire, "type", "bridge", "mcast_snooping", "0"]);
            for (end, queues) in [("many", Some("multi_queue")), ("far", None)] {
                let tap = format!("{wire}.{end}");
                let mut words = vec!["tuntap", "add", "mode", "tap", "name", &tap];
                words.extend(queues);
                namespace.must("ip", &words);
                namespace.must("ip", &["link", "set", &tap, "master", wire, "up"]);
            }
            namespace.must("ip", &["link", "set", wire, "up"]);
        }
        Self { namespace }
    }

    /// Where QEMU is to be run.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }
}
