//! From chunks, cut anywhere, to runs of complete frames: the only place that copies input.
//!
//! ```text
//! queue   [ chunk ][ chunk ] ...   as pushed, never copied
//! carry   the head of a frame whose tail is in a later chunk; empty but for that
//! ```
//!
//! A frame that lies within one chunk becomes a slice of it. One that does not is gathered in the
//! carry, byte for byte as the format asks for it, so that a byte is copied at most once and none of
//! the frame behind it is.

mod bytes_in_hand;
mod step;

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::config::Config;
use crate::error::Error;
use crate::format::{FAULTS_PER_FRAME, Faults, Format};
use crate::run::{Position, Run};
use crate::stats::{Memory, Stats};
use step::Step;

/// The queue is full; here is the chunk back. Drain, then push again.
#[derive(Debug)]
pub struct Full(pub Bytes);

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("as much is queued as max_buffered of Config allows; take batches first")
    }
}

impl std::error::Error for Full {}

/// Cuts a stream into runs.
#[derive(Debug)]
pub struct Framer<F> {
    format: F,
    config: Config,
    queue: VecDeque<Bytes>,
    queued: usize,
    carry: BytesMut,
    /// Bytes the carry needs before the format is asked again.
    wanted: usize,
    /// Bytes the carry had when the format was last asked.
    seen: usize,
    /// Stream offset of the first byte not yet framed.
    offset: u64,
    /// Bytes still to be passed over.
    skip: u64,
    /// Up to where in the stream bytes have been asked for from memory.
    fetched: u64,
    /// Whether [open](Format::open) runs may be handed out, and whether the last one has stopped where
    /// the stream is now.
    pub(crate) may_open: bool,
    has_stopped: bool,
    faults: Faults,
    stage: Stage,
    stats: Stats,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Frames follow.
    Open,
    /// No more bytes will come; what is there is still to be framed.
    Finished,
    /// The last frame has been seen. Bytes that follow are counted and dropped.
    Ended { finished: bool },
    /// Nothing follows but the error, given again and again once the faults before it are out.
    Closed(Option<Error>),
}

impl<F: Format> Framer<F> {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(format: F, config: &Config) -> Self {
        Self {
            format,
            config: config.fitted(),
            queue: VecDeque::new(),
            queued: 0,
            carry: BytesMut::new(),
            wanted: 0,
            seen: 0,
            offset: 0,
            skip: 0,
            fetched: 0,
            may_open: false,
            has_stopped: false,
            faults: Faults::default(),
            stage: Stage::Open,
            stats: Stats::default(),
        }
    }

    /// Queues the next bytes of the stream. A chunk is always taken if nothing is queued.
    ///
    /// # Errors
    /// [`Full`], with the chunk, if more than [`Config::max_buffered`] would be queued.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Full> {
        // A handle is counted too, so that very small chunks are bounded as well.
        let handles = (self.queue.len() + 1) * size_of::<Bytes>();
        let held = self.queued + chunk.len() + handles;
        if !self.queue.is_empty() && held > self.config.max_buffered {
            return Err(Full(chunk));
        }
        self.stats.bytes_in += chunk.len() as u64;
        if matches!(self.stage, Stage::Closed(_)) {
            return Ok(());
        }
        self.queued += chunk.len();
        let high_water = &mut self.stats.memory.queued_high_water;
        *high_water = (*high_water).max(self.queued as u64);
        if !chunk.is_empty() {
            self.queue.push_back(chunk);
        }
        Ok(())
    }

    /// Says that no more bytes will come, so that a partial frame is the end.
    pub fn finish(&mut self) {
        match &mut self.stage {
            Stage::Open => self.stage = Stage::Finished,
            Stage::Ended { finished } => *finished = true,
            Stage::Finished | Stage::Closed(_) => {}
        }
    }

    /// The next run, or `None` until more is pushed. After [`finish`](Self::finish), `None` is the
    /// end.
    ///
    /// Drop the run before asking for the next one where that is possible: state that nobody holds
    /// is changed in place, and that costs no allocation.
    ///
    /// # Errors
    /// The stream cannot be followed, or it was truncated. Final, and repeated.
    pub fn next_run(&mut self) -> Result<Option<Run<F::Decoder>>, Error> {
        loop {
            // Faults are handed out before there are many of them.
            if self.faults.len() >= FAULTS_PER_FRAME as usize {
                return Ok(Some(self.fault_run()));
            }
            match self.stage {
                Stage::Closed(end) => {
                    if self.faults.len() > 0 {
                        return Ok(Some(self.fault_run()));
                    }
                    return end.map_or(Ok(None), Err);
                }
                Stage::Ended { finished } => {
                    if !self.drop_trailing(finished) {
                        return Ok(self.starved());
                    }
                }
                Stage::Open | Stage::Finished => match self.step() {
                    Ok(Step::Run(run)) => return Ok(Some(run)),
                    Ok(Step::Again) => {}
                    Ok(Step::Starved) if self.stage == Stage::Open => return Ok(self.starved()),
                    Ok(Step::Starved) => {
                        if let Some(run) = self.close() {
                            return Ok(Some(run));
                        }
                    }
                    Err(error) => self.fail(error),
                },
            }
        }
    }

    /// Goes on behind what was decoded of an open run.
    pub(crate) fn take_back(&mut self, run: &Run<F::Decoder>, position: &Position) {
        self.format.opened(position);
        let at = position.at.min(run.len());
        self.has_stopped = at < run.len();
        self.offset = run.offset;
        // Its chunk is still the first in the queue.
        self.discard(at);
    }

    /// Whether the last frame has been seen or the stream has ended, so that no event is to come.
    pub fn is_at_end(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. } | Stage::Closed(_))
    }

    /// The format's sequential half.
    pub fn format(&self) -> &F {
        &self.format
    }

    /// The limits in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Counters of the framing half.
    pub fn stats(&self) -> Stats {
        let state = self.format.state();
        let mut stats = self.stats;
        stats.frames = self.format.frame_kinds().iter().map(|kind| kind.frames).sum();
        stats.classes_refused = state.classes.refused();
        let tables = state.reserved() as u64;
        stats.memory = Memory {
            queued: self.queued as u64,
            carry: self.carry.len() as u64,
            tables,
            tables_high_water: tables.max(stats.memory.tables_high_water),
            classes: state.classes.len() as u64,
            threads: state.threads.len() as u64,
            stacks: state.stacks.len() as u64,
            ..stats.memory
        };
        stats
    }

    fn starved(&mut self) -> Option<Run<F::Decoder>> {
        if self.faults.len() == 0 { None } else { Some(self.fault_run()) }
    }

    /// The stream has stopped and what is left is not a frame.
    fn close(&mut self) -> Option<Run<F::Decoder>> {
        let rest = std::mem::take(&mut self.carry);
        let finish = self.format.finish(&rest, self.offset);
        self.stage = Stage::Closed(finish.error);
        let tag = finish.cut.filter(|_| !rest.is_empty())?;
        let decoder = self.format.decoder();
        let mut run = self.run(rest.freeze(), tag, decoder);
        run.cut = true;
        Some(run)
    }

    fn end(&mut self) {
        let finished = self.stage == Stage::Finished;
        self.stage = Stage::Ended { finished };
    }

    fn fail(&mut self, error: Error) {
        self.stage = Stage::Closed(Some(error));
        (self.carry, self.queued) = (BytesMut::new(), 0);
        self.queue.clear();
    }
}
