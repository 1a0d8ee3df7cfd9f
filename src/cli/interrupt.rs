//! Ctrl-C while something is read that may bring more for ever: the first one stops waiting for it, and
//! what has come is shown; a second one leaves at once.
//!
//! Whoever writes to a pipe is often told to stop by the same Ctrl-C, and then sends what it still has.
//! So what comes soon after is read too.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::input::Input;
use super::live::Next;
use super::outcome::INTERRUPTED;

/// How long nothing has to come, after the first Ctrl-C, for it to be the end.
const SILENCE: Duration = Duration::from_secs(1);
/// What still comes so long after it is not waited for: whoever writes it has not been told to stop.
const AT_MOST: Duration = Duration::from_secs(5);
/// How often it is looked whether there was one.
const LOOK: Duration = Duration::from_millis(50);
/// Two that come within so long are one: it may be sent to a process and to its group as well.
const SAME: Duration = Duration::from_millis(100);

static PROGRAM: OnceLock<Interrupt> = OnceLock::new();

/// Whether there was a Ctrl-C, and when. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<OnceLock<Instant>>);

impl Interrupt {
    /// That of this program, which takes Ctrl-C and SIGTERM from now on.
    pub(crate) fn of_program() -> Self {
        let program = PROGRAM.get_or_init(|| {
            let program = Self::default();
            let noted = program.clone();
            let handler = move || {
                if noted.0.get_or_init(Instant::now).elapsed() > SAME {
                    std::process::exit(INTERRUPTED);
                }
            };
            // Where the system does not allow it, Ctrl-C ends the program as it always did.
            let _ = ctrlc::set_handler(handler);
            program
        });
        program.clone()
    }

    /// The same, if the program takes them already.
    pub(crate) fn taken() -> Option<Self> {
        PROGRAM.get().cloned()
    }

    /// Whether there was one.
    pub(crate) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Whether there was one, or is now: whoever wrote to a pipe may have got it a moment earlier.
    pub(crate) fn is_coming(&self) -> bool {
        let began = Instant::now();
        while !self.is_set() && began.elapsed() < LOOK {
            std::thread::sleep(LOOK / 20);
        }
        self.is_set()
    }

    /// The next bytes, as [`Input::next`] has them; `None` if no more are waited for.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(crate) fn next(
        &self,
        input: &mut Input,
        patience: Option<Duration>,
    ) -> io::Result<Option<Next>> {
        let began = Instant::now();
        loop {
            if let Some(at) = self.0.get()
                && (!input.is_live() || is_over(at.elapsed(), at.max(&began).elapsed()))
            {
                return Ok(None);
            }
            let left = patience.map_or(LOOK, |patience| patience.saturating_sub(began.elapsed()));
            match input.next(Some(left.min(LOOK)))? {
                // The end is near then, and all in order.
                Next::Idle if self.is_set() => {}
                Next::Idle if patience.is_none_or(|patience| began.elapsed() < patience) => {}
                next => return Ok(Some(next)),
            }
        }
    }
}

/// Whether what may still come is not waited for: so long after the first Ctrl-C, and so long since
/// something came.
fn is_over(since: Duration, silent: Duration) -> bool {
    since >= AT_MOST || silent >= SILENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_soon_after_is_waited_for() {
        let over = |since, silent| {
            let ms = Duration::from_millis;
            is_over(ms(since), ms(silent))
        };
        assert!(!over(0, 0) && !over(999, 999), "it may be on its way");
        assert!(over(1_000, 1_000), "nothing came");
        assert!(!over(3_000, 10), "it comes");
        assert!(over(5_000, 0), "it goes on and on");
    }
}
