//! What is read goes to a file, or wherever: by the thread that read it, or by one of its own.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::follow::Teller;
use super::place::Place;
use super::rotate::Rotation;
use crate::cli::attach::Stopping;

/// A chunk that takes longer to be written keeps the reader from reading.
const SLOW: Duration = Duration::from_millis(50);

/// Where to.
pub(crate) enum Output {
    /// As it comes.
    Whole(Place),
    /// In parts.
    Parts(Box<Rotation>),
}

impl Output {
    /// What is written now.
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Whole(place) => place,
            Self::Parts(rotation) => rotation.place(),
        }
    }

    pub(crate) fn is_in_parts(&self) -> bool {
        matches!(self, Self::Parts(_))
    }

    /// Whether a part went on for longer than was asked for.
    pub(crate) fn is_stuck(&self) -> bool {
        matches!(self, Self::Parts(rotation) if rotation.is_stuck())
    }

    /// All of a stream is written, and another begins, which only parts can have.
    ///
    /// # Errors
    /// As [`Rotation::renew`].
    pub(crate) fn renew(&mut self) -> io::Result<()> {
        match self {
            Self::Whole(_) => Err(ErrorKind::InvalidInput.into()),
            Self::Parts(rotation) => rotation.renew(),
        }
    }

    /// Nothing was recorded.
    pub(crate) fn discard(self) {
        match self {
            Self::Whole(place) => place.discard(),
            Self::Parts(rotation) => rotation.discard(),
        }
    }

    /// Writes a chunk; `bytes` is how many there are by then.
    fn write(&mut self, chunk: &[u8], bytes: &mut u64) -> io::Result<()> {
        match self {
            Self::Whole(place) => write_one(place, chunk, bytes),
            Self::Parts(rotation) => {
                let written = rotation.write(chunk);
                *bytes = rotation.total();
                written
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Whole(place) => place.finish(),
            Self::Parts(rotation) => rotation.finish(),
        }
    }

    /// The file, to be read from its beginning, if all will be in it.
    pub(super) fn read_back(&self) -> io::Result<Option<File>> {
        match self {
            Self::Whole(place) => place.read_back(),
            Self::Parts(_) => Ok(None),
        }
    }
}

/// What became of it.
pub(crate) struct Written {
    /// Where to, to go on with.
    pub output: Option<Output>,
    /// The last part, if it could not be given its name.
    pub part: Option<PathBuf>,
    /// Bytes written.
    pub bytes: u64,
    /// What went wrong with writing.
    pub write: io::Result<()>,
    /// What went wrong with reading.
    pub read: io::Result<()>,
}

/// Writes chunks, and stops the session when that is not possible.
pub(super) struct Writer {
    output: Output,
    /// Until nobody is to be told any more.
    teller: Option<Teller>,
    stopping: Stopping,
    bytes: u64,
    written: io::Result<()>,
}

impl Writer {
    pub(super) fn new(output: Output, teller: Teller, stopping: &Stopping) -> Self {
        let (teller, stopping) = (Some(teller), stopping.clone());
        Self { output, teller, stopping, bytes: 0, written: Ok(()) }
    }

    fn write(&mut self, chunk: Bytes) {
        if self.written.is_err() {
            return;
        }
        self.written = self.output.write(&chunk, &mut self.bytes);
        if self.written.is_ok() {
            if let Some(teller) = &mut self.teller {
                teller.tell(self.bytes, chunk);
            }
        } else {
            self.teller = None;
            self.stopping.stop();
        }
    }

    /// All has come.
    fn end(mut self) -> Written {
        self.teller = None;
        let write = self.written.and_then(|()| self.output.finish());
        let part = self.output.place().part().filter(|part| write.is_err() && part.exists());
        let part = part.map(Path::to_owned);
        Written { output: Some(self.output), part, bytes: self.bytes, write, read: Ok(()) }
    }
}

/// How chunks come to be written.
pub(super) enum Way {
    /// At once. So many may wait, once that is not possible.
    Direct(Box<Writer>, usize),
    /// By a thread of its own.
    Queue(SyncSender<Bytes>, JoinHandle<Written>),
    /// By nobody: a thread could not be had.
    None,
}

impl Way {
    pub(super) fn new(writer: Writer, queue: usize) -> Self {
        Self::Direct(Box::new(writer), queue)
    }

    /// Takes a chunk to be written.
    ///
    /// # Errors
    /// There can be no thread.
    pub(super) fn take(&mut self, chunk: Bytes) -> io::Result<()> {
        match self {
            Self::Direct(writer, _) => {
                let began = Instant::now();
                writer.write(chunk);
                if began.elapsed() > SLOW {
                    self.part()?;
                }
            }
            Self::Queue(queue, _) => {
                // It reads to the end.
                let _ = queue.send(chunk);
            }
            Self::None => {}
        }
        Ok(())
    }

    /// From now on a thread of its own writes.
    ///
    /// # Errors
    /// There can be no thread.
    pub(super) fn part(&mut self) -> io::Result<()> {
        if let Self::Direct(mut writer, queue) = std::mem::replace(self, Self::None) {
            let (sender, chunks) = sync_channel(queue);
            let writing = move || {
                for chunk in chunks {
                    writer.write(chunk);
                }
                writer.end()
            };
            let thread = thread::Builder::new().name("writer".to_owned()).spawn(writing)?;
            *self = Self::Queue(sender, thread);
        }
        Ok(())
    }

    /// All has come.
    pub(super) fn end(self) -> Written {
        match self {
            Self::Direct(writer, _) => writer.end(),
            Self::Queue(queue, thread) => {
                drop(queue);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
            Self::None => {
                let write = Err(ErrorKind::OutOfMemory.into());
                Written { output: None, part: None, bytes: 0, write, read: Ok(()) }
            }
        }
    }
}

fn write_one(place: &mut Place, mut chunk: &[u8], bytes: &mut u64) -> io::Result<()> {
    while !chunk.is_empty() {
        match place.write(chunk) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(len) => {
                *bytes += len as u64;
                chunk = chunk.get(len..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    place.flush()
}
