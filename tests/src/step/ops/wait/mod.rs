//! Waiting and waking: on a ring, on a line beside a word, and for one of several things.
//!
//! Who waits while another dies is each survivor in its turn. Before each death some of them was about to sleep or
//! asleep, as `asleep` says; whatever the dead one has left, a thread that really sleeps is woken afterwards, and waking
//! costs one call in vain at most.

mod counting;
mod sleepers;

use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::ring::{Ring, RingConfig, Sync};
use phalanx_core::shared_words;
use phalanx_core::sync::Contested32;
use phalanx_core::wait::{WaitLine, Waiting, get_up, lie_down, rouse, sleep_while};

use self::sleepers::all_wake;
use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const RING: &str = "step.wait.ring";
const ZONE: &str = "step.wait";

/// Sleeps at once.
const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

/// What the operation puts there.
const NEW: u32 = 200;

/// The most sleeps until something is found: that in which it came, with nobody to wake the sleeper.
const SLEEPS: u32 = 2;

shared_words! {
    /// Two words to wait for, each with what its sleepers sleep on.
    struct Beds {
        line: WaitLine,
        word: Contested32,
        thing: Contested32,
        flag: Contested32,
        count: Contested32,
        pad: [Contested32; 28],
    }
}

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// Puts an element into a ring, and wakes.
    PutAndWake,
    /// Sleeps on an empty ring.
    SleepOnRing,
    /// Writes the word, and wakes.
    WriteAndWake,
    /// Sleeps on the line.
    Sleep,
    /// Says that it sleeps, and then finds the word.
    LastLook,
    /// Writes the thing, and rouses.
    WriteAndRouse,
    /// Sleeps until one of several things is there.
    SleepOnCount,
}

#[derive(Debug)]
struct WaitOp {
    name: &'static str,
    act: Act,
    /// Whether somebody sleeps, or has died asleep, before.
    asleep: bool,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act, asleep| Box::new(WaitOp { name, act, asleep }) as Box<dyn Operation>;
    vec![
        op("wait.ring.put-and-wake.nobody", Act::PutAndWake, false),
        op("wait.ring.put-and-wake.a-sleeper", Act::PutAndWake, true),
        op("wait.ring.sleep", Act::SleepOnRing, false),
        op("wait.line.wake.nobody", Act::WriteAndWake, false),
        op("wait.line.wake.a-sleeper", Act::WriteAndWake, true),
        op("wait.line.sleep", Act::Sleep, false),
        op("wait.line.sleep.beside-a-sleeper", Act::Sleep, true),
        op("wait.line.last-look", Act::LastLook, false),
        op("wait.rouse.nobody", Act::WriteAndRouse, false),
        op("wait.rouse.a-sleeper", Act::WriteAndRouse, true),
        op("wait.rouse.sleep", Act::SleepOnCount, false),
    ]
}

impl Operation for WaitOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = RingConfig::new(8).both(Sync::Single).waitable();
        let ring = Ring::<u64>::create(member.group, RING, &config).map_err(sentence)?;
        let options = ZoneOptions::default();
        let beds = Zone::create_typed::<Beds>(member.group, ZONE, &options, |_| ());
        let beds = beds.map_err(sentence)?.value();
        if self.asleep {
            // What one leaves who has gone to sleep: nobody takes it back but who wakes.
            let mut consumer = ring.consumer().map_err(sentence)?;
            same("an empty ring", consumer.wait(NOW, || false), Ok(None))?;
            let found = beds.line.wait(member.group.platform(), NOW, || None::<u32>, || false);
            same("what is not there", found, None)?;
            lie_down(&beds.flag);
        }
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let (beds, platform) = (beds(member)?, member.group.platform());
        match self.act {
            Act::PutAndWake => {
                let mut producer = ring(member)?.producer().map_err(sentence)?;
                marks.around(|| {
                    let put = producer.enqueue(u64::from(NEW));
                    producer.wake();
                    put.map_err(sentence)
                })?;
            }
            Act::SleepOnRing => {
                let mut consumer = ring(member)?.consumer().map_err(sentence)?;
                let found = marks.around(|| consumer.wait(NOW, || false));
                same("an empty ring", found, Ok(None))?;
            }
            Act::WriteAndWake => marks.around(|| {
                beds.word.publish(NEW);
                beds.line.wake(platform);
            }),
            Act::Sleep => {
                let look = || something(&beds.word);
                let found = marks.around(|| beds.line.wait(platform, NOW, look, || false));
                same("what is not there", found, None)?;
            }
            Act::LastLook => {
                let mut looks = 0;
                let mut look = || {
                    looks += 1;
                    (looks > 1).then_some(NEW)
                };
                let found = marks.around(|| beds.line.wait(platform, NOW, &mut look, || false));
                same("what came before it slept", found, Some(NEW))?;
            }
            Act::WriteAndRouse => marks.around(|| {
                beds.thing.publish(NEW);
                rouse(&beds.flag, platform, || Some(&beds.count));
            }),
            Act::SleepOnCount => marks.around(|| {
                let seen = beds.count.observe();
                lie_down(&beds.flag);
                let _ended = sleep_while(&beds.count, seen, platform, u64::MAX);
                get_up(&beds.flag);
            }),
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        self.was_woken_or_woke(member)?;
        all_wake(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        all_wake(member)
    }
}

impl WaitOp {
    /// Who slept while one died wakes by itself, and finds what the dead one has put there, if it has.
    fn was_woken_or_woke(&self, member: &Member<'_>) -> Outcome {
        let (beds, platform) = (beds(member)?, member.group.platform());
        match self.act {
            Act::PutAndWake | Act::SleepOnRing => {
                let mut consumer = ring(member)?.consumer().map_err(sentence)?;
                let mut left = SLEEPS;
                let found = consumer.wait(NOW, || take_one(&mut left)).map_err(sentence)?;
                let may_be_there = self.act == Act::PutAndWake;
                same(
                    "what is there",
                    found.is_none_or(|it| it == u64::from(NEW) && may_be_there),
                    true,
                )?;
                same("and behind it", consumer.dequeue(), Ok(None))
            }
            Act::WriteAndWake | Act::Sleep | Act::LastLook => {
                let is_there = something(&beds.word).is_some();
                // Both looks before its sleep were before the word was written.
                let mut looks = 0;
                let look = || {
                    looks += 1;
                    something(&beds.word).filter(|_| looks > 2)
                };
                let mut left = SLEEPS;
                let found = beds.line.wait(platform, NOW, look, || take_one(&mut left));
                same("what is found by who slept", found.is_some(), is_there)?;
                beds.word.publish(0);
                Ok(())
            }
            Act::WriteAndRouse | Act::SleepOnCount => {
                sleep_while(&beds.count, beds.count.observe(), platform, u64::MAX);
                beds.thing.publish(0);
                Ok(())
            }
        }
    }
}

/// One less of those left; `false` if there is none.
fn take_one(left: &mut u32) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
}

/// What a word holds, if it holds anything.
fn something(word: &Contested32) -> Option<u32> {
    Some(word.observe()).filter(|found| *found != 0)
}

fn ring(member: &Member<'_>) -> Result<Ring<u64>, String> {
    Ring::lookup(member.group, RING).map_err(sentence)
}

fn beds(member: &Member<'_>) -> Result<&'static Beds, String> {
    Zone::lookup_typed::<Beds>(member.group, ZONE).map(|zone| zone.value()).map_err(sentence)
}
