//! Layouts of events that the stream does not describe.

use crate::layout::Layout;

/// Knows events that streams refer to by provider, id and version alone.
pub trait Schemas: std::fmt::Debug + Send + Sync {
    /// What is known of an event.
    fn find(&self, provider: &str, event_id: u32, version: u32) -> Option<Known>;
}

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Its fields.
    pub layout: &'static Layout,
    /// Whether that is its version; if not, it is the newest one before it, whose fields come first.
    pub is_exact: bool,
    /// Whether it holds even where the stream describes the event, since streams do so wrongly.
    pub overrides: bool,
}
