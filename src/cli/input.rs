//! Where bytes come from: windows of a mapped file, or a reader.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracemill::{Auto, Bytes, PoolStats};

use super::live::{Chunks, Live, Next};
use super::{map, text};

/// Bytes mapped at once: a multiple of every page size.
const WINDOW: u64 = 4 << 20;
/// Bytes of an index that are read beforehand; a longer one is read when its turn comes.
const MAX_INDEX: u64 = 32 << 20;
/// Of the first bytes that are kept, those that are shown if nobody knows them.
const HEAD_LEN: usize = 16;

/// One input, as chunks.
pub(crate) struct Input {
    /// As on the command line.
    pub name: String,
    /// Bytes in all, if that is known.
    pub total: Option<u64>,
    head: Vec<u8>,
    /// What is better known before all else, from where on: an index at the end of a file.
    index: Option<(u64, Bytes)>,
    had_index: bool,
    /// Bytes of the files behind the first, of a recording of several.
    parts: Vec<u64>,
    source: Source,
}

enum Source {
    /// A file, up to where it was long at first, and those behind it.
    Mapped {
        file: File,
        at: u64,
        len: u64,
        behind: VecDeque<(File, u64)>,
    },
    Read(Live),
    Chunks(Box<dyn Chunks>),
}

impl Input {
    /// Opens `path`; `-` is standard input. Regular files are mapped if `may_map`.
    ///
    /// # Errors
    /// It cannot be opened, or is a directory.
    pub(crate) fn open(path: &Path, may_map: bool) -> io::Result<Self> {
        if is_stdin(path) {
            return Self::read("-".to_owned(), io::stdin(), None);
        }
        let name = path.to_string_lossy().into_owned();
        if is_stream(path) {
            return Self::read(name, Late { path: path.to_owned(), file: None }, None);
        }
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Self::open_folder(path, name, may_map);
        }
        Self::of_files(name, file, VecDeque::new(), may_map)
    }

    /// Opens a recording of several files.
    fn open_folder(path: &Path, name: String, may_map: bool) -> io::Result<Self> {
        let first = File::open(path.join(Auto::part_name(0)));
        let first = first.map_err(|_| io::Error::from(ErrorKind::IsADirectory))?;
        let mut behind = VecDeque::new();
        for number in 1.. {
            match File::open(path.join(Auto::part_name(number))) {
                Ok(file) => {
                    let len = file.metadata()?.len();
                    behind.push_back((file, len));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            }
        }
        Self::of_files(name, first, behind, may_map)
    }

    fn of_files(
        name: String,
        file: File,
        behind: VecDeque<(File, u64)>,
        may_map: bool,
    ) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let len = metadata.len();
        let parts: Vec<u64> = behind.iter().map(|(_, len)| *len).collect();
        let all = parts.iter().fold(len, |all, len| all.saturating_add(*len));
        // A file without a length may have content all the same, as those of /proc do.
        let total = (metadata.is_file() && len > 0).then_some(all);
        let index = if total.is_some() { index_of(&file)? } else { None };
        if total.is_none() || !may_map {
            let mut reader: Box<dyn Read + Send> = Box::new(file);
            for (part, _) in behind {
                reader = Box::new(reader.chain(part));
            }
            return Ok(Self { index, parts, ..Self::read(name, reader, total)? });
        }
        let source = Source::Mapped { file, at: 0, len, behind };
        Ok(Self { name, total, head: Vec::new(), index, had_index: false, parts, source })
    }

    /// What a running process sends.
    ///
    /// # Errors
    /// There can be no thread to read it.
    pub(crate) fn live(name: String, stream: impl Read + Send + 'static) -> io::Result<Self> {
        Self::read(name, stream, None)
    }

    /// What a running process has sent, and somebody else has read.
    pub(crate) fn chunks(name: String, chunks: impl Chunks + 'static) -> Self {
        let source = Source::Chunks(Box::new(chunks));
        let (head, parts) = (Vec::new(), Vec::new());
        Self { name, total: None, head, index: None, had_index: false, parts, source }
    }

    /// Input that may pause; of `total` bytes if that is known.
    ///
    /// # Errors
    /// There can be no thread.
    pub(crate) fn read(
        name: String,
        reader: impl Read + Send + 'static,
        total: Option<u64>,
    ) -> io::Result<Self> {
        let source = Source::Read(Live::start(reader)?);
        let (head, parts) = (Vec::new(), Vec::new());
        Ok(Self { name, total, head, index: None, had_index: false, parts, source })
    }

    /// The index of a file that has one, once: where it begins, and the bytes from there on.
    pub(crate) fn take_index(&mut self) -> Option<(u64, Bytes)> {
        self.had_index = self.index.is_some();
        self.index.take()
    }

    /// Bytes of the files behind the first, of a recording of several.
    pub(crate) fn parts(&self) -> &[u64] {
        &self.parts
    }

    /// The next bytes, as many as are there. Waits for them, as long as `patience` says. All chunks
    /// before have been parsed and dropped.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(crate) fn next(&mut self, patience: Option<Duration>) -> io::Result<Next> {
        let next = self.source.next(patience)?;
        if let Next::Chunk(chunk) = &next
            && self.head.len() < Auto::HEAD_LEN
        {
            self.head.extend(chunk.iter().take(Auto::HEAD_LEN - self.head.len()));
        }
        Ok(next)
    }

    /// The first bytes, at most 16.
    pub(crate) fn head(&self) -> &[u8] {
        self.head.get(..HEAD_LEN).unwrap_or(&self.head)
    }

    /// Whether there is an index at the end that could not be read beforehand: from a pipe, or because
    /// it is long.
    pub(crate) fn is_index_missed(&self) -> bool {
        !self.had_index && Auto::index_at(&self.head).is_some()
    }

    /// Whether its chunks are parts of a file.
    pub(crate) fn is_mapped(&self) -> bool {
        matches!(self.source, Source::Mapped { .. })
    }

    /// Whether more may come only later, so that what is known should be shown before.
    pub(crate) fn is_live(&self) -> bool {
        self.total.is_none()
    }

    /// The buffers, where they are its own.
    pub(crate) fn pool(&self) -> Option<PoolStats> {
        match &self.source {
            Source::Mapped { .. } | Source::Chunks(_) => None,
            Source::Read(live) => Some(live.pool()),
        }
    }
}

impl Source {
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next> {
        match self {
            Self::Mapped { file, at, len, behind } => loop {
                // A file that has become shorter ends where it ends now.
                let left = file.metadata()?.len().min(*len).saturating_sub(*at);
                let window = left.min(WINDOW);
                if window > 0 {
                    let chunk = map::window(file, *at, usize::try_from(window).unwrap_or(0))?;
                    *at += window;
                    return Ok(Next::Chunk(chunk));
                }
                let Some(next) = behind.pop_front() else {
                    return Ok(Next::End);
                };
                (*file, *len, *at) = (next.0, next.1, 0);
            },
            Self::Read(live) => live.next(patience),
            Self::Chunks(chunks) => chunks.next(patience),
        }
    }
}

/// The index at the end of a file, if it has one that is not too long. The file stands at its start
/// before and after.
fn index_of(mut file: &File) -> io::Result<Option<(u64, Bytes)>> {
    let (mut head, mut bytes) = (Vec::new(), Vec::new());
    file.take(Auto::HEAD_LEN as u64).read_to_end(&mut head)?;
    let index = Auto::index_at(&head);
    if let Some(at) = index {
        file.seek(SeekFrom::Start(at))?;
        file.take(MAX_INDEX + 1).read_to_end(&mut bytes)?;
    }
    file.rewind()?;
    Ok(index.filter(|_| bytes.len() as u64 <= MAX_INDEX).map(|at| (at, bytes.into())))
}

/// A file that is opened by whoever reads it: that of a pipe waits for somebody to write to it.
struct Late {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Late {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        file.read(bytes)
    }
}

/// Whether it is waited for what `path` brings: it is standard input, or neither file nor folder.
pub(crate) fn is_stream(path: &Path) -> bool {
    let is_other = |metadata: Metadata| !metadata.is_file() && !metadata.is_dir();
    is_stdin(path) || fs::metadata(path).is_ok_and(is_other)
}

/// Whether `path` stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// What people call an input by that name.
pub(crate) fn called(name: &str) -> String {
    if name == "-" { "standard input".to_owned() } else { text::escaped(name) }
}

/// The same of a file that is to be made: its folder may not be there.
pub(crate) fn explain_new(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "the folder it is to be in does not exist".to_owned(),
        _ => explain(error),
    }
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
        fs::write(&path, vec![7; 9 << 20]).unwrap();
        let mut input = Input::open(&path, true).unwrap();
        assert_eq!(input.total, Some(9 << 20));
        assert!(matches!(input.next(None), Ok(Next::Chunk(chunk)) if chunk.len() == 4 << 20));
        File::options().write(true).open(&path).unwrap().set_len((4 << 20) + 5).unwrap();
        assert!(matches!(input.next(None), Ok(Next::Chunk(chunk)) if *chunk == [7; 5]));
        assert!(matches!(input.next(None), Ok(Next::End)));
        assert_eq!(input.head(), [7; 16]);
        fs::remove_file(&path).unwrap();
    }
}
