//! Opening a group and its device, and every reason why not.

use std::sync::Arc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;

use super::calls::{Calls, IommuKind};
use super::container::Container;
use super::device::VfioDevice;
use super::error::{GroupDevice, VfioError};
use super::kernel::Kernel;
use crate::device::{Caution, Unprotected};
use crate::eal::options::VfToken;
use crate::kernel_files::KernelFiles;
use crate::pci::{PciAddress, PciDevice};

/// The driver that hands devices to VFIO.
const DRIVER: &str = "vfio-pci";

/// How devices are opened.
#[derive(Clone, Debug)]
pub struct Opening {
    calls: Arc<dyn Calls>,
    kernel: KernelFiles,
    dir: String,
    token: Option<VfToken>,
}

impl Default for Opening {
    fn default() -> Self {
        Self::new(Arc::new(Kernel), KernelFiles::real(), "/dev/vfio", None)
    }
}

impl Opening {
    /// By these calls, for a machine whose sysfs and `/dev/vfio` lie there; `token` is shown for virtual
    /// functions.
    #[must_use]
    pub fn new(
        calls: Arc<dyn Calls>,
        kernel: KernelFiles,
        dir: impl Into<String>,
        token: Option<VfToken>,
    ) -> Self {
        Self { calls, kernel, dir: dir.into(), token }
    }

    /// The same, which shows `token` for virtual functions.
    #[must_use]
    pub(crate) fn with_token(self, token: Option<VfToken>) -> Self {
        Self { token, ..self }
    }

    /// Opens a device that `vfio-pci` has: its IOMMU group, a container, and the device. Of those that
    /// this process has already, `beside`, it shares the group and the container if it can, else `shared`, which
    /// another process has handed over. What a user should know first, `caution` is told before anything is opened. Answers DV-6. Cost: some files of
    /// sysfs, and about ten system calls.
    ///
    /// # Errors
    /// [`VfioError`]; nothing is open then, and the device as it was.
    pub fn open(
        &self,
        address: PciAddress,
        beside: &[Arc<VfioDevice>],
        shared: Option<&Container>,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<VfioDevice, VfioError> {
        let device = PciDevice::read(&self.kernel, address)?;
        if device.driver.as_deref() != Some(DRIVER) {
            return Err(VfioError::Driver(GroupDevice { address, driver: device.driver }));
        }
        let number = device.iommu_group.ok_or(VfioError::NoIommu { device: address })?;
        let is_unprotected = self.is_unprotected(number);
        if is_unprotected {
            caution(Caution { device: address, way: Unprotected::NoIommu });
        }
        let (group, container) = match beside.iter().find(|it| it.group_number() == number) {
            Some(sibling) => (sibling.group(), sibling.container().clone()),
            None => {
                let containers = beside.iter().map(|it| it.container()).chain(shared);
                self.enter(address, number, is_unprotected, containers)?
            }
        };
        let name = match self.token {
            Some(token) => format!("{address} vf_token={token}"),
            None => address.to_string(),
        };
        let opened =
            self.calls.device(group.as_fd(), &name).or_else(|errno| match (errno, self.token) {
                // One that is no virtual function takes none.
                (Errno::INVAL, Some(_)) => self.calls.device(group.as_fd(), &address.to_string()),
                _ => Err(errno),
            });
        let opened = opened.map_err(|errno| match errno {
            Errno::ACCESS => VfioError::Token { device: address },
            errno => self.why_not(address, "opening it", errno),
        })?;
        VfioDevice::of(address, container, (group, number), opened)
            .map_err(|errno| self.why_not(address, "looking at it", errno))
    }

    /// Opens a group and puts it into a container: one that is there, or a new one.
    fn enter<'a>(
        &self,
        address: PciAddress,
        number: u32,
        is_unprotected: bool,
        mut containers: impl Iterator<Item = &'a Container>,
    ) -> Result<(Arc<OwnedFd>, Container), VfioError> {
        let container = containers.find(|it| it.kind.protects() != is_unprotected);
        let descriptor = match container {
            Some(container) => Arc::clone(&container.descriptor),
            None => Arc::new(self.container()?),
        };
        let group = self.group(address, number, is_unprotected)?;
        self.calls
            .set_container(group.as_fd(), descriptor.as_fd())
            .map_err(|errno| self.why_not(address, "putting its group into a container", errno))?;
        let container = match container {
            Some(container) => container.clone(),
            None => {
                let kind = self.choose(address, &descriptor, is_unprotected)?;
                Container::of(Arc::clone(&self.calls), descriptor, kind)
            }
        };
        Ok((Arc::new(group), container))
    }

    /// A container that another process has handed over, of this kind. One system call.
    pub(crate) fn share(&self, kind: IommuKind, container: OwnedFd) -> Container {
        Container::of(Arc::clone(&self.calls), Arc::new(container), kind)
    }

    /// A device of another process that has handed its descriptors over. Some system calls.
    ///
    /// # Errors
    /// [`VfioError::Refused`].
    pub(crate) fn adopt(
        &self,
        address: PciAddress,
        kind: IommuKind,
        number: u32,
        [container, group, device]: [OwnedFd; 3],
    ) -> Result<VfioDevice, VfioError> {
        let container = Container::of(Arc::clone(&self.calls), Arc::new(container), kind);
        VfioDevice::of(address, container, (Arc::new(group), number), device)
            .map_err(|errno| self.why_not(address, "taking over what its owner has open", errno))
    }

    /// Whether the kernel hands the group over without an IOMMU.
    fn is_unprotected(&self, number: u32) -> bool {
        let path = self.kernel.sys(&format!("kernel/iommu_groups/{number}/name"));
        std::fs::read_to_string(path).is_ok_and(|name| name.trim() == "vfio-noiommu")
    }

    fn container(&self) -> Result<OwnedFd, VfioError> {
        let path = format!("{}/vfio", self.dir);
        let container = self.calls.open(&path).map_err(|errno| match errno {
            Errno::ACCESS | Errno::PERM => VfioError::Denied { path },
            _ => VfioError::NoVfio { path },
        })?;
        match self.calls.api_version(container.as_fd()) {
            Ok(0) => Ok(container),
            Ok(version) => Err(VfioError::Version { version }),
            Err(_) => Err(VfioError::NoVfio { path: format!("{}/vfio", self.dir) }),
        }
    }

    fn group(
        &self,
        device: PciAddress,
        number: u32,
        is_unprotected: bool,
    ) -> Result<OwnedFd, VfioError> {
        let kind = if is_unprotected { "noiommu-" } else { "" };
        let path = format!("{}/{kind}{number}", self.dir);
        let group = self.calls.open(&path).map_err(|errno| match errno {
            Errno::ACCESS | Errno::PERM => VfioError::Denied { path: path.clone() },
            Errno::BUSY => VfioError::Busy { device, path: path.clone() },
            Errno::NOENT => VfioError::NoGroup { device, path: path.clone() },
            errno => self.why_not(device, "opening its group", errno),
        })?;
        let status = self
            .calls
            .group_status(group.as_fd())
            .map_err(|errno| self.why_not(device, "asking about its group", errno))?;
        if status.has_container {
            return Err(VfioError::Busy { device, path });
        }
        if !status.is_viable {
            return Err(self.not_viable(device, number));
        }
        Ok(group)
    }

    /// The best kind that the kernel has.
    fn choose(
        &self,
        device: PciAddress,
        container: &OwnedFd,
        is_unprotected: bool,
    ) -> Result<IommuKind, VfioError> {
        let kinds: &[IommuKind] = match is_unprotected {
            true => &[IommuKind::NoIommu],
            false => &[IommuKind::Type1V2, IommuKind::Type1],
        };
        let has = |kind: &IommuKind| self.calls.has_kind(container.as_fd(), *kind) == Ok(true);
        let kind = *kinds.iter().find(|kind| has(kind)).ok_or(VfioError::NoKind)?;
        match self.calls.set_kind(container.as_fd(), kind) {
            Ok(()) => Ok(kind),
            Err(Errno::PERM) if !is_unprotected => Err(VfioError::UnsafeInterrupts { device }),
            Err(errno) => Err(self.why_not(device, "choosing its IOMMU", errno)),
        }
    }

    /// Why the group is not viable: who else is in it.
    fn not_viable(&self, device: PciAddress, group: u32) -> VfioError {
        let all = crate::pci::scan(&self.kernel).unwrap_or_default();
        let is_other = |it: &PciDevice| {
            let has_kernel_driver = it
                .driver
                .as_deref()
                .is_some_and(|driver| !matches!(driver, DRIVER | "pci-stub" | "pcieport"));
            it.iommu_group == Some(group) && it.address != device && has_kernel_driver
        };
        let others = all.into_iter().filter(is_other);
        let others = others.map(|it| GroupDevice { address: it.address, driver: it.driver });
        VfioError::NotViable { device, group, others: others.collect() }
    }

    fn why_not(&self, device: PciAddress, doing: &'static str, errno: Errno) -> VfioError {
        VfioError::Refused { device, doing, errno }
    }
}
