//! Processes that come to us: those that are started here, and those told to dial in.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tracemill::ipc::{Error, Port, Runtime, Timeouts};

use crate::cli::args::CollectArgs;
use crate::cli::attach::{Dial, Found, Stopping};
use crate::cli::console::Console;
use crate::cli::outcome::Outcome;

/// How often it is looked whether it is of any use to wait.
const LOOK: Duration = Duration::from_millis(100);
/// How long a command may take to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where processes come from.
pub(crate) enum Origin<'a> {
    /// They run.
    Running,
    /// One dials in, or listens.
    Dial(Dial<'a>),
    /// One is started with this.
    Command(&'a [OsString]),
}

impl<'a> Origin<'a> {
    /// What the command line says.
    ///
    /// # Errors
    /// Nothing, or several things.
    pub(crate) fn of(args: &'a CollectArgs) -> Result<Self, &'static str> {
        match (!args.target.is_empty(), &args.port, &*args.command) {
            (true, None, []) => Ok(Self::Running),
            (false, Some(port), []) => Ok(Self::Dial(Dial::of(port))),
            (false, None, command @ [_, ..]) => Ok(Self::Command(command)),
            (false, None, []) => Err(
                "which process? -p PID, -n NAME, --dport PATH or -- COMMAND; see 'tracemill ps'",
            ),
            _ => Err("one of -p and -n, --dport, and -- COMMAND"),
        }
    }
}

/// What has to be kept as long as it is recorded.
pub(crate) struct Source {
    process: Found,
    child: Option<Launched>,
    others: Option<Others>,
}

/// Waits for a process.
///
/// # Errors
/// None came, and why.
pub(crate) fn wait(
    origin: &Origin<'_>,
    shows_io: bool,
    stopping: &Stopping,
) -> Result<(Found, Source), String> {
    match origin {
        Origin::Running => Err("none is to be waited for".to_owned()),
        Origin::Dial(Dial::Listening(path)) => {
            let found = Found::listening(path).map_err(|error| error.to_string())?;
            let process = found.clone();
            Ok((found, Source { process, child: None, others: None }))
        }
        Origin::Dial(Dial::Port(path)) => {
            let port = Port::listen(*path, Timeouts::default());
            let port = port.map_err(|error| format!("{}: {error}", path.display()))?;
            let runtime = dialled(&port, stopping, || None)?;
            Ok(Source::dialled(port, Found::dialled(&runtime, None), None))
        }
        Origin::Command(command) => {
            let mut launched = Launched::start(command, shows_io, stopping)?;
            let port = launched.port.take().ok_or("the command is over")?;
            let runtime = dialled(&port, stopping, || launched.is_over())?;
            let found = Found::dialled(&runtime, Some(app(command)));
            Ok(Source::dialled(port, found, Some(launched)))
        }
    }
}

/// The first runtime that dials in, unless `is_over` says that none will.
fn dialled(
    port: &Port,
    stopping: &Stopping,
    mut is_over: impl FnMut() -> Option<String>,
) -> Result<Runtime, String> {
    loop {
        match port.accept_new(LOOK) {
            Ok(runtime) => return Ok(runtime),
            Err(Error::Timeout(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
        if stopping.is_stopped() {
            return Err("stopped before a runtime dialled in; nothing is recorded".to_owned());
        }
        if let Some(message) = is_over() {
            return Err(message);
        }
    }
}

impl Source {
    fn dialled(port: Port, found: Found, child: Option<Launched>) -> (Found, Self) {
        let process = found.clone();
        (found, Self { process, child, others: Others::start(port) })
    }

    /// Lets the process run.
    ///
    /// # Errors
    /// Those of [`Found::resume`].
    pub(crate) fn resume(&self) -> Result<(), Error> {
        self.process.resume()
    }

    /// Nothing is recorded: what dialled in is not to wait for it. A command that was started here is
    /// ended as this is dropped.
    pub(crate) fn let_go(&self) {
        if self.child.is_none() {
            // It may be gone by now.
            let _ = self.resume();
        }
    }

    /// The recording is over: ends a command that was started, and tells its exit code.
    pub(crate) fn end(&mut self, is_stopped: bool) -> Outcome {
        self.others = None;
        self.child.as_mut().map(|child| child.end(is_stopped)).unwrap_or_default()
    }
}

/// Runtimes that dial in as well: children of the process, which have its environment. They are not
/// recorded, but have to be told to run.
struct Others {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Others {
    fn start(port: Port) -> Option<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let serve = move || {
            while !ends.load(Ordering::SeqCst) {
                if let Ok(runtime) = port.accept_new(LOOK) {
                    let message =
                        format!("process {} dialled in as well; not recorded", runtime.pid());
                    Console::plain(false).say(None, "remark", None, &message);
                    // It may be gone by now.
                    let _ = runtime.client().resume();
                }
            }
        };
        let thread = thread::Builder::new().name("port".to_owned()).spawn(serve).ok();
        thread.map(|thread| Self { is_over, thread: Some(thread) })
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, there is nothing to be done here.
            let _ = thread.join();
        }
    }
}

/// A command that was started here.
struct Launched {
    child: Child,
    port: Option<Port>,
    folder: PathBuf,
}

impl Launched {
    fn start(command: &[OsString], shows_io: bool, stopping: &Stopping) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("there is no command")?;
        let folder = std::env::temp_dir().join(format!("tracemill-{}", std::process::id()));
        let failed = |error: &std::io::Error| format!("{}: {error}", folder.display());
        // For nobody else: who dials in is recorded.
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| failed(&error))?;
        let removed = folder.clone();
        stopping.before_leaving(move || drop(fs::remove_dir_all(removed)));
        let port = Port::listen(folder.join("port"), Timeouts::default());
        let mut start = Command::new(program);
        start.args(arguments).env("DOTNET_DiagnosticPorts", folder.join("port"));
        if !shows_io {
            // Of a group of its own: Ctrl-C is for the recording, which ends the command.
            start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        }
        let started = port.map_err(|error| error.to_string()).and_then(|port| {
            let child = start.spawn();
            let name = program.to_string_lossy();
            let child = child.map_err(|error| format!("cannot start {name}: {error}"))?;
            Ok((port, child))
        });
        match started {
            Ok((port, child)) => Ok(Self { child, port: Some(port), folder }),
            Err(message) => {
                let _ = fs::remove_dir_all(&folder);
                Err(message)
            }
        }
    }

    /// Why no runtime will dial in.
    fn is_over(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("the command ended ({status}) before a .NET runtime in it dialled in"))
    }

    /// Ends it if the recording was stopped, or if it does not end by itself. Its exit code if it did.
    fn end(&mut self, is_stopped: bool) -> Outcome {
        if !is_stopped && let Some(outcome) = self.wait() {
            return outcome;
        }
        terminate(&self.child);
        if self.wait().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        Outcome::default()
    }

    /// Waits a while for its end.
    fn wait(&mut self) -> Option<Outcome> {
        let began = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                // As shells tell it.
                let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
                let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                return Some(Outcome::of_child(code));
            }
            if began.elapsed() >= PATIENCE {
                return None;
            }
            thread::sleep(LOOK / 5);
        }
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // Nothing that was started here is left suspended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    // It may be gone by now.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
}

/// What a command is called: what `dotnet` runs, if it is that.
fn app(command: &[OsString]) -> String {
    let name = |at: usize| {
        let name = command.get(at).and_then(|path| Path::new(path).file_name());
        name.map(OsStr::to_string_lossy).unwrap_or_default()
    };
    match name(0).as_ref() {
        "dotnet" => name(1).strip_suffix(".dll").unwrap_or("dotnet").to_owned(),
        name => name.to_owned(),
    }
}
