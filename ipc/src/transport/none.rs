//! No transport yet: nothing connects, so that nothing below is ever called.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::message::Message;

/// A connection. There is none.
#[derive(Debug)]
pub(crate) struct Stream {
    none: Infallible,
}

impl Stream {
    pub(crate) fn connect(_: &Path, _: Deadline) -> Result<Self, Error> {
        Err(Error::Platform)
    }

    pub(crate) fn send(&self, _: &Message, _: Deadline) -> Result<(), Error> {
        match self.none {}
    }

    pub(crate) fn read_exact(&self, _: &mut [u8], _: Deadline, _: Step) -> Result<(), Error> {
        match self.none {}
    }

    pub(crate) fn read(&self, _: &mut [u8]) -> io::Result<usize> {
        match self.none {}
    }

    pub(crate) fn try_read(&self, _: &mut [u8]) -> io::Result<usize> {
        match self.none {}
    }

    pub(crate) fn peek(&self, _: &mut [u8]) -> io::Result<usize> {
        match self.none {}
    }

    pub(crate) fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        match self.none {}
    }

    pub(crate) fn is_hung_up(&self) -> bool {
        match self.none {}
    }

    pub(crate) fn close(&self) {
        match self.none {}
    }
}

pub(crate) fn wait_any(_: &[&Stream], _: Duration) {}
