//! The lending loop: push chunks, take batches, one thread.

use std::ops::Range;

use bytes::Bytes;

use crate::arena::Arena;
use crate::batch::Batch;
use crate::config::Config;
use crate::error::Error;
use crate::format::Format;
use crate::framer::{Framer, Full};
use crate::loss::Loss;
use crate::merge::Merge;
use crate::order::Order;
use crate::run::{Extent, Position, Run};
use crate::stats::{PoolStats, Stats};

/// Parses one stream. Lends one batch at a time; the arena behind it is reset in one step when the
/// next one is asked for.
///
/// A view cannot be kept past its batch:
///
/// ```compile_fail,E0499
/// # fn keep<F: tracemill_engine::Format>(mut parser: tracemill_engine::Parser<F>) {
/// let first = parser.next_batch().unwrap().unwrap();
/// let event = first.iter().next().unwrap();
/// let second = parser.next_batch().unwrap().unwrap();
/// println!("{:?}", event.payload());
/// # }
/// ```
///
/// nor can the parser go away below it:
///
/// ```compile_fail,E0505
/// # fn keep<F: tracemill_engine::Format>(mut parser: tracemill_engine::Parser<F>) {
/// let batch = parser.next_batch().unwrap().unwrap();
/// drop(parser);
/// println!("{}", batch.len());
/// # }
/// ```
#[derive(Debug)]
pub struct Parser<F: Format> {
    pub(crate) framer: Framer<F>,
    run: Option<Run<F::Decoder>>,
    position: Position,
    arena: Arena,
    /// In time order.
    pub(crate) merge: Option<Merge<F::Decoder>>,
    pub(crate) loss: Loss,
    pub(crate) stats: Stats,
}

impl<F: Format> Parser<F> {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(format: F, config: &Config) -> Self {
        let mut framer = Framer::new(format, config);
        framer.may_open = true;
        let config = framer.config();
        Self {
            run: None,
            position: Position::default(),
            arena: Arena::with_limit(config.max_arena),
            merge: (config.order == Order::Time).then(|| Merge::new(config.max_held)),
            loss: Loss::new(config.max_threads),
            framer,
            stats: Stats::default(),
        }
    }

    /// Queues the next bytes of the stream, without copying.
    ///
    /// # Errors
    /// [`Full`], with the chunk, if more than [`Config::max_buffered`] would be queued. Never when
    /// [`next_batch`](Self::next_batch) has returned `None` since the push before.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Full> {
        self.framer.push(chunk)
    }

    /// Says that no more bytes will come, so that a partial frame is the end.
    pub fn finish(&mut self) {
        self.framer.finish();
    }

    /// Says that nothing more may come for a while: what waits for its turn in time order is
    /// delivered by the next calls of [`next_batch`](Self::next_batch), marked as
    /// [early](crate::Place::Early). Events that then come and are older are late.
    pub fn flush(&mut self) {
        if let Some(merge) = &mut self.merge {
            merge.release_all(false);
        }
    }

    /// Frees the batch before and lends the next one; `None` until more is pushed, and after
    /// [`finish`](Self::finish) at the end. A batch may have no events but faults, or neither.
    ///
    /// # Errors
    /// The stream cannot be followed, or was truncated. All that was whole has been delivered
    /// before. Final, and repeated.
    pub fn next_batch(&mut self) -> Result<Option<Batch<'_>>, Error> {
        if !self.advance()? {
            return Ok(None);
        }
        let max_events = self.framer.config().batch_events;
        let limit = self.arena.limit();
        let ready = self.merge.as_mut().and_then(|merge| merge.hand_out(max_events, limit));
        if let Some(ready) = ready {
            return Ok(self.lend(ready));
        }
        let Some(run) = &self.run else {
            return Ok(None);
        };
        let mut batch = run.decode_next(&mut self.position, &mut self.arena, max_events);
        self.loss.fold(batch.spans());
        if let Some(merge) = &mut self.merge
            && !merge.absorb(run, &batch)
        {
            batch = batch.without_events();
        }
        self.stats.count(&batch);
        Ok(Some(batch.with_gaps(self.loss.gaps())))
    }

    /// Counters so far, and memory held now.
    pub fn stats(&self) -> Stats {
        let mut stats = self.framer.stats();
        stats += self.stats;
        stats.set_loss(&self.loss);
        if let Some(merge) = &self.merge {
            merge.describe(&mut stats.memory);
        }
        let out = usize::from(self.run.is_some());
        stats.memory.arenas = PoolStats {
            out,
            free: 1 - out,
            high_water: usize::from(self.arena.resets() > 0),
            resets: self.arena.resets(),
            bytes: self.arena.reserved(),
        };
        stats
    }

    /// Loss so far, by capture thread.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// The format's sequential half.
    pub fn format(&self) -> &F {
        self.framer.format()
    }

    /// The limits in force.
    pub fn config(&self) -> &Config {
        self.framer.config()
    }

    /// Lends events that waited.
    fn lend(&mut self, ready: Range<usize>) -> Option<Batch<'_>> {
        let merge = self.merge.as_ref()?;
        let batch = merge.lend(ready, &mut self.arena);
        self.stats.count(&batch);
        Some(batch)
    }

    /// Whether there is something to lend: events that waited, or a run to be decoded.
    pub(crate) fn advance(&mut self) -> Result<bool, Error> {
        if let Some(merge) = &mut self.merge {
            merge.reclaim();
            if merge.ready_count() > 0 {
                return Ok(true);
            }
        }
        if self.run.as_ref().is_some_and(|run| !run.is_done(&self.position)) {
            return Ok(true);
        }
        if let Some(merge) = &mut self.merge {
            merge.end_run();
            merge.reclaim();
        }
        // Dropped first: state that nobody holds is changed in place.
        if let Some(run) = self.run.take()
            && run.extent == Extent::Open
        {
            self.framer.take_back(&run, &self.position);
        }
        let next = self.framer.next_run();
        if let Ok(Some(run)) = next {
            (self.run, self.position) = (Some(run), Position::default());
            return Ok(true);
        }
        if let Some(merge) = &mut self.merge
            && (next.is_err() || self.framer.is_at_end())
        {
            merge.release_all(true);
            if merge.ready_count() > 0 {
                return Ok(true);
            }
        }
        next.map(|_| false)
    }
}
