//! The sequential half: finds blocks, keeps the state (specification sections 1, 2 and 9).
//!
//! What differs between versions is in `container/`; what a block means, once found, is here.

use std::collections::HashSet;
use std::sync::Arc;

use tracemill_engine::{
    Config, Cursor, Error, Fault, Faults, Finish, Format, FrameKind, Framed, Schemas, Sequences,
    State, Threads,
};

use crate::container::{Content, Stage, fast_serialization, v6};
use crate::decode::{Decoder, Tag};
use crate::metadata::{self, Dialect};
use crate::{header, rows};

/// `EventPipe` traces of every version: netperf V1 to V3, nettrace V4 to V6.
#[derive(Debug)]
pub struct Nettrace {
    pub(crate) stage: Stage,
    pub(crate) version: u32,
    /// Whether events wait to be handed out that hold the state as it is.
    pub(crate) run_open: bool,
    decoder: Arc<Decoder>,
    /// What a block that the decoder reads does to the state once it has been read.
    pending: Pending,
    kinds: [FrameKind; Block::COUNT],
}

/// Kinds of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Trace,
    Event,
    Metadata,
    Stack,
    SequencePoint,
    Thread,
    RemoveThread,
    LabelList,
    Unknown,
}

impl Block {
    const COUNT: usize = 9;

    /// Its name, as V4 and V5 write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trace => "Trace",
            Self::Event => "EventBlock",
            Self::Metadata => "MetadataBlock",
            Self::Stack => "StackBlock",
            Self::SequencePoint => "SPBlock",
            Self::Thread => "ThreadBlock",
            Self::RemoveThread => "RemoveThreadBlock",
            Self::LabelList => "LabelListBlock",
            Self::Unknown => "unknown block",
        }
    }

    /// Where a stream was cut that ends in such a block.
    pub(crate) fn cut(self) -> &'static str {
        match self {
            Self::Trace => "inside of a Trace",
            Self::Event => "inside of an EventBlock",
            Self::Metadata => "inside of a MetadataBlock",
            Self::Stack => "inside of a StackBlock",
            Self::SequencePoint => "inside of an SPBlock",
            Self::Thread => "inside of a ThreadBlock",
            Self::RemoveThread => "inside of a RemoveThreadBlock",
            Self::LabelList => "inside of a LabelListBlock",
            Self::Unknown => "inside of an unknown block",
        }
    }
}

#[derive(Debug, Default)]
struct Pending {
    sequence_point: bool,
    clear_threads: bool,
    clear_metadata: bool,
    removed: HashSet<u64>,
}

impl Nettrace {
    /// Starts at the head of a stream, within the limits of `config`.
    pub fn new(config: &Config) -> Self {
        let config = config.fitted();
        let labels = Sequences::new(config.max_stack_bytes / 4);
        let decoder = Arc::new(Decoder { state: State::new(&config), labels });
        let kind = |block: Block| FrameKind { name: block.name(), frames: 0, bytes: 0 };
        let kinds = [
            kind(Block::Trace),
            kind(Block::Event),
            kind(Block::Metadata),
            kind(Block::Stack),
            kind(Block::SequencePoint),
            kind(Block::Thread),
            kind(Block::RemoveThread),
            kind(Block::LabelList),
            kind(Block::Unknown),
        ];
        Self {
            stage: Stage::Magic,
            version: 0,
            run_open: false,
            decoder,
            pending: Pending::default(),
            kinds,
        }
    }

    /// Reads events that the stream does not describe as `schemas` does.
    #[must_use]
    pub fn with_schemas(mut self, schemas: &'static dyn Schemas) -> Self {
        self.change().state.schemas = Some(schemas);
        self
    }

    /// The state, to be changed: in place if no run holds it.
    pub(crate) fn change(&mut self) -> &mut Decoder {
        let decoder = Arc::make_mut(&mut self.decoder);
        decoder.state.begin_change();
        decoder.labels.begin_change();
        decoder
    }

    pub(crate) fn count(&mut self, block: Block, bytes: usize) {
        if let Some(kind) = self.kinds.get_mut(block as usize) {
            kind.frames += 1;
            kind.bytes += bytes as u64;
        }
    }

    /// The content of a block at the head of `input`. The container then stands at `skipped` if the
    /// block is passed over, else at `next`.
    pub(crate) fn framed(
        &mut self,
        content: Content,
        input: &[u8],
        [skipped, next]: [Stage; 2],
        faults: &mut Faults,
    ) -> Framed {
        let Content { block, len, offset } = content;
        if block == Block::Unknown {
            self.stage = skipped;
            self.count(block, len);
            return Framed::Skip(len as u64);
        }
        let Some((whole, _)) = input.split_at_checked(len) else {
            return Framed::NeedMore(len - input.len());
        };
        self.stage = next;
        self.count(block, len);
        match self.content(block, whole, offset, faults) {
            Some(tag) => Framed::Data { len, tag: tag as u32, joins: false },
            None => Framed::Control(len),
        }
    }

    /// A block without any bytes: there is nothing for the decoder, but it may change the state.
    pub(crate) fn empty(&mut self, block: Block, offset: u64, faults: &mut Faults) {
        self.count(block, 0);
        let what = match block {
            Block::Event => Some("block header: longer than the block"),
            Block::SequencePoint => Some("sequence point: runs past the end of its block"),
            _ => None,
        };
        if let Some(what) = what {
            faults.push_hiding(Fault::damage(offset, what));
        }
        self.content(block, &[], offset, faults);
    }

    /// The whole content of a block. Whether the decoder is to see it, and as what.
    fn content(
        &mut self,
        block: Block,
        input: &[u8],
        offset: u64,
        faults: &mut Faults,
    ) -> Option<Tag> {
        let is_v6 = self.version >= 6;
        let cursor = Cursor::new(input, offset);
        match block {
            Block::Event => return Some(if is_v6 { Tag::EventsV6 } else { Tag::EventsV4 }),
            Block::SequencePoint => {
                self.pending.sequence_point = true;
                if is_v6 {
                    let flags = flags_of(cursor);
                    self.pending.clear_threads = flags & 1 != 0;
                    self.pending.clear_metadata = flags & 2 != 0;
                    return Some(Tag::SequencePointV6);
                }
                return Some(Tag::SequencePointV4);
            }
            Block::RemoveThread => {
                let threads = &self.decoder.state.threads;
                removed(cursor, threads, &mut self.pending.removed, faults);
                return Some(Tag::RemoveThread);
            }
            Block::Metadata if is_v6 => {
                metadata::block_v6(&mut self.change().state, cursor, faults);
            }
            Block::Metadata => {
                let state = &mut self.change().state;
                header::records(cursor, faults, |record, faults| {
                    metadata::define(state, record, Dialect::V3, None, faults);
                });
            }
            Block::Stack => rows::stacks(&mut self.change().state.stacks, cursor, faults),
            Block::Thread => rows::threads(&mut self.change().state, cursor, faults),
            Block::LabelList => rows::label_lists(&mut self.change().labels, cursor, faults),
            Block::Trace | Block::Unknown => {}
        }
        None
    }

    /// Ends an epoch once the block that ends it has been handed out and, with luck, dropped.
    fn settle(&mut self) {
        if !self.pending.sequence_point && self.pending.removed.is_empty() {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        let decoder = self.change();
        if pending.sequence_point {
            decoder.state.stacks.clear();
            decoder.labels.clear();
        }
        if pending.clear_threads {
            decoder.state.threads.clear();
        }
        if pending.clear_metadata {
            decoder.state.classes.clear();
        }
        for index in pending.removed.drain() {
            decoder.state.threads.remove(index);
        }
        // The set keeps its memory.
        self.pending.removed = pending.removed;
    }
}

impl Format for Nettrace {
    type Decoder = Decoder;

    fn frame(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        self.settle();
        self.run_open = run_open;
        match self.stage {
            Stage::Netperf(_) | Stage::Object(_) | Stage::Magic => {
                fast_serialization::frame(self, input, offset, faults)
            }
            Stage::V6(_) => v6::frame(self, input, offset, faults),
        }
    }

    fn finish(&mut self, rest: &[u8], offset: u64) -> Finish {
        match self.stage {
            Stage::Netperf(_) | Stage::Object(_) | Stage::Magic => {
                fast_serialization::finish(self, rest, offset)
            }
            Stage::V6(stage) => v6::finish(stage, rest, offset),
        }
    }

    fn decoder(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder)
    }

    fn state(&self) -> &State {
        &self.decoder.state
    }

    fn frame_kinds(&self) -> &[FrameKind] {
        &self.kinds
    }
}

/// Flags of a sequence point of V6; 0 if it is too short to have them.
pub(crate) fn flags_of(mut cursor: Cursor<'_>) -> u32 {
    let what = "";
    cursor.u64(what).and_then(|_| cursor.u32(what)).unwrap_or(0)
}

/// The known threads that a block removes, as far as its rows fit. One that is not known, or not any
/// more, is a fault, once.
fn removed(
    mut cursor: Cursor<'_>,
    threads: &Threads,
    indexes: &mut HashSet<u64>,
    faults: &mut Faults,
) {
    let (what, mut reported) = ("", false);
    loop {
        let offset = cursor.offset();
        let row = cursor.varu64(what).and_then(|index| cursor.varu32(what).map(|_| index));
        let Ok(index) = row else {
            return;
        };
        let is_known = threads.contains(index) && indexes.insert(index);
        if !is_known && !reported {
            reported = true;
            faults.push(Fault::damage(offset, "thread index: not defined"));
        }
    }
}
