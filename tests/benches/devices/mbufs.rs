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
}

impl<'a, 'h> Mbufs<'a, 'h> {
    pub(crate) fn of(
        home: &'h MbufHome<'h>,
        (rx, tx): (&'a mut RxQueue<AnyRx>, &'a mut TxQueue<AnyTx>),
    ) -> Self {
        Self { home, rx, tx }
    }
}

impl Way for Mbufs<'_, '_> {
    fn send(&mut self) -> io::Result<()> {
        let mut packets = [const { None }; BURST];
        if self.home.alloc_bulk(&mut packets).is_err() {
            return Ok(());
        }
        for packet in packets.iter_mut().flatten() {
            write_frame(packet.append(FRAME.len() as u16).map_err(other)?);
        }
        self.tx.burst(&mut packets);
        Ok(())
    }

    fn receive(&mut self, strangers: &mut usize) -> usize {
        let mut came: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        let count = self.rx.burst(self.home, &mut came);
        *strangers += came.iter().flatten().filter(|packet| !is_ours(packet.data())).count();
        self.home.free_bulk(came.into_iter().flatten());
        count
    }
}
