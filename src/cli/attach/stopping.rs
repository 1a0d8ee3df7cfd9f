//! When sessions end: at the first Ctrl-C, after a time, or when somebody has seen enough. What is on
//! its way is still read; a second Ctrl-C leaves at once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tracemill::ipc::Stopper;

/// Exit code of a second Ctrl-C.
const INTERRUPTED: i32 = 130;

/// The sessions that run, to be stopped together. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Stopping {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stoppers: Mutex<Vec<Stopper>>,
    is_stopped: AtomicBool,
    interrupts: AtomicUsize,
}

impl Stopping {
    /// Stops at the first Ctrl-C or SIGTERM, and ends the program at the second.
    ///
    /// # Errors
    /// The system does not allow it.
    pub(crate) fn at_interrupt(&self) -> io::Result<()> {
        let stopping = self.clone();
        let handler = move || {
            if stopping.shared.interrupts.fetch_add(1, Ordering::SeqCst) > 0 {
                std::process::exit(INTERRUPTED);
            }
            stopping.stop();
        };
        ctrlc::set_handler(handler).map_err(|error| io::Error::other(error.to_string()))
    }

    /// Stops after a time.
    ///
    /// # Errors
    /// There can be no thread that waits for it.
    pub(crate) fn after(&self, duration: Duration) -> io::Result<()> {
        let stopping = self.clone();
        let wait = move || {
            thread::sleep(duration);
            stopping.stop();
        };
        thread::Builder::new().name("duration".to_owned()).spawn(wait).map(|_| ())
    }

    /// One more session; it is stopped at once if all are.
    pub(crate) fn add(&self, mut stopper: Stopper) {
        let mut stoppers = self.shared.stoppers.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_stopped() {
            // Nothing can be done if that fails: closing the stream is what ends it then.
            let _ = stopper.send();
        }
        stoppers.push(stopper);
    }

    /// Asks all runtimes to end their sessions; does not wait for it.
    pub(crate) fn stop(&self) {
        let mut stoppers = self.shared.stoppers.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        for stopper in stoppers.iter_mut() {
            let _ = stopper.send();
        }
    }

    /// Whether they have been stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::SeqCst)
    }
}
