//! Whether all can use a port that is coming: asking, and answering.

use phalanx_core::group::{ProcessFacts, ProcessId, ProcessState};
use phalanx_core::message::PAYLOAD_MAX;
use phalanx_core::name::Name;
use phalanx_core::port::{DriverKind, Port, Somebody};

use super::answer::cut;
use super::error::AttachError;
use super::plugs::Plugs;
use crate::message::{
    Incoming, Messages, Outcome, Outgoing, PeerResult, RequestError, To, Undelivered,
};
use crate::port::{pcap, pci};
use crate::sys::deadline::Deadline;

/// The action's name: the port's name is asked, [`CAN`] or [`CANNOT`] and why is answered.
pub(super) const ACTION: &str = "port.coming";

const CAN: u8 = 1;
const CANNOT: u8 = 0;

/// How often those are asked who have come since all were.
const ROUNDS: u32 = 8;

impl Plugs {
    /// Asks every process that is up whether it can use `port`, which this one has begun: also those
    /// that come meanwhile.
    ///
    /// # Errors
    /// Who cannot, and why; or who does not say.
    pub(super) fn ask_all(
        &self,
        messages: &Messages,
        port: &Port,
        until: Deadline,
    ) -> Result<(), AttachError> {
        let name = port.name();
        let request = Outgoing::new(ACTION).payload(name.as_str().as_bytes());
        let ask =
            |to| messages.request(to, &request, until.remaining()).map(|it| it.into_results());
        // Whoever is up later finds the port; in between somebody may come up at any time.
        let mut asked: Vec<ProcessId> = vec![self.group.me()];
        for round in 0..ROUNDS {
            let newcomers: Vec<ProcessFacts> =
                self.group.processes().filter(|it| is_up(it) && !asked.contains(&it.id)).collect();
            if newcomers.is_empty() {
                return Ok(());
            }
            asked.extend(newcomers.iter().map(|it| it.id));
            let results = match round {
                0 => ask(To::All).map_err(|error| not_asked(port, &error))?,
                // One that is gone meanwhile is no matter.
                _ => newcomers
                    .iter()
                    .filter_map(|it| ask(To::One(it.id.slot())).ok())
                    .flatten()
                    .collect(),
            };
            results.iter().try_for_each(|result| self.weigh(name, result))?;
        }
        Ok(())
    }

    /// What an answer, or that there is none, means for the port `name`.
    fn weigh(&self, name: Name, result: &PeerResult) -> Result<(), AttachError> {
        let by = || Somebody::of(&self.group, result.peer);
        let refused = |why: String| Err(AttachError::Refused { name, by: by(), why });
        match &result.outcome {
            Outcome::Answered(reply) => match reply.payload() {
                [CAN] => Ok(()),
                [CANNOT, why @ ..] => refused(shown(why)),
                _ => refused("it sent an answer that is none".to_owned()),
            },
            // It is gone, or leaves, or has nothing to do with devices.
            Outcome::Gone
            | Outcome::Dropped
            | Outcome::NoSuchAction
            | Outcome::Undelivered(Undelivered::Gone | Undelivered::Deaf | Undelivered::Left) => {
                Ok(())
            }
            _ if !self.group.is_alive(result.peer) => Ok(()),
            outcome => Err(AttachError::Silent { name, by: by(), why: outcome.to_string() }),
        }
    }

    /// Answers whether this process can use a port that the sender is attaching.
    pub(super) fn serve_consent(&self, incoming: &mut Incoming) {
        let name = core::str::from_utf8(incoming.payload()).unwrap_or_default();
        let port = Port::coming(&self.group, name);
        let port = port.filter(|port| port.owner() == Some(incoming.sender()));
        let said = match port {
            Some(port) => self.can_use(&port),
            None => Err("there is no port of this name that the asker is attaching".to_owned()),
        };
        let bytes = match &said {
            Ok(()) => vec![CAN],
            Err(why) => [&[CANNOT], cut(why, PAYLOAD_MAX - 1).as_bytes()].concat(),
        };
        // Who asks and is gone needs no answer.
        let _ = incoming.reply(&bytes);
    }

    /// Whether this process can use `port`.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub(super) fn can_use(&self, port: &Port) -> Result<(), String> {
        match port.driver() {
            DriverKind::Unknown => return Err("it does not have the driver".to_owned()),
            DriverKind::Pcap => pcap::can_read(port).map_err(|error| error.to_string())?,
            driver if driver.is_pci() && !port.is_mine() => {
                pci::can_use(port).map_err(|error| error.to_string())?;
            }
            _ => {}
        }
        self.guards().iter().try_for_each(|guard| guard(port))
    }
}

fn is_up(facts: &ProcessFacts) -> bool {
    facts.state == ProcessState::Live
}

fn not_asked(port: &Port, error: &RequestError) -> AttachError {
    let (name, by) = (port.name(), Somebody::of(port.group(), port.group().me()));
    AttachError::Silent { name, by, why: format!("could not ask the others: {error}") }
}

/// What another process says, fit to be shown.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|it| if it.is_control() { '?' } else { it }).collect()
}
