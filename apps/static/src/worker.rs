//! `worker`: takes mbufs from its port, counts them, swaps their MAC addresses, and gives them
//! back. It is what `phalanx demo` starts where it is built.
//!
//! ```text
//! worker --file-prefix PREFIX -l LCORE -- INDEX [rest]
//! ```
//! With `rest` it gives its processor away while there is nothing to do; without, it spins.
#![no_std]
#![no_main]

use core::time::Duration;

use demo_lane::{Hands, HandsError, ROUNDS_A_LOOK, pool};
use phalanx_worker::{Failure, Mail, Worker, worker};

worker!(main);

/// How long an idle worker rests.
const REST: Duration = Duration::from_micros(20);

fn main(worker: &mut Worker) -> Result<(), Failure> {
    let mut arguments = worker.arguments();
    let index = arguments.next().and_then(|text| text.parse().ok());
    let index = index.ok_or_else(|| Failure::new("say which worker this is: -- INDEX [rest]"))?;
    let rests = arguments.next() == Some("rest");
    let pool = pool(worker.group())?;
    let home = pool.home();
    let mut hands = Hands::of(worker.group(), &home, index)?;
    let mut mail: Mail = worker.mail()?;
    let mut idle: u32 = 0;
    defmt::info!("worker {=usize} of the demo begins, and rests when idle: {=bool}", index, rests);
    while !hands.shall_stop() && !worker.should_stop() {
        // Who pings is answered; it has no other action.
        while mail.poll().is_some() {}
        let goes_on = || !worker.should_stop();
        let turned = match hands.turn_some(|| goes_on() && pause(worker, rests, &mut idle)) {
            // What is in its hands is given back by who sees it dead.
            Err(_) if !goes_on() => break,
            turned => turned?,
        };
        if turned > 0 {
            idle = 0;
        } else if !pause(worker, rests, &mut idle) {
            return Err(HandsError::Alone.into());
        }
    }
    Ok(())
}

/// An idle round; every so many of them, whether there is still somebody to work for.
fn pause(worker: &Worker, rests: bool, idle: &mut u32) -> bool {
    *idle = idle.wrapping_add(1);
    if rests {
        worker.rest(REST);
    } else {
        core::hint::spin_loop();
    }
    let spins_a_look = if rests { ROUNDS_A_LOOK } else { 1 << 30 };
    !idle.is_multiple_of(spins_a_look) || worker.primary_lives()
}
