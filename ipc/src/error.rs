//! What can go wrong between a client and a runtime.

use std::{fmt, io};

use crate::config::Collect;

/// Why something could not be had from a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There is no process of this id.
    NoProcess {
        /// The id asked for.
        pid: u32,
    },
    /// The process has no diagnostics socket where one would be.
    NoSocket {
        /// The id asked for.
        pid: u32,
    },
    /// The socket or the process belongs to another user.
    OtherUser {
        /// That user.
        uid: u32,
    },
    /// There is no socket at the path.
    NotFound,
    /// Nobody listens at the socket.
    Refused,
    /// The path may not be used.
    Denied,
    /// The path of the socket has more bytes than a socket's address holds.
    PathTooLong,
    /// There is something at the path that is not a diagnostic port left behind.
    InUse,
    /// This took longer than [`Timeouts`](crate::Timeouts) allow.
    Timeout(Step),
    /// The other side closed the connection.
    Closed(Step),
    /// What is asked for cannot be put into a message; nothing was sent.
    Request(&'static str),
    /// What is asked for needs a newer command than the runtime knows.
    NeedsCommand {
        /// What is asked for.
        what: &'static str,
        /// The oldest command that carries it.
        needs: Collect,
    },
    /// The runtime knows none of the commands for this.
    UnknownCommand,
    /// The runtime answered with an error.
    Runtime(Hresult),
    /// The bytes received are not what the protocol says.
    Reply(&'static str),
    /// The system said no.
    Io {
        /// What was being done.
        step: Step,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// This is not made for the operating system.
    Platform,
}

const _: () = assert!(size_of::<Error>() <= 32);

/// What was being done when an [`Error`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Connecting to the socket.
    Connect,
    /// Waiting for a runtime to dial in at a port.
    Dial,
    /// Sending a message.
    Send,
    /// Waiting for the answer.
    Reply,
    /// Waiting for the answer to a stop.
    Stop,
    /// Looking for processes.
    List,
    /// Listening at a port.
    Listen,
}

/// A result code of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hresult(pub u32);

impl Hresult {
    /// The payload does not parse.
    pub const BAD_ENCODING: Self = Self(0x8013_1384);
    /// The runtime does not know the command.
    pub const UNKNOWN_COMMAND: Self = Self(0x8013_1385);
    /// The message is not of a version known to the runtime.
    pub const UNKNOWN_MAGIC: Self = Self(0x8013_1386);
    /// It did not work.
    pub const FAIL: Self = Self(0x8000_4005);

    /// Its name, empty if it is not known.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// What it means, in a few words; says so if it is not known.
    pub fn meaning(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self.0 {
            0x8013_1384 => ("BAD_ENCODING", "the runtime could not read the message"),
            0x8013_1385 => ("UNKNOWN_COMMAND", "the runtime does not know the command"),
            0x8013_1386 => ("UNKNOWN_MAGIC", "the runtime speaks another protocol"),
            0x8000_4005 => ("FAIL", "the runtime could not do it; it has at most 64 sessions"),
            0x8013_1515 => ("NOTSUPPORTED", "the runtime does not support it"),
            0x8013_135B => ("NOT_YET_AVAILABLE", "the runtime is not that far; try again"),
            0x8013_1371 => ("RUNTIME_UNINITIALIZED", "the runtime is still starting; try again"),
            0x8007_0057 => ("INVALIDARG", "an argument is not valid"),
            0x8007_007A => ("INSUFFICIENT_BUFFER", "a buffer of the runtime is too small"),
            0x8000_00CB => ("ENVVAR_NOT_FOUND", "there is no such environment variable"),
            _ => ("", "a code that is not known here"),
        }
    }
}

impl fmt::Display for Hresult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.name().is_empty() { "" } else { " " };
        write!(f, "{:#010x}{separator}{}: {}", self.0, self.name(), self.meaning())
    }
}

impl Error {
    /// What the system said at `step`.
    #[cold]
    pub(crate) fn io(step: Step, error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::NotFound,
            Kind::ConnectionRefused => Self::Refused,
            Kind::PermissionDenied => Self::Denied,
            Kind::WouldBlock | Kind::TimedOut => Self::Timeout(step),
            Kind::BrokenPipe | Kind::ConnectionReset | Kind::UnexpectedEof => Self::Closed(step),
            kind => Self::Io { step, kind },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess { pid } => write!(f, "there is no process {pid}"),
            Self::NoSocket { pid } => write!(
                f,
                "process {pid} has no diagnostics socket: it is not .NET, its diagnostics are \
                 switched off, or its folder for temporary files is not known"
            ),
            Self::OtherUser { uid } => {
                write!(f, "the process belongs to user {uid}; run as that user or as root")
            }
            Self::NotFound => f.write_str(
                "the socket does not exist (any more): the process ended, or was hit by a signal",
            ),
            Self::Refused => {
                f.write_str("nobody listens at the socket: the process that made it was killed")
            }
            Self::Denied => f.write_str("access denied; run as the process's user or as root"),
            Self::PathTooLong => {
                f.write_str("the path of the socket is too long; use a shorter one")
            }
            Self::InUse => f.write_str("the path of the port is in use; choose another"),
            Self::Timeout(Step::Dial) => {
                f.write_str("no runtime dialled in in time; is DOTNET_DiagnosticPorts set for it?")
            }
            Self::Timeout(Step::Stop) => f.write_str(
                "the session was not ended in time; its stream has to be read to the end meanwhile",
            ),
            Self::Timeout(step) => write!(
                f,
                "time ran out while {step}; another client may hold the runtime's diagnostics thread"
            ),
            Self::Closed(step) => {
                write!(f, "connection closed while {step}; the process has probably ended")
            }
            Self::Request(what) => write!(f, "cannot be asked for: {what}"),
            Self::NeedsCommand { what, needs } => write!(
                f,
                "{what} needs {needs} (.NET {}), which the runtime does not know; do without it",
                needs.since()
            ),
            Self::UnknownCommand => {
                f.write_str("the runtime is too old: it does not know the command")
            }
            Self::Runtime(code) => write!(f, "the runtime answered {code}"),
            Self::Reply(what) => write!(f, "unexpected bytes from the runtime: {what}"),
            Self::Io { step, kind } => write!(f, "{kind} while {step}"),
            Self::Platform => f.write_str("not supported on this operating system"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to the process",
            Self::Dial => "waiting for the runtime to dial in",
            Self::Send => "sending the message",
            Self::Reply => "waiting for the answer",
            Self::Stop => "waiting for the session to end",
            Self::List => "looking for processes",
            Self::Listen => "listening at the port",
        })
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NoProcess { .. } | Error::NoSocket { .. } | Error::NotFound => {
                io::ErrorKind::NotFound
            }
            Error::Refused => io::ErrorKind::ConnectionRefused,
            Error::Denied | Error::OtherUser { .. } => io::ErrorKind::PermissionDenied,
            Error::InUse => io::ErrorKind::AddrInUse,
            Error::Timeout(_) => io::ErrorKind::TimedOut,
            Error::Closed(_) => io::ErrorKind::BrokenPipe,
            Error::Request(_) => io::ErrorKind::InvalidInput,
            Error::Reply(_) => io::ErrorKind::InvalidData,
            Error::NeedsCommand { .. } | Error::UnknownCommand | Error::Platform => {
                io::ErrorKind::Unsupported
            }
            Error::Io { kind, .. } => kind,
            Error::Runtime(_) | Error::PathTooLong => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_and_what_to_do() {
        let needs = Error::NeedsCommand { what: "an event filter", needs: Collect::V5 };
        assert_eq!(
            needs.to_string(),
            "an event filter needs CollectTracing5 (.NET 10), which the runtime does not know; do without it"
        );
        assert_eq!(
            Error::Runtime(Hresult::BAD_ENCODING).to_string(),
            "the runtime answered 0x80131384 BAD_ENCODING: the runtime could not read the message"
        );
        let unknown = Hresult(0x8123_4567).to_string();
        assert_eq!(unknown, "0x81234567: a code that is not known here");
        assert!(!needs.to_string().contains('\n'));
    }
}
