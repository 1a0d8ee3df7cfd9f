//! Reads sessions of running processes as a monitor would, an event at a time and one thread for each
//! process, and prints nothing until the end: what the whole reader costs, and what it holds.
//!
//! `live_reader PID... [--providers LIST] [--buffer MB] [--no-stacks] [--limits small]
//!  [--seconds S] [--idle S]`
//!
//! `LIST` is of `NAME[:KEYWORDS[:LEVEL[:ARGUMENTS]]]`, separated by spaces. A session is stopped after
//! `--seconds`, or once nothing has come for `--idle` seconds. Prints a JSON line for each process.

#![allow(clippy::cast_precision_loss, reason = "figures to look at")]

use std::error::Error;
use std::io::{self, Read};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tracemill::ipc::{Client, Provider, Rundown, SessionConfig, Timeouts};
use tracemill::{Auto, ChunkPool, Config, Parser, PoolStats};

type Failed = Box<dyn Error + Send + Sync>;

#[derive(Clone)]
struct Asked {
    session: SessionConfig,
    config: Config,
    seconds: f64,
    idle: f64,
}

fn main() -> Result<(), Failed> {
    let (pids, asked) = arguments()?;
    let (send, ended) = mpsc::channel();
    for pid in &pids {
        let (pid, asked, send) = (*pid, asked.clone(), send.clone());
        std::thread::spawn(move || send.send(read(pid, &asked)));
    }
    drop(send);
    for one in ended {
        println!("{}", one?);
    }
    Ok(())
}

fn arguments() -> Result<(Vec<u32>, Asked), Failed> {
    let mut session = SessionConfig::new(vec![Provider::new("Demo-Busy", u64::MAX, 5)]);
    session.rundown = Rundown::None;
    let (seconds, idle) = (f64::INFINITY, f64::INFINITY);
    let mut asked = Asked { session, config: Config::default(), seconds, idle };
    let (mut pids, mut arguments) = (Vec::new(), std::env::args().skip(1));
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--providers" => {
                let list = value()?;
                let all = list.split(' ').filter(|one| !one.is_empty()).map(str::parse);
                asked.session.providers = all.collect::<Result<_, _>>()?;
            }
            "--buffer" => asked.session.buffer_mb = value()?.parse()?,
            "--no-stacks" => asked.session.stacks = false,
            "--seconds" => asked.seconds = value()?.parse()?,
            "--idle" => asked.idle = value()?.parse()?,
            "--limits" if value()? == "small" => limit(&mut asked.config),
            "--limits" => {}
            pid => pids.push(pid.parse()?),
        }
    }
    if pids.is_empty() {
        return Err("which processes? live_reader PID...".into());
    }
    Ok((pids, asked))
}

/// Bounds that are reached within minutes.
fn limit(config: &mut Config) {
    config.max_classes = 1024;
    config.max_threads = 256;
    config.max_strings = 1 << 20;
    config.max_stack_bytes = 2 << 20;
}

fn read(pid: u32, asked: &Asked) -> Result<Value, Failed> {
    let began = Instant::now();
    let mut session = Client::connect(pid, Timeouts::default())?.start(&asked.session)?;
    session.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut parser = Parser::new(Auto::new(&asked.config), &asked.config);
    let mut pool = ChunkPool::new(2, 1 << 20);
    let (mut last, mut sum, mut is_stopped) = (Instant::now(), 0_u64, false);
    let end = loop {
        let mut buf = pool.lease().ok_or("all buffers are in use")?;
        let mut is_over = false;
        match session.read(&mut buf) {
            Ok(0) => {
                parser.finish();
                is_over = true;
            }
            Ok(len) => {
                parser.push(buf.filled(len))?;
                last = Instant::now();
            }
            // Whoever is stopped by a signal, and goes on, is interrupted.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {
            }
            Err(error) => return Err(error.into()),
        }
        let end = loop {
            match parser.next_batch() {
                // Something of each event is looked at.
                Ok(Some(batch)) => {
                    sum += batch.iter().map(|event| event.payload().len() as u64).sum::<u64>();
                }
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        if is_over || end.is_some() {
            break end;
        }
        let is_due = began.elapsed().as_secs_f64() > asked.seconds
            || last.elapsed().as_secs_f64() > asked.idle;
        if is_due && !is_stopped {
            is_stopped = true;
            session.stop()?;
        }
    };
    assert_eq!(sum, parser.stats().payload_bytes);
    let cpu = Duration::try_from(clock_gettime(ClockId::ThreadCPUTime))?.as_secs_f64();
    let (stats, pool) = (parser.stats(), pool.stats());
    let per_event = cpu * 1e9 / stats.events.max(1) as f64;
    let memory = &stats.memory;
    Ok(json!({
        "pid": pid, "end": end.as_deref().unwrap_or("whole"),
        "seconds": began.elapsed().as_secs_f64(), "cpu_seconds": cpu,
        "events": stats.events, "lost": stats.lost, "bytes": stats.bytes_in,
        "cpu_ns_per_event": per_event, "cpu_ms_per_mb": cpu * 1e9 / stats.bytes_in.max(1) as f64,
        "classes": memory.classes, "classes_refused": stats.classes_refused,
        "threads": memory.threads, "stacks": memory.stacks,
        "tables": memory.tables, "tables_high_water": memory.tables_high_water,
        "carry_high_water": memory.carry_high_water,
        "arenas": marks(memory.arenas), "buffers": marks(pool),
    }))
}

/// What a pool came to.
fn marks(pool: PoolStats) -> Value {
    json!({ "high_water": pool.high_water, "uses": pool.resets, "reserved": pool.bytes })
}
