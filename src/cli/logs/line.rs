//! What is printed: a message or a scope, with the event it came in.

use tracemill::EventView;
use tracemill::conventions::logging::{Message, Scope};

/// When and where it was logged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    /// Nanoseconds since the trace began.
    pub ns: Option<i64>,
    /// Nanoseconds since 1970.
    pub utc_ns: Option<i64>,
    pub process: Option<u64>,
    pub thread: Option<u64>,
}

impl Stamp {
    pub(super) fn of(event: EventView<'_>) -> Self {
        let thread = event.thread().unwrap_or_default();
        let process = thread.process_id.or(event.state().trace.process_id);
        Self { ns: event.ns(), utc_ns: event.utc_ns(), process, thread: thread.id }
    }
}

/// One of the things that are logged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line<'a> {
    Message(Message<'a>),
    Begin(Scope<'a>),
    End(Scope<'a>),
}
