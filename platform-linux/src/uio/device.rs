//! A device that UIO has handed over.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{Errno, fcntl_dupfd_cloexec, pread, pwrite};

use super::error::UioError;
use crate::device::{
    BarError, Caution, Counter, DeviceReach, InterruptKind, Interrupts, MappedBar, Place,
    Unprotected, UseError, UserDevice, allow_intx,
};
use crate::kernel_files::KernelFiles;
use crate::pci::{BAR_MAX, BarKind, PciAddress, PciDevice, driven_by};
use crate::sys::ofd::{LockKind, try_lock};

/// The driver that hands devices to UIO.
const DRIVER: &str = "uio_pci_generic";

/// A device that UIO has handed over.
#[derive(Debug)]
pub struct UioDevice {
    address: PciAddress,
    /// `/dev/uioN`: its interrupt.
    line: OwnedFd,
    /// Its config space, and the lock of who drives it.
    config: OwnedFd,
    /// Its BARs that are memory, and their bytes.
    bars: [Option<(OwnedFd, u64)>; BAR_MAX],
}

/// Opens a device that `uio_pci_generic` has, in a machine whose sysfs is `kernel`'s and whose `/dev` is
/// `dev`. `caution` is told first. Cost: some files of sysfs, and an open for each BAR.
///
/// The kernel lets anybody open it who may, any number of times, and whoever closes it has it do no DMA any more. So
/// nobody opens `/dev/uioN` who has not locked the file of the config space first, which may be opened and closed
/// without harm. The lock is that of what is open, goes with it to other processes, and lasts until the last of them has
/// closed it. Programs that know nothing of it are found among the processes.
///
/// # Errors
/// [`UioError`]; nothing is open then, and the device as it was.
pub fn open(
    kernel: &KernelFiles,
    dev: &Path,
    address: PciAddress,
    caution: &mut dyn FnMut(Caution),
) -> Result<UioDevice, UioError> {
    let device = PciDevice::read(kernel, address)?;
    if device.driver.as_deref() != Some(DRIVER) {
        return Err(UioError::Driver { device: address, driver: device.driver });
    }
    caution(Caution { device: address, way: Unprotected::Uio });
    let name = name_of(&device).ok_or(UioError::NoFile { device: address })?;
    let open = |path: &Path| {
        openat(CWD, path.as_os_str().as_bytes(), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| {
                let path = path.display().to_string();
                match errno {
                    Errno::ACCESS | Errno::PERM => UioError::Denied { device: address, path },
                    errno => UioError::Refused { device: address, path, errno },
                }
            })
    };
    let (path, config_path) = (dev.join(name), device.file("config"));
    let config = open(&config_path)?;
    // Only who may write the file can have such a lock.
    let is_locked = try_lock(config.as_fd(), LockKind::Exclusive, 0..1).map_err(|errno| {
        let path = config_path.display().to_string();
        UioError::Refused { device: address, path, errno }
    })?;
    let by = driven_by(kernel, &device).into_iter().next().map(Box::new);
    if !is_locked || by.is_some() {
        return Err(UioError::Busy { device: address, path: path.display().to_string(), by });
    }
    let line = open(&path)?;
    // Whoever asks for its interrupt looks first whether there is one.
    rustix::io::ioctl_fionbio(&line, true).map_err(|errno| UioError::Refused {
        device: address,
        path: "its interrupt".to_owned(),
        errno,
    })?;
    let mut bars = [const { None }; BAR_MAX];
    for (place, bar) in bars.iter_mut().zip(&device.bars) {
        let Some(bar) = bar.filter(|bar| bar.kind != BarKind::Ports) else { continue };
        *place = Some((open(&device.file(&format!("resource{}", bar.index)))?, bar.len));
    }
    Ok(UioDevice { address, line, config, bars })
}

/// The name of its file in `/dev`: the only entry of the device's `uio`.
fn name_of(device: &PciDevice) -> Option<String> {
    let mut entries = std::fs::read_dir(device.file("uio")).ok()?;
    entries.find_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.starts_with("uio").then_some(name)
    })
}

impl UioDevice {
    /// The descriptor of a BAR and its bytes, for another process that is to have it too.
    #[must_use]
    pub fn bar(&self, bar: u8) -> Option<(BorrowedFd<'_>, u64)> {
        let (file, len) = self.bars.get(usize::from(bar))?.as_ref()?;
        Some((file.as_fd(), *len))
    }

    /// What another process needs to have the device too: its line, its config space, and each BAR that
    /// it has, by number and bytes.
    pub(crate) fn descriptors(&self) -> (Vec<(u8, u64)>, Vec<BorrowedFd<'_>>) {
        let mut descriptors = vec![self.line.as_fd(), self.config.as_fd()];
        let mut bars = Vec::new();
        for (bar, (file, len)) in
            (0..).zip(&self.bars).filter_map(|(i, it)| Some((i, it.as_ref()?)))
        {
            bars.push((bar, *len));
            descriptors.push(file.as_fd());
        }
        (bars, descriptors)
    }

    /// A device of another process that has handed these over; `None` if they do not fit together.
    pub(crate) fn adopt(
        address: PciAddress,
        lens: &[(u8, u64)],
        descriptors: Vec<OwnedFd>,
    ) -> Option<Self> {
        let mut descriptors = descriptors.into_iter();
        let (line, config) = (descriptors.next()?, descriptors.next()?);
        let mut bars = [const { None }; BAR_MAX];
        for (bar, len) in lens {
            let file = descriptors.next()?;
            // Behind the end of a file there is nothing but a signal that ends the process.
            let has = fstat(&file).ok().and_then(|stat| u64::try_from(stat.st_size).ok());
            has.filter(|has| has >= len)?;
            *bars.get_mut(usize::from(*bar))? = Some((file, *len));
        }
        descriptors.next().is_none().then_some(Self { address, line, config, bars })
    }

    fn no_config(&self, at: u16, len: usize, errno: Errno) -> UseError {
        UseError::Config { device: self.address, at, len, errno }
    }
}

impl UserDevice for UioDevice {
    fn address(&self) -> PciAddress {
        self.address
    }

    fn reach(&self) -> DeviceReach {
        DeviceReach::Everything
    }

    fn map_bar(&self, bar: u8, least: u64, place: Place) -> Result<MappedBar, UseError> {
        let found = self.bar(bar).ok_or(BarError::None);
        let mapped = found.and_then(|(file, len)| match usize::try_from(len) {
            _ if len < least => Err(BarError::Short { len, least }),
            Ok(bytes) => MappedBar::map(file, 0, bytes, place),
            Err(_) => Err(BarError::NotMappable),
        });
        mapped.map_err(|why| UseError::Bar { device: self.address, bar, why })
    }

    fn read_config(&self, at: u16, bytes: &mut [u8]) -> Result<(), UseError> {
        let len = bytes.len();
        match pread(&self.config, bytes, at.into()) {
            Ok(count) if count == len => Ok(()),
            Ok(_) => Err(self.no_config(at, len, Errno::IO)),
            Err(errno) => Err(self.no_config(at, len, errno)),
        }
    }

    fn write_config(&self, at: u16, bytes: &[u8]) -> Result<(), UseError> {
        match pwrite(&self.config, bytes, at.into()) {
            Ok(count) if count == bytes.len() => Ok(()),
            Ok(_) => Err(self.no_config(at, bytes.len(), Errno::IO)),
            Err(errno) => Err(self.no_config(at, bytes.len(), errno)),
        }
    }

    /// One without a line, or one that the driver does not have any more, has none: the kernel says so of its file.
    fn vectors(&self, kind: InterruptKind) -> Result<u32, UseError> {
        let mut line = [PollFd::new(&self.line, PollFlags::IN)];
        let asked = poll(&mut line, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        let [line] = line;
        let has_none = line.revents().intersects(PollFlags::ERR | PollFlags::HUP);
        Ok(u32::from(kind == InterruptKind::Intx && asked.is_ok() && !has_none))
    }

    fn interrupts(
        self: Arc<Self>,
        kind: InterruptKind,
        vectors: u32,
    ) -> Result<Interrupts, UseError> {
        let there = self.vectors(kind)?;
        if vectors == 0 || vectors > there {
            let device = self.address;
            return Err(UseError::Vectors { device, kind, wanted: vectors, there });
        }
        let line = fcntl_dupfd_cloexec(&self.line, 0);
        let device = self.address;
        let line = line.map_err(|errno| UseError::Interrupts { device, kind, errno })?;
        allow_intx(&*self, true)?;
        Ok(Interrupts::new(self, kind, vec![line], Counter::Ever, true))
    }

    fn silence(&self, _: InterruptKind) -> Result<(), UseError> {
        allow_intx(self, false)
    }

    fn unmask_interrupt(&self) -> Result<(), UseError> {
        allow_intx(self, true)
    }

    /// UIO has no way to reset a device.
    fn reset(&self) -> Result<(), UseError> {
        Err(UseError::NoReset { device: self.address })
    }
}
