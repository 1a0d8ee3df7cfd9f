//! One stream, many threads, the same batches in the same order.
//!
//! A window of runs is decoded at once, each by one worker in its own arena, which is reset between
//! batches as in serial mode. What the caller makes of a batch is made on the worker; the results
//! come back in stream order. Loss is folded from the batches' spans in that order too.
//!
//! In time order events are decoded and merged one run after the other, and what has then become
//! ready is handed out to the workers, batch by batch.

use bytes::Bytes;
use rayon::prelude::*;

use crate::arena::Arena;
use crate::batch::Batch;
use crate::config::Config;
use crate::error::Error;
use crate::format::{Decode, Format};
use crate::framer::Full;
use crate::loss::{Loss, Span};
use crate::merge::Scratch;
use crate::order::Order;
use crate::parser::Parser;
use crate::run::{Position, Run};
use crate::stats::Stats;

/// Spans of a run that a worker keeps; a run with more, which no producer writes, is finished on
/// the calling thread, so that memory stays bounded.
const MAX_SPANS: usize = 4096;

/// Like [`Parser`](crate::Parser), with a window of runs decoded at once on the current rayon pool.
#[derive(Debug)]
pub struct ParallelParser<F: Format> {
    parser: Parser<F>,
    runs: Vec<Run<F::Decoder>>,
    slots: Vec<Slot>,
}

/// What one worker works with.
#[derive(Debug)]
struct Slot {
    arena: Arena,
    position: Position,
    spans: Vec<Span>,
    scratch: Scratch,
    stats: Stats,
}

impl<F: Format> ParallelParser<F> {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(format: F, config: &Config) -> Self {
        let parser = Parser::new(format, config);
        let config = parser.config();
        let slot = || Slot {
            arena: Arena::with_limit(config.max_arena),
            position: Position::default(),
            spans: Vec::new(),
            scratch: Scratch::default(),
            stats: Stats::default(),
        };
        let slots: Vec<Slot> = std::iter::repeat_with(slot).take(config.window).collect();
        let runs = Vec::with_capacity(slots.len());
        Self { parser, runs, slots }
    }

    /// Queues the next bytes of the stream, without copying.
    ///
    /// # Errors
    /// [`Full`], with the chunk, if more than [`Config::max_buffered`] would be queued.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Full> {
        self.parser.push(chunk)
    }

    /// Says that no more bytes will come, so that a partial frame is the end.
    pub fn finish(&mut self) {
        self.parser.finish();
    }

    /// As [`Parser::flush`].
    pub fn flush(&mut self) {
        self.parser.flush();
    }

    /// Decodes the next window of runs and maps each batch on the worker that decoded it, while it
    /// is in that worker's cache. The results are in order, one for each batch that
    /// [`Parser::next_batch`] would have lent; `None` until more is pushed, and at the end.
    ///
    /// # Errors
    /// As [`Parser::next_batch`], after the results before it.
    pub fn map_window<R: Send>(
        &mut self,
        map: impl Fn(Batch<'_>) -> R + Sync,
    ) -> Result<Option<Vec<R>>, Error> {
        let max_events = self.config().batch_events;
        if self.config().order == Order::Time {
            return self.map_in_time_order(max_events, map);
        }
        self.fill()?;
        if self.runs.is_empty() {
            return Ok(None);
        }
        let pairs = self.runs.par_iter().zip(self.slots.par_iter_mut());
        let decoded: Vec<Vec<R>> =
            pairs.map(|(run, slot)| slot.decode(run, max_events, MAX_SPANS, &map)).collect();
        self.parser.loss.fold(&[]);
        let mut results = Vec::with_capacity(decoded.iter().map(Vec::len).sum());
        for ((run, slot), decoded) in self.runs.iter().zip(&mut self.slots).zip(decoded) {
            results.extend(decoded);
            self.parser.loss.fold_more(&slot.spans);
            while !run.is_done(&slot.position) {
                results.extend(slot.decode(run, max_events, 1, &map));
                self.parser.loss.fold_more(&slot.spans);
            }
            self.parser.stats += std::mem::take(&mut slot.stats);
        }
        Ok(Some(results))
    }

    /// Counters so far, and memory held now.
    pub fn stats(&self) -> Stats {
        let mut stats = self.parser.stats();
        let arenas = &mut stats.memory.arenas;
        let out = self.runs.len();
        arenas.out += out;
        arenas.free += self.slots.len() - out;
        arenas.high_water += self.slots.iter().filter(|slot| slot.arena.resets() > 0).count();
        arenas.resets += self.slots.iter().map(|slot| slot.arena.resets()).sum::<u64>();
        arenas.bytes += self.slots.iter().map(|slot| slot.arena.reserved()).sum::<usize>();
        stats
    }

    /// Loss so far, by capture thread; its [gaps](Loss::gaps) are those of the last window.
    pub fn loss(&self) -> &Loss {
        self.parser.loss()
    }

    /// The format's sequential half.
    pub fn format(&self) -> &F {
        self.parser.format()
    }

    /// The limits in force.
    pub fn config(&self) -> &Config {
        self.parser.config()
    }

    /// Takes the next runs; an error after some of them is given when they have been delivered.
    fn fill(&mut self) -> Result<(), Error> {
        self.runs.clear();
        while self.runs.len() < self.slots.len() {
            match self.parser.framer.next_run() {
                Ok(Some(run)) => self.runs.push(run),
                Ok(None) => break,
                // The framer repeats it on the next call.
                Err(_) if !self.runs.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        for slot in &mut self.slots {
            slot.position = Position::default();
        }
        Ok(())
    }
}

impl<F: Format> ParallelParser<F> {
    /// Maps what is ready on the workers, else takes in the next events.
    fn map_in_time_order<R: Send>(
        &mut self,
        max_events: usize,
        map: impl Fn(Batch<'_>) -> R + Sync,
    ) -> Result<Option<Vec<R>>, Error> {
        if !self.parser.advance()? {
            return Ok(None);
        }
        let Some(merge) = self.parser.merge.as_mut().filter(|merge| merge.ready_count() > 0) else {
            let batch = self.parser.next_batch()?;
            return Ok(batch.map(|batch| vec![map(batch)]));
        };
        let limits = self.slots.iter().map(|slot| slot.arena.limit());
        let ranges: Vec<_> = limits.map_while(|limit| merge.hand_out(max_events, limit)).collect();
        let merge = &*merge;
        let pairs = ranges.into_par_iter().zip(self.slots.par_iter_mut());
        let lend = |(range, slot): (_, &mut Slot)| {
            let batch = merge.lend(range, &mut slot.arena, &mut slot.scratch);
            slot.stats.count(&batch);
            map(batch)
        };
        let results = pairs.map(lend).collect();
        for slot in &mut self.slots {
            self.parser.stats += std::mem::take(&mut slot.stats);
        }
        Ok(Some(results))
    }
}

impl Slot {
    /// Decodes on from the slot's position until the run is done or `max_spans` are kept.
    fn decode<D: Decode + ?Sized, R>(
        &mut self,
        run: &Run<D>,
        max_events: usize,
        max_spans: usize,
        map: impl Fn(Batch<'_>) -> R,
    ) -> Vec<R> {
        self.spans.clear();
        let mut results = Vec::new();
        while self.spans.len() < max_spans && !run.is_done(&self.position) {
            let batch = run.decode_next(&mut self.position, &mut self.arena, max_events);
            self.spans.extend_from_slice(batch.spans());
            self.stats.count(&batch);
            results.push(map(batch));
        }
        results
    }
}
