//! What this program is, and what it can read.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::Auto;

use super::json::{self, SCHEMA_VERSION};
use super::outcome::Outcome;

/// Prints the version; if `verbose`, also the features and formats it was built with.
pub(crate) fn print(verbose: bool) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    writeln!(out, "tracemill {}", env!("CARGO_PKG_VERSION"))?;
    if verbose {
        let features = [
            ("cli", true),
            ("live", cfg!(feature = "live")),
            ("manifests", cfg!(feature = "manifests")),
            ("parallel", cfg!(feature = "parallel")),
        ];
        let features = features.into_iter().filter(|(_, is_there)| *is_there);
        let names: Vec<_> = features.map(|(name, _)| name).collect();
        writeln!(out, "features: {}", names.join(", "))?;
        writeln!(out, "formats: {}", Auto::FORMATS.join(", "))?;
    }
    out.flush()?;
    Ok(Outcome::default())
}

/// Prints the formats that can be read.
pub(crate) fn list_formats(json: bool) -> io::Result<Outcome> {
    #[derive(Serialize)]
    struct Formats {
        schema_version: u32,
        formats: &'static [&'static str],
    }
    let mut out = io::stdout().lock();
    if json {
        let formats = Formats { schema_version: SCHEMA_VERSION, formats: Auto::FORMATS };
        json::print_line(&mut out, &formats)?;
    } else {
        for format in Auto::FORMATS {
            writeln!(out, "{format}")?;
        }
    }
    out.flush()?;
    Ok(Outcome::default())
}
