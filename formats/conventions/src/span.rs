//! A span, as the properties of its activity tell.

use std::time::Duration;

use crate::ids::{SpanId, TraceId};
use crate::pairs::Pairs;
use crate::tags::Tags;
use crate::text::Text;
use crate::time_span;

/// A span. What the session did not ask for is empty or `None`; where it named nothing, it gets all
/// properties.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span<'a> {
    /// Its trace.
    pub trace_id: Option<TraceId>,
    /// Its own id.
    pub span_id: Option<SpanId>,
    /// The id of the span it is in; `None` at the root of the trace.
    pub parent_span_id: Option<SpanId>,
    /// Its id as one text: `00-TRACE-SPAN-FLAGS`, or in .NET's older form, `|a.b.`.
    pub id: Text<'a>,
    /// The same of the span it is in; empty at the root.
    pub parent_id: Text<'a>,
    /// Whether its parent is in another process.
    pub has_remote_parent: Option<bool>,
    /// Whether it is recorded.
    pub is_recorded: Option<bool>,
    /// State that travels with the trace.
    pub trace_state: Text<'a>,
    /// Name of the operation, the same for all of a kind.
    pub operation: Text<'a>,
    /// Its name for people.
    pub display_name: Text<'a>,
    /// Which side of a call it is.
    pub kind: Option<SpanKind>,
    /// How it went.
    pub status: Option<Status>,
    /// More about how it went.
    pub status_description: Text<'a>,
    /// How long it took; 0 at its start.
    pub duration: Option<Duration>,
    /// When it began, in 100 ns since 0001-01-01 UTC, if the session asked for ticks. By default
    /// there is a text of the process's culture and to the second: see
    /// [`start_text`](Self::start_text).
    pub start_ticks: Option<u64>,
    /// When it began, as text.
    pub start_text: Text<'a>,
    /// Name of its source, if the session asked for that.
    pub source_name: Text<'a>,
    /// Version of its source, if the session asked for that.
    pub source_version: Text<'a>,
    /// Its tags as text: see [`tags`](Self::tags).
    pub tags: Text<'a>,
    /// Its events, as text.
    pub events: Text<'a>,
    /// Its links, as text.
    pub links: Text<'a>,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// None: it is within the program.
    Internal,
    /// It serves.
    Server,
    /// It calls.
    Client,
    /// It sends a message.
    Producer,
    /// It takes a message.
    Consumer,
}

/// How a span went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nobody said.
    Unset,
    /// Well.
    Ok,
    /// It failed.
    Error,
}

impl<'a> Span<'a> {
    /// Its tags, split.
    pub fn tags(&self) -> Tags<'a> {
        Tags::of_span(self.tags)
    }

    /// Reads arguments, those first that come first.
    pub(crate) fn of(arguments: Pairs<'a>) -> Self {
        let mut span = Self::default();
        for (key, value) in arguments {
            // Keys that mean something are short and of ASCII.
            let _ = key.with_ascii(|key| {
                span.set(key, value);
                Some(())
            });
        }
        span
    }

    fn set(&mut self, key: &str, value: Text<'a>) {
        match key {
            "TraceId" => self.trace_id = self.trace_id.or_else(|| TraceId::parse(value)),
            "SpanId" => self.span_id = self.span_id.or_else(|| SpanId::parse(value)),
            "ParentSpanId" => {
                self.parent_span_id = self.parent_span_id.or_else(|| SpanId::parse(value));
            }
            "Id" => first(&mut self.id, value),
            "ParentId" => first(&mut self.parent_id, value),
            "HasRemoteParent" => self.has_remote_parent = flag(value),
            "Recorded" => self.is_recorded = flag(value),
            "TraceStateString" => first(&mut self.trace_state, value),
            "OperationName" => first(&mut self.operation, value),
            "DisplayName" => first(&mut self.display_name, value),
            "Kind" => self.kind = self.kind.or_else(|| kind(value)),
            "Status" => self.status = self.status.or_else(|| status(value)),
            "StatusDescription" => first(&mut self.status_description, value),
            "Duration" => self.duration = self.duration.or_else(|| time_span::read(value)),
            "DurationTicks" => self.duration = value.parse().map(time_span::of_ticks),
            "StartTimeTicks" => self.start_ticks = value.parse(),
            "StartTimeUtc" => first(&mut self.start_text, value),
            "ActivitySourceName" => first(&mut self.source_name, value),
            "ActivitySourceVersion" => first(&mut self.source_version, value),
            "TagObjects" => self.tags = tags(value),
            "Tags" if self.tags.is_empty() => self.tags = tags(value),
            "Events" => first(&mut self.events, value),
            "Links" => first(&mut self.links, value),
            _ => {}
        }
    }
}

fn first<'a>(text: &mut Text<'a>, value: Text<'a>) {
    if text.is_empty() {
        *text = value;
    }
}

/// Tags, unless they are the name of the collection that holds them.
fn tags(value: Text<'_>) -> Text<'_> {
    if value.starts_with("System.") { Text::default() } else { value }
}

fn flag(value: Text<'_>) -> Option<bool> {
    value.with_ascii(|value| match value {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    })
}

fn kind(value: Text<'_>) -> Option<SpanKind> {
    value.with_ascii(|value| match value {
        "Internal" => Some(SpanKind::Internal),
        "Server" => Some(SpanKind::Server),
        "Client" => Some(SpanKind::Client),
        "Producer" => Some(SpanKind::Producer),
        "Consumer" => Some(SpanKind::Consumer),
        _ => None,
    })
}

fn status(value: Text<'_>) -> Option<Status> {
    value.with_ascii(|value| match value {
        "Unset" => Some(Status::Unset),
        "Ok" => Some(Status::Ok),
        "Error" => Some(Status::Error),
        _ => None,
    })
}
