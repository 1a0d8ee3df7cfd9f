//! `Microsoft-Diagnostics-DiagnosticSource`: what `DiagnosticListener`s write, and the spans of
//! `ActivitySource`s.
//!
//! ```
//! use tracemill_conventions::diagnostic_source::{Diagnostic, Reader};
//! use tracemill_engine::EventView;
//!
//! fn show(reader: &Reader, event: EventView<'_>) -> Option<()> {
//!     if let Diagnostic::SpanStop(written) = reader.read(event)? {
//!         let span = written.span();
//!         println!("{} took {:?}, in trace {}", written.name, span.duration?, span.trace_id?);
//!         for (key, value) in span.tags() {
//!             println!("  {key} = {value}");
//!         }
//!     }
//!     Some(())
//! }
//! ```

use tracemill_engine::{EventClass, EventView, Field, Layout, Type};

use crate::pairs::{self, KEY, PAIRS, Pairs, TEXT, VALUE};
use crate::slots::{self, Slots};
pub use crate::span::{Span, SpanKind, Status};
use crate::text::Text;

/// The provider of such events.
pub const PROVIDER: &str = "Microsoft-Diagnostics-DiagnosticSource";

/// An event of the provider.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Diagnostic<'a> {
    /// A listener wrote an event.
    Event(Written<'a>),
    /// A listener wrote an event that the session takes for a start; its activity lasts until the
    /// stop of the same [`Pair`].
    Start(Pair, Written<'a>),
    /// The stop of such a pair.
    Stop(Pair, Written<'a>),
    /// A span began.
    SpanStart(Written<'a>),
    /// A span ended.
    SpanStop(Written<'a>),
    /// There is a listener of this name.
    NewListener(Text<'a>),
    /// For those who look for errors in the arguments of the session.
    Message(Text<'a>),
    /// Version of the library: major, minor, patch.
    Version([u32; 3]),
}

/// The pairs of start and stop that a session can ask for. Their activities nest by pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pair {
    /// `Activity1`.
    First,
    /// `Activity2`.
    Second,
    /// `RecursiveActivity1`: it may be in itself.
    Recursive,
}

/// What a source wrote: the parts of its payload that the session asked for.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Name of the source.
    pub source: Text<'a>,
    /// Name of the event or of the activity.
    pub name: Text<'a>,
    /// Parts of the payload, as text. A key may come twice, if it is asked for by name and by
    /// default.
    pub arguments: Pairs<'a>,
}

impl<'a> Written<'a> {
    /// Its arguments as those of a span. O(arguments).
    pub fn span(&self) -> Span<'a> {
        Span::of(self.arguments)
    }
}

/// Reads events of one class.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    kind: Kind,
    slots: Slots<3>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Event,
    Start(Pair),
    Stop(Pair),
    SpanStart,
    SpanStop,
    NewListener,
    Message,
    Version,
}

impl Reader {
    /// A reader for a class, if it is one of the provider's.
    pub fn for_class(class: &EventClass) -> Option<Self> {
        if class.provider() != PROVIDER {
            return None;
        }
        let kind = match class.name() {
            "Event" => Kind::Event,
            "Activity1Start" => Kind::Start(Pair::First),
            "Activity1Stop" => Kind::Stop(Pair::First),
            "Activity2Start" => Kind::Start(Pair::Second),
            "Activity2Stop" => Kind::Stop(Pair::Second),
            "RecursiveActivity1Start" => Kind::Start(Pair::Recursive),
            "RecursiveActivity1Stop" => Kind::Stop(Pair::Recursive),
            "ActivityStart" => Kind::SpanStart,
            "ActivityStop" => Kind::SpanStop,
            "NewDiagnosticListener" => Kind::NewListener,
            "Message" => Kind::Message,
            "Version" => Kind::Version,
            _ => return None,
        };
        let layout = class.layout().or(known(kind))?;
        Some(Self { kind, slots: Slots::of(layout.fields(), kind.names()) })
    }

    /// Reads an event of its class.
    pub fn read<'a>(&self, event: EventView<'a>) -> Option<Diagnostic<'a>> {
        let pointer_size = event.state().trace.pointer_size;
        self.read_payload(event.class()?, event.payload(), pointer_size)
    }

    /// Reads the payload of an event of its class. Pointers have 4 or 8 bytes.
    pub fn read_payload<'a>(
        &self,
        class: &'a EventClass,
        payload: &'a [u8],
        pointer_size: u8,
    ) -> Option<Diagnostic<'a>> {
        let fields = slots::values(class, known(self.kind), payload, pointer_size)?;
        let found = self.slots.read(fields);
        let written = || {
            let (source, name) = (found.needed(0)?, found.needed(1)?);
            Some(Written { source, name, arguments: Pairs::of(found.value(2)) })
        };
        Some(match self.kind {
            Kind::Event => Diagnostic::Event(written()?),
            Kind::Start(pair) => Diagnostic::Start(pair, written()?),
            Kind::Stop(pair) => Diagnostic::Stop(pair, written()?),
            Kind::SpanStart => Diagnostic::SpanStart(written()?),
            Kind::SpanStop => Diagnostic::SpanStop(written()?),
            Kind::NewListener => Diagnostic::NewListener(found.needed(0)?),
            Kind::Message => Diagnostic::Message(found.needed(0)?),
            Kind::Version => {
                let part = |slot| found.unsigned(slot).and_then(|part| part.try_into().ok());
                Diagnostic::Version([part(0)?, part(1)?, part(2)?])
            }
        })
    }
}

impl Kind {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::SpanStart | Self::SpanStop => &["SourceName", "ActivityName", "Arguments"],
            Self::NewListener => &["SourceName"],
            Self::Message => &["Message"],
            Self::Version => &["Major", "Minor", "Patch"],
            _ => &["SourceName", "EventName", "Arguments"],
        }
    }
}

/// What .NET Core 3.1 writes and does not describe, since it has an array.
fn known(kind: Kind) -> Option<&'static Layout> {
    match kind {
        Kind::Event | Kind::Start(_) | Kind::Stop(_) => Some(&WRITTEN),
        _ => None,
    }
}

static WRITTEN: Layout = Layout::of(&WRITTEN_FIELDS, &WRITTEN_TYPES, 3);
static WRITTEN_TYPES: [Type; 4] = pairs::types(3);
static WRITTEN_FIELDS: [Field; 5] = [
    pairs::field("SourceName", TEXT),
    pairs::field("EventName", TEXT),
    pairs::field("Arguments", PAIRS),
    KEY,
    VALUE,
];
