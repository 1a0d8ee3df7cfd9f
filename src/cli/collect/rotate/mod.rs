//! A recording in parts, each a file that can be read alone.
//!
//! A part ends at the first sequence point behind its limit, which stands in both: what it says is the
//! base of the numbers in the next one, and stacks are defined anew behind it. Before it the next part
//! has the head of the stream, and the definitions of events so far. The end marker closes each.
//! Runtimes write a sequence point every 10 MB or so: parts are not smaller than that.

mod split;

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::split::{Kind, Piece, Splitter};
use super::place::Place;

const END_OBJECT: &[u8] = &[6];
const END_STREAM: &[u8] = &[1];

/// When a part is to end, and how many are kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// After so many bytes.
    pub bytes: Option<u64>,
    /// After this time.
    pub time: Option<Duration>,
    /// The latest so many parts; all of them by default.
    pub keep: Option<usize>,
    /// Bytes of definitions that are kept for the parts to come, and of the largest sequence point.
    /// Beyond that the part goes on for good.
    pub kept: usize,
}

/// Writes parts.
pub(crate) struct Rotation {
    limits: Limits,
    path: PathBuf,
    overwrite: bool,
    place: Place,
    number: u64,
    splitter: Splitter,
    preamble: Vec<u8>,
    definitions: Kept,
    /// The sequence point at which a part ends.
    point: Option<Kept>,
    /// Whether what comes now are definitions.
    defines: bool,
    /// Bytes of this part, and when it began.
    bytes: u64,
    began: Instant,
    /// Bytes of all parts.
    total: u64,
    whole: VecDeque<PathBuf>,
}

/// Blocks that will be written again; none of them once they are too many.
#[derive(Debug, Default)]
struct Kept {
    /// Head and content.
    blocks: Vec<(Vec<u8>, Vec<u8>)>,
    len: usize,
    max: usize,
}

impl Kept {
    fn new(max: usize) -> Self {
        Self { max, ..Self::default() }
    }

    fn begin(&mut self, head: &[u8]) {
        if self.takes(head.len() + size_of::<(Vec<u8>, Vec<u8>)>()) {
            self.blocks.push((head.to_vec(), Vec::new()));
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.takes(bytes.len())
            && let Some((_, content)) = self.blocks.last_mut()
        {
            content.extend_from_slice(bytes);
        }
    }

    fn takes(&mut self, len: usize) -> bool {
        self.len = self.len.saturating_add(len);
        if !self.is_whole() {
            self.blocks = Vec::new();
        }
        self.is_whole()
    }

    fn is_whole(&self) -> bool {
        self.len <= self.max
    }
}

/// The file of this number: `x.nettrace` becomes `x.0001.nettrace`.
pub(crate) fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number:04}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

impl Rotation {
    /// Begins with `place`, which is number 1 of `path`.
    pub(crate) fn new(limits: Limits, path: &Path, overwrite: bool, place: Place) -> Self {
        Self {
            limits,
            path: path.to_owned(),
            overwrite,
            place,
            number: 1,
            splitter: Splitter::default(),
            preamble: Vec::new(),
            definitions: Kept::new(limits.kept),
            point: None,
            defines: false,
            bytes: 0,
            began: Instant::now(),
            total: 0,
            whole: VecDeque::new(),
        }
    }

    /// Writes what came.
    ///
    /// # Errors
    /// It cannot be written, or there is a file of the next part's name.
    pub(crate) fn write(&mut self, mut chunk: &[u8]) -> io::Result<()> {
        // Taken out, since its pieces borrow from it.
        let mut splitter = std::mem::take(&mut self.splitter);
        let mut written = Ok(());
        while let Some(piece) = splitter.next(&mut chunk) {
            written = self.piece(&piece);
            if written.is_err() {
                break;
            }
        }
        self.splitter = splitter;
        written
    }

    /// The last part is over.
    ///
    /// # Errors
    /// As [`Place::finish`].
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.place.finish()
    }

    /// The stream is over, and the last part of it finished: another stream begins, with a part of its
    /// own.
    ///
    /// # Errors
    /// There is a file of the next part's name, or it cannot be opened.
    pub(crate) fn renew(&mut self) -> io::Result<()> {
        self.splitter = Splitter::default();
        self.preamble = Vec::new();
        self.definitions = Kept::new(self.limits.kept);
        (self.point, self.defines) = (None, false);
        self.next_part()
    }

    /// Nothing was recorded.
    pub(crate) fn discard(self) {
        self.place.discard();
    }

    /// Bytes of all parts.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The part that is written now.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    fn piece(&mut self, piece: &Piece<'_>) -> io::Result<()> {
        match piece {
            Piece::Preamble(bytes) => {
                self.preamble = bytes.to_vec();
                self.put(bytes)
            }
            Piece::Block(kind, head, size) => {
                let size = size.to_le_bytes();
                self.defines = *kind == Kind::Metadata;
                let head = [head, &size[..]].concat();
                if self.defines {
                    self.definitions.begin(&head);
                }
                if *kind == Kind::SequencePoint && self.is_due() {
                    let kept = self.limits.kept;
                    self.point.get_or_insert_with(|| Kept::new(kept)).begin(&head);
                }
                self.put_head(&head)
            }
            Piece::Content(bytes) => {
                if self.defines {
                    self.definitions.add(bytes);
                }
                if let Some(point) = &mut self.point {
                    point.add(bytes);
                }
                self.put(bytes)
            }
            Piece::EndBlock => {
                self.put(END_OBJECT)?;
                match self.point.take() {
                    Some(point) if point.is_whole() => self.rotate(&point),
                    _ => Ok(()),
                }
            }
            Piece::EndStream => self.put(END_STREAM),
            Piece::Unknown(bytes) => self.put(bytes),
        }
    }

    /// Whether a part should have ended that could not: the next one could not be read alone.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_over() && !self.definitions.is_whole()
    }

    fn is_due(&self) -> bool {
        self.is_over() && self.definitions.is_whole()
    }

    fn is_over(&self) -> bool {
        let is_full = self.limits.bytes.is_some_and(|bytes| self.bytes >= bytes);
        let is_old = self.limits.time.is_some_and(|time| self.began.elapsed() >= time);
        is_full || is_old
    }

    /// Ends this part and begins the next one.
    fn rotate(&mut self, point: &Kept) -> io::Result<()> {
        self.put(END_STREAM)?;
        self.place.finish()?;
        self.next_part()?;
        let preamble = std::mem::take(&mut self.preamble);
        let definitions = std::mem::take(&mut self.definitions);
        let mut written = self.put(&preamble);
        for (head, content) in definitions.blocks.iter().chain(&point.blocks) {
            written = written
                .and_then(|()| self.put_head(head))
                .and_then(|()| self.put(content))
                .and_then(|()| self.put(END_OBJECT));
        }
        (self.preamble, self.definitions) = (preamble, definitions);
        written
    }

    /// This part is whole: opens the next one, and removes those that are not kept.
    fn next_part(&mut self) -> io::Result<()> {
        self.whole.push_back(numbered(&self.path, self.number));
        self.number += 1;
        let path = numbered(&self.path, self.number);
        let place = Place::file(&path, self.overwrite);
        self.place = place.map_err(|(_, message)| io::Error::other(message))?;
        (self.bytes, self.began) = (0, Instant::now());
        // With the one that begins.
        while self.limits.keep.is_some_and(|keep| self.whole.len() >= keep.max(1)) {
            let Some(oldest) = self.whole.pop_front() else { break };
            fs::remove_file(oldest)?;
        }
        Ok(())
    }

    /// A block's content begins at a multiple of 4.
    fn put_head(&mut self, head: &[u8]) -> io::Result<()> {
        self.put(head)?;
        let padding = usize::from((self.bytes.wrapping_neg() & 3) as u8);
        self.put([0; 3].get(..padding).unwrap_or_default())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.place.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        self.total += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
