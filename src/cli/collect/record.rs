//! From a stream to a file, and to whoever counts.
//!
//! ```text
//! stream ──▶ reader, and writer as long as that is fast ──▶ file
//!               └──queue, bounded──▶ writer ──▶ file    └─▶ follower: looks at what has been written
//! ```
//!
//! A process loses events when it is not read from, so that reading must not wait for a disk. Usually a
//! file takes what is written in no time, and it costs least to write it where it was read. Once that
//! takes time, another thread does it, for good; what is behind is in a queue. Whoever counts events
//! (`follow.rs`) may fall behind without holding anything up.

use std::io::{self, ErrorKind, Read};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tracemill::ChunkPool;
use tracemill::ipc::Reader;

use super::follow::{self, Follower};
use super::write::{Output, Way, Writer, Written};
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
    thread: JoinHandle<Written>,
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
    let (teller, follower) = follow::pair(output.read_back()?);
    let is_waiting = matches!(follower, Follower::Each(_));
    let writer = Writer::new(output, teller, stopping);
    let mut way = Way::new(writer, buffers - IN_HANDS);
    if is_waiting {
        // For whoever takes it, so that it may take any time.
        way.part()?;
    }
    let Attached { mut reader, unheard, .. } = session;
    let reading = move || {
        let read = read(&mut reader, buffers, &mut way, &unheard);
        Written { read, ..way.end() }
    };
    let thread = thread::Builder::new().name("reader".to_owned()).spawn(reading)?;
    Ok((Recording { thread }, follower))
}

impl Recording {
    /// Waits for its end.
    pub(crate) fn wait(self) -> Written {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Reads to the end, also if nobody takes it any more: the runtime waits until all is read. A runtime
/// that cannot be told to stop has no end, so that its stream is closed instead.
///
/// A runtime writes in pieces of some 30 KB. They are handed over by the half buffer, or after some
/// milliseconds: each time wakes another thread, which costs more than to write it.
fn read(reader: &mut Reader, buffers: usize, way: &mut Way, unheard: &Unheard) -> io::Result<()> {
    let mut pool = ChunkPool::new(buffers, BUFFER_LEN);
    loop {
        let mut buffer = pool.lease().ok_or(ErrorKind::OutOfMemory)?;
        reader.set_read_timeout(Some(LOOK))?;
        let filled = fill(reader, &mut buffer, unheard);
        if let Ok((len @ 1.., _)) = filled {
            way.take(buffer.filled(len))?;
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
