//! A process that has its packets as mbufs, as `wire.c` has them.

use std::io;

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{RxQueue, TxQueue};
use phalanx_linux::port::{AnyRx, AnyTx};

use crate::other;
use crate::turns::{BURST, FRAME, Way, is_ours, write_frame};

pub(crate) struct Mbufs<'a, 'h> {
    home: &'h MbufHome<'h>,
    rx: &'a mut RxQueue<AnyRx>,
    tx: &'a mut TxQueue<AnyTx>,
    /// What is to be sent, and what has come: between calls, nothing.
    going: [Option<Mbuf<'h>>; BURST],
    came: [Option<Mbuf<'h>>; BURST],
}

impl<'a, 'h> Mbufs<'a, 'h> {
    pub(crate) fn of(
        home: &'h MbufHome<'h>,
        (rx, tx): (&'a mut RxQueue<AnyRx>, &'a mut TxQueue<AnyTx>),
    ) -> Self {
        let (going, came) = ([const { None }; BURST], [const { None }; BURST]);
        Self { home, rx, tx, going, came }
    }
}

impl Way for Mbufs<'_, '_> {
    fn send(&mut self) -> io::Result<()> {
        if self.home.alloc_bulk(&mut self.going).is_err() {
            return Ok(());
        }
        for packet in self.going.iter_mut().flatten() {
            write_frame(packet.append(FRAME.len() as u16).map_err(other)?);
        }
        let sent = self.tx.burst(&mut self.going);
        self.home.free_bulk(self.going.iter_mut().skip(sent).filter_map(Option::take));
        Ok(())
    }

    fn receive(&mut self, strangers: &mut usize) -> usize {
        let count = self.rx.burst(self.home, &mut self.came);
        let came = self.came.get_mut(..count).unwrap_or_default();
        *strangers += came.iter().flatten().filter(|packet| !is_ours(packet.data())).count();
        self.home.free_bulk(came.iter_mut().filter_map(Option::take));
        count
    }
}
