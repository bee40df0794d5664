//! Every interleaving of an observer with a change:
//! `RUSTFLAGS='--cfg loom' cargo test -p phalanx-core --lib interleavings`.

use loom::sync::Arc;

use super::super::read::steady;
use crate::sync::{Guarded, Published64};

/// The lock's version, and two words that always change together.
struct Pair {
    version: Published64,
    words: [Guarded; 2],
}

/// What a transaction does to what observers see.
fn change(pair: &Pair, value: u64) {
    let version = pair.version.own();
    pair.version.publish(version | 1);
    pair.words[0].write(value);
    pair.words[1].write(value);
    pair.version.publish((version | 1) + 1);
}

#[test]
fn an_observer_never_sees_half_a_change() {
    loom::model(|| {
        let pair = Arc::new(Pair {
            version: Published64::new(0),
            words: [Guarded::new(0), Guarded::new(0)],
        });
        let writer = {
            let pair = Arc::clone(&pair);
            loom::thread::spawn(move || {
                change(&pair, 1);
                change(&pair, 2);
            })
        };
        let read = || [pair.words[0].get(), pair.words[1].get()];
        if let Some([first, second]) = steady(&pair.version, read) {
            assert_eq!(first, second);
        }
        writer.join().unwrap();
        assert_eq!(steady(&pair.version, read), Some([2, 2]));
    });
}
