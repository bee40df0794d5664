//! What a worker lcore does: prints what arrives until the process quits.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use phalanx_core::group::Lcore;
use phalanx_linux::console::{complain, say};

use crate::objects::Objects;

/// How long a worker rests when nothing has arrived.
const REST: Duration = Duration::from_micros(5);

/// Receives until `quit` is set.
pub(crate) fn run(lcore: &Lcore, objects: &Objects, quit: &AtomicBool) -> Result<(), String> {
    say(format_args!("Starting core {}", lcore.id())).map_err(|error| error.to_string())?;
    let mut ring = objects.receive.consumer().map_err(|error| error.to_string())?;
    let cache = objects.pool.cache(lcore).map_err(|error| error.to_string())?;
    while !quit.load(Ordering::Acquire) {
        match ring.dequeue() {
            // A sender that is stopped in the middle is worth a line, and another try.
            Err(held) => complain(format_args!("core {}: {held}", lcore.id())),
            Ok(None) => std::thread::sleep(REST),
            Ok(Some(place)) => match cache.adopt(place) {
                Ok(message) => {
                    say(format_args!("core {}: Received '{}'", lcore.id(), message.get()))
                        .map_err(|error| error.to_string())?
                }
                Err(error) => complain(format_args!("core {}: {error}", lcore.id())),
            },
        }
    }
    Ok(())
}
