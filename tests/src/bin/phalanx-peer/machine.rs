//! Commands about the machine: its clocks.

use phalanx_linux::clock::Timer;
use phalanx_linux::eal::Eal;

use crate::obey::Answer;

/// | command | answers |
/// |---|---|
/// | `timer` takes the HPET and keeps it, if that is to be had | `HPET` and its rate, or `TSC`, its rate, and why |
/// | `drop-timer` lets go of it | |
/// | `tsc` | the rate that the group reckons with |
pub(crate) fn answer(eal: &Eal, kept: &mut Option<Timer>, words: &[&str]) -> Answer {
    match words {
        ["timer"] => {
            let (timer, why) = eal.timer();
            let answer = match why {
                Some(why) => format!("TSC {}: {why}", timer.hz()),
                None => format!("HPET {}", timer.hz()),
            };
            *kept = Some(timer);
            Ok(answer)
        }
        ["drop-timer"] => {
            *kept = None;
            Ok(String::new())
        }
        ["tsc"] => Ok(eal.tsc().hz().to_string()),
        _ => Err(format!("no such command: {}", words.join(" "))),
    }
}
