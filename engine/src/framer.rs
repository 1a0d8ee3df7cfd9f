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

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use crate::config::Config;
use crate::error::{Error, Fault};
use crate::format::{FAULTS_PER_FRAME, Faults, Format, Framed};
use crate::prefetch::prefetch_until;
use crate::run::Run;
use crate::stats::{Memory, Stats};

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
    faults: Faults,
    stage: Stage,
    stats: Stats,
}

/// Bytes behind a run that are asked for from memory.
const AHEAD: usize = 1024;

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

    /// Frames the head of what is there.
    fn step(&mut self) -> Result<Step<F>, Error> {
        if self.skip > 0 {
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX);
            let skipped = self.discard(skipped);
            self.skip -= skipped;
            return Ok(if self.skip == 0 { Step::Again } else { Step::Starved });
        }
        if self.carry.is_empty() {
            let Some(mut chunk) = self.queue.pop_front() else {
                return Ok(Step::Starved);
            };
            let step = self.cut(&mut chunk);
            if !chunk.is_empty() {
                self.queue.push_front(chunk);
            }
            return Ok(step);
        }
        if self.carry.len() < self.wanted {
            if self.top_up() {
                return Ok(Step::Again);
            }
            // No more will come: what has come since the format was last asked may show that this
            // is not a frame at all.
            if self.stage == Stage::Open || self.carry.len() == self.seen {
                return Ok(Step::Starved);
            }
        }
        self.wanted = 0;
        self.seen = self.carry.len();
        match self.measure(None, false)? {
            Framed::NeedMore(more) => {
                self.wanted = self.carry.len() + more;
                Ok(Step::Again)
            }
            Framed::Data { len, tag, joins } => {
                let bytes = self.carry.split_to(len).freeze();
                let decoder = self.format.decoder();
                let run = self.run(bytes, tag, decoder);
                Ok(Step::Run(Run { joins, ..run }))
            }
            Framed::Control(len) => {
                self.carry.advance(len);
                self.offset += len as u64;
                Ok(Step::Again)
            }
            Framed::Content { len, bytes, tag, joins } => {
                self.carry.advance(len);
                Ok(self.content(len, bytes, tag, joins))
            }
            Framed::Barrier => {
                debug_assert!(false, "no run is open");
                Ok(Step::Again)
            }
            Framed::Skip(len) => {
                self.skip = len;
                Ok(Step::Again)
            }
            Framed::End(len) => {
                self.carry.advance(len);
                self.offset += len as u64;
                self.end();
                Ok(Step::Again)
            }
        }
    }

    /// Cuts one run off the front of `chunk`, without copying.
    fn cut(&mut self, chunk: &mut Bytes) -> Step<F> {
        let (mut len, mut behind) = (0, 0);
        let mut run = None;
        let mut error = None;
        while let Some(rest) = chunk.get(len..).filter(|rest| !rest.is_empty()) {
            let framed = match self.measure(Some((rest, len)), run.is_some()) {
                Ok(framed) => framed,
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            };
            match framed {
                Framed::Data { len: frame, tag, joins } => {
                    // Taken before the next frame can change the state.
                    run.get_or_insert_with(|| (tag, joins, self.format.decoder()));
                    len += frame;
                    if !joins || len >= self.config.run_target {
                        break;
                    }
                    continue;
                }
                Framed::Control(frame) => behind = frame,
                Framed::Content { len: frame, bytes, tag, joins } => {
                    debug_assert!(run.is_none(), "a barrier closes the run first");
                    chunk.advance(frame.min(chunk.len()));
                    self.queued -= frame;
                    return self.content(frame, bytes, tag, joins);
                }
                Framed::Skip(frame) => self.skip = frame,
                Framed::End(frame) => {
                    behind = frame;
                    self.end();
                }
                Framed::NeedMore(more) if run.is_none() => self.carry_over(chunk, more),
                // What is there makes a run; the rest is looked at again.
                Framed::NeedMore(_) | Framed::Barrier => {}
            }
            break;
        }
        let bytes = chunk.split_to(len.min(chunk.len()));
        chunk.advance(behind.min(chunk.len()));
        self.queued -= bytes.len() + behind;
        let run = run.map(|(tag, joins, decoder)| {
            let run = self.run(bytes, tag, decoder);
            Run { joins, is_resident: self.config.resident_chunks, ..run }
        });
        self.offset += behind as u64;
        if run.is_some() {
            self.fetch(chunk);
        }
        if let Some(error) = error {
            // What came before the damage is delivered first.
            self.fail(error);
            chunk.clear();
        }
        run.map_or(Step::Again, Step::Run)
    }

    /// Asks the format what lies at the head of the input, and holds it to its contract and to the
    /// limit, so that the answer does not depend on how the stream was cut into chunks.
    #[inline]
    fn measure(&mut self, input: Option<(&[u8], usize)>, run_open: bool) -> Result<Framed, Error> {
        let (input, ahead) = input.unwrap_or((&self.carry, 0));
        // A format that never sees more than a frame may have cannot act on more.
        let input = input.get(..self.config.max_frame).unwrap_or(input);
        let offset = self.offset + ahead as u64;
        self.faults.begin_frame();
        let framed = self.format.frame(input, offset, run_open, &mut self.faults)?;
        let len = match framed {
            Framed::NeedMore(more) => input.len().saturating_add(more),
            Framed::Data { len, .. } | Framed::Control(len) | Framed::End(len) => {
                debug_assert!((1..=input.len()).contains(&len), "a frame empty or not complete");
                len
            }
            Framed::Content { len, ref bytes, .. } => {
                debug_assert!(len <= input.len(), "a frame not complete");
                debug_assert!(len > 0 || !bytes.is_empty(), "neither input nor content");
                len
            }
            Framed::Skip(_) | Framed::Barrier => 0,
        };
        if len > self.config.max_frame {
            return Err(Error::limit(offset, "max_frame", len as u64));
        }
        Ok(framed)
    }

    /// A run of what a frame of `len` bytes, which have been passed over, was made into.
    fn content(&mut self, len: usize, bytes: Bytes, tag: u32, joins: bool) -> Step<F> {
        let offset = self.offset;
        let run = (!bytes.is_empty()).then(|| {
            let decoder = self.format.decoder();
            let run = self.run(bytes, tag, decoder);
            Run { offset, joins, ..run }
        });
        self.offset = offset + len as u64;
        run.map_or(Step::Again, Step::Run)
    }

    fn run(
        &mut self,
        bytes: Bytes,
        tag: u32,
        decoder: std::sync::Arc<F::Decoder>,
    ) -> Run<F::Decoder> {
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.stats.runs += 1;
        let framing = self.faults.take();
        let tables = self.format.state().reserved() as u64;
        let high_water = &mut self.stats.memory.tables_high_water;
        *high_water = (*high_water).max(tables);
        Run { bytes, offset, tag, cut: false, joins: true, is_resident: false, decoder, framing }
    }

    /// A run without frames, for faults that have no events to travel with.
    fn fault_run(&mut self) -> Run<F::Decoder> {
        let decoder = self.format.decoder();
        self.run(Bytes::new(), 0, decoder)
    }

    /// Asks for what follows a run from memory, so that it is there once the run is decoded: decoders
    /// do not look beyond their run.
    fn fetch(&mut self, rest: &[u8]) {
        let asked = self.fetched.saturating_sub(self.offset);
        let asked = usize::try_from(asked).unwrap_or(AHEAD);
        self.fetched = self.offset + prefetch_until(rest, asked, AHEAD) as u64;
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

    /// Drops what lies behind the last frame. Whether the stage has changed.
    fn drop_trailing(&mut self, finished: bool) -> bool {
        self.stats.bytes_trailing += self.discard(usize::MAX);
        if finished {
            let trailing = self.stats.bytes_trailing;
            if trailing > 0 {
                self.faults.begin_frame();
                self.faults.push(Fault::trailing(self.offset - trailing, trailing));
            }
            self.stage = Stage::Closed(None);
        }
        finished
    }

    /// Passes over up to `len` bytes of what is there; how many there were.
    fn discard(&mut self, len: usize) -> u64 {
        let mut left = len;
        let carried = left.min(self.carry.len());
        self.carry.advance(carried);
        left -= carried;
        while let Some(chunk) = self.queue.front_mut().filter(|_| left > 0) {
            let taken = left.min(chunk.len());
            chunk.advance(taken);
            (left, self.queued) = (left - taken, self.queued - taken);
            if chunk.is_empty() {
                self.queue.pop_front();
            }
        }
        let discarded = (len - left) as u64;
        self.offset += discarded;
        discarded
    }

    fn gather(&mut self, bytes: &[u8]) {
        self.carry.extend_from_slice(bytes);
        self.stats.bytes_copied += bytes.len() as u64;
        let high_water = &mut self.stats.memory.carry_high_water;
        *high_water = (*high_water).max(self.carry.len() as u64);
    }

    /// Moves what is left of a chunk to the carry, where its frame is gathered.
    fn carry_over(&mut self, chunk: &mut Bytes, more: usize) {
        self.wanted = chunk.len() + more;
        self.seen = chunk.len();
        self.queued -= chunk.len();
        self.gather(chunk);
        chunk.clear();
    }

    /// Copies what the carry wants from the next chunk; false if there is none.
    fn top_up(&mut self) -> bool {
        let Some(mut chunk) = self.queue.pop_front() else {
            return false;
        };
        let head = chunk.split_to((self.wanted - self.carry.len()).min(chunk.len()));
        self.gather(&head);
        self.queued -= head.len();
        if !chunk.is_empty() {
            self.queue.push_front(chunk);
        }
        true
    }
}

enum Step<F: Format> {
    Run(Run<F::Decoder>),
    Again,
    Starved,
}
