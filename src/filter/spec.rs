//! What a filter is made of.

use super::time::TimeRange;

/// Which events are wanted: those that fit every kind that is given. Of one kind, any will do.
///
/// The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterSpec {
    /// Names of providers, with `*` for any text. Case does not matter.
    pub providers: Vec<String>,
    /// Names of events, with `*` for any text, or numbers within their provider (`12`, `#12`). Case
    /// does not matter. A name is the stream's, the one the event is known by (`GCStart`), or the one
    /// that .NET tools show (`GC/Start`).
    pub events: Vec<String>,
    /// The highest level, from 0 to 5: 1 critical, 2 error, 3 warning, 4 informational, 5 verbose.
    /// Events of level 0 (always) are taken whatever it is.
    pub level: Option<u8>,
    /// Keywords of the provider, of which an event has to have any.
    pub keywords: Option<u64>,
    /// Processes, by id.
    pub processes: Vec<u64>,
    /// Threads, by id.
    pub threads: Vec<u64>,
    /// When.
    pub time: Option<TimeRange>,
    /// Expressions over fields (see [`Filter`](super::Filter)), all of which have to hold.
    pub conditions: Vec<String>,
}
