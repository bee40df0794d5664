//! `PcapArgs`: what `net_pcap` is told.

use std::path::{Path, PathBuf};

use phalanx_core::port::QUEUES_MAX;

use super::error::PcapError;

const KNOWN: [&str; 3] = ["rx_pcap", "tx_pcap", "infinite_rx"];

/// What `net_pcap` is told: `rx_pcap=FILE,tx_pcap=FILE,infinite_rx=0|1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PcapArgs {
    /// Files that packets come from: none, one for all queues, or one a queue.
    pub rx: Vec<PathBuf>,
    /// Files that packets go to; as `rx`.
    pub tx: Vec<PathBuf>,
    /// What comes behind a file's end.
    pub at_end: AtEnd,
}

/// What comes behind a file's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// Nothing more.
    #[default]
    Stop,
    /// Its first packet again.
    Repeat,
}

impl PcapArgs {
    /// Reads what stands behind the device's name and its comma.
    ///
    /// # Errors
    /// [`PcapError`], about the first argument that is none.
    pub fn parse(text: &str) -> Result<Self, PcapError> {
        let mut args = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "rx_pcap" => args.rx.push(path("rx_pcap", value)?),
                "tx_pcap" => args.tx.push(path("tx_pcap", value)?),
                "infinite_rx" => args.at_end = at_end(value)?,
                _ => return Err(unknown(key)),
            }
        }
        for (argument, files) in [("rx_pcap", &args.rx), ("tx_pcap", &args.tx)] {
            if files.len() > QUEUES_MAX {
                return Err(PcapError::TooManyFiles { argument, count: files.len() });
            }
        }
        Ok(args)
    }

    /// How many Rx queues the port may have: one a file, or as many as can be.
    pub fn rx_max(&self) -> u16 {
        queues(&self.rx)
    }

    /// How many Tx queues the port may have.
    pub fn tx_max(&self) -> u16 {
        queues(&self.tx)
    }

    /// The same as text.
    pub fn to_text(&self) -> String {
        let rx = self.rx.iter().map(|path| format!("rx_pcap={}", path.display()));
        let tx = self.tx.iter().map(|path| format!("tx_pcap={}", path.display()));
        let again = (self.at_end == AtEnd::Repeat).then(|| "infinite_rx=1".to_owned());
        rx.chain(tx).chain(again).collect::<Vec<_>>().join(",")
    }
}

fn queues(files: &[PathBuf]) -> u16 {
    match files.len() {
        0 | 1 => QUEUES_MAX as u16,
        // No more than there are queues: `parse` has seen to it.
        several => several as u16,
    }
}

/// The file of `queue`, and whether it is one of several; `None` for no file at all.
pub(super) fn file_of<'a>(
    files: &'a [PathBuf],
    direction: &'static str,
    queue: u16,
) -> Result<Option<(&'a Path, Sharing)>, PcapError> {
    match files {
        [] => Ok(None),
        [one] => Ok(Some((one, Sharing::All))),
        several => match several.get(usize::from(queue)) {
            Some(file) => Ok(Some((file, Sharing::None))),
            None => Err(PcapError::NoFile { direction, queue, files: several.len() }),
        },
    }
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// One queue's.
    None,
    /// All queues'.
    All,
}

fn path(argument: &'static str, value: &str) -> Result<PathBuf, PcapError> {
    if value == "-" {
        let value = value.to_owned();
        let takes = "the name of a file, and neither stdin nor stdout";
        return Err(PcapError::Value { argument, value, takes });
    }
    if value.is_empty() {
        let value = value.to_owned();
        return Err(PcapError::Value { argument, value, takes: "the name of a file" });
    }
    Ok(PathBuf::from(value))
}

fn at_end(value: &str) -> Result<AtEnd, PcapError> {
    match value {
        "0" => Ok(AtEnd::Stop),
        "1" => Ok(AtEnd::Repeat),
        _ => Err(PcapError::Value {
            argument: "infinite_rx",
            value: value.to_owned(),
            takes: "0 or 1",
        }),
    }
}

fn unknown(key: &str) -> PcapError {
    let common =
        |known: &&str| key.bytes().filter(|byte| known.bytes().any(|it| it == *byte)).count();
    let near = KNOWN.into_iter().filter(|known| known.len().abs_diff(key.len()) <= 2);
    let near = near.max_by_key(common).filter(|known| common(known) * 4 >= known.len() * 3);
    PcapError::Argument { argument: key.to_owned(), near }
}
