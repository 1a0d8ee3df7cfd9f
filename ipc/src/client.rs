//! Commands of one runtime, each on a connection of its own.

use std::path::PathBuf;

use crate::config::{Collect, SessionConfig};
use crate::deadline::{Deadline, Timeouts};
use crate::error::{Error, Step};
use crate::message::{InfoVersion, Message, Request};
use crate::reply::{self, ProcessInfo};
use crate::session::Session;
use crate::transport::Stream;
use crate::way::Way;

/// Asks one runtime for things.
///
/// A connection carries one command, and a runtime that waits for a command on one lets everybody
/// else wait. So a client holds none: each method connects, sends, and reads the answer, within its
/// [`Timeouts`].
#[derive(Clone, Debug)]
pub struct Client {
    way: Way,
    timeouts: Timeouts,
}

/// Which process is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Its id, as this process sees it.
    Pid(u32),
    /// The path of its diagnostics socket, or of a port it listens at.
    Path(PathBuf),
}

impl Client {
    /// A client of this process. For a process id this looks for its socket: a few files are read, and
    /// nothing is sent.
    ///
    /// # Errors
    /// [`Error::NoProcess`], [`Error::NoSocket`] or [`Error::OtherUser`] for a process id; none for a
    /// path, which is used when something is asked for.
    pub fn connect(target: impl Into<Target>, timeouts: Timeouts) -> Result<Self, Error> {
        let path = match target.into() {
            Target::Path(path) => path,
            #[cfg(unix)]
            Target::Pid(pid) => crate::processes::Places::of_system().find(pid)?.socket,
            #[cfg(not(unix))]
            Target::Pid(_) => return Err(Error::Platform),
        };
        Ok(Self::by(Way::Socket(path), timeouts))
    }

    pub(crate) fn by(way: Way, timeouts: Timeouts) -> Self {
        Self { way, timeouts }
    }

    /// Starts a session. The newest command that both sides know is used, as far back as what `config`
    /// asks for can be carried.
    ///
    /// # Errors
    /// [`Error::Request`] if no runtime would accept this; [`Error::NeedsCommand`] if this one is too
    /// old for it; all that can go wrong with a connection. If the answer came too late, the runtime
    /// may have started the session: it ends when it finds the connection closed.
    pub fn start(&self, config: &SessionConfig) -> Result<Session, Error> {
        for command in commands(config)? {
            let request = Request::CollectTracing(command, config);
            match self.exchange(&request) {
                Err(Error::UnknownCommand) => {}
                Err(error) => return Err(error),
                Ok((stream, payload)) => {
                    let id = reply::session(&payload)?;
                    return Session::new(stream, id, command, self.clone());
                }
            }
        }
        Err(too_old(config))
    }

    /// Who the process is. Needs .NET 5; what older runtimes leave out is `None`.
    ///
    /// # Errors
    /// [`Error::UnknownCommand`] if the runtime is older; all that can go wrong with a connection.
    pub fn process_info(&self) -> Result<ProcessInfo, Error> {
        for version in [InfoVersion::V3, InfoVersion::V2] {
            match self.process_info_by(version) {
                Err(Error::UnknownCommand) => {}
                answer => return answer,
            }
        }
        self.process_info_by(InfoVersion::V1)
    }

    /// The same by one version of the command.
    ///
    /// # Errors
    /// [`Error::UnknownCommand`] if the runtime is older; all that can go wrong with a connection.
    pub fn process_info_by(&self, version: InfoVersion) -> Result<ProcessInfo, Error> {
        let (_, payload) = self.exchange(&Request::ProcessInfo(version))?;
        ProcessInfo::parse(version, &payload)
    }

    /// Names and values of its environment. Needs .NET 6.
    ///
    /// # Errors
    /// [`Error::UnknownCommand`] if the runtime is older; all that can go wrong with a connection.
    pub fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let (stream, payload) = self.exchange(&Request::ProcessEnvironment)?;
        let (len, here) = reply::environment_head(&payload)?;
        let mut bytes = here.to_vec();
        stream.read_more(&mut bytes, len, Deadline::after(self.timeouts.reply), Step::Reply)?;
        reply::environment(&bytes)
    }

    /// Sets a variable of its environment; without a value, or with an empty one, removes it. Needs
    /// .NET 6. Of use before it is resumed.
    ///
    /// # Errors
    /// [`Error::UnknownCommand`] if the runtime is older; all that can go wrong with a connection.
    pub fn set_environment_variable(&self, name: &str, value: Option<&str>) -> Result<(), Error> {
        let (_, payload) = self.exchange(&Request::SetEnvironmentVariable(name, value))?;
        reply::done(&payload)
    }

    /// Lets a runtime run that was started suspended; does nothing to one that runs. Needs .NET 5.
    ///
    /// # Errors
    /// [`Error::UnknownCommand`] if the runtime is older; all that can go wrong with a connection.
    pub fn resume(&self) -> Result<(), Error> {
        let (_, payload) = self.exchange(&Request::ResumeRuntime)?;
        reply::done(&payload)
    }

    /// How long things may take.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// A connection that has just been made.
    pub(crate) fn open(&self) -> Result<Stream, Error> {
        self.way.open(Deadline::after(self.timeouts.connect))
    }

    fn exchange(&self, request: &Request<'_>) -> Result<(Stream, Vec<u8>), Error> {
        // Made first: once connected, the message follows at once.
        let message = Message::new(request)?;
        let stream = self.open()?;
        let send = Deadline::after(self.timeouts.send);
        let payload = stream.ask(&message, send, || Deadline::after(self.timeouts.reply))?;
        Ok((stream, payload))
    }
}

/// The commands to try, newest first.
pub(crate) fn commands(config: &SessionConfig) -> Result<impl Iterator<Item = Collect>, Error> {
    config.check()?;
    let (needs, what) = config.needs();
    let newest = config.newest;
    if newest < needs {
        return Err(Error::NeedsCommand { what, needs });
    }
    let is_tried = move |command: &Collect| (needs..=newest).contains(command);
    Ok(Collect::ALL.into_iter().rev().filter(is_tried))
}

/// That none of the commands was known.
pub(crate) fn too_old(config: &SessionConfig) -> Error {
    match config.needs() {
        (Collect::V1, _) => Error::UnknownCommand,
        (needs, what) => Error::NeedsCommand { what, needs },
    }
}

impl From<u32> for Target {
    fn from(pid: u32) -> Self {
        Self::Pid(pid)
    }
}

impl From<PathBuf> for Target {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&std::path::Path> for Target {
    fn from(path: &std::path::Path) -> Self {
        Self::Path(path.to_owned())
    }
}
