//! A process that has its packets in bundles: no header is written or read.

use std::io;

use phalanx_core::mbuf::{Bundle, MbufHome};
use phalanx_core::port::{RxQueue, TxQueue};
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::turns::{BURST, FRAME, Way, is_ours, write_frame};

pub(crate) struct Bundles<'a, 'h> {
    going: Bundle<'h>,
    came: Bundle<'h>,
    rx: &'a mut RxQueue<AnyRx>,
    tx: &'a mut TxQueue<AnyTx>,
}

impl<'a, 'h> Bundles<'a, 'h> {
    pub(crate) fn of(
        home: &'h MbufHome<'h>,
        (rx, tx): (&'a mut RxQueue<AnyRx>, &'a mut TxQueue<AnyTx>),
    ) -> Self {
        Self { going: Bundle::new(home), came: Bundle::new(home), rx, tx }
    }
}

impl Way for Bundles<'_, '_> {
    fn send(&mut self) -> io::Result<()> {
        if self.going.build(BURST, FRAME.len() as u16, write_frame).is_ok() {
            self.tx.burst_unseen(&mut self.going);
            self.going.free();
        }
        Ok(())
    }

    fn receive(&mut self, strangers: &mut usize) -> usize {
        self.rx.burst_unseen(&mut self.came);
        self.came.for_each_data(|data| *strangers += usize::from(!is_ours(data)));
        self.came.free()
    }
}
