//! Sessions that are renewed: stopped, read to their end, and begun anew.
//!
//! Two sessions at once would lose nothing, but an event has nothing that is the same in both (time and
//! numbers are of each session alone), so that it could not be told which it was seen of already.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tracemill::ipc::Error;

use super::{Attached, Stopping, Unheard};

/// How long a runtime may refuse to begin a session anew.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is asked meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Reads a session, which is stopped after the time `every` if it lives that long. What came of
/// reading, and when it was stopped for that reason, if it was.
pub(crate) fn read_for<T>(
    every: Option<Duration>,
    unheard: &Unheard,
    stopping: &Stopping,
    read: impl FnOnce() -> T,
) -> (T, Option<Instant>) {
    thread::scope(|scope| {
        let (end, ends) = channel::<()>();
        let clock = every.map(|every| {
            let at = move || {
                (ends.recv_timeout(every) == Err(RecvTimeoutError::Timeout))
                    .then(|| stopping.stop_one(unheard))
                    .flatten()
            };
            scope.spawn(at)
        });
        let read = read();
        drop(end);
        let stopped = clock.and_then(|clock| clock.join().ok().flatten());
        (read, stopped.filter(|_| !stopping.is_stopped()))
    })
}

/// Starts the next session; `None` if the process has ended at that very time. A runtime that is about
/// to end refuses for a moment before it is gone.
///
/// # Errors
/// It refuses for longer.
pub(crate) fn start_anew(
    stopping: &Stopping,
    start: impl Fn() -> Result<Attached, Error>,
) -> Result<Option<Attached>, Error> {
    let began = Instant::now();
    loop {
        match start() {
            Err(Error::Runtime(_) | Error::Timeout(_))
                if began.elapsed() < PATIENCE && !stopping.is_stopped() =>
            {
                thread::sleep(LOOK);
            }
            Err(Error::NotFound | Error::Refused | Error::Closed(_)) => return Ok(None),
            session => return session.map(Some),
        }
    }
}

/// What is to be said then.
pub(crate) fn remark(gap: Duration) -> String {
    let ms = gap.as_millis().max(1);
    format!("asked anew; what happened in {ms} ms before is not seen")
}
