//! Unix stream sockets.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketType, sockopt};

use crate::deadline::Deadline;
use crate::error::{Error, Step};
use crate::message::Message;

/// A connection.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: UnixStream,
}

impl Stream {
    /// Connects to the socket at `path`. If its queue is full, waits until there is room.
    pub(crate) fn connect(path: &Path, deadline: Deadline) -> Result<Self, Error> {
        let failed = |error: rustix::io::Errno| Error::io(Step::Connect, &error.into());
        let address = Address::of(path)?;
        let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None);
        let socket = socket.map_err(failed)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC).map_err(failed)?;
        loop {
            // The time that sending may take is the time that connecting may take.
            let left = deadline.left().ok_or(Error::Timeout(Step::Connect))?;
            sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(left))
                .map_err(failed)?;
            match rustix::net::connect(&socket, &address.address) {
                Ok(()) => return Ok(Self { socket: socket.into() }),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// A connection that came in.
    pub(crate) fn accepted(socket: OwnedFd) -> Self {
        Self { socket: socket.into() }
    }

    /// Sends all of a message with one call. If it is cut off by the time, the connection is not to
    /// be used any more; a message that was cut off does nothing.
    pub(crate) fn send(&self, message: &Message, deadline: Deadline) -> Result<(), Error> {
        loop {
            let left = deadline.left().ok_or(Error::Timeout(Step::Send))?;
            let sent =
                sockopt::set_socket_timeout(&self.socket, sockopt::Timeout::Send, Some(left))
                    .and_then(|()| rustix::net::send(&self.socket, message.bytes(), QUIET));
            match sent {
                Ok(len) if len == message.bytes().len() => return Ok(()),
                Ok(_) => return Err(Error::Timeout(Step::Send)),
                // Nothing was sent.
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Error::io(Step::Send, &error.into())),
            }
        }
    }

    /// Fills all of `bytes`.
    pub(crate) fn read_exact(
        &self,
        mut bytes: &mut [u8],
        deadline: Deadline,
        step: Step,
    ) -> Result<(), Error> {
        while !bytes.is_empty() {
            let left = deadline.left().ok_or(Error::Timeout(step))?;
            self.set_read_timeout(Some(left)).map_err(|error| Error::io(step, &error))?;
            match self.read(bytes) {
                Ok(0) => return Err(Error::Closed(step)),
                Ok(len) => bytes = bytes.get_mut(len..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(step, &error)),
            }
        }
        Ok(())
    }

    /// Reads what is there, or waits for it, as long as [`set_read_timeout`](Self::set_read_timeout)
    /// says.
    pub(crate) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        (&self.socket).read(bytes)
    }

    /// Reads what is there, without waiting. 0 is the end.
    pub(crate) fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let (len, _) = rustix::net::recv(&self.socket, bytes, RecvFlags::DONTWAIT)?;
        Ok(len)
    }

    /// As [`try_read`](Self::try_read), and leaves it there.
    pub(crate) fn peek(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let flags = RecvFlags::DONTWAIT | RecvFlags::PEEK;
        let (len, _) = rustix::net::recv(&self.socket, bytes, flags)?;
        Ok(len)
    }

    pub(crate) fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.socket.set_read_timeout(timeout)
    }

    /// Whether the other side has closed the connection, even if not all that it sent is read yet.
    pub(crate) fn is_hung_up(&self) -> bool {
        is_hung_up(&self.socket)
    }

    /// Closes the connection for both sides, also for who is reading from it now.
    pub(crate) fn close(&self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn into_std(self) -> UnixStream {
        self.socket
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether the other side of a socket has closed it.
pub(crate) fn is_hung_up(socket: impl AsFd) -> bool {
    let mut fds = [PollFd::new(&socket, HANG_UP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok()
        && fds.iter().any(|fd| fd.revents().intersects(HANG_UP | PollFlags::ERR))
}

/// Waits until there is something to read, or the end, in one of the streams; at most `longest`.
pub(crate) fn wait_any(streams: &[&Stream], longest: Duration) {
    let mut fds: Vec<_> = streams.iter().map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
    let longest = Timespec::try_from(longest).ok();
    // Whatever comes of it, the caller looks for itself.
    let _ = poll(&mut fds, longest.as_ref());
}

/// Set when the other side has closed the connection.
#[cfg(any(target_os = "linux", target_os = "android"))]
const HANG_UP: PollFlags = PollFlags::HUP.union(PollFlags::RDHUP);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const HANG_UP: PollFlags = PollFlags::HUP;

/// No signal if the other side is gone.
#[cfg(not(target_vendor = "apple"))]
pub(crate) const QUIET: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(crate) const QUIET: SendFlags = SendFlags::empty();

/// The address of a path, which may be longer than an address holds if its folder can be opened.
struct Address {
    address: SocketAddrUnix,
    /// Open for as long as the address is used.
    _folder: Option<File>,
}

impl Address {
    fn of(path: &Path) -> Result<Self, Error> {
        if path.as_os_str().as_bytes().contains(&0) {
            return Err(Error::NotFound);
        }
        if let Ok(address) = SocketAddrUnix::new(path) {
            return Ok(Self { address, _folder: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::PathTooLong);
        };
        let folder = File::open(folder).map_err(|error| Error::io(Step::Connect, &error))?;
        let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        let address = SocketAddrUnix::new(&short).map_err(|_| Error::PathTooLong)?;
        Ok(Self { address, _folder: Some(folder) })
    }
}
