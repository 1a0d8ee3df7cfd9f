//! Reads a stream in every way and keeps what it said.

use bytes::Bytes;
use tracemill::nettrace::{Event, Nettrace};
use tracemill::{Config, Error, ErrorKind, EventView, Fault, FaultKind, Parser, Stats};
use tracemill_test_support::laws::{check_cut, check_order};
use tracemill_testkit::Rng;

/// An event by value.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub class_id: u32,
    /// Provider and name.
    pub class: Option<(String, String)>,
    pub payload: Vec<u8>,
    pub payload_offset: Option<u64>,
    pub ticks: u64,
    pub ns: Option<i64>,
    pub utc_ns: Option<i64>,
    /// Id, process and name.
    pub thread: Option<(Option<u64>, Option<u64>, String)>,
    pub stack: Option<Vec<u8>>,
    pub processor: Option<u32>,
    pub labels: usize,
    pub activity: Option<[u8; 16]>,
    pub sequence: u32,
    pub sorted: bool,
}

impl Seen {
    fn of(view: EventView<'_>) -> Self {
        let event = Event::of(view).expect("an EventPipe event");
        let name = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            class_id: view.class_id(),
            class: view.class().map(|class| (class.provider().into(), class.name().into())),
            payload: view.payload().to_vec(),
            payload_offset: Some(view.payload_offset()),
            ticks: view.ticks(),
            ns: view.ns(),
            utc_ns: view.utc_ns(),
            thread: view.thread().map(|thread| (thread.id, thread.process_id, name(thread.name))),
            stack: view.stack().map(<[u8]>::to_vec),
            processor: view.processor(),
            labels: event.labels().count(),
            activity: event.activity_id(),
            sequence: event.sequence_number(),
            sorted: event.is_sorted(),
        }
    }
}

/// The counters that a stream decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub faults: u64,
    pub undescribed: u64,
    pub unresolved_stacks: u64,
    pub lost: u64,
    pub lost_after_damage: u64,
    pub anomalies: u64,
    pub recycled_threads: u64,
    pub sequence_points: u64,
    pub bytes_trailing: u64,
    pub classes_refused: u64,
}

impl From<Stats> for Counts {
    fn from(stats: Stats) -> Self {
        Self {
            faults: stats.faults,
            undescribed: stats.undescribed,
            unresolved_stacks: stats.unresolved_stacks,
            lost: stats.lost,
            lost_after_damage: stats.lost_after_damage,
            anomalies: stats.anomalies,
            recycled_threads: stats.recycled_threads,
            sequence_points: stats.sequence_points,
            bytes_trailing: stats.bytes_trailing,
            classes_refused: stats.classes_refused,
        }
    }
}

/// All that a stream said.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub events: Vec<Seen>,
    pub faults: Vec<Fault>,
    pub error: Option<Error>,
    pub counts: Counts,
    /// Frames by kind.
    pub frames: Vec<(&'static str, u64)>,
}

/// Reads `stream` whole, in chunks of one byte, under the laws.
pub fn read(stream: Vec<u8>) -> Read {
    read_with(stream, &Config::default())
}

/// The same within limits.
pub fn read_with(stream: Vec<u8>, config: &Config) -> Read {
    let bytes = Bytes::from(stream);
    let read = pass(&bytes, config, usize::MAX);
    assert_eq!(pass(&bytes, config, 1), read, "chunks of one byte");
    let mut rng = Rng::new(bytes.len() as u64);
    let summary = check_cut(&bytes, config, &mut rng, "faults");
    assert_eq!(summary.events(), read.events.len() as u64);
    check_order(&bytes, config, &summary, &mut rng, "faults");
    read
}

/// Reads `bytes` in chunks of `chunk` bytes.
pub fn pass(bytes: &Bytes, config: &Config, chunk: usize) -> Read {
    let mut parser = Parser::new(Nettrace::new(config), config);
    let (mut events, mut faults, mut error) = (Vec::new(), Vec::new(), None);
    let mut drain = |parser: &mut Parser<Nettrace>| {
        while error.is_none() {
            match parser.next_batch() {
                Ok(Some(batch)) => {
                    events.extend(batch.iter().map(Seen::of));
                    faults.extend_from_slice(batch.faults());
                }
                Ok(None) => break,
                Err(end) => error = Some(end),
            }
        }
    };
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        parser.push(rest.split_to(chunk.min(rest.len()))).expect("drained");
        drain(&mut parser);
    }
    parser.finish();
    drain(&mut parser);
    let kinds = tracemill::Format::frame_kinds(parser.format());
    let frames = kinds.iter().map(|kind| (kind.name, kind.frames)).collect();
    Read { events, faults, error, counts: parser.stats().into(), frames }
}

/// A fault expected: its kind, its offset and a word of what it says.
pub type Expected = (FaultKind, u64, &'static str);

pub fn damage(offset: u64, word: &'static str) -> Expected {
    (FaultKind::Damage, offset, word)
}

pub fn limit(offset: u64, word: &'static str) -> Expected {
    (FaultKind::Limit, offset, word)
}

impl Read {
    /// The numbers that [`event`](crate::write::event) put into the payloads.
    pub fn numbers(&self) -> Vec<u32> {
        let number = |seen: &Seen| seen.payload.as_slice().try_into().map(u32::from_le_bytes);
        self.events.iter().map(|seen| number(seen).expect("a number as payload")).collect()
    }

    /// Exactly these faults, and all the counters but that of the faults.
    #[track_caller]
    pub fn has(&self, faults: &[Expected], counts: Counts) -> &Self {
        let matches = |fault: &Fault, (kind, offset, word): &Expected| {
            fault.kind() == *kind && fault.offset() == *offset && fault.what().contains(word)
        };
        let same = self.faults.len() == faults.len()
            && self.faults.iter().zip(faults).all(|(fault, expected)| matches(fault, expected));
        assert!(same, "expected {faults:?}, found {:?}", self.faults);
        let faults = faults.len() as u64;
        assert_eq!(self.counts, Counts { faults, ..counts });
        self
    }

    /// These events.
    #[track_caller]
    pub fn delivers(&self, numbers: impl IntoIterator<Item = u32>) -> &Self {
        assert_eq!(self.numbers(), Vec::from_iter(numbers));
        self
    }

    /// The stream ended as it should.
    #[track_caller]
    pub fn is_complete(&self) {
        assert_eq!(self.error, None);
    }

    /// The stream ended with this error.
    #[track_caller]
    pub fn fails(&self, kind: ErrorKind, offset: u64, word: &str) -> Error {
        let error = self.error.expect("an error");
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{error}");
        assert!(error.what().contains(word), "{error}");
        error
    }

    /// Frames of a kind.
    pub fn frames_of(&self, name: &str) -> u64 {
        self.frames.iter().find(|(kind, _)| *kind == name).expect("a kind of frames").1
    }
}
