//! The events of a capture as we read them, in the order of time.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use tracemill::nettrace::{Event as Own, Label, Nettrace};
use tracemill::{Clock, Config, EventClass, EventView, Format, Guid, Parser, Stats, Values};
use tracemill_test_support::row::Row;
use tracemill_test_support::titles::title;

/// A capture, read to its end.
pub struct Capture {
    /// Sorted by time; those of one time in the order of the file.
    pub events: Vec<Event>,
    pub stats: Stats,
    pub clock: Clock,
    /// Version of the format.
    pub version: u32,
    /// Whether it ends as it should.
    pub complete: bool,
}

/// An event by value.
pub struct Event {
    pub class: Rc<EventClass>,
    /// Its version, level and keywords are the class's, unless it says otherwise.
    pub version: u32,
    pub level: u8,
    pub keywords: u64,
    pub title: Rc<str>,
    pub ticks: u64,
    pub thread_key: u64,
    pub thread_id: Option<u64>,
    pub process_id: Option<u64>,
    pub capture_thread: u64,
    pub processor: Option<u32>,
    pub activity_id: Option<String>,
    pub related_activity_id: Option<String>,
    pub payload: Vec<u8>,
    pointer_size: u8,
}

impl Event {
    /// Its fields; none if nobody describes them.
    pub fn row(&self) -> Row<'_> {
        let layout = self.class.layout();
        Row::new(layout.map(|of| Values::new(of, &self.payload, self.pointer_size)))
    }
}

/// Reads a capture.
pub fn read(bytes: Vec<u8>) -> Capture {
    let config = Config::default();
    let format = Nettrace::new(&config).with_schemas(&tracemill::clr::Clr);
    let mut parser = Parser::new(format, &config);
    parser.push(Bytes::from(bytes)).unwrap();
    parser.finish();
    let (mut seen, mut events) = (Seen::new(), Vec::new());
    let complete = loop {
        match parser.next_batch() {
            Ok(Some(batch)) => events.extend(batch.iter().map(|view| event(view, &mut seen))),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    events.sort_by_key(|event| event.ticks);
    let state = parser.format().state();
    let (clock, version) = (state.clock, state.trace.version.0);
    Capture { events, stats: parser.stats(), clock, version, complete }
}

/// Classes, each with a title: an id may be given to another class later.
type Seen = BTreeMap<(u32, Option<u8>), (Rc<EventClass>, Rc<str>)>;

fn event(view: EventView<'_>, seen: &mut Seen) -> Event {
    let class = view.class().expect("every event of the corpus is described");
    let own = Own::of(view).expect("an EventPipe event");
    let (mut level, mut keywords, mut version) = (class.level, class.keywords, class.version);
    let mut opcode = class.opcode;
    for label in own.labels() {
        match label {
            Label::Level(other) => level = other,
            Label::Keywords(other) => keywords = other,
            Label::Version(other) => version = other.into(),
            Label::Opcode(other) => opcode = Some(other),
            _ => {}
        }
    }
    let make = || (Rc::new(class.clone()), Rc::from(title(class, opcode)));
    let known = seen.entry((view.class_id(), opcode)).or_insert_with(make);
    if *known.0 != *class {
        *known = make();
    }
    let thread = view.thread().unwrap_or_default();
    Event {
        class: Rc::clone(&known.0),
        title: Rc::clone(&known.1),
        version,
        level,
        keywords,
        ticks: view.ticks(),
        thread_key: view.thread_key(),
        thread_id: thread.id,
        process_id: thread.process_id,
        capture_thread: own.capture_thread(),
        processor: view.processor(),
        activity_id: own.activity_id().map(|id| Guid(id).to_string()),
        related_activity_id: own.related_activity_id().map(|id| Guid(id).to_string()),
        payload: view.payload().to_vec(),
        pointer_size: view.state().trace.pointer_size,
    }
}
