//! Whether a session may be stopped: the rule that keeps other people's sessions alive.
//!
//! The id of a session is an address in the watched process, and is used again: a stop that comes
//! after the session's end may end the session of somebody else. Three facts make that impossible, as
//! far as a client can.
//!
//! 1. **At most one stop, and none after the end.** Reader and stopper share one byte, in which each
//!    sets its bits in one step and sees those that were set before: `STOPPING`, once, by who is about
//!    to send; `ENDED` by a reader that met the end; `GONE` by a reader that is dropped. Who sets
//!    `STOPPING` sends only if it was the first, and neither of the others was set.
//! 2. **The end counts from when the runtime closed the stream**, not from when that was read: right
//!    before the message is sent, the stream is asked whether the other side has hung up.
//! 3. **The stream stays open while a stop is under way.** A session whose stream is closed ends by
//!    itself, and its id becomes free while the stop still waits to be read. So a reader that is
//!    dropped then leaves the stream to the stopper, which reads on and closes it.
//!
//! What if the end comes between that question and the runtime's reading of the message? Connections
//! are served in the order in which they were made, and the stop's was made before the question. A
//! session that is asked for later, and that could be given the id, is started after the stop was
//! served, which then names nothing and does nothing. What is left is a session that was asked for
//! before the stop connected, started after this one ended, of itself, in those microseconds: a
//! process on its way out, or another client that stopped what was not its own.

use std::sync::atomic::{AtomicU8, Ordering};

/// A stop is about to be sent, or has been.
const STOPPING: u8 = 1;
/// The stop was answered, or nobody waits for that any more.
const SETTLED: u8 = 2;
/// The end of the stream was read.
const ENDED: u8 = 4;
/// The reader was dropped.
const GONE: u8 = 8;

/// What reader and stopper know of each other.
#[derive(Debug, Default)]
pub(crate) struct State(AtomicU8);

impl State {
    /// The right to send a stop, for one caller at most, and none once the stream is at its end.
    pub(crate) fn claim_stop(&self) -> bool {
        let claim = |bits| (bits & (STOPPING | ENDED | GONE) == 0).then_some(bits | STOPPING);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, claim).is_ok()
    }

    /// Gives the right back, as nothing whole was sent. Whether the stream is the caller's to close.
    pub(crate) fn unclaim_stop(&self) -> bool {
        let before = self.0.fetch_and(!STOPPING, Ordering::AcqRel);
        before & GONE != 0
    }

    /// The stop is over. Whether the stream is the caller's to close.
    pub(crate) fn settle(&self) -> bool {
        self.set(SETTLED) & GONE != 0
    }

    /// The reader met the end.
    pub(crate) fn end(&self) {
        self.set(ENDED);
    }

    /// The reader is dropped. Whether the stream is the caller's to close: else a stop is under way,
    /// and the stopper has taken it over.
    pub(crate) fn leave(&self) -> bool {
        let before = self.set(GONE);
        before & STOPPING == 0 || before & SETTLED != 0
    }

    /// Whether the end was read.
    pub(crate) fn is_ended(&self) -> bool {
        self.has(ENDED)
    }

    /// Whether the reader was dropped.
    pub(crate) fn is_left(&self) -> bool {
        self.has(GONE)
    }

    fn has(&self, bits: u8) -> bool {
        self.0.load(Ordering::Acquire) & bits != 0
    }

    fn set(&self, bits: u8) -> u8 {
        self.0.fetch_or(bits, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stop_and_none_after_the_end() {
        let state = State::default();
        assert!(state.claim_stop() && !state.claim_stop());
        let state = State::default();
        state.end();
        assert!(!state.claim_stop());
        let state = State::default();
        assert!(state.leave() && !state.claim_stop());
        let state = State::default();
        assert!(state.claim_stop() && !state.unclaim_stop() && state.claim_stop());
    }

    #[test]
    fn exactly_one_closes_the_stream() {
        let state = State::default();
        assert!(state.leave(), "no stop");
        let state = State::default();
        assert!(state.claim_stop() && !state.leave() && state.settle(), "reader first");
        let state = State::default();
        assert!(state.claim_stop() && !state.settle() && state.leave(), "stopper first");
        let state = State::default();
        assert!(state.claim_stop() && !state.leave() && state.unclaim_stop(), "not sent");
    }

    #[test]
    fn of_many_threads_one_may_stop() {
        for _ in 0..200 {
            let state = State::default();
            let start = std::sync::Barrier::new(4);
            let claim = || {
                start.wait();
                usize::from(state.claim_stop())
            };
            let claims: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(claim)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(claims, 1);
        }
    }
}
