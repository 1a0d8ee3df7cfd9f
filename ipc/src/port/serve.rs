//! The thread of a port: takes what dials in, and drops what is gone.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::listen::Listener;
use super::queue::Queue;
use super::{PortLimits, PortStats};
use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::reply::{self, Cookie};
use crate::transport::Stream;
use crate::wire::ADVERTISE_LEN;

/// How often to look for connections whose process is gone.
const SWEEP: Duration = Duration::from_millis(500);
/// How long to wait when the system has no room for a connection.
const BREATH: Duration = Duration::from_millis(50);
/// Connections that have not said yet who they are.
const MOST_NEW: usize = 256;

/// What the thread and those who wait share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Closed: the port is gone, and nobody dials in any more.
    queue: Mutex<State>,
    changed: Condvar,
    /// Its other end wakes the thread.
    wake: UnixStream,
}

#[derive(Debug)]
struct State {
    waiting: Queue<Stream>,
    is_closed: bool,
}

/// One runtime, held.
#[derive(Debug)]
pub(crate) struct Link {
    shared: Arc<Shared>,
    cookie: Cookie,
}

/// A connection that has not said all of who it is.
struct New {
    stream: Stream,
    bytes: [u8; ADVERTISE_LEN],
    len: usize,
    since: Instant,
}

/// Starts the thread.
pub(super) fn start(
    listener: Listener,
    limits: PortLimits,
) -> Result<(Arc<Shared>, JoinHandle<()>), Error> {
    let failed = |error| Error::io(Step::Listen, &error);
    let (wake, woken) = UnixStream::pair().map_err(failed)?;
    let state = State { waiting: Queue::new(limits), is_closed: false };
    let shared = Arc::new(Shared { queue: Mutex::new(state), changed: Condvar::new(), wake });
    let (new, swept) = (VecDeque::new(), Instant::now());
    let server = Server { shared: Arc::clone(&shared), listener, woken, limits, new, swept };
    let thread = std::thread::Builder::new().name("diagnostic-port".to_owned());
    let thread = thread.spawn(move || server.run()).map_err(failed)?;
    Ok((shared, thread))
}

impl Shared {
    /// Waits for a runtime that was not given out before, and its process id.
    pub(super) fn wait_new(shared: &Arc<Self>, deadline: Deadline) -> Result<(Link, u64), Error> {
        let found = shared.wait(deadline, Queue::give_out);
        let link = |cookie| Link { shared: Arc::clone(shared), cookie };
        found.map(|(cookie, pid)| (link(cookie), pid))
    }

    pub(super) fn stats(&self) -> PortStats {
        self.lock().waiting.stats()
    }

    /// Ends the thread.
    pub(super) fn shut(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
        let _ = self.wake.shutdown(std::net::Shutdown::Both);
    }

    /// Waits until `look` finds something.
    fn wait<T>(
        &self,
        deadline: Deadline,
        mut look: impl FnMut(&mut Queue<Stream>) -> Option<T>,
    ) -> Result<T, Error> {
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&mut state.waiting) {
                return Ok(found);
            }
            if state.is_closed {
                return Err(Error::Closed(Step::Dial));
            }
            let left = deadline.left().ok_or(Error::Timeout(Step::Dial))?;
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    /// The next connection of the runtime.
    pub(crate) fn open(&self, deadline: Deadline) -> Result<Stream, Error> {
        self.shared.wait(deadline, |queue| {
            let mut connections = std::iter::from_fn(|| queue.take(self.cookie));
            connections.find(|connection| !connection.is_hung_up())
        })
    }

    pub(super) fn cookie(&self) -> Cookie {
        self.cookie
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.lock().waiting.let_go(self.cookie, Instant::now());
    }
}

struct Server {
    shared: Arc<Shared>,
    listener: Listener,
    woken: UnixStream,
    limits: PortLimits,
    new: VecDeque<New>,
    /// When connections whose process is gone were looked for.
    swept: Instant,
}

impl Server {
    fn run(mut self) {
        loop {
            self.wait();
            if self.shared.lock().is_closed {
                return;
            }
            self.accept();
            self.hear();
            let now = Instant::now();
            if now.saturating_duration_since(self.swept) >= SWEEP {
                self.swept = now;
                self.shared.lock().waiting.sweep(now, Stream::is_hung_up);
            }
        }
    }

    /// Until something comes, or it is time to look.
    fn wait(&self) {
        let mut fds = vec![
            PollFd::new(&self.woken, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        fds.extend(
            self.new.iter().map(|new| PollFd::from_borrowed_fd(new.stream.as_fd(), PollFlags::IN)),
        );
        let is_idle = self.new.is_empty() && self.shared.lock().waiting.is_empty();
        let longest =
            (!is_idle).then_some(SWEEP).and_then(|longest| Timespec::try_from(longest).ok());
        if poll(&mut fds, longest.as_ref()).is_err() {
            std::thread::sleep(BREATH);
        }
    }

    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok(stream) => {
                    let (bytes, len, since) = ([0; ADVERTISE_LEN], 0, Instant::now());
                    self.new.push_back(New { stream, bytes, len, since });
                    if self.new.len() > MOST_NEW {
                        self.new.pop_front();
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    // No file descriptors left, for instance. They wait in the system's queue.
                    _ => {
                        std::thread::sleep(BREATH);
                        return;
                    }
                },
            }
        }
    }

    /// Reads who new ones are, and keeps those who have said it.
    fn hear(&mut self) {
        let now = Instant::now();
        for _ in 0..self.new.len() {
            let Some(mut new) = self.new.pop_front() else { break };
            match new.read() {
                Some(true) => {
                    if let Ok((cookie, pid)) = reply::advertise(&new.bytes) {
                        self.shared.lock().waiting.add(cookie, pid, new.stream, now);
                        self.shared.changed.notify_all();
                    }
                }
                Some(false) if now.duration_since(new.since) < self.limits.advertise => {
                    self.new.push_back(new);
                }
                _ => {}
            }
        }
    }
}

impl New {
    /// Whether all is there; `None` if it will not come. Reads no further.
    fn read(&mut self) -> Option<bool> {
        while let Some(rest) = self.bytes.get_mut(self.len..).filter(|rest| !rest.is_empty()) {
            match self.stream.try_read(rest) {
                Ok(0) => return None,
                Ok(len) => self.len += len,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return Some(false),
                    _ => return None,
                },
            }
        }
        Some(true)
    }
}
