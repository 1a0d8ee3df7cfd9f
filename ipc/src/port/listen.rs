//! The socket file of a port.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::transport::Stream;

/// A socket that listens, and its file, which goes with it.
#[derive(Debug)]
pub(super) struct Listener {
    socket: UnixListener,
    path: PathBuf,
    /// Device and number of the file, so that no other is removed.
    file: (u64, u64),
}

/// Connections that may wait to be taken; the system may allow fewer.
const BACKLOG: i32 = 1024;
/// How long whoever listens there already may take to be seen.
const PROBE: Duration = Duration::from_secs(1);
/// How often something left behind is replaced by others while this tries to.
const TRIES: u32 = 3;

impl Listener {
    pub(super) fn bind(path: &Path) -> Result<Self, Error> {
        let failed = |error: Errno| Error::io(Step::Listen, &error.into());
        let address = SocketAddrUnix::new(path).map_err(|_| Error::PathTooLong)?;
        let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None);
        let socket = socket.map_err(failed)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC).map_err(failed)?;
        let mut tries = 0;
        loop {
            match rustix::net::bind(&socket, &address) {
                Ok(()) => return Self::of(path, socket),
                Err(Errno::ADDRINUSE) if tries < TRIES => remove_leftover(path)?,
                Err(Errno::ADDRINUSE) => return Err(Error::InUse),
                Err(error) => return Err(failed(error)),
            }
            tries += 1;
        }
    }

    /// Until it listens nobody can connect, so that the mode is in force for the first one.
    fn of(path: &Path, socket: OwnedFd) -> Result<Self, Error> {
        let failed = |error| Error::io(Step::Listen, &error);
        let meta = fs::symlink_metadata(path).map_err(failed)?;
        let (socket, path) = (UnixListener::from(socket), path.to_owned());
        let listener = Self { socket, path, file: (meta.dev(), meta.ino()) };
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&listener.path, mode).map_err(failed)?;
        rustix::net::listen(&listener.socket, BACKLOG).map_err(|error| failed(error.into()))?;
        listener.socket.set_nonblocking(true).map_err(failed)?;
        Ok(listener)
    }

    /// The next connection, if there is one.
    pub(super) fn accept(&self) -> std::io::Result<Stream> {
        let (socket, _) = self.socket.accept()?;
        // Some systems hand the listener's mode down.
        socket.set_nonblocking(false)?;
        Ok(Stream::accepted(socket.into()))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let meta = fs::symlink_metadata(&self.path);
        if meta.is_ok_and(|meta| (meta.dev(), meta.ino()) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket at which nobody listens.
fn remove_leftover(path: &Path) -> Result<(), Error> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    match Stream::connect(path, Deadline::after(PROBE)) {
        Err(Error::NotFound) => Ok(()),
        Err(Error::Refused) if is_socket => {
            fs::remove_file(path).map_err(|error| Error::io(Step::Listen, &error))
        }
        _ => Err(Error::InUse),
    }
}
