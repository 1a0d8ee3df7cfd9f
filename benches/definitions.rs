//! What is measured, as data: inputs, works, and what each has to find.
#![allow(dead_code, reason = "each runner uses some of it")]

use std::ops::Range;

use bytes::Bytes;
use tracemill_testkit::{Content, Dialect, Mix};

use crate::work::{Input, Pick, Totals, fields, headers, naive, parallel};

/// What is done with a stream.
pub struct Work {
    pub name: &'static str,
    pub run: fn(&Input) -> Totals,
    /// The same the naive way.
    pub twin: Option<fn(&Input) -> Totals>,
    pub kind: Kind,
}

/// What a work looks at, and so what it has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Frames alone.
    Frames,
    /// Headers of events.
    Headers,
    /// Some fields of payloads.
    Fields,
    /// All fields of payloads.
    AllFields,
}

/// The works.
pub const WORKS: &[Work] = &[
    Work { name: "frame", run: headers::frame, twin: None, kind: Kind::Frames },
    Work { name: "whole", run: headers::whole, twin: None, kind: Kind::Headers },
    Work { name: "small", run: headers::small, twin: Some(naive::small), kind: Kind::Headers },
    Work { name: "order", run: headers::order, twin: Some(naive::order), kind: Kind::Headers },
    Work { name: "header", run: headers::header, twin: Some(naive::header), kind: Kind::Headers },
    Work { name: "parallel", run: parallel::parallel, twin: None, kind: Kind::Headers },
    Work { name: "int", run: fields::int, twin: Some(naive::int), kind: Kind::Fields },
    Work { name: "text", run: fields::text, twin: Some(naive::text), kind: Kind::Fields },
    Work { name: "named", run: fields::named, twin: Some(naive::named), kind: Kind::Fields },
    Work { name: "filter", run: fields::filter, twin: Some(naive::filter), kind: Kind::Fields },
    Work { name: "all", run: fields::all, twin: Some(naive::all), kind: Kind::AllFields },
    Work { name: "all-order", run: fields::all_by_time, twin: None, kind: Kind::AllFields },
];

impl Work {
    /// Whether what the work found is what is in the input.
    pub fn check(&self, input: &Input, found: &Totals) {
        let name = self.name;
        let expected = Totals { check: found.check, ..input.expected };
        match self.kind {
            Kind::Frames => assert_eq!(found.check > 0, !input.bytes.is_empty(), "{name}"),
            Kind::AllFields => assert_eq!(*found, expected, "{name} of {}", input.name),
            _ => assert_eq!(*found, Totals { fields: 0, ..expected }, "{name} of {}", input.name),
        }
    }

    /// Runs the work and its twin and checks what they found.
    pub fn try_out(&self, input: &Input) {
        let found = (self.run)(input);
        self.check(input, &found);
        if self.name == "filter" {
            let permille = found.check * 1_000 / input.expected.events;
            assert!((2..40).contains(&permille), "{}: {permille} of 1000 pass", input.name);
        }
        if let Some(twin) = self.twin {
            assert_eq!(twin(input), found, "twin of {} of {}", self.name, input.name);
        }
    }
}

/// A stream that is made anew, the same on every machine.
pub struct Stream {
    pub name: &'static str,
    /// Whether works that look at fields are measured on it.
    pub fields: bool,
    dialect: Dialect,
    content: Content,
    payload: Range<usize>,
    drop_percent: u32,
    events_per_block: u32,
    pick: (&'static str, i64),
}

/// Bytes of each stream: beyond the last-level cache of most machines.
pub const LEN: usize = 64 << 20;
/// Where they are only tried out.
pub const QUICK: usize = LEN / 16;

/// Whether works are only tried out, as criterion decides it: `cargo bench` says `--bench`.
pub fn is_test() -> bool {
    let has = |wanted: &str| std::env::args().any(|arg| arg == wanted);
    !has("--bench") || has("--test")
}

/// The streams.
pub const STREAMS: &[Stream] = &[
    Stream { name: "v4-38B", fields: true, ..PLAIN },
    Stream { name: "v6-38B", dialect: Dialect::V6, ..PLAIN },
    Stream { name: "v4-38B-drops", drop_percent: 2, ..PLAIN },
    Stream { name: "v4-252B", payload: 189..316, ..PLAIN },
    Stream { name: "v4-1000B", payload: 750..1251, ..PLAIN },
    Stream {
        name: "logs",
        fields: true,
        content: Content::Logs,
        events_per_block: 300,
        pick: ("EventId", 989),
        ..PLAIN
    },
    Stream {
        name: "metrics",
        fields: true,
        content: Content::Metrics,
        events_per_block: 700,
        pick: ("instrumentId", 989),
        ..PLAIN
    },
];

/// Blocks of about 100 KB, as the runtime writes them, but for larger payloads. Half of the events
/// have the field, and a fiftieth of its values are above.
const PLAIN: Stream = Stream {
    name: "",
    fields: false,
    dialect: Dialect::V4,
    content: Content::Plain,
    payload: 8..69,
    drop_percent: 0,
    events_per_block: 2_200,
    pick: ("int0", i64::MAX / 25 * 24),
};

impl Stream {
    /// At least `len` bytes of it.
    pub fn input(&self, len: usize) -> Input {
        let mix = Mix {
            dialect: self.dialect,
            content: self.content,
            payload: self.payload.clone(),
            drop_percent: self.drop_percent,
            events_per_block: self.events_per_block,
            seed: 1,
            ..Mix::default()
        };
        let (bytes, truth) = mix.bytes(len);
        let expected = Totals {
            events: truth.events,
            payload_bytes: truth.payload_bytes,
            lost: truth.lost,
            fields: truth.fields,
            check: 0,
        };
        Input { expected, ..self.of(bytes.into()) }
    }

    /// Bytes of it that were made before; what is in them is not known.
    pub fn of(&self, bytes: Bytes) -> Input {
        let (field, above) = self.pick;
        let pick = Pick { field: field.into(), above };
        Input { name: self.name.into(), bytes, pick, expected: Totals::default() }
    }

    /// The works that are measured on it.
    pub fn works(&self) -> impl Iterator<Item = &'static Work> {
        let fields = self.fields;
        WORKS.iter().filter(move |work| fields || matches!(work.kind, Kind::Frames | Kind::Headers))
    }
}

/// The stream of this name, else the file: there, what the works `small` and `all` find is what the
/// others have to find too, and `pick` is the field that is looked at.
pub fn stream_or_file(name: &str, pick: Pick) -> Input {
    if let Some(stream) = STREAMS.iter().find(|stream| stream.name == name) {
        return stream.input(LEN);
    }
    let bytes = std::fs::read(name).unwrap_or_else(|error| panic!("{name}: {error}")).into();
    let mut input = Input { name: name.into(), bytes, pick, expected: Totals::default() };
    let small = headers::small(&input);
    input.expected = Totals { check: 0, fields: fields::all(&input).fields, ..small };
    input
}
