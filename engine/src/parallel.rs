//! One stream, many threads, the same batches in the same order.
//!
//! Each worker takes the next run of the stream whenever it is done with one, and decodes it in an
//! arena of its own, which is reset between batches as in serial mode. What the caller makes of a
//! batch is made on the worker; the results of a window of runs come back in stream order. Loss is
//! folded from the batches' spans in that order too.
//!
//! In time order events are decoded and merged one run after the other, and what has then become
//! ready is handed out to the workers, batch by batch.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use bytes::Bytes;
use rayon::prelude::*;

use crate::arena::Arena;
use crate::batch::Batch;
use crate::config::Config;
use crate::error::Error;
use crate::format::{Decode, Format};
use crate::framer::{Framer, Full};
use crate::loss::Loss;
use crate::order::Order;
use crate::parser::Parser;
use crate::results::{Part, Results};
use crate::run::{Position, Run};
use crate::span::Span;
use crate::stats::Stats;

/// Spans that a worker keeps; a run with more, which no producer writes, is finished on the calling
/// thread, so that memory stays bounded.
const MAX_SPANS: usize = 4096;
/// Runs of a window for each worker: enough to make little of the wait for the last one.
const RUNS: usize = 256;
/// Runs that a worker takes at a time, fewer towards the end of a window: neighbours, so that what
/// one of them asks for from memory is there for the next, and so that workers seldom meet.
const TAKEN: usize = 16;
/// Looks at a lock that another holds for about as long as it takes to frame a few runs, before the
/// thread is put to sleep, which takes longer.
const SPINS: usize = 1000;

/// Like [`Parser`](crate::Parser), with runs decoded on the threads of the current rayon pool, at
/// most [`Config::threads`] of them.
#[derive(Debug)]
pub struct ParallelParser<F: Format> {
    parser: Parser<F>,
    workers: Vec<Worker<F::Decoder>>,
    /// Of each run of a window, who decoded it; used again for each window.
    shares: Vec<Share>,
}

/// What one worker works with: in cache lines of its own (pairs of them, as they are fetched), since
/// it is written to for each batch.
#[derive(Debug)]
#[repr(align(128))]
struct Worker<D: ?Sized> {
    arena: Arena,
    stats: Stats,
    /// Of the runs of this window, one after the other, and how many of them have been folded.
    spans: Vec<Span>,
    folded: usize,
    shares: Vec<Share>,
    /// What it is to lend, in time order.
    range: Option<Range<usize>>,
    /// Runs it has taken, and their places in the window.
    runs: VecDeque<(usize, Run<D>)>,
    /// Where the first of them goes on, if it has more spans than are kept.
    position: Position,
}

/// What a worker did with one run.
#[derive(Clone, Copy, Debug)]
struct Share {
    /// Place of the run in the window.
    run: usize,
    worker: usize,
    results: usize,
    spans: usize,
}

/// Where workers get their runs from.
struct Source<'a, F: Format> {
    framer: &'a mut Framer<F>,
    taken: usize,
    max: usize,
    workers: usize,
    is_over: bool,
    error: Option<Error>,
}

impl<F: Format> ParallelParser<F> {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(format: F, config: &Config) -> Self {
        let mut parser = Parser::new(format, config);
        // Runs go to whoever is free.
        parser.framer.may_open = parser.config().order == Order::Time;
        let max_arena = parser.config().max_arena;
        let worker = || Worker {
            arena: Arena::with_limit(max_arena),
            stats: Stats::default(),
            spans: Vec::new(),
            folded: 0,
            shares: Vec::new(),
            range: None,
            runs: VecDeque::new(),
            position: Position::default(),
        };
        let workers = std::iter::repeat_with(worker).take(parser.config().threads).collect();
        Self { parser, workers, shares: Vec::new() }
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
    /// is in that worker's cache. `results` are in order, one for each batch that
    /// [`Parser::next_batch`] would have lent; those of the window before are dropped. `false`, and
    /// none, until more is pushed, and at the end.
    ///
    /// # Errors
    /// As [`Parser::next_batch`], after the results before it.
    pub fn map_window<R: Send>(
        &mut self,
        results: &mut Results<R>,
        map: impl Fn(Batch<'_>) -> R + Sync,
    ) -> Result<bool, Error> {
        if self.config().order == Order::Time {
            return self.map_in_time_order(results, map);
        }
        for worker in &mut self.workers {
            // What a window left behind in which `map` panicked.
            worker.shares.clear();
            worker.runs.clear();
        }
        let max_events = self.config().batch_events;
        let count = rayon::current_num_threads().clamp(1, self.workers.len());
        let workers = self.workers.get_mut(..count).unwrap_or_default();
        let parts = results.begin(count);
        let source = Mutex::new(Source {
            framer: &mut self.parser.framer,
            taken: 0,
            max: RUNS * count,
            workers: count,
            is_over: false,
            error: None,
        });
        let pairs = workers.par_iter_mut().zip(parts.par_iter_mut()).enumerate();
        pairs.with_max_len(1).for_each(|(index, (worker, part))| {
            worker.work(index, &source, max_events, part, &map);
        });
        let source = source.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (source.taken, source.error) {
            (0, Some(error)) => return Err(error),
            (0, None) => return Ok(false),
            _ => self.gather(results, max_events, map),
        }
        Ok(true)
    }

    /// Puts the results in order, folds the spans in that order, and finishes what workers left.
    fn gather<R>(
        &mut self,
        results: &mut Results<R>,
        max_events: usize,
        map: impl Fn(Batch<'_>) -> R,
    ) {
        self.shares.clear();
        self.workers.iter_mut().for_each(|worker| self.shares.append(&mut worker.shares));
        self.shares.sort_unstable_by_key(|share| share.run);
        let loss = &mut self.parser.loss;
        loss.fold(&[]);
        for share in &self.shares {
            let Some(worker) = self.workers.get_mut(share.worker) else { continue };
            results.then_of(share.worker, share.results);
            let place = worker.folded..worker.folded + share.spans;
            loss.fold_more(worker.spans.get(place).unwrap_or_default());
            worker.folded += share.spans;
            if worker.runs.front().is_none_or(|(place, _)| *place != share.run) {
                continue;
            }
            let Some((_, run)) = worker.runs.pop_front() else { continue };
            let mut position = std::mem::take(&mut worker.position);
            while !run.is_done(&position) {
                let batch = run.decode_next(&mut position, &mut worker.arena, max_events);
                loss.fold_more(batch.spans());
                worker.stats.count(&batch);
                results.push(map(batch));
            }
        }
        for worker in &mut self.workers {
            self.parser.stats += std::mem::take(&mut worker.stats);
        }
    }

    /// Counters so far, and memory held now.
    pub fn stats(&self) -> Stats {
        let mut stats = self.parser.stats();
        let arenas = &mut stats.memory.arenas;
        arenas.free += self.workers.len();
        arenas.high_water += self.workers.iter().filter(|worker| worker.arena.resets() > 0).count();
        arenas.resets += self.workers.iter().map(|worker| worker.arena.resets()).sum::<u64>();
        arenas.bytes += self.workers.iter().map(|worker| worker.arena.reserved()).sum::<usize>();
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

    /// Maps what is ready on the workers, else takes in the next events.
    fn map_in_time_order<R: Send>(
        &mut self,
        results: &mut Results<R>,
        map: impl Fn(Batch<'_>) -> R + Sync,
    ) -> Result<bool, Error> {
        let max_events = self.config().batch_events;
        let parts = results.begin(self.workers.len());
        if !self.parser.advance()? {
            return Ok(false);
        }
        let Some(merge) = self.parser.merge.as_mut().filter(|merge| merge.ready_count() > 0) else {
            let Some(batch) = self.parser.next_batch()? else { return Ok(false) };
            results.push(map(batch));
            return Ok(true);
        };
        for worker in &mut self.workers {
            worker.range = merge.hand_out(max_events, worker.arena.limit());
        }
        let merge = &*merge;
        let pairs = self.workers.par_iter_mut().zip(parts.par_iter_mut());
        pairs.with_max_len(1).for_each(|(worker, part)| {
            let Some(range) = worker.range.take() else { return };
            let batch = merge.lend(range, &mut worker.arena);
            worker.stats.count(&batch);
            part.made.push_back(map(batch));
        });
        for (index, worker) in self.workers.iter_mut().enumerate() {
            results.then_of(index, usize::from(worker.stats.batches > 0));
            self.parser.stats += std::mem::take(&mut worker.stats);
        }
        Ok(true)
    }
}

impl<D: Decode + ?Sized> Worker<D> {
    /// Decodes and maps one run after the other, until there is no more or enough spans are kept.
    fn work<F: Format<Decoder = D>, R>(
        &mut self,
        index: usize,
        source: &Mutex<Source<'_, F>>,
        max_events: usize,
        results: &mut Part<R>,
        map: impl Fn(Batch<'_>) -> R,
    ) {
        self.spans.clear();
        self.folded = 0;
        self.position = Position::default();
        while self.spans.len() < MAX_SPANS {
            let Some((place, run)) = self.runs.front() else {
                // What is taken is put down at once, so that others need not wait.
                lock(source).take(&mut self.runs);
                if self.runs.is_empty() {
                    return;
                }
                continue;
            };
            let (results_before, spans_before) = (results.made.len(), self.spans.len());
            while self.spans.len() < MAX_SPANS && !run.is_done(&self.position) {
                let batch = run.decode_next(&mut self.position, &mut self.arena, max_events);
                self.spans.extend_from_slice(batch.spans());
                self.stats.count(&batch);
                results.made.push_back(map(batch));
            }
            self.shares.push(Share {
                run: *place,
                worker: index,
                results: results.made.len() - results_before,
                spans: self.spans.len() - spans_before,
            });
            if run.is_done(&self.position) {
                self.runs.pop_front();
                self.position = Position::default();
            }
        }
        // What is left is finished on the calling thread, in its turn.
        let begun = self.shares.last().map(|share| share.run);
        for (place, _) in self.runs.iter().filter(|(place, _)| Some(*place) != begun) {
            self.shares.push(Share { run: *place, worker: index, results: 0, spans: 0 });
        }
    }
}

impl<F: Format> Source<'_, F> {
    /// Hands out the next runs, with their places in the window. An error after some of them is
    /// given with the next window, since the framer repeats it.
    fn take(&mut self, runs: &mut VecDeque<(usize, Run<F::Decoder>)>) {
        let left = self.max - self.taken;
        for _ in 0..(left / (2 * self.workers)).clamp(1, TAKEN) {
            if self.is_over || self.taken == self.max {
                return;
            }
            match self.framer.next_run() {
                Ok(Some(run)) => {
                    runs.push_back((self.taken, run));
                    self.taken += 1;
                    continue;
                }
                Ok(None) => {}
                Err(error) => self.error = Some(error),
            }
            self.is_over = true;
        }
    }
}

/// Locks it, without putting the thread to sleep if it is soon free. A panic elsewhere ends all;
/// until then what is locked is as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    for _ in 0..SPINS {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(guard)) => return guard.into_inner(),
            Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
        }
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
