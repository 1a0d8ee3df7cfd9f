//! The same for programs on tokio: a session whose stream is [`AsyncRead`].
//!
//! What is sent, and when, is decided by the same code as without it; connecting, which may have to wait
//! where no readiness tells of it, is done on tokio's threads for blocking work.
//!
//! ```no_run
//! use tokio::io::AsyncReadExt;
//! use tracemill_ipc::{Provider, SessionConfig, Timeouts, tokio::Client};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect(4711, Timeouts::default()).await?;
//! let gc = Provider::new("Microsoft-Windows-DotNETRuntime", 1, 4);
//! let session = client.start(&SessionConfig::new(vec![gc])).await?;
//! let (mut reader, stopper) = session.split();
//! let reading = tokio::spawn(async move {
//!     let mut bytes = Vec::new();
//!     reader.read_to_end(&mut bytes).await.map(|_| bytes)
//! });
//! stopper.stop().await?;
//! println!("{} bytes", reading.await??.len());
//! # Ok(())
//! # }
//! ```

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::UnixStream;

use crate::client::{Client as Blocking, Target, commands, too_old};
use crate::config::{Collect, SessionConfig};
use crate::deadline::Timeouts;
use crate::error::{Error, Step};
use crate::message::{InfoVersion, Message, Request};
use crate::reply::{self, ProcessInfo};
use crate::state::State;

mod stop;
mod stream;

pub use stop::Stopper;
use stream::Connection;

/// Asks one runtime for things; as [`crate::Client`], which says more.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Blocking,
}

/// A session that runs, as [`crate::Session`]: its stream, until it is [`split`](Self::split).
#[derive(Debug)]
pub struct Session {
    reader: Reader,
    stopper: Stopper,
    command: Collect,
}

/// The stream of a session, as [`crate::Reader`]. Dropping it ends the session; while it is being
/// stopped, the [`Stopper`] reads on in its place.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// What reader and stopper share.
#[derive(Debug)]
struct Shared {
    stream: UnixStream,
    state: State,
}

impl Client {
    /// As [`crate::Client::connect`].
    ///
    /// # Errors
    /// Those of [`crate::Client::connect`].
    pub async fn connect(target: impl Into<Target>, timeouts: Timeouts) -> Result<Self, Error> {
        let target = target.into();
        let inner = stream::blocking(move || Blocking::connect(target, timeouts)).await?;
        Ok(Self { inner })
    }

    /// As [`crate::Client::start`].
    ///
    /// # Errors
    /// Those of [`crate::Client::start`].
    pub async fn start(&self, config: &SessionConfig) -> Result<Session, Error> {
        for command in commands(config)? {
            match self.exchange(&Request::CollectTracing(command, config)).await {
                Err(Error::UnknownCommand) => {}
                Err(error) => return Err(error),
                Ok((connection, payload)) => {
                    let id = reply::session(&payload)?;
                    let stream = connection.into_stream();
                    let shared = Arc::new(Shared { stream, state: State::default() });
                    let stopper = Stopper::new(Arc::clone(&shared), id, self.inner.clone());
                    return Ok(Session { reader: Reader { shared }, stopper, command });
                }
            }
        }
        Err(too_old(config))
    }

    /// As [`crate::Client::process_info`].
    ///
    /// # Errors
    /// Those of [`crate::Client::process_info`].
    pub async fn process_info(&self) -> Result<ProcessInfo, Error> {
        for version in [InfoVersion::V3, InfoVersion::V2, InfoVersion::V1] {
            match self.exchange(&Request::ProcessInfo(version)).await {
                Err(Error::UnknownCommand) => {}
                Err(error) => return Err(error),
                Ok((_, payload)) => return ProcessInfo::parse(version, &payload),
            }
        }
        Err(Error::UnknownCommand)
    }

    /// As [`crate::Client::environment`].
    ///
    /// # Errors
    /// Those of [`crate::Client::environment`].
    pub async fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let (mut connection, payload) = self.exchange(&Request::ProcessEnvironment).await?;
        let (len, here) = reply::environment_head(&payload)?;
        let mut bytes = here.to_vec();
        let more = connection.read_more(&mut bytes, len);
        stream::within(self.inner.timeouts().reply, Step::Reply, more).await?;
        reply::environment(&bytes)
    }

    /// As [`crate::Client::set_environment_variable`].
    ///
    /// # Errors
    /// Those of [`crate::Client::set_environment_variable`].
    pub async fn set_environment_variable(
        &self,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        let request = Request::SetEnvironmentVariable(name, value);
        let (_, payload) = self.exchange(&request).await?;
        reply::done(&payload)
    }

    /// As [`crate::Client::resume`].
    ///
    /// # Errors
    /// Those of [`crate::Client::resume`].
    pub async fn resume(&self) -> Result<(), Error> {
        let (_, payload) = self.exchange(&Request::ResumeRuntime).await?;
        reply::done(&payload)
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<(Connection, Vec<u8>), Error> {
        let message = Message::new(request)?;
        let timeouts = self.inner.timeouts();
        let mut connection = Connection::open(&self.inner).await?;
        stream::within(timeouts.send, Step::Send, connection.send(&message)).await?;
        let answer = connection.answer(Step::Reply);
        let payload = stream::within(timeouts.reply, Step::Reply, answer).await?;
        Ok((connection, payload))
    }
}

impl From<Blocking> for Client {
    /// For a [`Runtime`](crate::Runtime) that dialled in, as well.
    fn from(inner: Blocking) -> Self {
        Self { inner }
    }
}

impl Session {
    /// Its stream, and what stops it, for different tasks.
    pub fn split(self) -> (Reader, Stopper) {
        (self.reader, self.stopper)
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

impl AsyncRead for Session {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().reader).poll_read(context, buf)
    }
}

impl Reader {
    /// Whether the end was read.
    pub fn is_ended(&self) -> bool {
        self.shared.state.is_ended()
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Shared { stream, state } = &*self.shared;
        if state.is_ended() || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(stream.poll_read_ready(context))?;
            match stream.try_read(buf.initialize_unfilled()) {
                Ok(0) => state.end(),
                Ok(len) => buf.advance(len),
                Err(error) => match error.kind() {
                    // Not yet, after all: that cleared the readiness, so the next poll waits.
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => continue,
                    // The process was killed.
                    io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => state.end(),
                    _ => return Poll::Ready(Err(error)),
                },
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.shared.state.leave() {
            self.shared.close();
        }
    }
}

impl Shared {
    fn close(&self) {
        let _ = rustix::net::shutdown(&self.stream, rustix::net::Shutdown::Both);
    }
}

/// How often to look whether the reader has been dropped.
const LOOK: Duration = Duration::from_millis(20);
