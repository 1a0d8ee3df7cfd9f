//! How long things may take.

use std::time::{Duration, Instant};

/// How long each step may take. A runtime answers commands one after the other, on one thread: a
/// client that holds it makes all others wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Connecting, or waiting for a runtime to dial in again. Default: 5 s.
    pub connect: Duration,
    /// Sending a message. Default: 5 s.
    pub send: Duration,
    /// From there to the whole answer. Default: 10 s.
    pub reply: Duration,
    /// The same when a session is stopped: the runtime answers once it has sent all that it had.
    /// Default: 60 s.
    pub stop: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let [connect, send, reply, stop] = [5, 5, 10, 60].map(Duration::from_secs);
        Self { connect, send, reply, stop }
    }
}

impl Timeouts {
    /// The same for every step.
    pub fn all(duration: Duration) -> Self {
        Self { connect: duration, send: duration, reply: duration, stop: duration }
    }
}

/// A point in time, or none if that is too far off to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

/// The longest wait in one piece; some systems refuse longer ones.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Self {
        Self(Instant::now().checked_add(duration))
    }

    /// What is left, more than 0 and at most a day; `None` if nothing is.
    pub(crate) fn left(self) -> Option<Duration> {
        let Some(end) = self.0 else { return Some(LONGEST) };
        let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        Some(left.clamp(Duration::from_millis(1), LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left() {
        assert_eq!(Deadline::after(Duration::ZERO).left(), None);
        assert_eq!(Deadline::after(Duration::MAX).left(), Some(LONGEST));
        let left = Deadline::after(Duration::from_secs(3600)).left().unwrap();
        assert!(left > Duration::from_secs(3000));
    }
}
