//! From the writer to whoever counts events.
//!
//! Chunks are handed over as they are. The writer waits for nobody as long as the file can be read
//! again: chunks that nobody takes in time are read from there instead. What is written to a pipe, or in
//! parts, cannot be read again as one stream, so there the writer waits.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tracemill::ChunkPool;

use crate::cli::live::{Chunks, Next};

/// Chunks that wait for the follower.
const WAITING: usize = 8;
/// Those out of the writer's hands: they wait, the next is known, and one is parsed.
pub(super) const IN_HANDS: usize = WAITING + 2;
/// Bytes read at once from the file.
const BUFFER_LEN: usize = 256 << 10;

/// Both ends. `file`: what is written, to be read from its beginning, if that can be.
pub(super) fn pair(file: Option<File>) -> (Teller, Follower) {
    let Some(file) = file else {
        let (sender, receiver) = sync_channel(0);
        return (Teller::Each(Some(sender)), Follower::Each(receiver));
    };
    let (sender, receiver) = sync_channel(WAITING);
    let mark = Arc::new(Mark::default());
    let pool = ChunkPool::new(1, BUFFER_LEN);
    let teller = Teller::Some(sender, Arc::clone(&mark));
    (teller, Follower::File { file, at: 0, mark, receiver, next: None, pool })
}

/// Tells the follower what has been written. Dropped at the end.
pub(super) enum Teller {
    /// As long as it keeps up; the rest is in the file.
    Some(SyncSender<(u64, Bytes)>, Arc<Mark>),
    /// Each chunk, as long as it is there.
    Each(Option<SyncSender<Bytes>>),
}

impl Teller {
    /// `chunk` is written, and with it so many bytes.
    pub(super) fn tell(&mut self, bytes: u64, chunk: Bytes) {
        match self {
            Self::Some(sender, mark) => {
                let at = bytes.saturating_sub(chunk.len() as u64);
                // It is in the file as well.
                let _ = sender.try_send((at, chunk));
                mark.set(|state| state.0 = bytes);
            }
            Self::Each(queue) => *queue = queue.take().filter(|queue| queue.send(chunk).is_ok()),
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Self::Some(_, mark) = self {
            mark.set(|state| state.1 = true);
        }
    }
}

/// What has been written, from its beginning; waits for more until the recording is over.
pub(super) enum Follower {
    File {
        file: File,
        /// Bytes that were handed on.
        at: u64,
        mark: Arc<Mark>,
        receiver: Receiver<(u64, Bytes)>,
        /// A chunk that comes later, or now.
        next: Option<(u64, Bytes)>,
        pool: ChunkPool,
    },
    Each(Receiver<Bytes>),
}

impl Chunks for Follower {
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Next> {
        match self {
            Self::Each(receiver) => Ok(match patience {
                None => receiver.recv().map_or(Next::End, Next::Chunk),
                Some(patience) => match receiver.recv_timeout(patience) {
                    Ok(chunk) => Next::Chunk(chunk),
                    Err(RecvTimeoutError::Timeout) => Next::Idle,
                    Err(RecvTimeoutError::Disconnected) => Next::End,
                },
            }),
            Self::File { file, at, mark, receiver, next, pool } => {
                let (there, is_over) = mark.wait(*at, patience);
                if there <= *at {
                    return Ok(if is_over { Next::End } else { Next::Idle });
                }
                if next.is_none() {
                    *next = receiver.try_recv().ok();
                }
                let chunk = if let Some((_, chunk)) = next.take_if(|(begins, _)| *begins <= *at) {
                    chunk
                } else {
                    // Those between were not taken in time.
                    let until = next.as_ref().map_or(there, |(begins, _)| *begins);
                    read(file, *at, until.saturating_sub(*at), pool)?
                };
                *at += chunk.len() as u64;
                Ok(if chunk.is_empty() { Next::End } else { Next::Chunk(chunk) })
            }
        }
    }
}

/// Bytes of the file, at most so many.
fn read(file: &mut File, at: u64, most: u64, pool: &mut ChunkPool) -> io::Result<Bytes> {
    let mut buffer = pool.lease().ok_or(io::ErrorKind::OutOfMemory)?;
    let most = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
    file.seek(SeekFrom::Start(at))?;
    let len = file.read(buffer.get_mut(..most).unwrap_or_default())?;
    Ok(buffer.filled(len))
}

/// How much of a file is written, and whether that is all.
#[derive(Debug, Default)]
pub(super) struct Mark {
    state: Mutex<(u64, bool)>,
    changed: Condvar,
}

impl Mark {
    fn set(&self, change: impl FnOnce(&mut (u64, bool))) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until there is more than `at`, all is there, or patience ends.
    fn wait(&self, at: u64, patience: Option<Duration>) -> (u64, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut (u64, bool)| state.0 <= at && !state.1;
        let changed = &self.changed;
        *match patience {
            None => changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = changed.wait_timeout_while(state, patience, waits);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What a follower gets, where it takes a chunk after so many have been written.
    fn followed(lag: usize) -> (Vec<u8>, u64) {
        let name = format!("tracemill-follow-{}-{lag}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut file = File::create(&path).unwrap();
        let (mut teller, mut follower) = pair(Some(File::open(&path).unwrap()));
        std::fs::remove_file(&path).unwrap();
        let (mut got, mut bytes) = (Vec::new(), 0);
        let take = |follower: &mut Follower, got: &mut Vec<u8>| loop {
            match follower.next(Some(Duration::ZERO)).unwrap() {
                Next::Chunk(chunk) => got.extend_from_slice(&chunk),
                Next::Idle => return false,
                Next::End => return true,
            }
        };
        for number in 0..100 {
            let chunk = Bytes::from(vec![number; 1 + 37 * usize::from(number)]);
            file.write_all(&chunk).unwrap();
            bytes += chunk.len() as u64;
            teller.tell(bytes, chunk);
            if usize::from(number) % lag == lag - 1 {
                assert!(!take(&mut follower, &mut got));
            }
        }
        drop(teller);
        assert!(take(&mut follower, &mut got));
        (got, bytes)
    }

    #[test]
    fn whoever_falls_behind_reads_the_file() {
        let all: Vec<u8> = (0..100).flat_map(|n: u8| vec![n; 1 + 37 * usize::from(n)]).collect();
        for lag in [1, 5, 10, 33, 100] {
            let (got, bytes) = followed(lag);
            assert!(got == all && bytes == all.len() as u64, "{lag}");
        }
    }
}
