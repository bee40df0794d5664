//! A queue of a PCI device in its claimant, whoever owns the port.

use core::error::Error;
use std::sync::Arc;

use phalanx_core::device::e1000e::{E1000eRx, E1000eTx};
use phalanx_core::device::virtio_net::{VirtioRx, VirtioTx};
use phalanx_core::port::{DriverKind, LinkState, Port, RxClaim, TxClaim};
use phalanx_core::reach::Reach;

use super::control::{e1000e_registers, region};
use super::error::PciPortError;
use super::heir::claimants;
use super::owned::address_of;
use super::part::BarPart;
use super::regions::Regions;
use crate::device::{self, DeviceLease, Devices, OpenError, UserDevice};
use crate::pci::PciAddress;
use crate::port::any::{AnyRx, AnyTx};

/// The device behind a queue that this process has.
#[derive(Debug)]
pub struct QueueDevice {
    #[expect(dead_code, reason = "kept as long as the queue")]
    lease: DeviceLease,
    port: Port,
    gone: PciPortError,
}

impl QueueDevice {
    /// That the device is gone, if it is. One load.
    pub(in crate::port) fn fault(&self) -> Option<&(dyn Error + 'static)> {
        (self.port.link().state == LinkState::Gone).then_some(&self.gone)
    }
}

/// What a queue needs of its device.
struct Parts {
    address: PciAddress,
    registers: BarPart,
    reach: Reach,
    device: QueueDevice,
}

impl Parts {
    /// Those of a port: its device is had of its owner, or of another who has a queue.
    fn of(port: &Port) -> Result<Self, PciPortError> {
        let address = address_of(port)?;
        let devices = device::devices().ok_or(OpenError::NoGroup { device: address })?;
        let owner = port.owner().filter(|it| *it != port.group().me());
        let owner = owner.filter(|it| port.group().is_alive(*it));
        let whom = owner.into_iter().chain(claimants(port));
        let (device, lease) = devices.lease(address, whom)?;
        let registers = registers(&devices, &device, port.driver())?;
        let gone = PciPortError::Gone { port: port.name() };
        let device = QueueDevice { lease, port: *port, gone };
        Ok(Self { address, registers, reach: devices.reach()?, device })
    }
}

/// Whether this process can use the device of a port: whether it is handed over, and its registers can be mapped
/// where its owner has them.
///
/// # Errors
/// [`PciPortError`].
pub(crate) fn can_use(port: &Port) -> Result<(), PciPortError> {
    Parts::of(port).map(drop)
}

/// The registers in which the device is told of a queue.
fn registers(
    devices: &Devices,
    device: &Arc<dyn UserDevice>,
    driver: DriverKind,
) -> Result<BarPart, PciPortError> {
    match driver {
        DriverKind::VirtioNet => region(devices, device, Regions::of(&**device)?.notify),
        _ => e1000e_registers(devices, device),
    }
}

pub(in crate::port) fn open_rx(claim: &RxClaim) -> Result<AnyRx, PciPortError> {
    let Parts { address: at, registers, reach, device } = Parts::of(claim.port())?;
    Ok(match claim.port().driver() {
        DriverKind::VirtioNet => {
            let driver = VirtioRx::open(claim, registers, reach);
            AnyRx::Virtio(
                driver.map_err(|error| PciPortError::Virtio { device: at, error })?,
                device,
            )
        }
        _ => {
            let driver = E1000eRx::open(claim, registers, reach);
            AnyRx::E1000e(
                driver.map_err(|error| PciPortError::E1000e { device: at, error })?,
                device,
            )
        }
    })
}

pub(in crate::port) fn open_tx(claim: &TxClaim) -> Result<AnyTx, PciPortError> {
    let Parts { address: at, registers, reach, device } = Parts::of(claim.port())?;
    Ok(match claim.port().driver() {
        DriverKind::VirtioNet => {
            let driver = VirtioTx::open(claim, registers, reach);
            AnyTx::Virtio(
                driver.map_err(|error| PciPortError::Virtio { device: at, error })?,
                device,
            )
        }
        _ => {
            let driver = E1000eTx::open(claim, registers, reach);
            AnyTx::E1000e(
                driver.map_err(|error| PciPortError::E1000e { device: at, error })?,
                device,
            )
        }
    })
}
