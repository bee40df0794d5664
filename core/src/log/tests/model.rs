//! Any sequence of writes, of new writers and of readers, beside a list that does the same.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::super::record::words_of;
use super::super::writer::Weight;
use super::*;

const WORDS: usize = 32;
const KEEP: u64 = 10;

#[derive(Clone, Debug)]
enum Step {
    Write { len: usize, later: u64, last: bool },
    Resume,
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0usize..60, 0u64..8, prop::bool::weighted(0.1))
            .prop_map(|(len, later, last)| Step::Write { len, later, last }),
        1 => Just(Step::Resume),
        2 => Just(Step::Read),
    ]
}

#[derive(Default)]
struct Model {
    /// Length, tick and number of what stands.
    standing: VecDeque<(usize, u64, u32)>,
    written: u32,
    read: u32,
    dropped: u32,
}

impl Model {
    fn words(&self) -> u64 {
        self.standing.iter().map(|(len, ..)| words_of(*len)).sum()
    }

    fn write(&mut self, len: usize, tick: u64, last: bool) -> bool {
        if len == 0 {
            self.dropped += 1;
            return false;
        }
        let mut rest = self.standing.clone();
        let mut words = self.words();
        while words + words_of(len) > WORDS as u64 {
            let (oldest, when, _) = rest.pop_front().expect("it fits in an empty log");
            if !last && tick - when < KEEP {
                self.dropped += 1;
                return false;
            }
            words -= words_of(oldest);
        }
        rest.push_back((len, tick, self.written));
        self.standing = rest;
        self.written += 1;
        true
    }

    /// Lengths that a reader hears; `None` for a word on how many it missed.
    fn hear(&mut self) -> Vec<Option<usize>> {
        let mut heard = Vec::new();
        if let Some((.., first)) = self.standing.front()
            && *first > self.read
        {
            heard.push(None);
        }
        let new = self.standing.iter().filter(|(.., number)| *number >= self.read);
        heard.extend(new.map(|(len, ..)| Some(*len)));
        if !self.standing.is_empty() {
            self.read = self.written;
        }
        heard
    }
}

proptest! {
    #[test]
    fn a_log_does_what_a_list_does(steps in prop::collection::vec(step(), 1..120)) {
        let bytes = Bytes::new(WORDS);
        let (mut model, mut tick, mut cursor) = (Model::default(), 0, Cursor::default());
        let mut writer = bytes.writer(1);
        for step in steps {
            match step {
                Step::Write { len, later, last } => {
                    tick += later;
                    let weight = if last { Weight::Last } else { Weight::Plain };
                    let kept = writer.write(&vec![b'x'; len], tick, weight).is_ok();
                    prop_assert_eq!(kept, model.write(len, tick, last));
                    prop_assert_eq!(writer.dropped(), model.dropped);
                }
                Step::Resume => {
                    let dropped = writer.dropped();
                    writer = bytes.writer(2);
                    writer.count_dropped(dropped);
                }
                Step::Read => {
                    let heard = bytes.heard(&mut cursor);
                    let expected = model.hear();
                    let lengths: Vec<_> = heard.iter().map(|line| {
                        (!line.starts_with("missed")).then(|| line.split(' ').next().map_or(0, str::len))
                    }).collect();
                    prop_assert_eq!(lengths, expected);
                }
            }
        }
    }
}
