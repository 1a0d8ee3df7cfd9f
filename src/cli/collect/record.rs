//! From a stream to a file, and to whoever counts: three threads that do not wait for each other.
//!
//! ```text
//! stream ──▶ reader ──queue, bounded──▶ writer ──▶ file
//!                                          └──────▶ follower: looks at what has been written
//! ```
//!
//! The reader does nothing but read: a process loses events when it is not read from. A disk that
//! pauses is what the queue is for. Whoever counts events (`follow.rs`) may fall behind without holding
//! anything up.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracemill::ChunkPool;
use tracemill::ipc::Reader;

use super::follow::{self, Follower, Teller};
use super::place::Place;
use super::rotate::Rotation;
use crate::cli::attach::{Attached, Stopping, Unheard};

/// Most buffers, and their size: 32 MiB in all, taken as they are needed.
const BUFFERS: usize = 128;
const BUFFER_LEN: usize = 256 << 10;
/// Those that are not in the queue: two with the reader, which waits with one; one with the writer.
const IN_HANDS: usize = 3 + follow::IN_HANDS;
/// How often a reader looks whether it is of any use to wait.
const LOOK: Duration = Duration::from_millis(200);
/// How long what has come may wait for more.
const PAUSE: Duration = Duration::from_millis(10);
/// After a read of less than this, more is let come first: a socket holds 200 KB, which takes a runtime
/// at its fastest 300 us to write.
const NAP_BELOW: usize = 64 << 10;
const NAP: Duration = Duration::from_micros(100);

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
    let (teller, follower) = follow::pair(output.read_back()?);
    let Attached { mut reader, unheard, .. } = session;
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
///
/// A runtime writes in pieces of some 30 KB. They are handed over by the half buffer, or after some
/// milliseconds: each time wakes two threads, which costs more than to write it.
fn read(
    reader: &mut Reader,
    buffers: usize,
    chunks: SyncSender<Bytes>,
    unheard: &Unheard,
) -> io::Result<()> {
    let mut pool = ChunkPool::new(buffers, BUFFER_LEN);
    let mut chunks = Some(chunks);
    loop {
        let mut buffer = pool.lease().ok_or(ErrorKind::OutOfMemory)?;
        reader.set_read_timeout(Some(LOOK))?;
        let filled = fill(reader, &mut buffer, unheard);
        if let Ok((len @ 1.., _)) = filled {
            let chunk = buffer.filled(len);
            chunks = chunks.filter(|chunks| chunks.send(chunk).is_ok());
        }
        if filled?.1 || unheard.is_set() {
            return Ok(());
        }
    }
}

/// Reads into a buffer. How much, and whether the stream is over.
fn fill(reader: &mut Reader, buffer: &mut [u8], unheard: &Unheard) -> io::Result<(usize, bool)> {
    let (mut len, mut began) = (0, None);
    loop {
        let more = match reader.read(buffer.get_mut(len..).unwrap_or_default()) {
            Ok(0) => return Ok((len, true)),
            Ok(more) => more,
            Err(error) => match error.kind() {
                ErrorKind::TimedOut if len > 0 || unheard.is_set() => return Ok((len, false)),
                ErrorKind::TimedOut | ErrorKind::Interrupted => continue,
                // What has come is whole; the next read says it again.
                _ if len > 0 => return Ok((len, false)),
                _ => return Err(error),
            },
        };
        len += more;
        let is_late = began.is_some_and(|began: Instant| began.elapsed() >= PAUSE);
        if len >= buffer.len() / 2 || is_late {
            return Ok((len, false));
        }
        if began.is_none() {
            began = Some(Instant::now());
            reader.set_read_timeout(Some(PAUSE))?;
        }
        if more < NAP_BELOW {
            thread::sleep(NAP);
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
