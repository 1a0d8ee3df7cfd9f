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

use crate::ids::{SpanId, TraceId};
use crate::pairs::Pairs;
use crate::text::Text;

mod reader;

pub use reader::Reader;

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
