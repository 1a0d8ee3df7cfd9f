//! Input that may pause: it is read by a thread of its own, so that whoever waits for it can do
//! something else when nothing comes.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use tracemill::{ChunkPool, PoolStats};

/// Buffers, one that is read into and one that is parsed, and their size.
const BUFFERS: usize = 2;
const BUFFER_LEN: usize = 256 << 10;

/// What came.
pub(crate) enum Next {
    /// These bytes.
    Chunk(Bytes),
    /// Nothing, for as long as it was waited.
    Idle,
    /// The end.
    End,
}

/// Chunks that somebody else has read.
pub(crate) trait Chunks {
    /// As [`Live::next`].
    ///
    /// # Errors
    /// They cannot be had.
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next>;
}

/// A reader on a thread of its own. All that it hands out has to be dropped before more is asked
/// for: it has but two buffers.
pub(crate) struct Live {
    chunks: Receiver<io::Result<Bytes>>,
    pool: Arc<Mutex<PoolStats>>,
}

impl Live {
    /// Starts reading.
    ///
    /// # Errors
    /// There can be no thread.
    pub(crate) fn start(mut reader: impl Read + Send + 'static) -> io::Result<Self> {
        // Handed over one by one: then the other buffer is free again when the next is wanted.
        let (sender, chunks) = sync_channel(0);
        let pool = Arc::new(Mutex::new(PoolStats::default()));
        let shown = Arc::clone(&pool);
        thread::Builder::new().name("reader".to_owned()).spawn(move || {
            let mut pool = ChunkPool::new(BUFFERS, BUFFER_LEN);
            loop {
                let chunk = read(&mut reader, &mut pool);
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = pool.stats();
                let is_last = chunk.as_ref().map_or(true, Bytes::is_empty);
                // Nobody may be there any more.
                if sender.send(chunk).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(Self { chunks, pool })
    }

    /// The next bytes, as many as are there. Waits for them, as long as `patience` says.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(crate) fn next(&self, patience: Option<Duration>) -> io::Result<Next> {
        let chunk = match patience {
            Some(patience) => match self.chunks.recv_timeout(patience) {
                Ok(chunk) => chunk?,
                Err(RecvTimeoutError::Timeout) => return Ok(Next::Idle),
                Err(RecvTimeoutError::Disconnected) => return Ok(Next::End),
            },
            None => match self.chunks.recv() {
                Ok(chunk) => chunk?,
                Err(_) => return Ok(Next::End),
            },
        };
        Ok(if chunk.is_empty() { Next::End } else { Next::Chunk(chunk) })
    }

    /// The buffers.
    pub(crate) fn pool(&self) -> PoolStats {
        *self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next bytes; none at the end.
fn read(reader: &mut impl Read, pool: &mut ChunkPool) -> io::Result<Bytes> {
    let mut buffer = pool.lease().ok_or(ErrorKind::OutOfMemory)?;
    let len = loop {
        match reader.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    Ok(buffer.filled(len))
}
