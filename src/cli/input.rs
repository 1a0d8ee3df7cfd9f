//! Where bytes come from: windows of a mapped file, or reads into pooled buffers.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use bytes::Bytes;
use tracemill::{ChunkPool, PoolStats};

use super::{map, text};

/// Bytes mapped at once: a multiple of every page size.
const WINDOW: u64 = 4 << 20;
/// Buffers for what is read, and their size.
const BUFFERS: usize = 2;
const BUFFER_LEN: usize = 256 << 10;
/// First bytes kept, to be shown if nobody knows them.
const HEAD_LEN: usize = 16;

/// One input, as chunks.
pub(crate) struct Input {
    /// As on the command line.
    pub name: String,
    /// Bytes in all, if that is known.
    pub total: Option<u64>,
    head: Vec<u8>,
    source: Source,
}

enum Source {
    Mapped { file: File, at: u64, len: u64 },
    Read { reader: Box<dyn Read>, pool: ChunkPool },
}

impl Input {
    /// Opens `path`; `-` is standard input. Regular files are mapped if `may_map`.
    ///
    /// # Errors
    /// It cannot be opened, or is a directory.
    pub(crate) fn open(path: &Path, may_map: bool) -> io::Result<Self> {
        if is_stdin(path) {
            return Ok(Self::read("-".to_owned(), Box::new(io::stdin().lock()), None));
        }
        let name = path.to_string_lossy().into_owned();
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let len = metadata.len();
        // A file without a length may have content all the same, as those of /proc do.
        let total = (metadata.is_file() && len > 0).then_some(len);
        if total.is_none() || !may_map {
            return Ok(Self::read(name, Box::new(file), total));
        }
        let source = Source::Mapped { file, at: 0, len };
        Ok(Self { name, total, head: Vec::new(), source })
    }

    fn read(name: String, reader: Box<dyn Read>, total: Option<u64>) -> Self {
        let pool = ChunkPool::new(BUFFERS, BUFFER_LEN);
        Self { name, total, head: Vec::new(), source: Source::Read { reader, pool } }
    }

    /// The next bytes, as many as are there, or `None` at the end. Blocks only if there are none.
    /// All chunks before have been parsed.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Bytes>> {
        let chunk = self.source.next()?;
        if let Some(chunk) = chunk.as_ref().filter(|_| self.head.len() < HEAD_LEN) {
            self.head.extend(chunk.iter().take(HEAD_LEN - self.head.len()));
        }
        Ok(chunk)
    }

    /// The first bytes, at most 16.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether more may come only later, so that what is known should be shown before.
    pub(crate) fn is_live(&self) -> bool {
        self.total.is_none()
    }

    /// The buffers, unless the file is mapped.
    pub(crate) fn pool(&self) -> Option<PoolStats> {
        match &self.source {
            Source::Mapped { .. } => None,
            Source::Read { pool, .. } => Some(pool.stats()),
        }
    }
}

impl Source {
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Self::Mapped { file, at, len } => {
                // A file that has become shorter ends where it ends now.
                let left = file.metadata()?.len().min(*len).saturating_sub(*at);
                let window = left.min(WINDOW);
                if window == 0 {
                    return Ok(None);
                }
                let chunk = map::window(file, *at, usize::try_from(window).unwrap_or(0))?;
                *at += window;
                Ok(Some(chunk))
            }
            Self::Read { reader, pool } => {
                let mut buffer = pool.lease().ok_or(ErrorKind::OutOfMemory)?;
                let len = loop {
                    match reader.read(&mut buffer) {
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        read => break read?,
                    }
                };
                Ok((len > 0).then(|| buffer.filled(len)))
            }
        }
    }
}

/// Whether `path` stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// What people call an input by that name.
pub(crate) fn called(name: &str) -> String {
    if name == "-" { "standard input".to_owned() } else { text::escaped(name) }
}

/// What went wrong, in few words.
pub(crate) fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "is a directory, not a file".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrinks_ends_where_it_ends() {
        let path = std::env::temp_dir().join(format!("tracemill-shrink-{}", std::process::id()));
        std::fs::write(&path, vec![7; 9 << 20]).unwrap();
        let mut input = Input::open(&path, true).unwrap();
        assert_eq!(input.total, Some(9 << 20));
        assert_eq!(input.next().unwrap().map(|chunk| chunk.len()), Some(4 << 20));
        File::options().write(true).open(&path).unwrap().set_len((4 << 20) + 5).unwrap();
        assert_eq!(input.next().unwrap().as_deref(), Some(&[7; 5][..]));
        assert!(input.next().unwrap().is_none());
        assert_eq!(input.head(), [7; 16]);
        std::fs::remove_file(&path).unwrap();
    }
}
