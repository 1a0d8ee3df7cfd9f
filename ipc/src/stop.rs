//! Ending a session.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::message::{Message, Request};
use crate::session::Shared;
use crate::transport::{Stream, wait_any};

/// Ends a session, once, unless it has ended before.
///
/// The runtime answers only when all that it still had has been read from the stream: another thread
/// has to read it to its end meanwhile. Dropping the stopper leaves the session running.
#[derive(Debug)]
pub struct Stopper {
    shared: Arc<Shared>,
    id: u64,
    client: Client,
    /// The connection on which a stop was sent.
    sent: Option<Stream>,
}

/// What came of stopping a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The runtime was asked to end it.
    Sent,
    /// It had ended, or its reader was dropped; nothing was sent.
    Ended,
}

impl Stopper {
    pub(crate) fn new(shared: Arc<Shared>, id: u64, client: Client) -> Self {
        Self { shared, id, client, sent: None }
    }

    /// Asks the runtime to end the session, and waits until it has, within [`Timeouts::stop`].
    ///
    /// If the reader is dropped meanwhile, the rest of the stream is read and thrown away here.
    ///
    /// [`Timeouts::stop`]: crate::Timeouts::stop
    ///
    /// # Errors
    /// Those of a connection: nothing was sent then, and closing the stream is what ends the session;
    /// a process that survived a signal, for instance, has no socket any more. [`Error::Timeout`] of
    /// [`Step::Stop`] if nobody read the stream to its end, or the runtime took too long.
    pub fn stop(mut self) -> Result<Stop, Error> {
        let stop = self.send()?;
        if stop == Stop::Sent {
            self.wait()?;
        }
        Ok(stop)
    }

    /// Asks the runtime to end the session, and does not wait for the answer. The second call does
    /// nothing.
    ///
    /// # Errors
    /// Those of a connection: nothing was sent then, and it may be tried again.
    pub fn send(&mut self) -> Result<Stop, Error> {
        if self.sent.is_some() {
            return Ok(Stop::Sent);
        }
        let message = Message::new(&Request::StopTracing(self.id))?;
        let (shared, client) = (Arc::clone(&self.shared), self.client.clone());
        if shared.state.is_ended() || shared.state.is_left() {
            return Ok(Stop::Ended);
        }
        let connection = client.open()?;
        // From here to the message there must be nothing that takes time: see `state.rs`.
        if !shared.state.claim_stop() {
            return Ok(Stop::Ended);
        }
        if shared.stream.is_hung_up() {
            self.give_up();
            return Ok(Stop::Ended);
        }
        match connection.send(&message, Deadline::after(client.timeouts().send)) {
            Ok(()) => {
                self.sent = Some(connection);
                Ok(Stop::Sent)
            }
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// The runtime's number for the session.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Waits for the answer. Errors of the connection are no matter once the stream has ended: that is
    /// what was asked for, and the process may be gone.
    fn wait(&mut self) -> Result<(), Error> {
        let Some(connection) = &self.sent else { return Ok(()) };
        let deadline = Deadline::after(self.client.timeouts().stop);
        let answer = self.wait_on(connection, deadline);
        match answer {
            Err(Error::Closed(_)) if self.shared.stream.is_hung_up() => Ok(()),
            answer => answer,
        }
    }

    fn wait_on(&self, connection: &Stream, deadline: Deadline) -> Result<(), Error> {
        let Shared { stream, state } = &*self.shared;
        let mut rest = vec![0; 64 << 10];
        let mut is_open = true;
        loop {
            let left = deadline.left().ok_or(Error::Timeout(Step::Stop))?;
            let is_ours = is_open && state.is_left();
            if is_ours {
                wait_any(&[connection, stream], left.min(LOOK));
                is_open = drain(stream, &mut rest);
            } else {
                wait_any(&[connection], left.min(LOOK));
            }
            let mut first = [0; 1];
            match connection.peek(&mut first) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                _ => return connection.answer(deadline, Step::Stop).map(|_| ()),
            }
        }
    }

    fn give_up(&self) {
        if self.shared.state.unclaim_stop() {
            self.shared.stream.close();
        }
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        if self.sent.is_some() && self.shared.state.settle() {
            self.shared.stream.close();
        }
    }
}

/// Reads and throws away what is there. Whether there may be more.
fn drain(stream: &Stream, rest: &mut [u8]) -> bool {
    loop {
        match stream.try_read(rest) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// How often to look whether the reader has been dropped.
const LOOK: Duration = Duration::from_millis(20);
