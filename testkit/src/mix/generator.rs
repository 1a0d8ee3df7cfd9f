//! The stream of a [`Mix`], made a piece at a time.

use super::class::{self, Class};
use super::sink::Sink;
use super::{Mix, Truth};
use crate::block::EventBlock;
use crate::event::Event;
use crate::fnv::Fnv;
use crate::rng::Rng;

/// Endless stream of a [`Mix`], a piece at a time, in bounded memory.
///
/// The first piece is the beginning with the metadata; every other one has one event block, what has to stand before it, and
/// the sequence point behind it if there is one.
#[derive(Clone, Debug)]
pub struct Generator {
    mix: Mix,
    rng: Rng,
    sink: Sink,
    classes: Vec<Class>,
    /// Fields of each class.
    fields: Vec<u64>,
    /// Classes by place, each as often as it comes among events.
    picks: Vec<u32>,
    /// Last sequence number of each capture thread.
    sequences: Vec<u32>,
    /// Runs of this flush that are to come, the next one last.
    runs: Vec<Run>,
    /// Newest time stamp so far, in ticks.
    now: u64,
    /// The event before, its buffers used again.
    event: Event,
    state: State,
    blocks_since_point: u32,
    hash: Fnv,
    truth: Truth,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Beginning,
    /// Stacks and labels have to be defined.
    NewEpoch,
    Running,
    Finished,
}

/// The events of one capture thread in one flush.
#[derive(Clone, Debug)]
struct Run {
    thread: usize,
    left: u32,
    ticks: u64,
    started: bool,
}

impl Iterator for Generator {
    type Item = Vec<u8>;

    /// The next piece; `None` only after [`Generator::finish`].
    fn next(&mut self) -> Option<Vec<u8>> {
        match self.state {
            State::Finished => return None,
            State::Beginning => {
                self.sink.begin(&self.classes);
                self.state = State::NewEpoch;
            }
            State::NewEpoch => {
                self.sink.begin_epoch(self.mix.stacks, &mut self.rng);
                self.state = State::Running;
                self.write_block();
            }
            State::Running => self.write_block(),
        }
        self.truth.fnv1a64 = self.hash.finish();
        Some(self.sink.take())
    }
}

impl Generator {
    pub(super) fn new(mut mix: Mix) -> Self {
        mix.capture_threads = mix.capture_threads.max(1);
        mix.events_per_block = mix.events_per_block.max(1);
        mix.drop_percent = mix.drop_percent.min(99);
        let sink = Sink::new(mix.dialect, mix.capture_threads);
        let sequences = vec![0; mix.capture_threads as usize];
        let hash = Fnv::new();
        let classes: Vec<_> = match mix.content.shapes() {
            [] => class::classes(mix.classes.max(1), &mix.payload)
                .into_iter()
                .map(Class::Plain)
                .collect(),
            shapes => shapes.iter().map(Class::Shaped).collect(),
        };
        let picks = (0..).zip(&classes);
        Self {
            rng: Rng::new(mix.seed),
            fields: classes.iter().map(|class| class.metadata(0).fields.len() as u64).collect(),
            picks: picks.flat_map(|(place, class)| vec![place; class.weight()]).collect(),
            classes,
            runs: Vec::new(),
            now: sink.start(),
            event: Event::default(),
            state: State::Beginning,
            blocks_since_point: 0,
            truth: Truth {
                lost_per_thread: sink.thread_ids().iter().map(|&id| (id, 0)).collect(),
                fnv1a64: hash.finish(),
                ..Truth::default()
            },
            hash,
            sequences,
            sink,
            mix,
        }
    }

    /// What is in all pieces that were given out.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The end marker (with the beginning before it if that was never asked for). No piece comes after it.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.state == State::Beginning {
            out.extend(self.next().unwrap_or_default());
        }
        if self.state != State::Finished {
            self.state = State::Finished;
            out.extend(self.sink.end());
        }
        out
    }

    fn write_block(&mut self) {
        let mut block = EventBlock::new(self.mix.dialect, self.mix.compressed);
        self.blocks_since_point += 1;
        let point_due = self.blocks_since_point >= self.mix.blocks_per_sequence_point;
        for _ in 0..self.mix.events_per_block {
            if self.runs.is_empty() {
                // A sequence point flushes readers, so it may only stand between flushes.
                if point_due && !block.is_empty() {
                    break;
                }
                self.plan_flush();
            }
            self.next_event();
            block.push(&self.event);
            if block.byte_len() >= MAX_BLOCK {
                break;
            }
        }
        self.sink.event_block(&block.into_bytes());
        if point_due && self.runs.is_empty() {
            self.sequence_point();
        }
    }

    /// Chooses the threads that are busy in the next flush. Only first time stamps matter for their order.
    fn plan_flush(&mut self) {
        let base = self.now + 1;
        let all = self.mix.capture_threads == 1;
        while self.runs.is_empty() {
            for thread in 0..self.mix.capture_threads as usize {
                if all || self.rng.chance(3, 4) {
                    let range = &self.mix.events_per_run;
                    let left = self.rng.range(range.start.into()..range.end.into());
                    self.runs.push(Run {
                        thread,
                        left: left.max(1) as u32,
                        ticks: base + self.rng.below(FIRST_TICKS),
                        started: false,
                    });
                }
            }
        }
        self.runs.sort_by_key(|run| std::cmp::Reverse(run.ticks));
    }

    /// Makes `self.event` the next event of the current run and counts it.
    fn next_event(&mut self) {
        let bits = self.rng.next_u64();
        let dropped = self.dropped();
        let Some(run) = self.runs.last_mut() else {
            return;
        };
        let event = &mut self.event;
        event.sorted = !run.started;
        if run.started {
            run.ticks += self.rng.below(STEP_TICKS);
        } else {
            run.started = true;
            self.sink.begin_run(run.thread, event, &mut self.rng);
        }
        let thread = run.thread;
        event.ticks = run.ticks;
        self.now = self.now.max(run.ticks);
        run.left -= 1;
        if run.left == 0 {
            self.runs.pop();
        }
        self.lose(thread, dropped);
        self.sequences[thread] = self.sequences[thread].wrapping_add(1);

        let event = &mut self.event;
        event.sequence = self.sequences[thread];
        let threads = self.sink.thread_ids();
        event.thread = threads[thread];
        if bits & 31 == 0 {
            // Samples are written by one thread about another.
            event.thread = threads[self.rng.index(threads.len())];
        }
        if bits & 32 == 0 && self.mix.stacks > 0 {
            event.stack_id = 1 + self.rng.below(self.mix.stacks.into()) as u32;
        }
        let pick = ((bits >> 32) * self.picks.len() as u64) >> 32;
        let class = self.picks[pick as usize] as usize;
        event.metadata_id = class as u32 + 1;
        self.classes[class].fill(&mut event.payload, &mut self.rng);

        self.truth.events += 1;
        self.truth.fields += self.fields[class];
        self.truth.payload_bytes += event.payload.len() as u64;
        self.hash.event(event.thread, event.ticks, event.metadata_id, &event.payload);
    }

    fn sequence_point(&mut self) {
        let mut entries = Vec::with_capacity(self.sequences.len());
        for thread in 0..self.sequences.len() {
            let dropped = self.dropped();
            self.lose(thread, dropped);
            entries.push((self.sink.thread_ids()[thread], self.sequences[thread]));
        }
        self.now += 1;
        self.sink.sequence_point(self.now, &entries);
        self.truth.sequence_points += 1;
        self.blocks_since_point = 0;
        self.event.stack_id = u32::from(self.mix.stacks > 0);
        self.state = State::NewEpoch;
    }

    /// How many events are missing here.
    fn dropped(&mut self) -> u32 {
        let mut dropped = 0;
        while self.mix.drop_percent > 0 && self.rng.chance(self.mix.drop_percent.into(), 100) {
            dropped += 1;
        }
        dropped
    }

    fn lose(&mut self, thread: usize, dropped: u32) {
        self.sequences[thread] = self.sequences[thread].wrapping_add(dropped);
        self.truth.lost += u64::from(dropped);
        self.truth.lost_per_thread[thread].1 += u64::from(dropped);
    }
}

/// Threads of a flush begin within so many ticks of each other (below).
const FIRST_TICKS: u64 = 10_000;
/// Ticks between events of a thread (below); two bytes as a varint, mostly.
const STEP_TICKS: u64 = 20_000;
/// Bytes at which a block ends.
const MAX_BLOCK: usize = 1 << 20;

#[cfg(test)]
mod tests;
