//! One step: the format is asked what lies at the head of what is there.

use bytes::{Buf, Bytes};

use super::{Framer, Stage};
use crate::error::Error;
use crate::format::{Format, Framed};
use crate::prefetch::prefetch_until;
use crate::run::{Extent, Run};

/// What came of it.
pub(super) enum Step<F: Format> {
    Run(Run<F::Decoder>),
    Again,
    Starved,
}

/// Bytes behind a run that are asked for from memory.
const AHEAD: usize = 1024;

/// Bytes of an open run at most, so that a place in it fits a record, however long the chunk is.
const MAX_OPEN: usize = 16 << 20;

impl<F: Format> Framer<F> {
    /// Frames the head of what is there.
    pub(super) fn step(&mut self) -> Result<Step<F>, Error> {
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
                Ok(Step::Run(Run { extent: Extent::of(joins), ..run }))
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
        let is_closed = std::mem::take(&mut self.has_stopped);
        if self.may_open
            && !is_closed
            && let Some((tag, len)) = self.format.open(chunk, self.offset)
        {
            // It stays in the queue until it is known how much of it was decoded.
            let len = len.min(chunk.len()).min(MAX_OPEN);
            let (bytes, decoder) = (chunk.slice(..len), self.format.decoder());
            let is_resident = self.config.resident_chunks;
            let run = self.run(bytes, tag, decoder);
            return Step::Run(Run { is_resident, extent: Extent::Open, ..run });
        }
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
                    if !joins || is_closed || len >= self.config.run_target {
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
            Run { extent: Extent::of(joins), is_resident: self.config.resident_chunks, ..run }
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
            Run { offset, extent: Extent::of(joins), ..run }
        });
        self.offset = offset + len as u64;
        run.map_or(Step::Again, Step::Run)
    }

    pub(super) fn run(
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
        Run {
            bytes,
            offset,
            tag,
            cut: false,
            extent: Extent::Frames,
            is_resident: false,
            decoder,
            framing,
        }
    }

    /// A run without frames, for faults that have no events to travel with.
    pub(super) fn fault_run(&mut self) -> Run<F::Decoder> {
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
}
