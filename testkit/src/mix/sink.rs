//! The parts of a synthetic stream that differ between V4 and V6.

use super::class::Class;
use crate::block::Dialect;
use crate::event::Event;
use crate::label::{Label, Thread};
use crate::rng::Rng;
use crate::trace::TraceHeader;
use crate::{v4, v6};

/// A writer of either kind, and the threads it knows.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    writer: Writer,
    header: TraceHeader,
    threads: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Writer {
    V4(v4::Writer),
    V6(v6::Writer),
}

impl Sink {
    /// Writes nothing yet.
    pub(super) fn new(dialect: Dialect, threads: u32) -> Self {
        let threads = u64::from(threads);
        let (writer, threads) = match dialect {
            // OS thread ids of two varint bytes and more, indexes of one.
            Dialect::V4 => (
                Writer::V4(v4::Writer::empty()),
                (0..threads).map(|place| 4_300 + 7 * place).collect(),
            ),
            Dialect::V6 => (Writer::V6(v6::Writer::empty()), (1..=threads).collect()),
        };
        Self { writer, header: TraceHeader::default(), threads }
    }

    /// Time stamp that all events come after, in ticks.
    pub(super) fn start(&self) -> u64 {
        self.header.sync_ticks as u64
    }

    /// Threads by their place, as events name them.
    pub(super) fn thread_ids(&self) -> &[u64] {
        &self.threads
    }

    /// Header, metadata, threads.
    pub(super) fn begin(&mut self, classes: &[Class]) {
        let mut metadata: Vec<_> =
            (1..).zip(classes).map(|(id, class)| class.metadata(id)).collect();
        for class in &mut metadata {
            class.ticks = self.start();
            class.thread = self.threads[0];
        }
        match &mut self.writer {
            Writer::V4(writer) => {
                *writer = v4::Writer::new(&self.header);
                metadata.chunks(MAX_ROWS).for_each(|part| writer.metadata_block(part));
            }
            Writer::V6(writer) => {
                *writer = v6::Writer::new(&self.header);
                metadata.chunks(MAX_ROWS).for_each(|part| writer.metadata_block(part));
                let threads = self.threads.iter().map(|&index| Thread {
                    index,
                    name: Some(format!("worker {index}")),
                    process_id: Some(self.header.process_id as u64),
                    thread_id: Some(4_300 + 7 * index),
                    ..Thread::default()
                });
                let threads: Vec<_> = threads.collect();
                threads.chunks(MAX_ROWS).for_each(|part| writer.thread_block(part));
            }
        }
    }

    /// What a sequence point cleared: `stacks` stacks from id 1, other ones each time, and V6's label lists.
    pub(super) fn begin_epoch(&mut self, stacks: u32, rng: &mut Rng) {
        let mut all = vec![Vec::new(); stacks as usize];
        for stack in all.iter_mut().skip(1) {
            for _ in 0..rng.range(4..40) {
                let address = 0x7f00_0000_0000 + rng.below(1 << 28);
                stack.extend(address.to_le_bytes());
            }
        }
        match &mut self.writer {
            Writer::V4(writer) => {
                parts(&all).for_each(|(first, part)| writer.stack_block(first, part));
            }
            Writer::V6(writer) => {
                parts(&all).for_each(|(first, part)| writer.stack_block(first, part));
                let lists: Vec<_> = (0..LABEL_LISTS).map(|_| labels(rng)).collect();
                writer.label_list_block(1, &lists);
            }
        }
    }

    /// Sets in `event` what stays the same during a run of the thread at `place`.
    pub(super) fn begin_run(&self, place: usize, event: &mut Event, rng: &mut Rng) {
        event.capture_thread = self.threads[place];
        match self.writer {
            Writer::V4(_) => {
                event.activity_id = [0; 16];
                if rng.chance(1, 4) {
                    rng.fill(&mut event.activity_id);
                }
            }
            Writer::V6(_) => {
                event.processor = rng.below(8) as u32;
                event.label_list = rng.below(u64::from(LABEL_LISTS) + 1) as u32;
            }
        }
    }

    /// An event block.
    pub(super) fn event_block(&mut self, block: &[u8]) {
        match &mut self.writer {
            Writer::V4(writer) => writer.block("EventBlock", block),
            Writer::V6(writer) => writer.block(v6::EVENT, block),
        }
    }

    /// A sequence point that clears neither threads nor metadata.
    pub(super) fn sequence_point(&mut self, time: u64, entries: &[(u64, u32)]) {
        match &mut self.writer {
            Writer::V4(writer) => writer.sequence_point(time, entries),
            Writer::V6(writer) => writer.sequence_point(time, 0, entries),
        }
    }

    /// The bytes since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match &mut self.writer {
            Writer::V4(writer) => writer.take(),
            Writer::V6(writer) => writer.take(),
        }
    }

    /// The end marker.
    pub(super) fn end(&self) -> Vec<u8> {
        match &self.writer {
            Writer::V4(writer) => writer.clone().finish(),
            Writer::V6(writer) => writer.clone().finish(),
        }
    }
}

/// Stacks by the block, each with the id of its first.
fn parts(stacks: &[Vec<u8>]) -> impl Iterator<Item = (u32, &[Vec<u8>])> {
    (1..).step_by(MAX_ROWS).zip(stacks.chunks(MAX_ROWS))
}

fn labels(rng: &mut Rng) -> Vec<Label> {
    let mut trace = [0; 16];
    rng.fill(&mut trace);
    vec![
        Label::TraceId(trace),
        Label::SpanId(rng.next_u64()),
        Label::KeyText("tenant".into(), format!("t{}", rng.below(100))),
    ]
}

const LABEL_LISTS: u32 = 8;
/// Classes, threads or stacks of one block.
const MAX_ROWS: usize = 1_000;
