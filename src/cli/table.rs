//! Tables for people: aligned columns under a header.

use std::io::{self, Write};

/// A column: its header, and whether it is aligned to the right.
pub(crate) type Head = (&'static str, bool);

/// Prints `rows` below `heads`. The rows are asked for twice, first for the widths, so that not all
/// of them are held at once. `heads` and rows have the same number of columns.
pub(crate) fn print(
    out: &mut impl Write,
    heads: &[Head],
    rows: impl Iterator<Item = Vec<String>> + Clone,
) -> io::Result<()> {
    let mut widths: Vec<usize> = heads.iter().map(|(head, _)| head.chars().count()).collect();
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let header = heads.iter().map(|(head, _)| (*head).to_owned()).collect();
    for row in std::iter::once(header).chain(rows) {
        let mut line = String::new();
        for ((cell, width), (_, right)) in row.iter().zip(&widths).zip(heads) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let padding = width.saturating_sub(cell.chars().count());
            let spaces = std::iter::repeat_n(' ', padding);
            if *right {
                line.extend(spaces);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.extend(spaces);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Prints names and values in two columns.
pub(crate) fn pairs(out: &mut impl Write, pairs: &[(String, String)]) -> io::Result<()> {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in pairs {
        writeln!(out, "{name:width$}  {value}")?;
    }
    Ok(())
}
