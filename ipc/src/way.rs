//! How a runtime is reached.

use std::path::PathBuf;

use crate::deadline::Deadline;
use crate::error::Error;
use crate::transport::Stream;

/// Where connections to a runtime come from.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// They are made to its socket.
    Socket(PathBuf),
    /// It dials in for each.
    #[cfg(unix)]
    Port(std::sync::Arc<crate::port::Link>),
}

impl Way {
    pub(crate) fn open(&self, deadline: Deadline) -> Result<Stream, Error> {
        match self {
            Self::Socket(path) => Stream::connect(path, deadline),
            #[cfg(unix)]
            Self::Port(link) => link.open(deadline),
        }
    }
}
