//! How bytes come to a runtime and back: the only place that knows sockets.
//!
//! A [`Stream`] is a connection. It connects and sends within a time, reads exactly or what is there,
//! tells whether the other side has closed it, and can be closed from any thread. For an operating
//! system with another transport, a file beside `unix.rs` has to offer the same.

#[cfg(not(unix))]
mod none;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use none::{Stream, wait_any};
#[cfg(all(unix, feature = "tokio"))]
pub(crate) use unix::{QUIET, is_hung_up};
#[cfg(unix)]
pub(crate) use unix::{Stream, wait_any};

use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::message::Message;
use crate::reply::Head;
use crate::wire::HEADER;

impl Stream {
    /// Sends a message, and reads the answer up to its last byte and no further.
    pub(crate) fn ask(
        &self,
        message: &Message,
        send: Deadline,
        reply: impl FnOnce() -> Deadline,
    ) -> Result<Vec<u8>, Error> {
        self.send(message, send)?;
        self.answer(reply(), Step::Reply)
    }

    /// Reads an answer up to its last byte and no further.
    pub(crate) fn answer(&self, deadline: Deadline, step: Step) -> Result<Vec<u8>, Error> {
        let mut header = [0; HEADER];
        self.read_exact(&mut header, deadline, step)?;
        let head = Head::parse(&header)?;
        let mut payload = Vec::new();
        self.read_more(&mut payload, head.len, deadline, step)?;
        head.outcome(payload)
    }

    /// Reads `len` bytes more. What is allocated follows what has come, not what is to come.
    pub(crate) fn read_more(
        &self,
        bytes: &mut Vec<u8>,
        mut len: usize,
        deadline: Deadline,
        step: Step,
    ) -> Result<(), Error> {
        let mut part = [0; 4096];
        while len > 0 {
            let most = len.min(part.len());
            let Some(part) = part.get_mut(..most) else { break };
            self.read_exact(part, deadline, step)?;
            bytes.extend_from_slice(part);
            len -= most;
        }
        Ok(())
    }
}
