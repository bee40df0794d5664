//! What came and went by a device under test, whoever died meanwhile: for the drivers' tests.

use std::collections::VecDeque;

use proptest::prelude::*;

/// What must be had, and what must be sent, in order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What has come and was not had yet.
    coming: VecDeque<Vec<u8>>,
    /// How many of these dead claimants may have had.
    in_dead_hands: usize,
    /// What is to be sent, and whether it must be.
    going: VecDeque<(Vec<u8>, bool)>,
}

impl Ledger {
    /// A packet has come.
    pub(super) fn comes(&mut self, bytes: Vec<u8>) {
        self.coming.push_back(bytes);
    }

    /// A claimant that received so many has died before it said what.
    pub(super) fn dies_with(&mut self, most: usize) {
        self.in_dead_hands += most;
    }

    /// These were had: none twice, damaged, or before what came earlier.
    pub(super) fn had(&mut self, all: Vec<Vec<u8>>) -> Result<(), TestCaseError> {
        for came in all {
            while self.coming.pop_front().as_ref() != Some(&came) {
                let is_lost = self.in_dead_hands > 0 && !self.coming.is_empty();
                prop_assert!(is_lost, "never came, or before: {came:?}");
                self.in_dead_hands -= 1;
            }
        }
        Ok(())
    }

    /// These are to be sent; the first `must` were handed over.
    pub(super) fn goes(&mut self, all: Vec<Vec<u8>>, must: usize) {
        self.going.extend(all.into_iter().enumerate().map(|(at, it)| (it, at < must)));
    }

    /// These were sent: as [`had`](Self::had).
    pub(super) fn sent(&mut self, all: Vec<Vec<u8>>) -> Result<(), TestCaseError> {
        for sent in all {
            loop {
                let Some((next, must)) = self.going.pop_front() else {
                    return Err(TestCaseError::fail(format!("never sent, or before: {sent:?}")));
                };
                if next == sent {
                    break;
                }
                prop_assert!(!must, "{next:?} was handed over, and is not sent");
            }
        }
        Ok(())
    }

    /// Everything has been had and sent but what dead claimants may have had.
    pub(super) fn is_settled(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.coming.len() <= self.in_dead_hands, "{:?}", self.coming);
        prop_assert!(self.going.iter().all(|(_, must)| !must), "{:?}", self.going);
        Ok(())
    }
}
