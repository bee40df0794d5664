//! Opening what a port of this process's needs, by what the port's shared state says.

use core::fmt;

use phalanx_core::port::{Direction, DriverKind, MacAddress, Port, Promiscuous};
use rustix::fd::{AsFd, OwnedFd};

use super::error::DescriptorError;
use super::link::{index_of, interface_of, is_gone};
use crate::port::af_packet::{
    AfPacketArgs, Fanout, SocketError, bring_up, fanout_of, give_mac as give_interface_mac,
    give_mtu, look_at, open_rx, open_tx,
};
use crate::port::tap::{Attach, TapArgs, open_queue, set_up};
use crate::sys::netdevice::Stays;

/// The word of a port's driver that holds its fanout group's number, plus 1.
pub(super) const FANOUT_WORD: usize = 0;

/// The word that holds the index of the interface that the port stands for.
pub(super) const INDEX_WORD: usize = 1;

/// The word that holds the MTU that the interface was found with or was given: while the port's is the same,
/// nobody has asked for another.
const MTU_WORD: usize = 2;

/// Opens a descriptor of `port`.
///
/// # Errors
/// [`DescriptorError`].
pub(super) fn open(port: &Port, direction: Direction) -> Result<OwnedFd, DescriptorError> {
    match port.driver() {
        DriverKind::Tap => open_tap(port),
        _ => open_packet(port, direction),
    }
}

/// Writes down which interface a port stands for that has just been made.
///
/// # Errors
/// [`DescriptorError`], if there is no such interface.
pub(super) fn note(port: &Port) -> Result<(), DescriptorError> {
    let interface = look_at(packet_args(port)?.interface)?;
    set_word(port, INDEX_WORD, interface.index.into())?;
    set_word(port, MTU_WORD, port.facts().mtu.into())
}

/// Gives the interface the MTU that the port was given, if it was.
///
/// # Errors
/// [`DescriptorError`].
pub(super) fn settle_mtu(port: &Port) -> Result<(), DescriptorError> {
    let mtu = port.facts().mtu;
    // A tap that is gone is made anew with it; another interface that is gone is not had at all.
    if port.driver_word(MTU_WORD) == u64::from(mtu) || is_gone(port) {
        return Ok(());
    }
    if let Some(interface) = interface_of(port) {
        give_mtu(interface, mtu)?;
    }
    set_word(port, MTU_WORD, mtu.into())
}

/// The MTU that the interface of `port` has, as far as this group knows; `None` for a port that stands for
/// none.
pub(crate) fn mtu_of(port: &Port) -> Option<u32> {
    interface_of(port)?;
    u32::try_from(port.driver_word(MTU_WORD)).ok().filter(|mtu| *mtu != 0)
}

/// Gives the interface that `port`, which is this process's, stands for an address; nothing, if it stands
/// for none.
///
/// # Errors
/// [`DescriptorError`].
pub(crate) fn give_mac(port: &Port, mac: MacAddress) -> Result<(), DescriptorError> {
    let Some(interface) = interface_of(port) else { return Ok(()) };
    if is_gone(port) {
        return Err(SocketError::NoInterface(interface).into());
    }
    Ok(give_interface_mac(interface, mac)?)
}

/// The port's next socket is the first of its fanout group.
///
/// # Errors
/// [`DescriptorError`].
pub(super) fn begin_fanout(port: &Port) -> Result<(), DescriptorError> {
    set_word(port, FANOUT_WORD, 0)
}

fn open_packet(port: &Port, direction: Direction) -> Result<OwnedFd, DescriptorError> {
    let args = packet_args(port)?;
    let interface = look_at(args.interface)?;
    set_word(port, INDEX_WORD, interface.index.into())?;
    // First: a socket of an interface that is down joins no others.
    bring_up(args.interface)?;
    if direction == Direction::Tx {
        return Ok(open_tx(&args, &interface)?);
    }
    let facts = port.facts();
    let fanout = match (facts.rx_queues, port.driver_word(FANOUT_WORD)) {
        (0..=1, _) => Fanout::Alone,
        (_, 0) => Fanout::First,
        (_, number) => Fanout::Of((number - 1) as u16),
    };
    let hears = if facts.is_promiscuous { Promiscuous::On } else { Promiscuous::Off };
    let socket = open_rx(&args, &interface, fanout, hears)?;
    if fanout == Fanout::First
        && let Ok(Some(number)) = fanout_of(socket.as_fd())
    {
        set_word(port, FANOUT_WORD, u64::from(number) + 1)?;
    }
    Ok(socket)
}

/// One more queue of the port's interface; or, if that is not there, the first, with the interface.
fn open_tap(port: &Port) -> Result<OwnedFd, DescriptorError> {
    let text = port.args();
    let number = crate::port::device_number(port.name().as_str());
    let args = TapArgs::parse(text.as_str(), number).map_err(|why| args_error(port, &why))?;
    let known = port.driver_word(INDEX_WORD);
    if known != 0 && index_of(args.interface).map(u64::from) == Ok(known) {
        return Ok(open_queue(&args, Attach::More)?);
    }
    let attach = if args.stays == Stays::Always { Attach::More } else { Attach::Make };
    let queue = open_queue(&args, attach)?;
    let mtu = port.facts().mtu;
    let mac = set_up(queue.as_fd(), &args, mtu)?;
    port.set_mac(MacAddress(mac))?;
    set_word(port, INDEX_WORD, index_of(args.interface).unwrap_or(0).into())?;
    set_word(port, MTU_WORD, mtu.into())?;
    Ok(queue)
}

fn set_word(port: &Port, which: usize, value: u64) -> Result<(), DescriptorError> {
    if port.driver_word(which) != value {
        port.set_driver_word(which, value)?;
    }
    Ok(())
}

fn packet_args(port: &Port) -> Result<AfPacketArgs, DescriptorError> {
    let text = port.args();
    AfPacketArgs::parse(text.as_str()).map_err(|why| args_error(port, &why))
}

fn args_error(port: &Port, why: &dyn fmt::Display) -> DescriptorError {
    DescriptorError::Args { port: port.name(), why: why.to_string() }
}
