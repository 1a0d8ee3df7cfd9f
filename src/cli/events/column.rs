//! The columns that can be printed, and where their values come from.

use clap::ValueEnum;
use tracemill::nettrace::Event;
use tracemill::{EventClass, EventView, Modules, Place, ThreadNames};

use super::frames::Frames;
use super::message::Message;
use super::value::Value;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Column {
    /// Seconds since the trace began (of perf, as it prints them), or UTC
    Ts,
    /// Time as the trace has it
    Ticks,
    /// Process
    Pid,
    /// Thread
    Tid,
    /// Name of the thread
    Thread,
    /// Thread that wrote the event, as sequence numbers count
    Capture,
    /// Name of the provider
    Provider,
    /// Name of the event, or '#' and its number
    Event,
    /// Number of the event within its provider
    Id,
    /// Version of the event
    Version,
    /// Verbosity, 0 to 5
    Level,
    /// Keywords of the provider
    Keywords,
    /// Opcode
    Opcode,
    /// Processor
    Processor,
    /// Number of stack frames
    Stack,
    /// Where it happened: module and offset
    Ip,
    /// Stack frames as module and offset, the innermost first
    Frames,
    /// Activity it belongs to
    Activity,
    /// Activity that started its own
    Related,
    /// Sequence number within its capture thread
    Seq,
    /// 'early' or 'late' if it is not certain to be, or is not, in order of time
    Place,
    /// Bytes of payload
    Bytes,
    /// Fields of the payload, with their names
    Fields,
    /// Message of the event, filled in with its fields, if it has one
    Message,
    /// Payload, in hexadecimal
    Payload,
}

impl Column {
    /// Its name in headers and on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ts => "ts",
            Self::Ticks => "ticks",
            Self::Pid => "pid",
            Self::Tid => "tid",
            Self::Thread => "thread",
            Self::Capture => "capture",
            Self::Provider => "provider",
            Self::Event => "event",
            Self::Id => "id",
            Self::Version => "version",
            Self::Level => "level",
            Self::Keywords => "keywords",
            Self::Opcode => "opcode",
            Self::Processor => "processor",
            Self::Stack => "stack",
            Self::Ip => "ip",
            Self::Frames => "frames",
            Self::Activity => "activity",
            Self::Related => "related",
            Self::Seq => "seq",
            Self::Place => "place",
            Self::Bytes => "bytes",
            Self::Fields => "fields",
            Self::Message => "message",
            Self::Payload => "payload",
        }
    }

    /// Its width in text, and whether it is aligned to the right.
    pub(super) fn layout(self, utc: bool) -> (usize, bool) {
        match self {
            Self::Ts if utc => (30, false),
            Self::Ts => (15, true),
            Self::Ticks | Self::Keywords => (18, true),
            Self::Pid | Self::Tid | Self::Bytes => (7, true),
            Self::Place => (5, false),
            Self::Capture | Self::Seq => (10, true),
            // The runtime's longest.
            Self::Provider => (38, false),
            Self::Thread => (16, false),
            Self::Id => (5, true),
            Self::Version | Self::Level | Self::Opcode | Self::Processor | Self::Stack => (3, true),
            Self::Event | Self::Activity | Self::Related | Self::Ip => (36, false),
            Self::Fields | Self::Message | Self::Payload | Self::Frames => (0, false),
        }
    }

    /// Whether it needs to know what is mapped where.
    pub(super) fn needs_modules(self) -> bool {
        matches!(self, Self::Ip | Self::Frames)
    }

    /// Its value for all events of a class, if it is the same for them.
    pub(super) fn of_class(self, class: Option<&EventClass>) -> Option<Value<'_>> {
        let of = |value: fn(&EventClass) -> Value<'_>| Some(class.map_or(Value::Unknown, value));
        match self {
            Self::Provider => of(|class| Value::Text(class.provider())),
            Self::Event => of(|class| match class.display_name() {
                "" => Value::Id(class.event_id),
                name => Value::Text(name),
            }),
            Self::Id => of(|class| Value::Number(class.event_id.into())),
            _ => None,
        }
    }

    /// Its value for an event. `known`: what events before it told.
    #[inline]
    pub(super) fn value<'a>(self, view: EventView<'a>, utc: bool, known: &'a Known) -> Value<'a> {
        let modules = known.modules.as_ref();
        let thread = || view.thread().unwrap_or_default();
        let event = || Event::of(view);
        match self {
            Self::Ts if utc => view.utc_ns().map_or(Value::Unknown, Value::Utc),
            Self::Ts => view.ns().map_or(Value::Unknown, Value::Ns),
            Self::Ticks => Value::Number(view.ticks()),
            Self::Pid => Value::number(thread().process_id),
            Self::Tid => Value::number(thread().id),
            Self::Thread => known
                .names
                .as_ref()
                .and_then(|names| names.of(view))
                .map_or(Value::Unknown, Value::Utf8),
            Self::Capture => {
                let thread = event().map(|event| event.capture_thread());
                Value::number(thread.filter(|thread| *thread != u64::MAX))
            }
            Self::Provider | Self::Event | Self::Id => {
                self.of_class(view.class()).unwrap_or(Value::Unknown)
            }
            Self::Version => {
                let version = told(view, |event| event.version(), |class| Some(class.version));
                Value::number(version.map(u64::from))
            }
            Self::Level => {
                let level = told(view, |event| event.level(), |class| Some(class.level));
                Value::number(level.map(u64::from))
            }
            Self::Keywords => told(view, |event| event.keywords(), |class| Some(class.keywords))
                .map_or(Value::Unknown, Value::Bits),
            Self::Opcode => {
                let opcode = told(view, |event| event.opcode(), |class| class.opcode);
                Value::number(opcode.map(u64::from))
            }
            Self::Processor => Value::number(view.processor().map(u64::from)),
            Self::Stack => Value::number(frames(view)),
            Self::Ip => {
                modules.and_then(|modules| modules.ip(view)).map_or(Value::None, Value::Frame)
            }
            Self::Frames => modules
                .filter(|modules| modules.has_frames(view))
                .map_or(Value::None, |modules| Value::Frames(Frames { modules, view })),
            Self::Activity => guid(event().and_then(|event| event.activity_id())),
            Self::Related => guid(event().and_then(|event| event.related_activity_id())),
            Self::Seq => {
                let number = event().map(|event| event.sequence_number().into());
                Value::number(number.filter(|number| *number > 0))
            }
            Self::Place => match view.place() {
                Place::Early => Value::Text("early"),
                Place::Late => Value::Text("late"),
                _ => Value::Text(""),
            },
            Self::Bytes => Value::Number(view.payload().len() as u64),
            Self::Fields => match (view.fields(), view.payload().len()) {
                (Some(values), _) => Value::Fields(values),
                (None, 0) => Value::None,
                (None, bytes) => Value::Undescribed(bytes as u64),
            },
            Self::Message => Message::of(view).map_or(Value::None, Value::Message),
            Self::Payload => Value::Hex(view.payload()),
        }
    }
}

/// What events tell of those to come, if a column needs it.
#[derive(Debug)]
pub(super) struct Known {
    pub modules: Option<Modules>,
    pub names: Option<ThreadNames>,
}

/// Mappings kept at most.
const MAX_MAPPINGS: usize = 100_000;
/// Names of threads kept at most.
const MAX_NAMES: usize = 1 << 14;

impl Known {
    /// What `columns` need.
    pub(super) fn for_columns(columns: &[Column]) -> Self {
        let needs_modules = columns.iter().any(|column| column.needs_modules());
        let modules = needs_modules.then(|| Modules::new(MAX_MAPPINGS));
        let names = columns.contains(&Column::Thread).then(|| ThreadNames::new(MAX_NAMES));
        Self { modules, names }
    }

    /// Takes in an event.
    #[inline]
    pub(super) fn take(&mut self, event: EventView<'_>) {
        if let Some(modules) = &mut self.modules {
            modules.take(event);
        }
        if let Some(names) = &mut self.names {
            names.take(event);
        }
    }
}

/// What an event tells where it may have labels that say otherwise than its class; else the class.
fn told<T>(
    view: EventView<'_>,
    labelled: impl FnOnce(Event<'_>) -> Option<T>,
    of_class: impl FnOnce(&EventClass) -> Option<T>,
) -> Option<T> {
    match Event::of(view) {
        Some(event) => labelled(event),
        None => of_class(view.class()?),
    }
}

fn frames(view: EventView<'_>) -> Option<u64> {
    let size = usize::from(view.state().trace.pointer_size.max(1));
    Some((view.stack()?.len() / size) as u64)
}

fn guid(guid: Option<[u8; 16]>) -> Value<'static> {
    guid.map_or(Value::Unknown, Value::Guid)
}
