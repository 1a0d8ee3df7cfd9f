//! Ending a session.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::stream::{self, Connection};
use super::{LOOK, Shared};
use crate::client::Client;
use crate::error::{Error, Step};
use crate::message::{Message, Request};
use crate::stop::Stop;
use crate::transport::is_hung_up;

/// Ends a session, once, unless it has ended before; as [`crate::Stopper`]. Another task has to read
/// the stream to its end meanwhile.
#[derive(Debug)]
pub struct Stopper {
    shared: Arc<Shared>,
    id: u64,
    client: Client,
}

impl Stopper {
    pub(super) fn new(shared: Arc<Shared>, id: u64, client: Client) -> Self {
        Self { shared, id, client }
    }

    /// Asks the runtime to end the session, and waits until it has, within
    /// [`Timeouts::stop`](crate::Timeouts::stop). If this is dropped before that, the stop may have
    /// been sent, and is not sent again.
    ///
    /// # Errors
    /// Those of [`crate::Stopper::stop`].
    pub async fn stop(self) -> Result<Stop, Error> {
        let message = Message::new(&Request::StopTracing(self.id))?;
        let Self { shared, client, .. } = self;
        if shared.state.is_ended() || shared.state.is_left() {
            return Ok(Stop::Ended);
        }
        let mut connection = Connection::open(&client).await?;
        // From here to the message there must be nothing that takes time: see `state.rs`.
        if !shared.state.claim_stop() {
            return Ok(Stop::Ended);
        }
        let _settled = Settled(&shared);
        if is_hung_up(&shared.stream) {
            return Ok(Stop::Ended);
        }
        connection.send_now(&message)?;
        let mut answer = pin!(connection.answer(Step::Stop));
        let mut reading = pin!(read_on(&shared));
        let answer = poll_fn(|context| {
            let Poll::Pending = reading.as_mut().poll(context);
            answer.as_mut().poll(context).map_ok(|_| ())
        });
        match stream::within(client.timeouts().stop, Step::Stop, answer).await {
            // That is what was asked for, and the process may be gone.
            Err(Error::Closed(_)) if is_hung_up(&shared.stream) => Ok(Stop::Sent),
            answer => answer.map(|()| Stop::Sent),
        }
    }

    /// The runtime's number for the session.
    pub fn id(&self) -> u64 {
        self.id
    }
}

/// The end of a stop, however it comes: answered, not answered, or not waited for.
struct Settled<'a>(&'a Shared);

impl Drop for Settled<'_> {
    fn drop(&mut self) {
        if self.0.state.settle() {
            self.0.close();
        }
    }
}

/// Once the reader is dropped, reads and throws away what it would have read.
async fn read_on(shared: &Shared) -> Infallible {
    while !shared.state.is_left() {
        tokio::time::sleep(LOOK).await;
    }
    let mut rest = vec![0; 64 << 10];
    loop {
        let read = match shared.stream.readable().await {
            Ok(()) => shared.stream.try_read(&mut rest),
            Err(error) => Err(error),
        };
        match read {
            Ok(1..) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            // The end.
            _ => pending().await,
        }
    }
}
