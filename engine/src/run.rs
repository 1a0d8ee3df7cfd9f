//! Consecutive frames with all that is needed to decode them on any thread.

use std::sync::Arc;

use bytes::Bytes;

use crate::arena::Arena;
use crate::batch::Batch;
use crate::error::Fault;
use crate::format::{Decode, Framing};
use crate::sink::Sink;

/// Consecutive complete frames, the unit of work of one thread. `Send` and `Sync`; holds the chunk
/// its bytes are in and a snapshot of the state.
#[derive(Debug)]
pub struct Run<D: ?Sized> {
    pub(crate) bytes: Bytes,
    pub(crate) offset: u64,
    pub(crate) tag: u32,
    pub(crate) cut: bool,
    pub(crate) extent: Extent,
    /// Whether its bytes [stay](crate::Config::resident_chunks) for as long as something refers to
    /// them.
    pub(crate) is_resident: bool,
    pub(crate) decoder: Arc<D>,
    pub(crate) framing: Framing,
}

/// What decides where a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The frame that it is.
    Frame,
    /// Chunks too: others could have joined its frame.
    Frames,
    /// Its decoder, which [may stop](Position::stop).
    Open,
}

impl Extent {
    /// Of a frame that others join, or not.
    pub(crate) fn of(joins: bool) -> Self {
        if joins { Self::Frames } else { Self::Frame }
    }
}

/// The bytes of a run, as a decoder sees them.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunView<'a> {
    /// The frames.
    pub bytes: &'a [u8],
    /// Where they begin in the stream.
    pub offset: u64,
    /// What they are, as told by the format's framing half.
    pub tag: u32,
    /// Whether the stream stopped inside of the frame: then its end is no fault.
    pub cut: bool,
    /// Whether nobody has looked at it, so that the decoder [stops](Position::stop) where somebody
    /// has to.
    pub open: bool,
}

/// How far a run has been decoded. Belongs to one run, and begins as `Position::default()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// Bytes of the run that are dealt with.
    pub at: usize,
    /// What the decoder carries from event to event; zero at first. Its meaning is the format's.
    pub carry: [u64; 16],
    /// Faults of the run so far.
    pub(crate) faults: u32,
    started: bool,
    stopped: bool,
}

impl Position {
    /// Says that what follows has to be framed: the rest of an [open](RunView::open) run is given
    /// back. Nothing is decoded of it any more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }
}

impl<D: Decode + ?Sized> Run<D> {
    /// Resets `arena`, decodes the next events into it, at most `max_events`, and moves `position`
    /// behind them. Pure: the same run and position give the same batch, whatever ran before.
    pub fn decode_next<'a>(
        &'a self,
        position: &mut Position,
        arena: &'a mut Arena,
        max_events: usize,
    ) -> Batch<'a> {
        arena.reset();
        let arena: &'a Arena = arena;
        let view = self.view();
        let left = view.bytes.len().saturating_sub(position.at);
        let framing = (!position.started).then_some(&self.framing);
        position.started = true;
        let (faults, max_events) = (position.faults, max_events.max(1));
        let decoder = &*self.decoder;
        let mut sink = Sink::new(arena, decoder, view, framing, faults, max_events, left);
        if left > 0 {
            let before = position.at;
            self.decoder.decode(view, position, &mut sink);
            if position.at == before && !position.stopped && sink.is_untouched() {
                // No decoder does that; if one did, the stream would stand still for ever.
                debug_assert!(false, "a decoder that neither consumes nor delivers");
                sink.fault(Fault::limit(view.offset + before as u64, "max_arena"));
                position.at = view.bytes.len();
            }
        }
        position.faults = sink.faults_of_run();
        sink.finish()
    }

    /// Whether `position` is behind the last frame.
    pub fn is_done(&self, position: &Position) -> bool {
        position.started && (position.stopped || position.at >= self.bytes.len())
    }

    /// Where the run begins in the stream, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of its frames.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it only carries faults.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What it is decoded with.
    pub fn decoder(&self) -> &D {
        &self.decoder
    }

    /// Whether it is one frame, whatever the chunks.
    pub(crate) fn is_one_frame(&self) -> bool {
        self.extent == Extent::Frame
    }

    /// What it is decoded with, to be shared.
    pub(crate) fn decoder_handle(&self) -> &Arc<D> {
        &self.decoder
    }

    pub(crate) fn view(&self) -> RunView<'_> {
        let Self { bytes, offset, tag, cut, extent, .. } = self;
        RunView { bytes, offset: *offset, tag: *tag, cut: *cut, open: *extent == Extent::Open }
    }
}
