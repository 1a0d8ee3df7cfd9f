//! Ctrl-C while a stream is read that stays open.

use std::path::PathBuf;
use std::process::{self, Command};

use rustix::process::{Pid, Signal, kill_process};

use super::order::Pipe;
use super::run::{bytes, feed, lines};

/// More than a pipe holds: who could send it is being read, and so takes Ctrl-C.
fn whole() -> Vec<u8> {
    let whole = bytes("activities.nettrace");
    assert!(whole.len() > 400_000);
    whole
}

/// Somewhere in a block.
const CUT: usize = 400_000;

const VERBS: [&[&str]; 4] = [
    &["stats", "--by", "provider", "-"],
    &["stats", "--json", "-"],
    &["info", "--json", "-"],
    &["events", "-f", "jsonl", "-F", "ticks,event", "--order", "file", "-"],
];

/// What is counted, or how many lines there are; and how it says that it ended.
fn counted(args: &[&str], out: &str) -> (String, String) {
    if args[0] == "events" {
        return (out.lines().count().to_string(), String::new());
    }
    if args.contains(&"--json") {
        let report = &lines(out)[0];
        return (report["events"].to_string(), report["end"]["state"].to_string());
    }
    let of = |what: &str| out.lines().find(|line| line.contains(what)).unwrap_or_default();
    (of("events").to_owned(), of("before its end").to_owned())
}

/// A reader that stays open, has been sent this, and then a Ctrl-C.
fn interrupted(args: &[&str], bytes: &[u8]) -> Pipe {
    let mut pipe = Pipe::new(args);
    pipe.send(bytes);
    pipe.interrupt();
    pipe
}

#[test]
fn the_first_shows_what_has_come_though_the_pipe_stays_open() {
    let whole = whole();
    for args in VERBS {
        let mut pipe = interrupted(args, &whole[..CUT]);
        let (code, out, err) = pipe.end();
        let cut = feed(args, &whole[..CUT]);
        assert_eq!((code, cut.code), (0, 4), "{args:?}: {err}");
        assert_eq!(counted(args, &out).0, counted(args, &cut.out).0, "{args:?}");
        let remark = "interrupted before its end; what had come by then was read";
        assert_eq!((err.lines().count(), err.matches(remark).count()), (1, 1), "{args:?}: {err}");
        match args[0..2] {
            ["events", _] => assert_eq!(out, cut.out),
            [_, "--json"] => {
                assert_eq!(counted(args, &out).1, "\"interrupted\"");
                assert_eq!(lines(&err)[0]["kind"], "remark");
            }
            _ => assert_eq!(counted(args, &out).1, "interrupted before its end"),
        }
    }
}

#[test]
fn what_waits_for_its_turn_is_shown() {
    let args = ["events", "-q", "-F", "ticks", "-"];
    let cut = &whole()[..CUT];
    let mut pipe = interrupted(&args, cut);
    let (code, out, err) = pipe.end();
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), feed(&args, cut).out.lines().count());
}

#[test]
fn what_is_sent_soon_after_is_read_to_its_end() {
    let whole = whole();
    for args in VERBS {
        // Whoever writes is told to stop as well, and ends its stream.
        let mut pipe = interrupted(args, &whole[..CUT]);
        pipe.send(&whole[CUT..]);
        assert_eq!(pipe.close(), (0, feed(args, &whole).ok(), String::new()), "{args:?}");
        // Or does not get to it.
        let pipe = interrupted(args, &whole[..CUT]);
        let (code, out, err) = pipe.close();
        assert_eq!((code, err.lines().count()), (0, 1), "{args:?}: {err}");
        assert_eq!(counted(args, &out).0, counted(args, &feed(args, &whole[..CUT]).out).0);
    }
}

#[test]
fn a_second_leaves_at_once() {
    let mut pipe = Pipe::new(&["stats", "-"]);
    pipe.send(&whole()[..CUT]);
    while !pipe.has_ended() {
        pipe.interrupt();
        std::thread::yield_now();
    }
    assert_eq!(pipe.end(), (130, String::new(), String::new()));
}

#[test]
fn one_that_nobody_writes_to_is_waited_for_no_longer() {
    let fifo = Fifo::new();
    for verb in ["stats", "info", "events", "logs"] {
        let mut pipe = Pipe::new(&[verb, fifo.0.to_str().unwrap()]);
        let pid = pipe.id();
        while !takes_signals(pid) {
            std::thread::yield_now();
        }
        let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let (code, out, err) = pipe.end();
        assert_eq!((code, out.as_str()), (0, ""), "{verb}: {err}");
        assert!(err.contains("interrupted before its end"), "{verb}: {err}");
    }
}

/// Whether a process has a handler for SIGTERM.
fn takes_signals(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() >> (Signal::TERM.as_raw() - 1) & 1 == 1
}

/// A pipe with a name.
struct Fifo(PathBuf);

impl Fifo {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tracemill-fifo-{}", process::id()));
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self(path)
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
