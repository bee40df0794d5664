//! Queues and ports of the kernel's interfaces: opened by what the port's shared state says.

use phalanx_core::name::Name;
use phalanx_core::port::{Direction, DriverKind, MacAddress, Port, PortConfig, RxClaim, TxClaim};
use rustix::fd::AsFd;

use super::af_packet::{AfPacketArgs, AfPacketRx, AfPacketTx, look_at};
use super::any::{AnyRx, AnyTx};
use super::descriptors::{DescriptorError, descriptor_of};
use super::device_number;
use super::open_error::OpenError;
use super::tap::{TAP_QUEUES_MAX, TapArgs, TapRx, TapTx, check_tap};
use crate::mapping::MapError;

pub(super) fn af_packet_rx(claim: &RxClaim) -> Result<AnyRx, OpenError> {
    let port = claim.port();
    let args = af_packet_args(port)?;
    let (socket, lease) = descriptor_of(port, Direction::Rx, claim.queue())?;
    let opened = AfPacketRx::open(socket, args.geometry, claim.line());
    Ok(AnyRx::AfPacket(opened.map_err(|why| mapping(port, why))?, lease))
}

pub(super) fn af_packet_tx(claim: &TxClaim) -> Result<AnyTx, OpenError> {
    let port = claim.port();
    let args = af_packet_args(port)?;
    let (socket, lease) = descriptor_of(port, Direction::Tx, claim.queue())?;
    let opened = AfPacketTx::open(socket, args.geometry, args.interface, claim.line());
    Ok(AnyTx::AfPacket(opened.map_err(|why| mapping(port, why))?, lease))
}

pub(super) fn tap_rx(claim: &RxClaim) -> Result<AnyRx, OpenError> {
    let (port, args) = (claim.port(), tap_args(claim.port())?);
    let (queue, lease) = descriptor_of(port, Direction::Rx, claim.queue())?;
    check_tap(queue.as_fd(), args.interface).map_err(|errno| mapping(port, errno.into()))?;
    Ok(AnyRx::Tap(TapRx::new(queue), lease))
}

pub(super) fn tap_tx(claim: &TxClaim) -> Result<AnyTx, OpenError> {
    let (port, args) = (claim.port(), tap_args(claim.port())?);
    let (queue, lease) = descriptor_of(port, Direction::Tx, claim.queue())?;
    check_tap(queue.as_fd(), args.interface).map_err(|errno| mapping(port, errno.into()))?;
    Ok(AnyTx::Tap(TapTx::new(queue), lease))
}

fn mapping(port: &Port, why: MapError) -> OpenError {
    OpenError::Mapping { port: port.name(), why }
}

fn af_packet_args(port: &Port) -> Result<AfPacketArgs, DescriptorError> {
    let text = port.args();
    AfPacketArgs::parse(text.as_str()).map_err(|why| args_error(port.name().as_str(), &why))
}

fn tap_args(port: &Port) -> Result<TapArgs, DescriptorError> {
    let (text, name) = (port.args(), port.name());
    TapArgs::parse(text.as_str(), device_number(name.as_str()))
        .map_err(|why| args_error(name.as_str(), &why))
}

fn args_error(port: &str, why: &dyn core::fmt::Display) -> DescriptorError {
    DescriptorError::Args { port: Name::cut(port), why: why.to_string() }
}

/// What a port that stands for an interface is, before it is made: the interface must be there. Nothing
/// to add, for any other driver.
///
/// # Errors
/// [`DescriptorError`].
pub(crate) fn completed<'a>(
    device: &str,
    config: PortConfig<'a>,
) -> Result<PortConfig<'a>, DescriptorError> {
    match config.driver {
        DriverKind::AfPacket => {
            let args = AfPacketArgs::parse(config.args).map_err(|why| args_error(device, &why))?;
            let interface = look_at(args.interface)?;
            let mac = Some(MacAddress(interface.mac));
            let (rx_max, tx_max) = (args.qpairs, args.qpairs);
            Ok(PortConfig { mac, mtu: interface.mtu, rx_max, tx_max, ..config })
        }
        DriverKind::Tap => {
            TapArgs::parse(config.args, device_number(device))
                .map_err(|why| args_error(device, &why))?;
            Ok(PortConfig { rx_max: TAP_QUEUES_MAX, tx_max: TAP_QUEUES_MAX, ..config })
        }
        _ => Ok(config),
    }
}
