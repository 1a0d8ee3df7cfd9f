//! Where CSV and JSON go: standard output, or a file that is there only when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::cli::whole::Whole;

/// Where output goes.
pub(super) enum Place {
    /// Standard output.
    Out(Whole),
    /// A file.
    File(Beside),
}

/// A file that is written beside its place first.
pub(super) struct Beside {
    out: BufWriter<File>,
    path: PathBuf,
    temporary: PathBuf,
    may_replace: bool,
    is_placed: bool,
}

impl Place {
    /// Standard output, or a file.
    ///
    /// # Errors
    /// The file cannot be made, or is there and may not be replaced.
    pub(super) fn new(path: Option<&Path>, may_replace: bool) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::Out(Whole::default())) };
        check(path, may_replace)?;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.tmp", std::process::id()));
        let (temporary, path) = (PathBuf::from(temporary), path.to_owned());
        let out = BufWriter::new(File::create(&temporary)?);
        Ok(Self::File(Beside { out, path, temporary, may_replace, is_placed: false }))
    }

    /// To be called between lines.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn relieve(&mut self) -> io::Result<()> {
        match self {
            Self::Out(out) => out.relieve(),
            Self::File(_) => Ok(()),
        }
    }

    /// All has been written.
    ///
    /// # Errors
    /// It cannot be written or placed.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.flush()?;
        match self {
            Self::Out(_) => Ok(()),
            Self::File(file) => file.place(),
        }
    }
}

impl Beside {
    fn place(&mut self) -> io::Result<()> {
        check(&self.path, self.may_replace)?;
        fs::rename(&self.temporary, &self.path)?;
        self.is_placed = true;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Out(out) => out.write(bytes),
            Self::File(file) => file.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Out(out) => out.flush(),
            Self::File(file) => file.out.flush(),
        }
    }
}

fn check(path: &Path, may_replace: bool) -> io::Result<()> {
    if may_replace || fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "is there already; -y replaces it"))
}
