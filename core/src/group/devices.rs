//! Who has devices open that reach the group's memory.
//!
//! Whoever is about to open one, or to have one of another, says so before; so nobody takes for forgotten what a
//! device reaches. What a dead process has said is nothing, for its devices are closed, or others have them, who say
//! so themselves.

use super::{Group, ProcessId};

impl Group {
    /// Says how many devices this process has open, or is about to, that reach the group's memory. Nothing, of an
    /// observer.
    pub fn say_devices(&self, count: u32) {
        if let Some(entry) = self.region().processes.get(usize::from(self.me().slot())) {
            entry.devices.publish(count);
        }
    }

    /// Others who live and have such devices open. A load for each slot, and a system call for each that says so.
    pub fn device_holders(&self) -> impl Iterator<Item = ProcessId> + use<> {
        let group = *self;
        self.processes().map(|facts| facts.id).filter(move |who| {
            let entry = group.region().processes.get(usize::from(who.slot()));
            let says_so = entry.is_some_and(|entry| entry.devices.observe() > 0);
            says_so && *who != group.me() && group.is_alive(*who)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::fake;
    use std::vec::Vec;

    #[test]
    fn who_has_devices_is_known_to_the_others_until_it_is_dead() {
        let (group, platform) = fake::group();
        let other = fake::join(group.window(), 1, platform);
        let holders = || group.device_holders().collect::<Vec<_>>();
        assert_eq!(holders(), []);
        other.say_devices(2);
        group.say_devices(1);
        assert_eq!(holders(), [other.me()]);
        platform.dead.lock().unwrap().insert(1);
        assert_eq!(holders(), []);
        platform.dead.lock().unwrap().clear();
        assert_eq!(holders(), [other.me()]);
        group.region().forget_tenant(1);
        fake::join(group.window(), 1, platform);
        assert_eq!(holders(), [], "the next tenant of a slot begins with none");
    }
}
