//! Two workers that poll their mailboxes: what a static worker does in its loop.

use std::io;

use phalanx_core::group::ProcessId;
use phalanx_core::message::{ActionName, Allowed, Incoming, NobodySleeps, Payload, Port};
use phalanx_linux::eal::{EalBuilder, MessageService};

use crate::pair::{ask_in_slices, serve_in_slices, timed};
use crate::service::{BYTES, other};

/// Nanoseconds that no answer takes.
const LIMIT: u64 = 5_000_000_000;

type Worker = Port<4, 4>;

/// Asks or answers.
pub(crate) fn run(eal: &[String], asks: bool) -> io::Result<()> {
    let builder = EalBuilder::new().messages(MessageService::Off);
    let (eal, _) = builder.init(eal.iter().cloned()).map_err(other)?;
    let mut port = Worker::open(eal.group(), &NobodySleeps).map_err(other)?;
    let ping = ActionName::new("ping").map_err(other)?;
    let stop = ActionName::new("stop").map_err(other)?;
    port.register(&ping, Allowed::Anyone).map_err(other)?;
    port.register(&stop, Allowed::Anyone).map_err(other)?;
    let payload = Payload::new(&[7; BYTES]).map_err(other)?;
    if asks {
        let primary = port.post().primary().ok_or_else(|| io::Error::other("no primary"))?;
        return ask_in_slices(|limit| {
            let said = timed(limit, || ask(&mut port, primary, &ping, &payload));
            port.send(primary, &stop, &Payload::EMPTY).map_err(other)?;
            said
        });
    }
    serve_in_slices(|| serve(&mut port))
}

/// Answers until it is told to stop.
fn serve(port: &mut Worker) {
    loop {
        match port.next() {
            Some(Incoming::Request { payload, token, .. }) => {
                // A failure shows at the asker, which waits.
                let _ = token.answer(&payload);
            }
            Some(Incoming::Message { .. }) => return,
            Some(_) | None => core::hint::spin_loop(),
        }
    }
}

fn ask(
    port: &mut Worker,
    primary: ProcessId,
    name: &ActionName,
    payload: &Payload,
) -> io::Result<()> {
    port.request(primary, name, payload, LIMIT).map_err(other)?;
    loop {
        match port.next() {
            Some(Incoming::Finished(_)) => return Ok(()),
            Some(_) | None => core::hint::spin_loop(),
        }
    }
}
