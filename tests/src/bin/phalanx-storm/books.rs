//! The end: everything is given back, and counted.

use phalanx_core::offset::Offset;
use phalanx_linux::eal::Eal;
use phalanx_tests::step::recovery;

use crate::worker::Stage;

/// Recovers, empties the rings into the pool, and counts. All others have stopped.
pub(crate) fn close(eal: &Eal) -> Result<String, String> {
    let group = eal.group();
    recovery::recover(group)?;
    let stage = Stage::of(group)?;
    let cache = stage.pool.cache(eal.main_lcore()).map_err(|error| error.to_string())?;
    for ring in &stage.rings {
        let mut consumer = ring.consumer().map_err(|error| error.to_string())?;
        let mut places = [Offset::NONE; 32];
        loop {
            let taken = Stage::dequeue(&mut consumer, &cache, &mut places)
                .map_err(|error| error.to_string())?;
            if taken == 0 {
                break;
            }
            Stage::put(&cache, places.get(..taken).unwrap_or_default());
        }
    }
    cache.flush();
    stage.pool.collect_owed();
    recovery::audit(group)?;
    let books = stage.pool.audit().map_err(|error| error.to_string())?;
    let free = books.common + books.cached;
    Ok(format!("free {free} lost {}", stage.pool.populated() - free))
}
