//! The two halves that a format implements: finding frames, in order, and decoding them, in any.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Error, Fault};
use crate::merge::Keeper;
use crate::record::Record;
use crate::run::{Position, RunView};
use crate::sink::Sink;
use crate::state::State;

/// Faults of one frame that are kept; those beyond are counted.
pub const FAULTS_PER_FRAME: u32 = 64;

/// What lies at the head of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// That cannot be told before so many more bytes are there. They surely belong to the frame.
    NeedMore(usize),
    /// So many bytes that the format has dealt with.
    Control(usize),
    /// What comes changes the state. The open run is closed first, and the same is asked again.
    Barrier,
    /// So many bytes, some perhaps yet to come, that are passed over without being looked at.
    Skip(u64),
    /// So many bytes for the decoder.
    Data {
        /// Bytes, at least 1.
        len: usize,
        /// Tells the decoder what they are; a number of the format's own.
        tag: u32,
        /// Whether the next frame may follow in the same run. If not, the format may change its
        /// state when it is asked for the next frame, and the decoder does not see it.
        joins: bool,
    },
    /// Bytes for the decoder that are not in the input as they are: decompressed, or converted. Not
    /// while a run is open: [`Barrier`](Self::Barrier) closes it. Places in the run are those in
    /// these bytes; in the stream all of them are where the frame begins.
    Content {
        /// Bytes of the input that the format has dealt with. 0 if the frame has more content: then
        /// the same input is shown again.
        len: usize,
        /// The content. None of it: nothing for the decoder yet, if `len` is not 0.
        bytes: Bytes,
        /// As of [`Data`](Self::Data).
        tag: u32,
        /// Whether its extent may depend on how the stream was cut into chunks.
        joins: bool,
    },
    /// So many bytes, and they are the last of the stream.
    End(usize),
}

/// How a stream ends that just stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    /// The partial frame that is left holds whole events, to be decoded with this tag.
    pub cut: Option<u32>,
    /// What was cut. `None` if the format allows a stream to end here.
    pub error: Option<Error>,
}

/// Loss that a writer tells of, where events have no numbers that would show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldLoss {
    /// What the capture threads are whose loss is told apart: one, and several. A key of
    /// [`u64::MAX`] is one that is not known.
    pub of: [&'static str; 2],
    /// Events so far that could be lost: without those that tell of the recording itself.
    pub events: u64,
    /// Loss of each class that has lost some: id of the class, and events.
    pub by_class: Vec<(u32, u64)>,
}

/// Frames of one kind, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameKind {
    /// The specification's name for them.
    pub name: &'static str,
    /// How many there were.
    pub frames: u64,
    /// Bytes of their content.
    pub bytes: u64,
}

/// The sequential half of a format: finds frames and owns the state. One for each stream.
///
/// 1. What is wrong with the head of a frame is reported before its body is asked for, and
///    [`NeedMore`](Framed::NeedMore) asks for no byte beyond the frame: so the answer does not
///    depend on how the stream was cut into chunks.
/// 2. Nothing changes when more is needed.
/// 3. [`decoder`](Self::decoder) is a snapshot: it is not changed while anybody holds it
///    (`Arc::make_mut`).
pub trait Format: Send {
    /// The other half.
    type Decoder: Decode + ?Sized;

    /// Tells what lies at the head of `input`, which is not empty and begins at `offset` bytes of
    /// the stream.
    ///
    /// `run_open`: frames that [join](Framed::Data::joins) are waiting to be handed out. They hold
    /// the state, which is copied if it is changed now; [`Framed::Barrier`] avoids that.
    ///
    /// # Errors
    /// The next frame cannot be found. Not called again after that.
    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error>;

    /// The stream stopped and `rest`, at `offset`, is less than a frame. Called at most once.
    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish;

    /// The decoder for the frames up to here.
    fn decoder(&self) -> Arc<Self::Decoder>;

    /// The state as it is now.
    fn state(&self) -> &State;

    /// Frames so far, by kind.
    fn frame_kinds(&self) -> &[FrameKind];

    /// Whether frames at the head of `input`, which begins at `offset` bytes of the stream, may be decoded
    /// unseen: their tag, and up to how many bytes of them there can be. Their decoder
    /// [stops](Position::stop) in front of what has to be [framed](Self::frame). So bytes are looked at
    /// once instead of twice, where the one who frames is also the one who decodes; never asked
    /// elsewhere, nor where it has just stopped.
    fn open(&mut self, input: &[u8], offset: u64) -> Option<(u32, usize)> {
        let _ = (input, offset);
        None
    }

    /// What [`open`](Self::open) was asked for has been decoded up to `position`.
    fn opened(&mut self, position: &Position) {
        let _ = position;
    }

    /// What the writer tells of loss, beside what [`Loss`](crate::Loss) has; `None` where loss is seen by
    /// sequence numbers. O(classes), and allocates: to be asked at the end.
    fn told_loss(&self) -> Option<ToldLoss> {
        None
    }
}

/// The parallel half of a format: a pure function of a run and of the state it was found in.
pub trait Decode: Send + Sync + 'static {
    /// The state that these events are read against.
    fn state(&self) -> &State;

    /// The decoder itself, for the format's own views.
    fn as_any(&self) -> &(dyn Any + Send + Sync);

    /// Decodes from `position` on until the run ends or the sink [is full](Sink::is_full), and
    /// leaves `position` there. Each call either moves the position or fills the sink.
    fn decode<'a>(&'a self, run: RunView<'a>, position: &mut Position, sink: &mut Sink<'a>);

    /// Whether the stream promises that no event behind this one is older, for
    /// [time order](crate::Order::Time). `tag`: that of its run.
    fn is_watermark(&self, tag: u32, record: &Record) -> bool {
        let _ = (tag, record);
        false
    }

    /// Whether the writer has looked at all its buffers once when it writes this event, which has no
    /// time: behind the next such event, none is older than one before this. For
    /// [time order](crate::Order::Time).
    fn ends_round(&self, record: &Record) -> bool {
        let _ = record;
        false
    }

    /// Where the bytes begin that an event refers to in its run, and how many: at once what is copied
    /// of one that has to wait. What is outside of them is copied on its own.
    fn extent(&self, record: &Record) -> (u32, u32) {
        (record.payload_at, record.payload_len)
    }

    /// Whether no event refers to anything outside of its [extent](Self::extent), so that nobody has
    /// to look.
    fn is_within_extents(&self) -> bool {
        false
    }

    /// Copies what the detail of an event refers to in its run, and lets it refer to the copy, so
    /// that the event can outlive the run.
    fn keep(&self, detail: &mut [u32; 6], keeper: &mut Keeper<'_>) {
        let _ = (detail, keeper);
    }

    /// Bytes copied by changes so far, as [`State::copied`], what the format keeps beside included.
    fn copied(&self) -> u64 {
        self.state().copied()
    }
}

/// A format chosen at run time.
pub type DynFormat = Box<dyn Format<Decoder = dyn Decode>>;

/// Makes a [`DynFormat`]: `Box::new(Erase(format))`. Costs one indirect call for each frame and
/// each batch, none for an event.
#[derive(Debug)]
pub struct Erase<F>(pub F);

impl<F> Format for Erase<F>
where
    F: Format,
    F::Decoder: Sized,
{
    type Decoder = dyn Decode;

    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        self.0.frame(input, offset, run_open, faults)
    }

    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish {
        self.0.finish(rest, offset)
    }

    fn decoder(&self) -> Arc<dyn Decode> {
        self.0.decoder()
    }

    fn state(&self) -> &State {
        self.0.state()
    }

    fn frame_kinds(&self) -> &[FrameKind] {
        self.0.frame_kinds()
    }

    fn open(&mut self, input: &[u8], offset: u64) -> Option<(u32, usize)> {
        self.0.open(input, offset)
    }

    fn opened(&mut self, position: &Position) {
        self.0.opened(position);
    }

    fn told_loss(&self) -> Option<ToldLoss> {
        self.0.told_loss()
    }
}

impl Format for DynFormat {
    type Decoder = dyn Decode;

    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        (**self).frame(input, offset, run_open, faults)
    }

    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish {
        (**self).finish(rest, offset)
    }

    fn decoder(&self) -> Arc<dyn Decode> {
        (**self).decoder()
    }

    fn state(&self) -> &State {
        (**self).state()
    }

    fn frame_kinds(&self) -> &[FrameKind] {
        (**self).frame_kinds()
    }

    fn open(&mut self, input: &[u8], offset: u64) -> Option<(u32, usize)> {
        (**self).open(input, offset)
    }

    fn opened(&mut self, position: &Position) {
        (**self).opened(position);
    }

    fn told_loss(&self) -> Option<ToldLoss> {
        (**self).told_loss()
    }
}

/// Faults found while framing, waiting for the next run. Bounded: the framer hands them out before
/// there are many, and of one frame only so many are kept.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    dropped: u64,
    of_this_frame: u32,
    hides_events: bool,
}

impl Faults {
    /// Reports damage.
    #[cold]
    pub fn push(&mut self, fault: Fault) {
        if self.of_this_frame < FAULTS_PER_FRAME {
            self.of_this_frame += 1;
            self.list.push(fault);
        } else {
            self.dropped += 1;
        }
    }

    /// Reports damage that may hide events: until the next sequence point, a gap may be its doing.
    #[cold]
    pub fn push_hiding(&mut self, fault: Fault) {
        self.hides_events = true;
        self.push(fault);
    }

    pub(crate) fn begin_frame(&mut self) {
        self.of_this_frame = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Those so far.
    pub(crate) fn take(&mut self) -> Framing {
        Framing {
            faults: std::mem::take(&mut self.list),
            dropped: std::mem::take(&mut self.dropped),
            hides_events: std::mem::take(&mut self.hides_events),
        }
    }
}

/// What framing met before a run.
#[derive(Debug)]
pub(crate) struct Framing {
    pub faults: Vec<Fault>,
    /// Faults not kept.
    pub dropped: u64,
    /// Whether one of them may hide events.
    pub hides_events: bool,
}
