//! A program on a real runtime, in a folder for temporary files of its own.

#![allow(dead_code, reason = "not all tests use all of it")]

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tracemill_ipc::{Client, Timeouts};
use tracemill_test_support::corpus;

use crate::strict::Folder;

/// What starts programs, unpacked once. `None`, with a line that says what is skipped, if it is not
/// there.
pub fn runtime(test: &str) -> Option<&'static Path> {
    static RUN: OnceLock<Option<PathBuf>> = OnceLock::new();
    let tools = corpus::shared(test)?.join("../tools/dotnet10");
    if !tools.is_dir() || !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let is_required = std::env::var_os("TRACEMILL_REQUIRE_CORPUS").is_some();
        assert!(!is_required, "{test}: no runtime at {}", tools.display());
        eprintln!("SKIPPED {test}: no runtime at {}", tools.display());
        return None;
    }
    let unpack = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dotnet10");
        let unpacked = Command::new("sh").arg(tools.join("setup.sh")).arg(&folder).output();
        assert!(unpacked.expect("a shell").status.success(), "{} works", tools.display());
        Some(folder.join("run"))
    };
    RUN.get_or_init(unpack).as_deref()
}

/// A process, killed when dropped.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
    pub temp: Folder,
}

/// Longer than anything takes.
pub const LONG: Duration = Duration::from_secs(30);

/// Looks again and again, until it is so.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < LONG, "{what}: in vain");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

impl Program {
    /// Starts it. `ports` is for `DOTNET_DiagnosticPorts`.
    pub fn start(run: &Path, arguments: &str, ports: Option<&str>) -> Self {
        let mut command = Command::new(run);
        command.arg("tracegen").args(arguments.split(' '));
        if let Some(ports) = ports {
            command.env("DOTNET_DiagnosticPorts", ports);
        }
        Self::spawn(command, ports.is_some())
    }

    /// Starts what is not the kit's own. `has_ports`: the command names its ports.
    pub fn spawn(mut command: Command, has_ports: bool) -> Self {
        let temp = Folder::new();
        command.env("TMPDIR", &temp.0);
        if !has_ports {
            command.env_remove("DOTNET_DiagnosticPorts");
        }
        command.env_remove("DOTNET_EnableDiagnostics");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self { child, lines, temp }
    }

    /// Waits for a line of its output with this in it.
    pub fn wait_line(&self, text: &str) -> String {
        self.wait_line_for(text, LONG)
    }

    /// The same, for at most so long.
    pub fn wait_line_for(&self, text: &str, long: Duration) -> String {
        loop {
            let line = self.lines.recv_timeout(long).unwrap_or_else(|_| panic!("no {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// One that runs, and can be asked.
    pub fn ready(run: &Path, arguments: &str) -> Self {
        let program = Self::start(run, arguments, None);
        program.wait_line("\"ready\":true");
        program
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self) -> Client {
        Client::connect(self.pid(), Timeouts::default()).unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// What it is doing, as the system says: one letter, `T` for stopped. `None` if it is gone.
    pub fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).ok()?;
        stat.rsplit_once(')')?.1.trim_start().chars().next()
    }

    /// Waits until all its threads are in this state.
    pub fn wait_state(&self, state: char) {
        let is_in_it = |stat: &str| {
            stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(state))
        };
        wait_for("its state", || {
            let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
            let mut stats = threads.filter_map(|thread| {
                std::fs::read_to_string(thread.ok()?.path().join("stat")).ok()
            });
            stats.all(|stat| is_in_it(&stat))
        });
    }

    /// Waits for its end: its exit code, or the signal that ended it, negative.
    pub fn wait(&mut self) -> i32 {
        let status = self.child.wait().unwrap();
        status.code().unwrap_or_else(|| -status.signal().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}
