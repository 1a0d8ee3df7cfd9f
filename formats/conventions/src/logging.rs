//! `ILogger`: messages and scopes of `Microsoft-Extensions-Logging`.
//!
//! A session asks for one form or several of each message: formatted, with its arguments, or as
//! JSON; each comes as an event of its own. Ids of these events differ from process to process: they
//! are known by their names.
//!
//! ```
//! use tracemill_conventions::logging::{Log, Reader};
//! use tracemill_engine::EventView;
//!
//! fn show(reader: &Reader, event: EventView<'_>) -> Option<()> {
//!     if let Log::Message(message) = reader.read(event)? {
//!         println!("{:?} {}: {}", message.level, message.logger, message.template()?);
//!         for (key, value) in message.arguments.pairs() {
//!             println!("  {key} = {value}");
//!         }
//!     }
//!     Some(())
//! }
//! ```

use tracemill_engine::{EventClass, EventView, Field, Layout, Type, Value, Values};

use crate::ids::{SpanId, TraceId};
use crate::pairs::{self, INT, KEY, PAIRS, Pairs, TEXT, VALUE};
use crate::slots::{self, Slots, Slotted};
use crate::text::Text;

/// The provider of such events.
pub const PROVIDER: &str = "Microsoft-Extensions-Logging";

/// An event of the provider.
#[derive(Clone, Copy, Debug)]
pub enum Log<'a> {
    /// A message, in one of its forms.
    Message(Message<'a>),
    /// A scope begins: messages of its logger are in it until it ends.
    ScopeStart(Scope<'a>),
    /// A scope ends.
    ScopeStop(Scope<'a>),
}

/// The form of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `FormattedMessage`: the text alone.
    Formatted,
    /// `Message`: arguments and exception, without the text.
    Structured,
    /// `MessageJson`: the text, and arguments and exception as JSON.
    Json,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 0: each step.
    Trace,
    /// 1: for those who look for errors.
    Debug,
    /// 2: what the program does.
    Information,
    /// 3: what should not be.
    Warning,
    /// 4: what failed.
    Error,
    /// 5: the program cannot go on.
    Critical,
    /// 6: for no message.
    None,
    /// A number that .NET does not know.
    Other(i32),
}

/// A message of a logger.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Which form of the message this is.
    pub form: Form,
    /// How grave it is.
    pub level: Level,
    /// Number of the logger factory.
    pub factory_id: i32,
    /// Name of the logger, its category.
    pub logger: Text<'a>,
    /// The number that the program gave this kind of message.
    pub event_id: i32,
    /// The name that the program gave it; often empty.
    pub event_name: Text<'a>,
    /// The text, formatted. Empty in [`Form::Structured`].
    pub text: Text<'a>,
    /// The exception that was logged with it.
    pub exception: Exception<'a>,
    /// What the text was formatted from.
    pub arguments: Arguments<'a>,
    /// Trace it belongs to; .NET 9 and newer tell.
    pub trace_id: Option<TraceId>,
    /// Span it belongs to; .NET 9 and newer tell.
    pub span_id: Option<SpanId>,
    /// Whether the trace is recorded, `1`, as text.
    pub trace_flags: Text<'a>,
}

/// An exception that was logged.
#[derive(Clone, Copy, Debug)]
pub enum Exception<'a> {
    /// There was none, or the form does not tell.
    None,
    /// One, with what is known of it.
    Object {
        /// Name of its .NET type.
        type_name: Text<'a>,
        /// Its message.
        message: Text<'a>,
        /// Its `HRESULT`.
        hresult: i32,
        /// All of it: inner exceptions and stack too.
        verbose: Text<'a>,
    },
    /// The same as a JSON object of texts, as it is.
    Json(Text<'a>),
}

/// Arguments of a message or of a scope.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// The form does not tell.
    None,
    /// Keys and values.
    Pairs(Pairs<'a>),
    /// The same as a JSON object of texts, as it is.
    Json(Text<'a>),
}

/// A scope that begins or ends.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Its number: the same at its start and at its stop.
    pub id: i32,
    /// Number of the logger factory.
    pub factory_id: i32,
    /// Name of the logger.
    pub logger: Text<'a>,
    /// What it carries; none at its stop.
    pub arguments: Arguments<'a>,
    /// Whether it comes in the form of JSON.
    pub is_json: bool,
}

impl<'a> Message<'a> {
    /// The text with names instead of values, `Order {OrderId}`, if the form tells. O(arguments).
    pub fn template(&self) -> Option<Text<'a>> {
        self.arguments.pairs().get("{OriginalFormat}")
    }
}

impl<'a> Arguments<'a> {
    /// The keys and values; none of what is JSON.
    pub fn pairs(&self) -> Pairs<'a> {
        match self {
            Self::Pairs(pairs) => *pairs,
            _ => Pairs::default(),
        }
    }
}

impl From<i32> for Level {
    fn from(number: i32) -> Self {
        match number {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Information,
            3 => Self::Warning,
            4 => Self::Error,
            5 => Self::Critical,
            6 => Self::None,
            other => Self::Other(other),
        }
    }
}

/// Reads logs of one class.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    kind: Kind,
    slots: Slots<13>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message(Form),
    Start { is_json: bool },
    Stop { is_json: bool },
}

impl Reader {
    /// A reader for a class, if it is one of the provider's.
    pub fn for_class(class: &EventClass) -> Option<Self> {
        if class.provider() != PROVIDER {
            return None;
        }
        let kind = match class.name() {
            "FormattedMessage" => Kind::Message(Form::Formatted),
            "Message" => Kind::Message(Form::Structured),
            "MessageJson" => Kind::Message(Form::Json),
            "ActivityStart" => Kind::Start { is_json: false },
            "ActivityJsonStart" => Kind::Start { is_json: true },
            "ActivityStop" => Kind::Stop { is_json: false },
            "ActivityJsonStop" => Kind::Stop { is_json: true },
            _ => return None,
        };
        let names: &[&str] = match kind {
            Kind::Message(_) => &MESSAGE_NAMES,
            _ => &SCOPE_NAMES,
        };
        let layout = class.layout().or(known(kind))?;
        Some(Self { kind, slots: Slots::of(layout.fields(), names) })
    }

    /// Reads an event of its class.
    pub fn read<'a>(&self, event: EventView<'a>) -> Option<Log<'a>> {
        let pointer_size = event.state().trace.pointer_size;
        self.read_payload(event.class()?, event.payload(), pointer_size)
    }

    /// Reads the payload of an event of its class. Pointers have 4 or 8 bytes.
    pub fn read_payload<'a>(
        &self,
        class: &'a EventClass,
        payload: &'a [u8],
        pointer_size: u8,
    ) -> Option<Log<'a>> {
        let fields = slots::values(class, known(self.kind), payload, pointer_size)?;
        let found = self.slots.read(fields);
        Some(match self.kind {
            Kind::Message(form) => Log::Message(message(form, &found)?),
            Kind::Start { is_json } => Log::ScopeStart(scope(is_json, &found)?),
            Kind::Stop { is_json } => Log::ScopeStop(scope(is_json, &found)?),
        })
    }
}

type Found<'a> = Slotted<'a, 13>;

/// Fields 1 and 2 of both kinds are the same.
const MESSAGE_NAMES: [&str; 13] = [
    "Level",
    "FactoryID",
    "LoggerName",
    "EventId",
    "EventName",
    "FormattedMessage",
    "Exception",
    "ExceptionJson",
    "Arguments",
    "ArgumentsJson",
    "ActivityTraceId",
    "ActivitySpanId",
    "ActivityTraceFlags",
];
const SCOPE_NAMES: [&str; 5] = ["ID", "FactoryID", "LoggerName", "Arguments", "ArgumentsJson"];

fn message<'a>(form: Form, found: &Found<'a>) -> Option<Message<'a>> {
    let exception = match found.value(6) {
        Some(Value::Object(fields)) => exception(fields).unwrap_or(Exception::None),
        _ => found
            .needed(7)
            .filter(|json| *json != "{}" && !json.is_empty())
            .map_or(Exception::None, Exception::Json),
    };
    Some(Message {
        form,
        level: found.int(0)?.into(),
        factory_id: found.int(1)?,
        logger: found.needed(2)?,
        event_id: found.int(3).unwrap_or_default(),
        event_name: found.text(4),
        text: found.text(5),
        exception,
        arguments: arguments(found, 8),
        trace_id: TraceId::parse(found.text(10)),
        span_id: SpanId::parse(found.text(11)),
        trace_flags: found.text(12),
    })
}

fn scope<'a>(is_json: bool, found: &Found<'a>) -> Option<Scope<'a>> {
    Some(Scope {
        id: found.int(0)?,
        factory_id: found.int(1)?,
        logger: found.needed(2)?,
        arguments: arguments(found, 3),
        is_json,
    })
}

/// Pairs in a slot, or JSON in the next.
fn arguments<'a>(found: &Found<'a>, slot: u8) -> Arguments<'a> {
    match (found.value(slot), found.needed(slot + 1)) {
        (Some(pairs), _) => Arguments::Pairs(Pairs::of(Some(pairs))),
        (None, Some(json)) => Arguments::Json(json),
        (None, None) => Arguments::None,
    }
}

/// An exception that names its type: one that does not is none.
fn exception(fields: Values<'_>) -> Option<Exception<'_>> {
    let mut values = fields.map_while(|field| field.ok().map(|(_, value)| value));
    let type_name = Text::of(values.next()?)?;
    let message = Text::of(values.next()?)?;
    let Value::Signed(hresult) = values.next()? else { return None };
    let verbose = Text::of(values.next()?)?;
    let hresult = i32::try_from(hresult).ok()?;
    let object = Exception::Object { type_name, message, hresult, verbose };
    (!type_name.is_empty()).then_some(object)
}

/// What .NET Core 3.1 writes and does not describe, since it has an array.
fn known(kind: Kind) -> Option<&'static Layout> {
    match kind {
        Kind::Message(Form::Structured) => Some(&MESSAGE),
        Kind::Start { is_json: false } => Some(&START),
        _ => None,
    }
}

static MESSAGE: Layout = Layout::of(&MESSAGE_FIELDS, &MESSAGE_TYPES, 7);
static START: Layout = Layout::of(&START_FIELDS, &START_TYPES, 4);

static MESSAGE_FIELDS: [Field; 13] = [
    pairs::field("Level", INT),
    pairs::field("FactoryID", INT),
    pairs::field("LoggerName", TEXT),
    pairs::field("EventId", INT),
    pairs::field("EventName", TEXT),
    pairs::field("Exception", 4),
    pairs::field("Arguments", PAIRS),
    KEY,
    VALUE,
    pairs::field("TypeName", TEXT),
    pairs::field("Message", TEXT),
    pairs::field("HResult", INT),
    pairs::field("VerboseMessage", TEXT),
];
static MESSAGE_TYPES: [Type; 5] = {
    let [int, text, pairs, pair] = pairs::types(7);
    [int, text, pairs, pair, Type::Object { first: 9, count: 4 }]
};
static START_FIELDS: [Field; 6] = [
    pairs::field("ID", INT),
    pairs::field("FactoryID", INT),
    pairs::field("LoggerName", TEXT),
    pairs::field("Arguments", PAIRS),
    KEY,
    VALUE,
];
static START_TYPES: [Type; 4] = pairs::types(4);
