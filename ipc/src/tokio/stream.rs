//! A connection, and its time.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::net::UnixStream;

use crate::client::Client;
use crate::error::{Error, Step};
use crate::message::Message;
use crate::reply::Head;
use crate::wire::HEADER;

/// A connection for one command.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
}

impl Connection {
    pub(super) async fn open(client: &Client) -> Result<Self, Error> {
        let client = client.clone();
        let stream = blocking(move || client.open()).await?.into_std();
        let failed = |error| Error::io(Step::Connect, &error);
        stream.set_nonblocking(true).map_err(failed)?;
        Ok(Self { stream: UnixStream::from_std(stream).map_err(failed)? })
    }

    /// Sends all of a message with one call: a new connection has room for the longest. One that is
    /// cut off does nothing.
    pub(super) async fn send(&self, message: &Message) -> Result<(), Error> {
        loop {
            let writable = self.stream.writable().await;
            let sent = writable.and_then(|()| self.stream.try_write(message.bytes()));
            match sent {
                Ok(len) if len == message.bytes().len() => return Ok(()),
                Ok(_) => return Err(Error::Timeout(Step::Send)),
                Err(error) if is_again(&error) => {}
                Err(error) => return Err(Error::io(Step::Send, &error)),
            }
        }
    }

    /// As [`send`](Self::send), without waiting.
    pub(super) fn send_now(&self, message: &Message) -> Result<(), Error> {
        match rustix::net::send(&self.stream, message.bytes(), crate::transport::QUIET) {
            Ok(len) if len == message.bytes().len() => Ok(()),
            Ok(_) => Err(Error::Timeout(Step::Send)),
            Err(error) => Err(Error::io(Step::Send, &error.into())),
        }
    }

    /// Reads an answer up to its last byte and no further.
    pub(super) async fn answer(&mut self, step: Step) -> Result<Vec<u8>, Error> {
        let mut header = [0; HEADER];
        self.read_exact(&mut header, step).await?;
        let head = Head::parse(&header)?;
        let mut payload = Vec::new();
        self.read_more(&mut payload, head.len).await?;
        head.outcome(payload)
    }

    /// Reads `len` bytes more. What is allocated follows what has come, not what is to come.
    pub(super) async fn read_more(
        &mut self,
        bytes: &mut Vec<u8>,
        mut len: usize,
    ) -> Result<(), Error> {
        let mut part = vec![0; 4096];
        while len > 0 {
            let most = len.min(part.len());
            let Some(part) = part.get_mut(..most) else { break };
            self.read_exact(part, Step::Reply).await?;
            bytes.extend_from_slice(part);
            len -= most;
        }
        Ok(())
    }

    pub(super) fn into_stream(self) -> UnixStream {
        self.stream
    }

    async fn read_exact(&self, mut bytes: &mut [u8], step: Step) -> Result<(), Error> {
        while !bytes.is_empty() {
            let readable = self.stream.readable().await;
            match readable.and_then(|()| self.stream.try_read(bytes)) {
                Ok(0) => return Err(Error::Closed(step)),
                Ok(len) => bytes = bytes.get_mut(len..).unwrap_or_default(),
                Err(error) if is_again(&error) => {}
                Err(error) => return Err(Error::io(step, &error)),
            }
        }
        Ok(())
    }
}

/// What `task` gives, if it does so in time.
pub(super) async fn within<T>(
    time: Duration,
    step: Step,
    task: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(time, task).await.unwrap_or(Err(Error::Timeout(step)))
}

/// Runs what may block on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    task: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let failed = Error::Io { step: Step::Connect, kind: io::ErrorKind::Other };
    tokio::task::spawn_blocking(task).await.unwrap_or(Err(failed))
}

fn is_again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
