//! What one program can say: the texts of its log lines, and where they stand.

use core::panic::AssertUnwindSafe;
use std::fs::File;
use std::io::Seek;
use std::panic::catch_unwind;

use defmt_decoder::{Locations, Table};

use super::calls::named;
use super::line::Text;
use super::regular;

/// The texts of one program.
pub(super) struct Texts {
    table: Table,
    /// None if its debug information is gone.
    locations: Locations,
}

impl Texts {
    /// Those of a program's file; `None` if it has none.
    pub(super) fn read(mut file: &File) -> Result<Option<Self>, String> {
        file.rewind().map_err(|error| error.to_string())?;
        let bytes = regular::read(file).map_err(|why| why.to_string())?;
        let table = Table::parse(&bytes).map_err(|error| error.to_string())?;
        let Some(table) = table.filter(|table| !table.is_empty()) else { return Ok(None) };
        let locations = table.get_locations(&bytes).unwrap_or_default();
        Ok(Some(Self { table, locations }))
    }

    /// The decoder is not made for what a peer may have written: a panic of its is an answer like any
    /// other.
    pub(super) fn decode(&self, frame: &[u8]) -> Result<Text, String> {
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let (decoded, _) = self.table.decode(frame).map_err(|error| error.to_string())?;
            let at = self.locations.get(&decoded.index());
            Ok(Text {
                level: decoded.level().map(|level| level.as_str().to_uppercase()),
                text: named(decoded.display_message().to_string()),
                file: at.map(|at| at.file.to_string_lossy().into_owned()),
                line: at.map(|at| at.line),
                module: at.map(|at| at.module.clone()),
            })
        }));
        decoded.unwrap_or_else(|_| Err("the decoder failed on it".to_owned()))
    }
}
