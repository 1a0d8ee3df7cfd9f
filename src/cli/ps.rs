//! `tracemill ps`: the .NET processes that can be watched.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::ipc::{Listing, Places, Process, Reason, Unusable};

use super::args::PsArgs;
use super::console::Console;
use super::json::{self, SCHEMA_VERSION};
use super::outcome::Outcome;
use super::{table, text};

/// Lists them.
pub(crate) fn run(args: &PsArgs) -> io::Result<Outcome> {
    let listing = match Places::of_system().list() {
        Ok(listing) => listing,
        Err(error) => {
            Console::plain(args.json).say(None, "session", None, &error.to_string());
            return Ok(Outcome::TARGET);
        }
    };
    let mut out = io::stdout().lock();
    if args.json {
        let report = Report {
            schema_version: SCHEMA_VERSION,
            processes: listing.processes.iter().map(ProcessRecord::of).collect(),
            unusable: listing.unusable.iter().map(UnusableRecord::of).collect(),
        };
        json::print_line(&mut out, &report)?;
    } else {
        print(&mut out, &listing, args.all)?;
    }
    out.flush()?;
    Ok(Outcome::default())
}

fn print(out: &mut impl Write, listing: &Listing, all: bool) -> io::Result<()> {
    let is_only_dead = all && !listing.unusable.is_empty();
    if listing.processes.is_empty() && !is_only_dead {
        let message = "no .NET process of this user has a diagnostics socket";
        Console::plain(false).say(None, "remark", None, message);
        return Ok(());
    }
    let rows = listing.processes.iter().map(|process| {
        let arguments = process.command_line.get(1..).unwrap_or_default().join(" ");
        let path = process.command_line.first().map(String::as_str).unwrap_or_default();
        let cells = [&process.name, path, &arguments].map(text::escaped);
        [vec![process.pid.to_string()], cells.to_vec()].concat()
    });
    let heads = [("pid", true), ("name", false), ("path", false), ("arguments", false)];
    table::print(out, &heads, rows)?;
    if all && !listing.unusable.is_empty() {
        writeln!(out)?;
        let heads = [("pid", true), ("cannot be asked", false), ("socket", false)];
        let rows = listing.unusable.iter().map(|one| {
            let socket = text::escaped(&one.socket.to_string_lossy());
            vec![one.pid.to_string(), why(one.reason), socket]
        });
        table::print(out, &heads, rows)?;
    }
    Ok(())
}

fn why(reason: Reason) -> String {
    match reason {
        Reason::Dead => "its process was killed".to_owned(),
        Reason::Reused => "its process was killed, and another has its id".to_owned(),
        Reason::OtherUser(uid) => format!("belongs to user {uid}"),
        Reason::NotASocket => "is no socket".to_owned(),
        _ => "unknown".to_owned(),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    schema_version: u32,
    processes: Vec<ProcessRecord<'a>>,
    unusable: Vec<UnusableRecord<'a>>,
}

#[derive(Serialize)]
struct ProcessRecord<'a> {
    pid: u32,
    inner_pid: u32,
    name: &'a str,
    command_line: &'a [String],
    socket: String,
}

impl<'a> ProcessRecord<'a> {
    fn of(process: &'a Process) -> Self {
        let Process { pid, inner_pid, name, command_line, socket, .. } = process;
        let socket = socket.to_string_lossy().into_owned();
        Self { pid: *pid, inner_pid: *inner_pid, name, command_line, socket }
    }
}

#[derive(Serialize)]
struct UnusableRecord<'a> {
    pid: u32,
    socket: std::borrow::Cow<'a, str>,
    reason: String,
}

impl<'a> UnusableRecord<'a> {
    fn of(one: &'a Unusable) -> Self {
        Self { pid: one.pid, socket: one.socket.to_string_lossy(), reason: why(one.reason) }
    }
}
