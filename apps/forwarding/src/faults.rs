//! What is wrong with a queue, said when it arises and once more at the end.

use core::error::Error;

use phalanx_core::name::Name;
use phalanx_core::port::Direction;
use phalanx_linux::console::complain;

/// Hears what the driver of one queue says that it cannot do.
#[derive(Clone, Debug)]
pub struct FaultEar {
    port: Name,
    direction: Direction,
    /// Whether what it says now has been said.
    is_said: bool,
    /// What was said last; empty if nothing ever was.
    last: String,
}

impl FaultEar {
    /// That of a queue of `port`.
    pub fn new(port: Name, direction: Direction) -> Self {
        Self { port, direction, is_said: false, last: String::new() }
    }

    /// Tells it what the driver says; only what is new is said. Call it where a burst has brought nothing,
    /// or was not sent whole.
    #[inline]
    pub fn hear(&mut self, fault: Option<&(dyn Error + 'static)>) {
        match fault {
            Some(fault) if !self.is_said => self.say(fault),
            Some(_) => {}
            None => self.is_said = false,
        }
    }

    #[cold]
    fn say(&mut self, fault: &dyn Error) {
        self.is_said = true;
        let text = fault.to_string();
        if text != self.last {
            complain(format_args!("APP: port {}, {}: {text}", self.port, self.direction));
            self.last = text;
        }
    }

    /// The last words of the queue, if anything ever was wrong with it.
    pub fn last_words(&self) -> Option<String> {
        let (port, direction) = (self.port, self.direction);
        (!self.last.is_empty())
            .then(|| format!("Port {port}, {direction}, had a fault: {}", self.last))
    }

    /// Says the last words.
    pub fn say_last_words(&self) {
        if let Some(words) = self.last_words() {
            complain(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear() -> FaultEar {
        FaultEar::new(Name::new("net_pcap0").unwrap(), Direction::Rx)
    }

    #[test]
    fn a_queue_that_had_no_fault_has_no_last_words() {
        let mut ear = ear();
        ear.hear(None);
        assert_eq!(ear.last_words(), None);
    }

    #[test]
    fn a_fault_is_remembered_when_it_is_over() {
        let mut ear = ear();
        let full = std::io::Error::other("the disk is full");
        ear.hear(Some(&full));
        ear.hear(None);
        let words = ear.last_words().unwrap();
        assert!(words.starts_with("Port net_pcap0, "), "{words}");
        assert!(words.ends_with("had a fault: the disk is full"), "{words}");
    }
}
