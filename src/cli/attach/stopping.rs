//! When sessions end: at the first Ctrl-C, after a time, or when somebody has seen enough. What is on
//! its way is still read; a second Ctrl-C leaves at once.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracemill::ipc::{Stop, Stopper};

use crate::cli::outcome::INTERRUPTED;

/// The sessions that run, to be stopped together. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Stopping {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    sessions: Mutex<Vec<Arc<Session>>>,
    is_stopped: AtomicBool,
    why: OnceLock<Why>,
    interrupts: AtomicUsize,
    last: Mutex<Vec<Last>>,
}

/// Why they are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Their time is over.
    Time,
    /// The event came that ends them.
    Event,
    /// Anything else.
    Other,
}

/// What stops it, and whether that failed. A runtime may be slow to listen, so that each is locked on
/// its own.
struct Session {
    stopper: Mutex<Stopper>,
    unheard: Unheard,
}

/// What is done before a second Ctrl-C ends the program.
type Last = Box<dyn FnOnce() + Send>;

/// Whether a session could not be told to end: closing its stream is what ends it then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unheard(Arc<AtomicBool>);

impl Unheard {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
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
                stopping.leave();
            }
            // A runtime may be slow to listen: the second one is not to wait for that.
            stopping.note(Why::Other);
            let first = stopping.clone();
            if thread::Builder::new().name("stop".to_owned()).spawn(move || first.stop()).is_err() {
                stopping.stop();
            }
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
            stopping.stop_for(Why::Time);
        };
        thread::Builder::new().name("duration".to_owned()).spawn(wait).map(|_| ())
    }

    /// One more session; it is stopped at once if all are.
    pub(crate) fn add(&self, stopper: Stopper) -> Unheard {
        let unheard = Unheard::default();
        let session = Session { stopper: Mutex::new(stopper), unheard: unheard.clone() };
        let session = Arc::new(session);
        {
            let mut sessions = self.lock();
            // Those that nobody reads any more have ended.
            sessions.retain(|session| Arc::strong_count(&session.unheard.0) > 1);
            sessions.push(Arc::clone(&session));
        }
        // If it is stopped only now, whoever does that finds it.
        if self.is_stopped() {
            session.send();
        }
        unheard
    }

    /// Something to be done before a second Ctrl-C ends the program.
    pub(crate) fn before_leaving(&self, last: impl FnOnce() + Send + 'static) {
        let mut all = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Box::new(last));
    }

    /// Asks all runtimes to end their sessions; does not wait for it.
    pub(crate) fn stop(&self) {
        self.stop_for(Why::Other);
    }

    /// The same, for this reason.
    pub(crate) fn stop_for(&self, why: Why) {
        self.note(why);
        let sessions = self.lock().clone();
        for session in sessions {
            session.send();
        }
    }

    /// Asks the runtime to end the session that this is of; does not wait for it. When that was; `None`
    /// if it could not be asked, has ended, or all are being stopped.
    pub(crate) fn stop_one(&self, unheard: &Unheard) -> Option<Instant> {
        let is_it = |session: &&Arc<Session>| Arc::ptr_eq(&session.unheard.0, &unheard.0);
        let session = self.lock().iter().find(is_it).map(Arc::clone);
        let session = session.filter(|_| !self.is_stopped())?;
        let now = Instant::now();
        (session.send() == Some(Stop::Sent)).then_some(now)
    }

    /// Whether they have been stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::SeqCst)
    }

    /// Why they have been stopped, if they have.
    pub(crate) fn why(&self) -> Option<Why> {
        self.shared.why.get().copied()
    }

    fn note(&self, why: Why) {
        // The first reason counts.
        let _ = self.shared.why.set(why);
        self.shared.is_stopped.store(true, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Session>>> {
        self.shared.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self) -> ! {
        let mut all = self.shared.last.lock().unwrap_or_else(PoisonError::into_inner);
        for last in all.drain(..) {
            last();
        }
        std::process::exit(INTERRUPTED)
    }
}

impl Session {
    /// Asks the runtime to end it; `None` if it cannot be asked.
    fn send(&self) -> Option<Stop> {
        let mut stopper = self.stopper.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = stopper.send().ok();
        if sent.is_none() {
            self.unheard.0.store(true, Ordering::SeqCst);
        }
        sent
    }
}
