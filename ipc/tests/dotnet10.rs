//! A real runtime. Nothing here may end it: that each program is there when its test is over is part
//! of each test.

#![cfg(unix)]
#![allow(clippy::indexing_slicing, reason = "tests")]

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::Signal;
use tracemill_ipc::{
    Client, Collect, Container, Error, EventFilter, Hresult, InfoVersion, Places, Port, Provider,
    Reader, Reason, Rundown, Session, SessionConfig, Step, Stop, Timeouts,
};

#[path = "dotnet10/child.rs"]
mod child;
mod strict;

use child::{LONG, Program, runtime};
use strict::Folder;

const NETTRACE: &[u8] = b"Nettrace\x14\0\0\0!FastSerialization.1";
const NETPERF: &[u8] = b"\x14\0\0\0!FastSerialization.1";
/// The last byte of a stream that ended well.
const END: u8 = 1;

fn config() -> SessionConfig {
    let mut config = SessionConfig::new(vec![
        Provider::new("Microsoft-Windows-DotNETRuntime", 0x1, 4),
        Provider::new("Demo-Quiet", u64::MAX, 5),
    ]);
    config.buffer_mb = 16;
    config
}

fn read_all(mut reader: Reader) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Stops a session, and gives its stream.
fn finish(session: Session) -> Vec<u8> {
    let (reader, stopper) = session.split();
    let reading = read_all(reader);
    assert_eq!(stopper.stop(), Ok(Stop::Sent));
    reading.join().unwrap()
}

#[test]
fn who_it_is() {
    let Some(run) = runtime("who_it_is") else { return };
    let program = Program::ready(run, "quiet --seconds 60");
    let places = Places::of_system().folders([program.temp.0.clone()]);
    let listing = places.list().unwrap();
    let found = listing.processes.iter().find(|process| process.pid == program.pid()).unwrap();
    assert_eq!(places.find(program.pid()).as_ref(), Ok(found));
    assert!(found.command_line.iter().any(|argument| argument.ends_with("tracegen.dll")));

    let client = program.client();
    let first = client.process_info_by(InfoVersion::V1).unwrap();
    let second = client.process_info_by(InfoVersion::V2).unwrap();
    let third = client.process_info_by(InfoVersion::V3).unwrap();
    assert_eq!(client.process_info().unwrap(), third);
    for info in [&first, &second, &third] {
        assert_eq!((info.pid, info.cookie), (u64::from(program.pid()), first.cookie));
        assert_eq!((info.os.as_str(), info.arch.as_str()), ("Linux", "x64"));
        assert!(info.command_line.contains("quiet --seconds 60"));
    }
    assert_eq!((first.entry_assembly, first.rid), (None, None));
    assert_eq!((second.entry_assembly.as_deref(), second.rid), (Some("tracegen"), None));
    assert!(third.clr_version.unwrap().starts_with("10."));
    assert_eq!(third.rid.as_deref(), Some("linux-x64"));
}

#[test]
fn its_environment() {
    let Some(run) = runtime("its_environment") else { return };
    let program = Program::ready(run, "quiet --seconds 60");
    let client = program.client();
    let has = |name: &str, value: Option<&str>| {
        let environment = client.environment().unwrap();
        let found = environment.iter().find(|(known, _)| known == name);
        assert_eq!(found.map(|(_, value)| value.as_str()), value);
    };
    has("TMPDIR", program.temp.0.to_str());
    client.set_environment_variable("TRACED", Some("a=b \u{1F600}")).unwrap();
    has("TRACED", Some("a=b \u{1F600}"));
    client.set_environment_variable("TRACED", None).unwrap();
    has("TRACED", None);
    client.resume().unwrap();
    client.resume().unwrap();
    assert!(client.process_info().is_ok());
}

#[test]
fn every_command_that_collects() {
    let Some(run) = runtime("every_command_that_collects") else { return };
    let program = Program::ready(run, "quiet --seconds 60 --period-ms 5");
    for (container, magic) in [(Container::Nettrace, NETTRACE), (Container::Netperf, NETPERF)] {
        for newest in Collect::ALL {
            let mut config = config();
            (config.container, config.newest) = (container, newest);
            // As much as each can carry.
            config.rundown = if newest > Collect::V1 { Rundown::None } else { Rundown::Default };
            config.stacks = newest < Collect::V3;
            if newest == Collect::V5 {
                config.providers[1].filter = EventFilter::Only(vec![1, 2]);
            }
            let session = program.client().start(&config).unwrap();
            assert_eq!(session.command(), newest);
            let bytes = finish(session);
            assert!(bytes.starts_with(magic), "{newest} {container:?}");
            assert_eq!(bytes.last(), Some(&END), "{newest} {container:?}");
        }
    }
    assert!(program.client().process_info().is_ok());
}

#[test]
fn a_rundown_is_read_to_its_end() {
    let Some(run) = runtime("a_rundown_is_read_to_its_end") else { return };
    let program = Program::ready(run, "quiet --seconds 60");
    let with = finish(program.client().start(&config()).unwrap());
    let mut config = config();
    config.rundown = Rundown::None;
    let without = finish(program.client().start(&config).unwrap());
    assert!(with.len() > without.len() + 100_000, "{} {}", with.len(), without.len());
    // On one thread.
    config.rundown = Rundown::Keywords(Rundown::KEYWORDS);
    let mut session = program.client().start(&config).unwrap();
    assert_eq!(session.stop(), Ok(Stop::Sent));
    let mut bytes = Vec::new();
    session.read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() > without.len() + 100_000);
    // A reader that is dropped in the middle does not hold the runtime.
    let (reader, mut stopper) = program.client().start(&config).unwrap().split();
    stopper.send().unwrap();
    drop(reader);
    assert_eq!(stopper.stop(), Ok(Stop::Sent));
    assert!(program.client().process_info().is_ok());
}

#[test]
fn two_sessions_at_once() {
    let Some(run) = runtime("two_sessions_at_once") else { return };
    let program = Program::ready(run, "quiet --seconds 60 --period-ms 5");
    let first = program.client().start(&config()).unwrap();
    let second = program.client().start(&config()).unwrap();
    assert_ne!(first.id(), second.id());
    assert_eq!(finish(first).last(), Some(&END));
    // The other one goes on.
    let mut magic = [0; 8];
    let mut second = second;
    second.read_exact(&mut magic).unwrap();
    second.set_read_timeout(Some(LONG)).unwrap();
    let mut more = vec![0; 64 << 10];
    for _ in 0..5 {
        assert!(second.read(&mut more).unwrap() > 0);
    }
    second.set_read_timeout(None).unwrap();
    assert_eq!(finish(second).last(), Some(&END));
}

#[test]
fn as_many_sessions_as_there_may_be() {
    let Some(run) = runtime("as_many_sessions_as_there_may_be") else { return };
    let program = Program::ready(run, "quiet --seconds 60");
    let mut config = config();
    (config.buffer_mb, config.rundown) = (1, Rundown::None);
    let mut sessions = Vec::new();
    let error = loop {
        match program.client().start(&config) {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
        assert!(sessions.len() < 100);
    };
    assert_eq!((sessions.len(), error), (64, Error::Runtime(Hresult::FAIL)));
    drop(sessions);
    assert!(program.client().process_info().is_ok());
}

#[test]
fn a_process_that_exits() {
    let Some(run) = runtime("a_process_that_exits") else { return };
    let mut program = Program::ready(run, "crash --wait 1 --count 100 --how exit3");
    let churn = Provider::new("TraceGen-Churn", u64::MAX, 5);
    let session = program.client().start(&SessionConfig::new(vec![churn])).unwrap();
    let (reader, stopper) = session.split();
    let bytes = read_all(reader).join().unwrap();
    assert!(bytes.starts_with(NETTRACE));
    assert_eq!(bytes.last(), Some(&END));
    assert_eq!(program.wait(), 3);
    assert_eq!(stopper.stop(), Ok(Stop::Ended));
}

#[test]
fn a_process_that_is_killed() {
    let Some(run) = runtime("a_process_that_is_killed") else { return };
    let mut program = Program::ready(run, "quiet --seconds 60 --period-ms 5");
    let pid = program.pid();
    let socket = Places::of_system().find(pid).unwrap().socket;
    let (mut reader, stopper) = program.client().start(&config()).unwrap().split();
    let mut magic = [0; 32];
    reader.read_exact(&mut magic).unwrap();
    assert_eq!(magic, *NETTRACE);
    program.signal(Signal::KILL);
    read_all(reader).join().unwrap();
    assert_eq!(stopper.stop(), Ok(Stop::Ended));
    assert_eq!(program.wait(), -9);
    assert_eq!(Client::connect(pid, Timeouts::default()).unwrap_err(), Error::NoProcess { pid });
    // Its socket stays.
    let client = Client::connect(socket.as_path(), Timeouts::default()).unwrap();
    assert_eq!(client.process_info(), Err(Error::Refused));
    let listing = Places::of_system().folders([program.temp.0.clone()]).list().unwrap();
    let left = listing.unusable.iter().find(|unusable| unusable.socket == socket).unwrap();
    assert_eq!((left.pid, left.reason), (pid, Reason::Dead));
}

#[test]
fn a_process_that_survives_a_signal() {
    let Some(run) = runtime("a_process_that_survives_a_signal") else { return };
    let program = Program::ready(run, "quiet --seconds 60 --period-ms 5");
    let mut session = program.client().start(&config()).unwrap();
    let mut magic = [0; 32];
    session.read_exact(&mut magic).unwrap();
    let socket = Places::of_system().find(program.pid()).unwrap().socket;
    program.signal(Signal::ABORT);
    while socket.exists() {
        std::thread::yield_now();
    }
    // It has removed its socket, and sends on.
    assert_eq!(session.stop(), Err(Error::NotFound));
    let mut more = vec![0; 64 << 10];
    session.set_read_timeout(Some(LONG)).unwrap();
    for _ in 0..3 {
        assert!(session.read(&mut more).unwrap() > 0);
    }
}

#[test]
fn a_runtime_that_somebody_holds() {
    let Some(run) = runtime("a_runtime_that_somebody_holds") else { return };
    let program = Program::ready(run, "quiet --seconds 60");
    let socket = Places::of_system().find(program.pid()).unwrap().socket;
    let silent = UnixStream::connect(&socket).unwrap();
    let hasty = Client::connect(program.pid(), Timeouts::all(Duration::from_millis(100))).unwrap();
    assert_eq!(hasty.process_info(), Err(Error::Timeout(Step::Reply)));
    let error = hasty.start(&config()).unwrap_err();
    assert_eq!(error, Error::Timeout(Step::Reply));
    drop(silent);
    assert_eq!(finish(program.client().start(&config()).unwrap()).last(), Some(&END));
}

#[test]
fn a_suspended_start_at_a_port() {
    let Some(run) = runtime("a_suspended_start_at_a_port") else { return };
    let folder = Folder::new();
    let port = Port::listen(folder.join("port"), Timeouts::default()).unwrap();
    let path = port.path().to_str().unwrap();
    let programs: Vec<_> = (0..3)
        .map(|_| Program::start(run, "quiet --seconds 60 --period-ms 5", Some(path)))
        .collect();
    for _ in &programs {
        let runtime = port.accept_new(LONG).unwrap();
        let program =
            programs.iter().find(|program| u64::from(program.pid()) == runtime.pid()).unwrap();
        let info = runtime.process_info().unwrap();
        assert_eq!((info.cookie, info.pid), (runtime.cookie(), runtime.pid()));
        let mut config = config();
        config.providers[0] = Provider::new("Microsoft-Windows-DotNETRuntime", u64::MAX, 5);
        let session = runtime.start(&config).unwrap();
        let (reader, stopper) = session.split();
        let reading = read_all(reader);
        runtime.resume().unwrap();
        program.wait_line("\"ready\":true");
        assert_eq!(stopper.stop(), Ok(Stop::Sent));
        let bytes = reading.join().unwrap();
        assert!(bytes.starts_with(NETTRACE) && bytes.last() == Some(&END));
        assert!(bytes.len() > 500_000, "{} bytes of its start", bytes.len());
        assert!(program.client().process_info().is_ok(), "its own socket is there as well");
    }
    drop(programs);
    let mut is_empty = false;
    for _ in 0..1000 {
        is_empty = port.stats().waiting == 0;
        if is_empty {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert!(is_empty, "connections of processes that are gone");
}
