//! Commands against a strict runtime, and against one that answers anything.

#![cfg(unix)]
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use std::io::Read;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use tracemill_ipc::{
    Client, Collect, Container, Error, EventFilter, Hresult, InfoVersion, Provider, Rundown,
    SessionConfig, Step, Timeouts,
};

mod strict;

use strict::{Canned, Command, Folder, Runtime, Traits, answer, error, ok};

fn client(path: &std::path::Path) -> Client {
    Client::connect(path, Timeouts::default()).unwrap()
}

fn hasty(path: &std::path::Path) -> Client {
    Client::connect(path, Timeouts::all(Duration::from_millis(50))).unwrap()
}

fn config() -> SessionConfig {
    SessionConfig::new(vec![Provider::new("Demo", 0xF0, 4).arguments("k=v")])
}

#[test]
fn every_command_is_understood() {
    let runtime = Runtime::new(Traits::default());
    let client = client(&runtime.path);
    let info = client.process_info().unwrap();
    assert_eq!((info.pid, info.command_line.as_str()), (4321, "app --flag"));
    assert_eq!(info.clr_version.as_deref(), Some("9.8.7"));
    let environment = client.environment().unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(environment, [pair("A", "1"), pair("B", "x=y")]);
    client.set_environment_variable("X", Some("y")).unwrap();
    client.set_environment_variable("X", None).unwrap();
    client.resume().unwrap();
    runtime.notes(|notes| {
        let expected = [(4, 8), (4, 2), (4, 3), (4, 3), (4, 1)];
        assert_eq!(notes.commands, expected);
        assert_eq!(notes.served[2], Command::SetVariable("X".into(), "y".into()));
    });
}

#[test]
fn older_runtimes_tell_less() {
    for (info, commands) in [(2, vec![(4, 8), (4, 4)]), (1, vec![(4, 8), (4, 4), (4, 0)])] {
        let runtime = Runtime::new(Traits { info, ..Traits::default() });
        let told = client(&runtime.path).process_info().unwrap();
        assert_eq!((told.pid, &told.rid), (4321, &None));
        assert_eq!(told.entry_assembly.is_some(), info == 2);
        runtime.notes(|notes| assert_eq!(notes.commands, commands));
    }
    let runtime = Runtime::new(Traits { info: 0, ..Traits::default() });
    let client = client(&runtime.path);
    assert_eq!(client.process_info(), Err(Error::UnknownCommand));
    assert_eq!(client.environment(), Err(Error::UnknownCommand));
    assert_eq!(client.resume(), Err(Error::UnknownCommand));
}

#[test]
fn the_newest_command_that_both_know() {
    for collect in 1..=5u8 {
        let runtime = Runtime::new(Traits { collect, ..Traits::default() });
        let session = client(&runtime.path).start(&config()).unwrap();
        assert_eq!(session.command(), Collect::ALL[usize::from(collect) - 1]);
        runtime.notes(|notes| {
            let tried: Vec<_> = (collect..=5).rev().map(|version| (2, version + 1)).collect();
            assert_eq!(notes.commands, tried);
            let Some(Command::Collect(seen)) = notes.served.last() else { panic!("no session") };
            assert_eq!((seen.version, seen.buffer_mb, seen.format), (collect, 256, 1));
            let expected = match collect {
                1 => None,
                2 | 3 => Some(1),
                _ => Some(0x8002_0139),
            };
            assert_eq!(seen.rundown, expected);
            let provider = &seen.providers[0];
            assert_eq!((provider.keywords, provider.level), (0xF0, 4));
            assert_eq!((provider.name.as_str(), provider.arguments.as_str()), ("Demo", "k=v"));
        });
    }
}

#[test]
fn what_an_older_command_cannot_carry_is_an_error() {
    let mut filtered = config();
    filtered.providers[0].filter = EventFilter::Only(vec![1]);
    let mut keywords = config();
    keywords.rundown = Rundown::Keywords(1);
    let mut bare = config();
    bare.stacks = false;
    let mut brief = config();
    brief.rundown = Rundown::None;
    let wanted = [(&filtered, Collect::V5), (&keywords, Collect::V4), (&bare, Collect::V3)];
    for (config, needs) in wanted.into_iter().chain([(&brief, Collect::V2)]) {
        for collect in 1..=5u8 {
            let runtime = Runtime::new(Traits { collect, ..Traits::default() });
            let session = client(&runtime.path).start(config);
            if Collect::ALL[usize::from(collect) - 1] >= needs {
                assert!(session.is_ok());
            } else {
                let error = session.unwrap_err();
                assert!(matches!(error, Error::NeedsCommand { needs: n, .. } if n == needs));
                // Nothing older than what is needed was tried.
                let oldest = runtime.notes(|notes| notes.commands.last().copied().unwrap());
                assert_eq!(oldest, (2, Collect::ALL.partition_point(|c| *c < needs) as u8 + 2));
            }
        }
    }
}

#[test]
fn what_no_runtime_accepts_is_not_sent() {
    let runtime = Runtime::new(Traits::default());
    let client = client(&runtime.path);
    let mut config = config();
    config.providers[0].level = 6;
    assert!(matches!(client.start(&config), Err(Error::Request(_))));
    config.providers.clear();
    assert!(matches!(client.start(&config), Err(Error::Request(_))));
    config.providers = vec![Provider::new("n".repeat(40_000), 0, 0)];
    assert!(matches!(client.start(&config), Err(Error::Request(_))));
    assert!(client.set_environment_variable("", Some("x")).is_err());
    runtime.notes(|notes| assert_eq!(notes.commands, []));
}

#[test]
fn the_largest_session_goes_through() {
    let runtime = Runtime::new(Traits::default());
    let mut config = SessionConfig::new(
        (0..1000).map(|n| Provider::new(format!("Provider{n:03}"), n, 5)).collect(),
    );
    config.container = Container::Netperf;
    client(&runtime.path).start(&config).unwrap();
    runtime.notes(|notes| {
        let Some(Command::Collect(seen)) = notes.served.last() else { panic!("no session") };
        assert_eq!((seen.providers.len(), seen.format), (1000, 0));
        assert_eq!(seen.providers[999].name, "Provider999");
    });
}

#[test]
fn refusals_are_told() {
    let server = Canned::new(vec![(error(0x8000_4005), true), (error(0x8013_1384), true)]);
    let error = client(server.path()).start(&config()).unwrap_err();
    assert_eq!(error, Error::Runtime(Hresult::FAIL));
    assert!(error.to_string().contains("64 sessions"));
    // Only an unknown command is a reason to try an older one.
    let error = client(server.path()).start(&config()).unwrap_err();
    assert_eq!(error, Error::Runtime(Hresult::BAD_ENCODING));
}

#[test]
fn answers_cut_off() {
    let whole = ok(&7u64.to_le_bytes());
    let answers = (0..whole.len()).map(|len| (whole[..len].to_vec(), true)).collect();
    let server = Canned::new(answers);
    for _ in 0..whole.len() {
        let error = client(server.path()).start(&config()).unwrap_err();
        assert_eq!(error, Error::Closed(Step::Reply));
    }
}

#[test]
fn answers_that_never_come() {
    let whole = ok(&7u64.to_le_bytes());
    let cuts = [0, 1, 19, 20, 27];
    let server = Canned::new(cuts.map(|len| (whole[..len].to_vec(), false)).into());
    for _ in cuts {
        let error = hasty(server.path()).start(&config()).unwrap_err();
        assert_eq!(error, Error::Timeout(Step::Reply));
        assert!(error.to_string().contains("another client"));
    }
}

#[test]
fn an_environment_that_never_comes() {
    let head = ok(&[100, 0, 0, 0, 0, 0]);
    let huge = ok(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0]);
    let server = Canned::new(vec![(head.clone(), false), (head, true), (huge, true)]);
    let client = hasty(server.path());
    assert_eq!(client.environment(), Err(Error::Timeout(Step::Reply)));
    assert_eq!(client.environment(), Err(Error::Closed(Step::Reply)));
    assert!(matches!(client.environment(), Err(Error::Reply(_))));
}

#[test]
fn answers_of_other_kinds() {
    let mut magic = ok(&[0; 8]);
    magic[3] = b'x';
    let mut short = ok(&[0; 8]);
    short[14] = 19;
    let answers = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), true),
        (magic, true),
        (short, true),
        (answer(1, &[0; 8]), true),
        (ok(&[0; 7]), true),
        (ok(&[0; 9]), true),
        (ok(&vec![0; 60_000]), true),
        (answer(0xFF, &[0; 3]), true),
    ];
    let count = answers.len();
    let server = Canned::new(answers.into());
    for _ in 0..count {
        let error = client(server.path()).start(&config()).unwrap_err();
        assert!(matches!(error, Error::Reply(_)), "{error}");
    }
}

#[test]
fn answers_of_any_bytes() {
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let answers: Vec<_> = (0..600)
        .map(|round| {
            let payload: Vec<u8> = (0..random() % 200).map(|_| (random() % 5) as u8).collect();
            let mut bytes = answer(if random() % 8 == 0 { 0xFF } else { 0 }, &payload);
            if round % 3 == 0 {
                let at = (random() % bytes.len() as u64) as usize;
                bytes[at] = random() as u8;
            }
            (bytes, true)
        })
        .collect();
    let server = Canned::new(answers);
    let client = client(server.path());
    // One connection each: none is tried again.
    for _ in 0..150 {
        let _ = client.process_info_by(InfoVersion::V3);
        let _ = client.environment();
        let _ = client.set_environment_variable("A", None);
        let _ = client.process_info_by(InfoVersion::V1);
    }
}

#[test]
fn the_stream_begins_right_behind_the_answer() {
    let bytes = [&ok(&7u64.to_le_bytes())[..], b"Nettrace and more"].concat();
    let server = Canned::new(vec![(bytes, true)]);
    let mut session = client(server.path()).start(&config()).unwrap();
    let mut read = String::new();
    session.read_to_string(&mut read).unwrap();
    assert_eq!((session.id(), read.as_str()), (7, "Nettrace and more"));
}

#[test]
fn nobody_at_the_socket() {
    let folder = Folder::new();
    let path = folder.join("socket");
    assert_eq!(client(&path).process_info(), Err(Error::NotFound));
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(client(&path).process_info(), Err(Error::Refused));
    assert_eq!(
        Client::connect(u32::MAX, Timeouts::default()).unwrap_err(),
        Error::NoProcess { pid: u32::MAX }
    );
}

#[test]
fn a_full_queue_does_not_hang() {
    let folder = Folder::new();
    let path = folder.join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    // Nobody accepts: at some point there is no more room for who waits.
    let mut waiting = Vec::new();
    let timeout = Timeouts::all(Duration::from_millis(5));
    let fill = Client::connect(path.as_path(), timeout).unwrap();
    let full = loop {
        let stream = rustix_connect(&path);
        match stream {
            Some(stream) => waiting.push(stream),
            None => break fill.process_info(),
        }
    };
    assert_eq!(full, Err(Error::Timeout(Step::Connect)));
}

/// A connection, or `None` if it would have to wait.
fn rustix_connect(path: &std::path::Path) -> Option<std::os::fd::OwnedFd> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
    let flags = SocketFlags::NONBLOCK;
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
    rustix::net::connect(&socket, &SocketAddrUnix::new(path).unwrap()).ok().map(|()| socket)
}

#[test]
fn paths_longer_than_an_address() {
    let folder = Folder::new();
    let deep = folder.join(&"d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let short = folder.join("s");
    std::os::unix::fs::symlink(&deep, &short).unwrap();
    let runtime = Runtime::new(Traits::default());
    std::os::unix::fs::symlink(&runtime.path, deep.join("socket")).unwrap();
    assert!(client(&deep.join("socket")).process_info().is_ok());
}
