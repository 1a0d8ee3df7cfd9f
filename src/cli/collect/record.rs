//! From a stream to a file, and to whoever counts: three threads that do not wait for each other.
//!
//! ```text
//! stream ──▶ reader ──queue, bounded──▶ writer ──▶ file
//!                                                   └──▶ follower: reads what has been written
//! ```
//!
//! The reader does nothing but read: a process loses events when it is not read from. A disk that
//! pauses is what the queue is for. Whoever counts events follows the file, and may fall behind
//! without holding anything up; what is written to a pipe, or in parts, cannot be read again as one
//! stream, so there the writer hands over each chunk, and waits.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tracemill::ChunkPool;

use super::place::Place;
use super::rotate::Rotation;
use crate::cli::attach::{Attached, Stopping, Unheard};

/// Most buffers, and their size: 32 MiB in all, taken as they are needed.
const BUFFERS: usize = 128;
const BUFFER_LEN: usize = 256 << 10;
/// Those that are not in the queue: in the hands of reader, writer and follower.
const IN_HANDS: usize = 4;
/// How often a reader looks whether it is of any use to wait.
const LOOK: Duration = Duration::from_millis(200);

/// A recording under way.
pub(crate) struct Recording {
    reader: JoinHandle<io::Result<()>>,
    writer: JoinHandle<Written>,
}

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
    fn read_back(&self) -> io::Result<Option<File>> {
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

/// Records a session. The follower has to be read to its end, or dropped. `queue`: bytes that may wait
/// to be written, if not as by default.
///
/// # Errors
/// There can be no threads, or the file cannot be opened for reading.
pub(crate) fn start(
    session: Attached,
    output: Output,
    queue: Option<usize>,
    stopping: &Stopping,
) -> io::Result<(Recording, Follower)> {
    let buffers = queue.map_or(BUFFERS, |bytes| bytes / BUFFER_LEN).clamp(IN_HANDS + 1, BUFFERS);
    let (chunks, queue) = sync_channel(buffers - IN_HANDS);
    let (follower, teller) = if let Some(file) = output.read_back()? {
        let mark = Arc::new(Mark::default());
        (Follower::File { file, at: 0, mark: Arc::clone(&mark) }, Teller::Mark(mark))
    } else {
        let (sender, receiver) = sync_channel(0);
        (Follower::Queue { receiver, chunk: Bytes::new() }, Teller::Queue(Some(sender)))
    };
    let Attached { mut reader, unheard, .. } = session;
    reader.set_read_timeout(Some(LOOK))?;
    let reading = move || read(&mut reader, buffers, chunks, &unheard);
    let reader = thread::Builder::new().name("reader".to_owned()).spawn(reading)?;
    let stopping = stopping.clone();
    let writing = move || write(&queue, output, teller, &stopping);
    let writer = thread::Builder::new().name("writer".to_owned()).spawn(writing)?;
    Ok((Recording { reader, writer }, follower))
}

impl Recording {
    /// Waits for its end.
    pub(crate) fn wait(self) -> Written {
        let written = self.writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let read = self.reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Written { read, ..written }
    }
}

/// Reads to the end, also if nobody takes it any more: the runtime waits until all is read. A runtime
/// that cannot be told to stop has no end, so that its stream is closed instead.
fn read(
    reader: &mut impl Read,
    buffers: usize,
    chunks: SyncSender<Bytes>,
    unheard: &Unheard,
) -> io::Result<()> {
    let mut pool = ChunkPool::new(buffers, BUFFER_LEN);
    let mut chunks = Some(chunks);
    loop {
        let mut buffer = pool.lease().ok_or(ErrorKind::OutOfMemory)?;
        let len = match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len) => len,
            Err(error) => match error.kind() {
                ErrorKind::TimedOut if unheard.is_set() => return Ok(()),
                ErrorKind::TimedOut | ErrorKind::Interrupted => continue,
                _ => return Err(error),
            },
        };
        let chunk = buffer.filled(len);
        chunks = chunks.filter(|chunks| chunks.send(chunk).is_ok());
        if unheard.is_set() {
            return Ok(());
        }
    }
}

/// Writes what is read, and stops the session when that is not possible.
fn write(
    queue: &Receiver<Bytes>,
    mut output: Output,
    mut teller: Teller,
    stopping: &Stopping,
) -> Written {
    let mut bytes = 0;
    let mut written = Ok(());
    for chunk in queue {
        written = output.write(&chunk, &mut bytes);
        if written.is_err() {
            break;
        }
        teller.tell(bytes, chunk);
    }
    drop(teller);
    if written.is_err() {
        stopping.stop();
    }
    let write = written.and_then(|()| output.finish());
    let part = output.place().part().filter(|part| write.is_err() && part.exists());
    let part = part.map(Path::to_owned);
    Written { output: Some(output), part, bytes, write, read: Ok(()) }
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

/// How much of a file is written.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    state: Mutex<(u64, bool)>,
    changed: Condvar,
}

impl Mark {
    fn set(&self, change: impl FnOnce(&mut (u64, bool))) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until there is more than `at`, or all is there.
    fn wait(&self, at: u64) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut (u64, bool)| state.0 <= at && !state.1;
        self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Tells the follower. Dropped at the end.
enum Teller {
    Mark(Arc<Mark>),
    Queue(Option<SyncSender<Bytes>>),
}

impl Teller {
    fn tell(&mut self, bytes: u64, chunk: Bytes) {
        match self {
            Self::Mark(mark) => mark.set(|state| state.0 = bytes),
            Self::Queue(queue) => *queue = queue.take().filter(|queue| queue.send(chunk).is_ok()),
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Self::Mark(mark) = self {
            mark.set(|state| state.1 = true);
        }
    }
}

/// Reads what has been written, and waits for more until the recording is over.
#[derive(Debug)]
pub(crate) enum Follower {
    File { file: File, at: u64, mark: Arc<Mark> },
    Queue { receiver: Receiver<Bytes>, chunk: Bytes },
}

impl Read for Follower {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File { file, at, mark } => {
                let there = mark.wait(*at).saturating_sub(*at);
                let most = bytes.len().min(usize::try_from(there).unwrap_or(usize::MAX));
                let len = file.read(bytes.get_mut(..most).unwrap_or_default())?;
                *at += len as u64;
                Ok(len)
            }
            Self::Queue { receiver, chunk } => {
                if chunk.is_empty() {
                    *chunk = receiver.recv().unwrap_or_default();
                }
                let len = chunk.len().min(bytes.len());
                chunk.copy_to_slice(bytes.get_mut(..len).unwrap_or_default());
                Ok(len)
            }
        }
    }
}
