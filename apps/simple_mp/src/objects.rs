//! What the two processes share: two rings, and a pool of messages.

use phalanx_core::group::Role;
use phalanx_core::mempool::{Mempool, PoolConfig};
use phalanx_core::offset::Offset;
use phalanx_core::ring::{Ring, RingConfig};
use phalanx_core::shared;
use phalanx_linux::eal::Eal;

/// Bytes of a message (STR_TOKEN_SIZE), its NUL included.
pub(crate) const MESSAGE_BYTES: usize = 128;

const PRIMARY_TO_SECONDARY: &str = "PRI_2_SEC";
const SECONDARY_TO_PRIMARY: &str = "SEC_2_PRI";
const POOL: &str = "MSG_POOL";

shared! {
    /// A line of text, NUL-padded.
    pub struct Message {
        /// The bytes.
        pub text: [u8; MESSAGE_BYTES],
    }
}

impl Message {
    /// Takes as much of `text` as fits, at most 127 bytes, cut between characters.
    pub(crate) fn set(&mut self, text: &str) {
        let end = (0..MESSAGE_BYTES.min(text.len() + 1))
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        self.text = [0; MESSAGE_BYTES];
        for (to, from) in self.text.iter_mut().zip(text.bytes().take(end)) {
            *to = from;
        }
    }

    /// The text; what is not UTF-8 is shown as such.
    pub(crate) fn get(&self) -> String {
        let len = self.text.iter().position(|byte| *byte == 0).unwrap_or(MESSAGE_BYTES);
        String::from_utf8_lossy(&self.text[..len]).into_owned()
    }
}

/// The shared objects as one process uses them.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    /// The ring it sends to.
    pub send: Ring<Offset<Message>>,
    /// The ring it receives from.
    pub receive: Ring<Offset<Message>>,
    /// Where messages come from.
    pub pool: Mempool<Message>,
}

impl Objects {
    /// Finds them, or makes what is not there yet: a secondary may be quicker than its primary,
    /// and a primary may take over a living group.
    pub(crate) fn find(eal: &Eal) -> Result<Self, Box<dyn core::error::Error>> {
        let group = eal.group();
        let ring = |name: &str, what: &str| {
            Ring::create_or_attach(group, name, &RingConfig::new(64))
                .map(|(ring, _)| ring)
                .map_err(|error| format!("Problem getting {what} ring: {error}"))
        };
        let (to, from) = match eal.role() {
            Role::Primary => (PRIMARY_TO_SECONDARY, SECONDARY_TO_PRIMARY),
            Role::Secondary => (SECONDARY_TO_PRIMARY, PRIMARY_TO_SECONDARY),
        };
        let (send, receive) = (ring(to, "sending")?, ring(from, "receiving")?);
        let (pool, _) = Mempool::create_or_attach(group, POOL, &PoolConfig::new(1024).cache(32))
            .map_err(|error| format!("Problem getting message pool: {error}"))?;
        Ok(Self { send, receive, pool })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        let mut message = Message { text: [0xff; MESSAGE_BYTES] };
        message.set(text);
        message
    }

    #[test]
    fn a_message_keeps_its_words() {
        assert_eq!(message("hello over there").get(), "hello over there");
        assert_eq!(message("").get(), "");
    }

    #[test]
    fn a_long_message_is_cut_to_127_bytes_between_characters() {
        assert_eq!(message(&"x".repeat(500)).get(), "x".repeat(127));
        assert_eq!(message(&"x".repeat(127)).get(), "x".repeat(127));
        assert_eq!(message(&format!("{}ä", "x".repeat(126))).get(), "x".repeat(126));
    }
}
