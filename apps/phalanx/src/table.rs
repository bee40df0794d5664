//! Tables that people read.

use core::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// The cells of a table, row by row.
pub(crate) type Rows = Vec<Vec<String>>;

/// A title and a table under it; numbers stand on the `right`.
pub(crate) fn section(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    head: &[&str],
    right: &[usize],
    rows: Rows,
) -> fmt::Result {
    writeln!(f, "\n{title}")?;
    if rows.is_empty() {
        return writeln!(f, "  none");
    }
    show(f, head, right, rows)
}

/// The table alone.
pub(crate) fn show(
    f: &mut fmt::Formatter<'_>,
    head: &[&str],
    right: &[usize],
    rows: Rows,
) -> fmt::Result {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head);
    table.add_rows(rows);
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.to_string().lines() {
        writeln!(f, " {}", line.trim_end())?;
    }
    Ok(())
}
