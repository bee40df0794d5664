//! Ports on a fake platform: who may do what, and what is left of whom.

mod basics;
mod counts;
mod crash;
mod damage;
mod hashing;
mod model;
mod names;
mod news;
mod plug;
mod rings;
mod unseen;

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::Group;
use crate::mbuf::{MbufConfig, MbufPool};

/// A group with a pool, and slot 0 in it.
struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: MbufPool,
}

impl Stage {
    fn new() -> Self {
        let (group, platform) = fake::group_with_memory();
        let pool = MbufPool::create(&group, "packets", &MbufConfig::new(256)).unwrap();
        Self { group, platform, pool }
    }

    fn join(&self, slot: u16) -> Group {
        fake::join(self.group.window(), slot, self.platform)
    }

    fn kill(&self, slot: u16) {
        self.platform.dead.lock().unwrap().insert(slot);
    }

    fn port(&self, name: &str, args: &str) -> Port {
        let driver = DriverKind::of_device(name).unwrap();
        let config = PortConfig { args, ..PortConfig::new(driver) };
        Port::create(&self.group, name, &config).unwrap()
    }

    /// A port that runs, with so many queues each way.
    fn running(&self, name: &str, args: &str, queues: u16) -> Port {
        let port = self.port(name, args);
        port.configure(&PortSetup::queues(queues, queues)).unwrap();
        port.start().unwrap();
        port
    }
}

/// The same port, as another process sees it.
fn seen(group: &Group, port: &Port) -> Port {
    Port::lookup(group, port.name().as_str()).unwrap()
}
