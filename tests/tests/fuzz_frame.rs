//! The frame decoder under mutated seeds: what `tests/fuzz` does where there is a nightly compiler,
//! without coverage to guide it.

use core::time::Duration;
use std::path::PathBuf;
use std::time::Instant;

use phalanx_core::message::Frame;

/// How long the long run lasts.
const SECONDS: &str = "PHALANX_FUZZ_SECONDS";

/// A small generator, so that a failure can be repeated: xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % sides
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/frame");
    let files = std::fs::read_dir(folder).expect("the seeds are there");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a seed").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).expect("a seed")).collect()
}

/// One to eight changes: a byte, a bit, a length, a piece of another seed.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice, seeds: &[Vec<u8>]) {
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(bytes.len().max(1));
        match dice.roll(16) {
            0 => bytes.truncate(at),
            1 => bytes.push(dice.roll(256) as u8),
            2..4 => {
                let other = &seeds[dice.roll(seeds.len())];
                let piece = dice.roll(32);
                for (to, from) in bytes.iter_mut().zip(other).skip(at).take(piece) {
                    *to = *from;
                }
            }
            4..10 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = dice.roll(256) as u8),
            _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << dice.roll(8)),
        }
    }
}

/// Whether the bytes are a frame.
fn holds(bytes: &[u8]) -> bool {
    match Frame::decode(bytes) {
        Ok(frame) => {
            assert_eq!(&frame.encode()[..], bytes);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

fn run(dice: &mut Dice, seeds: &[Vec<u8>], rounds: usize) -> usize {
    (0..rounds)
        .filter(|_| {
            let mut bytes = seeds[dice.roll(seeds.len())].clone();
            mutate(&mut bytes, dice, seeds);
            holds(&bytes)
        })
        .count()
}

#[test]
fn the_seeds_are_frames_but_the_short_one() {
    assert_eq!(seeds().iter().filter(|seed| holds(seed)).count(), seeds().len() - 1);
}

#[test]
fn mutated_seeds_are_frames_or_errors() {
    let frames = run(&mut Dice(0x9e37_79b9), &seeds(), 100_000);
    assert!(frames > 0, "mutation reaches frames that are right too");
}

#[test]
#[ignore = "a long proof: a minute, or as long as PHALANX_FUZZ_SECONDS says"]
fn a_minute_of_mutated_seeds_are_frames_or_errors() {
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (end, seeds) = (Instant::now() + Duration::from_secs(seconds), seeds());
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    while Instant::now() < end {
        run(&mut dice, &seeds, 10_000);
    }
}
