//! Which ports are looked at.

use std::path::Path;

use phalanx_core::count::Count;
use phalanx_core::group::Group;
use phalanx_core::port::Port;
use phalanx_core::port::capture::{Capture, CaptureConfig, CaptureError, Directions};
use phalanx_linux::console::{say, show};
use phalanx_linux::port::pcap::{files_of, user_of};
use serde::Serialize;

use crate::Failure;
use crate::table;

/// The word for all ports, those to come with them.
const ANY: &str = "any";

/// The ports that a capture looks at.
pub(super) struct Ports {
    group: Group,
    ports: Vec<Port>,
    /// Whether ports that come are looked at, too.
    any: bool,
}

impl Ports {
    /// Those with these names or ids; `any` for all.
    pub(super) fn choose(group: &Group, words: &[String]) -> Result<Self, Failure> {
        if words.is_empty() {
            return Err(Failure::new(
                "packets were to be captured and no port was named; give -i PORT or -i any, `phalanx capture -D` \
                 lists the ports",
            ));
        }
        if words.iter().any(|word| word == ANY) {
            let ports: Vec<Port> = Port::all(group)?.collect();
            return Ok(Self { group: *group, ports, any: true });
        }
        let mut ports: Vec<Port> = Vec::new();
        for word in words {
            let port = one(group, word)?;
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        Ok(Self { group: *group, ports, any: false })
    }

    /// Whether the queue that is to be captured is one that these ports have; of `any`, one of them. One that
    /// is not configured may get it.
    pub(super) fn check_queue(&self, config: &CaptureConfig) -> Result<(), Failure> {
        let Some(queue) = config.queue else { return Ok(()) };
        let lacks = |port: &&Port| {
            let (rx, tx) = (port.rx_queues(), port.tx_queues());
            let queues = match config.directions {
                Directions::Rx => rx,
                Directions::Tx => tx,
                Directions::Both => rx.max(tx),
            };
            port.phase().has_queues() && queue >= queues
        };
        let lacking: Vec<&Port> = self.ports.iter().filter(lacks).collect();
        let has_one = self.any && lacking.len() < self.ports.len();
        let Some(port) = lacking.first().filter(|_| !has_one) else { return Ok(()) };
        let rx = Count::of(port.rx_queues(), "Rx queue", "Rx queues");
        let tx = Count::of(port.tx_queues(), "Tx queue", "Tx queues");
        Err(Failure::new(format!(
            "queue {queue} of {} was to be captured and that port has {rx} and {tx}, counted from 0; give -q with one \
             of these, or leave it out",
            port.name()
        )))
    }

    /// The group.
    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    /// Those that are looked at.
    pub(super) fn all(&self) -> &[Port] {
        &self.ports
    }

    /// Their names, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.ports.iter().map(|port| port.name().to_string()).collect();
        match (self.any, names.is_empty()) {
            (false, _) => names.join(", "),
            (true, true) => "every port that comes".to_owned(),
            (true, false) => format!("{}, and every port that comes", names.join(", ")),
        }
    }

    /// The name of the port with an id; that may be gone.
    pub(super) fn name(&self, id: u16) -> String {
        let port = self.ports.iter().rev().find(|port| port.id() == id);
        port.map_or_else(|| format!("port {id}"), |port| port.name().to_string())
    }

    /// Turns the capture on for all of them. Of `any`, those are left out that somebody else captures, or
    /// that are gone meanwhile; what is said of these is returned.
    pub(super) fn on(&mut self, capture: &Capture) -> Result<Vec<CaptureError>, CaptureError> {
        if !self.any {
            self.ports.iter().try_for_each(|port| capture.on(port))?;
            return Ok(Vec::new());
        }
        let mut left_out = Vec::new();
        self.ports.retain(|port| {
            let refused = capture.on(port).err();
            let is_on = refused.is_none();
            left_out.extend(refused);
            is_on
        });
        Ok(left_out)
    }

    /// Turns it off.
    pub(super) fn off(&self, capture: &Capture) {
        self.ports.iter().for_each(|port| capture.off(port));
    }

    /// Looks at ports that have come, if all are wanted. `false` if all that were named are closed.
    pub(super) fn look_again(&mut self, capture: &Capture) -> Result<bool, Failure> {
        if !self.any {
            return Ok(self.ports.iter().any(Port::is_current));
        }
        for port in Port::all(&self.group)? {
            // One that somebody else captures is looked at when that has ended.
            if !self.ports.contains(&port) && capture.on(&port).is_ok() {
                self.ports.push(port);
            }
        }
        Ok(true)
    }
}

/// Whether the file that is to be written is none that a port of the group reads or writes.
pub(super) fn check_file(group: &Group, path: &Path) -> Result<(), Failure> {
    let ports = files_of(Port::all(group)?, |_| true);
    let user = user_of(&ports, path).filter(|_| path != Path::new("-"));
    user.map_or(Ok(()), |port| {
        let path = path.display();
        Err(Failure::new(format!("{path} is a file of the port {port}; name another file with -w")))
    })
}

fn one(group: &Group, word: &str) -> Result<Port, Failure> {
    let found = match word.parse() {
        Ok(id) => Port::by_id(group, id),
        Err(_) => Port::lookup(group, word),
    };
    Ok(found?)
}

/// A port in the list.
#[derive(Serialize)]
struct Row {
    id: u16,
    name: String,
    driver: String,
    state: String,
    rx_queues: u16,
    tx_queues: u16,
    captured: bool,
}

impl Row {
    fn of(port: &Port) -> Self {
        let facts = port.facts();
        Self {
            id: facts.id,
            name: facts.name.to_string(),
            driver: facts.driver.name().to_owned(),
            state: facts.phase.to_string(),
            rx_queues: facts.rx_queues,
            tx_queues: facts.tx_queues,
            captured: port.capture().is_some(),
        }
    }
}

/// Lists the ports.
pub(super) fn list(group: &Group, as_json: bool) -> Result<(), Failure> {
    let rows: Vec<Row> = Port::all(group)?.map(|port| Row::of(&port)).collect();
    if as_json {
        return Ok(say(serde_json::to_string_pretty(&rows)?)?);
    }
    if rows.is_empty() {
        return Ok(say("the group has no port")?);
    }
    Ok(show(Table(rows))?)
}

struct Table(Vec<Row>);

impl core::fmt::Display for Table {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let cells = self.0.iter().map(|row| {
            vec![
                row.id.to_string(),
                row.name.clone(),
                row.driver.clone(),
                row.state.clone(),
                row.rx_queues.to_string(),
                row.tx_queues.to_string(),
                if row.captured { "captured".to_owned() } else { String::new() },
            ]
        });
        let head = ["id", "name", "driver", "state", "rx", "tx", ""];
        table::show(f, &head, &[0, 4, 5], cells.collect())
    }
}
