//! Reads the events of the provider.

use tracemill_engine::{EventClass, EventView, Field, Layout, Type, Value, Values};

use super::{Arguments, Exception, Form, Log, Message, PROVIDER, Scope};
use crate::ids::{SpanId, TraceId};
use crate::pairs::{self, INT, KEY, PAIRS, Pairs, TEXT, VALUE};
use crate::slots::{self, Slots, Slotted};
use crate::text::Text;

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
