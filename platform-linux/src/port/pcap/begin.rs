//! The files of a port when it is configured, and when it runs for the first time.

use phalanx_core::name::Name;
use phalanx_core::port::{DriverKind, Port, PortSetup};

use super::args::PcapArgs;
use super::create::{PortFiles, create_files};
use super::error::PcapError;
use super::files::open_rx;
use crate::port::SetUpError;

/// The word of a port's driver that says whether its files for Tx have been made: 0 or 1.
const BEGUN_WORD: usize = 0;

/// Whether the files for Tx of `port` have been made.
pub(super) fn is_begun(port: &Port) -> bool {
    port.driver_word(BEGUN_WORD) != 0
}

/// Those of `ports` that are net_pcap's and that `is_wanted` names, and their files. What cannot be read of a
/// port, which any process may have written, is no file.
pub fn files_of(
    ports: impl Iterator<Item = Port>,
    is_wanted: impl Fn(Name) -> bool,
) -> Vec<PortFiles> {
    let ports = ports.filter(|port| port.driver() == DriverKind::Pcap && is_wanted(port.name()));
    let files = ports.filter_map(|port| {
        let files = PcapArgs::parse(port.args().as_str()).ok()?;
        Some(PortFiles { port: port.name().as_str().to_owned(), files })
    });
    files.collect()
}

/// Whether this process can open the files that `port` reads: each process that has a queue does itself.
///
/// # Errors
/// [`PcapError`].
pub(crate) fn can_read(port: &Port) -> Result<(), PcapError> {
    let args = PcapArgs::parse(port.args().as_str())?;
    args.rx.iter().try_for_each(|path| open_rx(path).map(drop))
}

/// Whether each file of `port` has a queue of its own if it is configured as `setup` says: one that has none
/// would never be read, or never written.
pub(in crate::port) fn check_queues(port: &Port, setup: &PortSetup) -> Result<(), SetUpError> {
    if port.driver() != DriverKind::Pcap {
        return Ok(());
    }
    let name = port.name();
    let wrong = |error| SetUpError::Files { port: name, error };
    let args = PcapArgs::parse(port.args().as_str()).map_err(wrong)?;
    for (argument, files, queues) in
        [("rx_pcap", &args.rx, setup.rx_queues), ("tx_pcap", &args.tx, setup.tx_queues)]
    {
        let count = files.len();
        if count > 1 && count > usize::from(queues) {
            return Err(wrong(PcapError::MoreFiles { argument, count, queues }));
        }
    }
    Ok(())
}

/// Makes the files for Tx of `port`, which is this process's and is about to run, if it never has. Who dies
/// in the middle has sent nothing: the next makes them again.
pub(in crate::port) fn begin(port: &Port) -> Result<(), SetUpError> {
    let is_ready = port.is_mine() && port.phase().has_queues();
    // Whoever may not start it is told so by the port.
    if port.driver() != DriverKind::Pcap || !is_ready || is_begun(port) {
        return Ok(());
    }
    let name = port.name();
    let new = files_of([*port].into_iter(), |_| true);
    let others = files_of(Port::all(port.group())?, |other| other != name);
    create_files(&new, &others).map_err(|(_, error)| SetUpError::Files { port: name, error })?;
    Ok(port.set_driver_word(BEGUN_WORD, 1)?)
}
