//! A session: its stream, and its end.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::config::Collect;
use crate::error::{Error, Step};
use crate::state::State;
use crate::stop::{Stop, Stopper};
use crate::transport::Stream;

/// A session that runs. As a reader it is its stream: nettrace, from the first byte.
///
/// To read and to stop on different threads, [`split`](Self::split) it. On one thread: set a
/// [read timeout](Self::set_read_timeout), [`stop`](Self::stop) when it is time, and read on to the
/// end. Dropping it closes the stream, which ends the session without its rundown.
#[derive(Debug)]
pub struct Session {
    reader: Reader,
    stopper: Stopper,
    command: Collect,
}

/// The stream of a session.
///
/// It is [`Read`]; 0 bytes are the end, however it came: whether the stream is whole, its parser tells.
/// A process that has nothing to say is silent, so that silence is no end. Dropping it closes the
/// stream, which ends the session; while it is being stopped, the [`Stopper`] reads on in its place.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// What reader and stopper share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub stream: Stream,
    pub state: State,
}

impl Session {
    pub(crate) fn new(
        stream: Stream,
        id: u64,
        command: Collect,
        client: Client,
    ) -> Result<Self, Error> {
        stream.set_read_timeout(None).map_err(|error| Error::io(Step::Reply, &error))?;
        let shared = Arc::new(Shared { stream, state: State::default() });
        let stopper = Stopper::new(Arc::clone(&shared), id, client);
        Ok(Self { reader: Reader { shared }, stopper, command })
    }

    /// Asks the runtime, on a connection of its own, to end the session, and does not wait for that:
    /// what is left of the stream, with its rundown, is to be read up to its end. The second call
    /// does nothing.
    ///
    /// # Errors
    /// Those of a connection. Nothing was sent then, and it may be tried again.
    pub fn stop(&mut self) -> Result<Stop, Error> {
        self.stopper.send()
    }

    /// Its stream, and what stops it, for different threads.
    pub fn split(self) -> (Reader, Stopper) {
        (self.reader, self.stopper)
    }

    /// As [`Reader::set_read_timeout`].
    ///
    /// # Errors
    /// If `timeout` is zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.reader.set_read_timeout(timeout)
    }

    /// The runtime's number for it.
    pub fn id(&self) -> u64 {
        self.stopper.id()
    }

    /// The command that started it.
    pub fn command(&self) -> Collect {
        self.command
    }
}

impl Read for Session {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.reader.read(bytes)
    }
}

impl Reader {
    /// How long a read may wait: then it fails with [`io::ErrorKind::TimedOut`], which is not the end,
    /// and reading may go on. `None`, which it is at first, is for ever.
    ///
    /// # Errors
    /// If `timeout` is zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.shared.stream.set_read_timeout(timeout)
    }

    /// Whether the end was read.
    pub fn is_ended(&self) -> bool {
        self.shared.state.is_ended()
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if self.shared.state.is_ended() {
            return Ok(0);
        }
        match self.shared.stream.read(bytes) {
            Ok(0) => {
                self.shared.state.end();
                Ok(0)
            }
            Ok(len) => Ok(len),
            Err(error) => match error.kind() {
                // The process was killed.
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                    self.shared.state.end();
                    Ok(0)
                }
                io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
                _ => Err(error),
            },
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Reader {
    /// To wait for several at once. Nothing but this is to read from it.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.shared.stream.as_fd()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.shared.state.leave() {
            self.shared.stream.close();
        }
    }
}
