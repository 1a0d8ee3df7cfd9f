//! Standard output, written to in whole lines, so that several may print to it.

use std::io::{self, Write};

/// Bytes that are handed on at once.
const FULL: usize = 64 << 10;

/// What has been printed and not been handed on.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    bytes: Vec<u8>,
}

impl Whole {
    /// Hands on what has been printed if it is much. To be called between lines.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn relieve(&mut self) -> io::Result<()> {
        if self.is_full() { self.flush() } else { Ok(()) }
    }

    /// Where the next line is to be appended.
    pub(crate) fn line(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether much has been printed and not been handed on.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&self.bytes)?;
        self.bytes.clear();
        out.flush()
    }
}
