//! A program on a real runtime, in a folder for temporary files of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

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

impl Program {
    /// Starts it. `ports` is for `DOTNET_DiagnosticPorts`.
    pub fn start(run: &Path, arguments: &str, ports: Option<&str>) -> Self {
        let temp = Folder::new();
        let mut command = Command::new(run);
        command.arg("tracegen").args(arguments.split(' ')).env("TMPDIR", &temp.0);
        command.env_remove("DOTNET_DiagnosticPorts").env_remove("DOTNET_EnableDiagnostics");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        if let Some(ports) = ports {
            command.env("DOTNET_DiagnosticPorts", ports);
        }
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
        loop {
            let line = self.lines.recv_timeout(LONG).unwrap_or_else(|_| panic!("no {text}"));
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
