//! A diagnostic port: a socket of ours that runtimes dial in at.
//!
//! A process with `DOTNET_DiagnosticPorts=PATH` dials in when it starts, and waits to be resumed unless
//! `,nosuspend` follows. A connection carries one command; when it is used up the runtime dials again.
//! So one thread of the port keeps the connections that came in, by runtime, until a command needs
//! one, and drops those whose process is gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::Client;
use crate::deadline::{Deadline, Timeouts};
use crate::error::Error;
use crate::reply::Cookie;
use crate::way::Way;

mod listen;
mod queue;
mod serve;

use listen::Listener;
pub(crate) use serve::Link;
use serve::Shared;

/// A socket at which runtimes dial in. It is accessible to its owner alone, and removed when this is
/// dropped, with all connections that wait; sessions go on.
#[derive(Debug)]
pub struct Port {
    path: PathBuf,
    timeouts: Timeouts,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A runtime that dialled in.
///
/// Each command takes the connection that waits, or waits for the next one, within
/// [`Timeouts::connect`]. To miss nothing of a suspended process: [`start`](Client::start) a session,
/// then [`resume`](Client::resume) it.
#[derive(Clone, Debug)]
pub struct Runtime {
    cookie: Cookie,
    pid: u64,
    client: Client,
}

/// How much a port keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortLimits {
    /// Runtimes that are known at once; the longest unheard of is forgotten for a new one, unless
    /// somebody holds it. Default: 1024.
    pub runtimes: usize,
    /// Connections of one runtime that wait; the oldest is closed for a new one. Default: 4.
    pub connections: usize,
    /// How long a connection may wait: then it is closed, and the runtime dials again. Default: 1 h.
    pub idle: Duration,
    /// How long who connects may take to say who it is. Default: 5 s.
    pub advertise: Duration,
}

impl Default for PortLimits {
    fn default() -> Self {
        let (idle, advertise) = (Duration::from_secs(60 * 60), Duration::from_secs(5));
        Self { runtimes: 1024, connections: 4, idle, advertise }
    }
}

/// What a port holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortStats {
    /// Runtimes that are known.
    pub runtimes: usize,
    /// Connections that wait for a command.
    pub waiting: usize,
}

impl Port {
    /// Listens at `path`. What was left there by a port that is gone is replaced.
    ///
    /// # Errors
    /// [`Error::InUse`] if somebody listens there, or it is not a socket; [`Error::PathTooLong`],
    /// [`Error::Denied`], [`Error::NotFound`] if its folder is.
    pub fn listen(path: impl Into<PathBuf>, timeouts: Timeouts) -> Result<Self, Error> {
        Self::listen_with(path, timeouts, PortLimits::default())
    }

    /// The same with limits of your own.
    ///
    /// # Errors
    /// As [`listen`](Self::listen).
    pub fn listen_with(
        path: impl Into<PathBuf>,
        timeouts: Timeouts,
        limits: PortLimits,
    ) -> Result<Self, Error> {
        let path = path.into();
        let listener = Listener::bind(&path)?;
        let (shared, thread) = serve::start(listener, limits)?;
        Ok(Self { path, timeouts, shared, thread: Some(thread) })
    }

    /// Waits for a runtime that has not been given out before. One that is given out is not again, as
    /// long as it is heard of now and then, even if it is dropped here.
    ///
    /// # Errors
    /// [`Error::Timeout`] if none comes.
    pub fn accept_new(&self, timeout: Duration) -> Result<Runtime, Error> {
        let (link, pid) = Shared::wait_new(&self.shared, Deadline::after(timeout))?;
        let cookie = link.cookie();
        let client = Client::by(Way::Port(Arc::new(link)), self.timeouts);
        Ok(Runtime { cookie, pid, client })
    }

    /// Where it listens: what `DOTNET_DiagnosticPorts` has to say.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds now.
    pub fn stats(&self) -> PortStats {
        self.shared.stats()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.shared.shut();
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, there is nothing to be done here.
            let _ = thread.join();
        }
    }
}

impl Runtime {
    /// What tells it apart from all others.
    pub fn cookie(&self) -> Cookie {
        self.cookie
    }

    /// The id of its process, in its own container: two may have the same.
    pub fn pid(&self) -> u64 {
        self.pid
    }

    /// What asks it for things.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl std::ops::Deref for Runtime {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
