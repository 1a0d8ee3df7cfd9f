//! What the names of events tell: `RequestStart` and `RequestStop` begin and end a `Request`.
//!
//! A self-describing `EventSource` needs no reader here: its events come with their fields, names
//! and keywords in their class.
//!
//! ```
//! use tracemill_conventions::self_describing::{Edge, activity};
//! use tracemill_engine::EventClass;
//!
//! let class = EventClass::new(1, 7, "Shop", "RequestStart");
//! assert_eq!(activity(&class), Some((Edge::Start, "Request")));
//! ```

use tracemill_engine::EventClass;

/// An end of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// It starts.
    Start,
    /// It stops.
    Stop,
}

/// Whether events of a class start or stop an activity, and its name.
///
/// The opcode says so, 1 or 2. Where the stream has none (before .NET 5), the end of the name does,
/// in whatever case.
pub fn activity(class: &EventClass) -> Option<(Edge, &str)> {
    let name = class.display_name();
    let bare = |suffix: &str| {
        let (bare, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
        end.eq_ignore_ascii_case(suffix).then_some(bare)
    };
    match class.opcode {
        Some(1) => Some((Edge::Start, bare("Start").unwrap_or(name))),
        Some(2) => Some((Edge::Stop, bare("Stop").unwrap_or(name))),
        Some(0) | None => {
            let start = bare("Start").map(|name| (Edge::Start, name));
            start.or_else(|| bare("Stop").map(|name| (Edge::Stop, name)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opcode_goes_before_the_name() {
        for (name, opcode, found) in [
            ("JobStart", None, Some((Edge::Start, "Job"))),
            ("Jobstop", None, Some((Edge::Stop, "Job"))),
            ("Start", None, Some((Edge::Start, ""))),
            ("Job", None, None),
            ("JobStart", Some(2), Some((Edge::Stop, "JobStart"))),
            ("Job", Some(1), Some((Edge::Start, "Job"))),
            ("JobStop", Some(2), Some((Edge::Stop, "Job"))),
            ("JobStart", Some(10), None),
            ("Zoëstop", None, Some((Edge::Stop, "Zoë"))),
            ("öü", None, None),
        ] {
            let mut class = EventClass::new(1, 1, "P", name);
            class.opcode = opcode;
            assert_eq!(activity(&class), found, "{name}");
        }
    }
}
