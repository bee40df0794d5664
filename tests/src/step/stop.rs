//! A process that is stopped in the middle of an operation at a ring, or with the lock in hand.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Instant;

use super::actor::Actor;
use super::image::Image;
use super::operation::Outcome;
use super::trace::{Stop, Traced};
use super::walk::{member, pin};
use crate::group::TestGroup;

/// Members of the group; the first one is its primary.
const MEMBERS: usize = 3;

/// Each member in turn stops in the middle of `operation`, for `time`. The others try the end, or
/// the lock, that it holds up, again and again, and reap; then it goes on.
///
/// # Panics
/// If somebody hangs, is told something else, or reaps; or if the books do not balance.
pub fn stop_each(program: &Path, operation: &str, time: Duration) {
    for stopped in 0..MEMBERS {
        let group = TestGroup::of(program);
        let cpu = pin();
        let roles = ["primary", "secondary", "secondary"];
        let mut members: Vec<Actor> =
            roles.iter().zip(0..).map(|(role, lcore)| member(&group, role, lcore, cpu)).collect();
        if let Some(first) = members.first_mut() {
            expect("prepare", first.ask(&format!("prepare {operation}")));
        }
        let mut victim = members.remove(stopped);
        stop_one(&group, operation, &mut victim, &mut members, time);
    }
}

fn stop_one(
    group: &TestGroup,
    operation: &str,
    victim: &mut Actor,
    others: &mut [Actor],
    time: Duration,
) {
    let pid = victim.id();
    stop_in_the_middle(group, operation, victim);
    let verb = ["enqueue", "dequeue", "lock"].into_iter().find(|verb| operation.contains(verb));
    let verb = verb.unwrap_or_default();
    let begun = Instant::now();
    loop {
        // All at once: each wait lasts its time.
        for other in others.iter_mut() {
            other.say(&format!("held {verb} {pid}"));
        }
        for other in others.iter_mut() {
            expect("who is behind", other.answer());
            expect("reaping", other.ask("reap-nobody"));
        }
        if begun.elapsed() >= time {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    let traced = Traced::seize(pid);
    traced.awake();
    traced.await_mark();
    traced.release();
    expect("who was stopped", victim.answer());
    if let Some(other) = others.first_mut() {
        expect("after all", other.ask(&format!("judge {operation}")));
    }
    // The one who was stopped is a member like any other.
    expect("who was stopped, later", victim.ask(&format!("use {operation}")));
}

/// Runs `operation` up to where it first changes what others see: its reservation.
fn stop_in_the_middle(group: &TestGroup, operation: &str, victim: &mut Actor) {
    let files = core::iter::once(group.group_file()).chain(group.memory_files());
    let mut image = Image::of(files.collect::<Vec<PathBuf>>());
    image.locate(victim.id());
    let mut traced = Traced::seize(victim.id());
    victim.say(&format!("operate {operation}"));
    traced.await_mark();
    let mut known = image.take();
    loop {
        let step = traced.step();
        assert_ne!(step.stop, Stop::Mark, "{operation} has no middle");
        if step.writes.iter().any(|write| image.follow_write(&mut known, write)) {
            break;
        }
    }
    traced.stop();
}

#[track_caller]
fn expect(whose: &str, outcome: Outcome) {
    if let Err(why) = outcome {
        panic!("{whose}: {why}");
    }
}
