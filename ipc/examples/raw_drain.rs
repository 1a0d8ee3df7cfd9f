//! Reads a session and throws it away: what a collector costs at least.
//!
//! `raw_drain PID [--buffer MB] [--no-stacks] [--seconds S] [--idle S] [--output FILE]
//! [PROVIDER[:KEYWORDS[:LEVEL[:ARGUMENTS]]]]...`
//!
//! With `--output`, what is read is written there first, by the same thread, and is on the disk at the
//! end: what recording costs at least. Keywords are hexadecimal. Ends when the process does, after `--seconds`, or once nothing has come
//! for `--idle` seconds.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracemill_ipc::{Client, Provider, Rundown, SessionConfig, Stop, Timeouts};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut pid, mut seconds, mut buffer_mb, mut providers) = (None, None, 256, Vec::new());
    let (mut idle, mut stacks, mut output) = (None, true, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--buffer" => buffer_mb = arguments.next().ok_or("--buffer takes MB")?.parse()?,
            "--seconds" => seconds = Some(arguments.next().ok_or("--seconds takes S")?.parse()?),
            "--idle" => idle = Some(arguments.next().ok_or("--idle takes S")?.parse()?),
            "--output" => {
                let path = arguments.next().ok_or("--output takes FILE")?;
                output = Some(std::fs::File::create(path)?);
            }
            "--no-stacks" => stacks = false,
            other if pid.is_none() => pid = Some(other.parse::<u32>()?),
            other => providers.push(other.parse::<Provider>()?),
        }
    }
    let pid = pid.ok_or("usage: raw_drain PID [--buffer MB] [--seconds S] [PROVIDER...]")?;
    if providers.is_empty() {
        providers.push(Provider::new("Microsoft-Windows-DotNETRuntime", 0x14_C14F_CCBD, 4));
    }
    let mut config = SessionConfig::new(providers);
    (config.buffer_mb, config.stacks, config.rundown) = (buffer_mb, stacks, Rundown::None);

    let start = Instant::now();
    let session = Client::connect(pid, Timeouts::default())?.start(&config)?;
    eprintln!("{} session {:#x}", session.command(), session.id());
    let (mut reader, stopper) = session.split();
    let is_idle = Arc::new(AtomicBool::new(false));
    reader.set_read_timeout(idle.map(Duration::from_secs_f64))?;
    let idles = Arc::clone(&is_idle);
    let reading = std::thread::spawn(move || {
        let (mut bytes, mut total, mut reads, mut last) = (vec![0; 1 << 20], 0, 0u64, 0);
        loop {
            match reader.read(&mut bytes) {
                Ok(0) => {
                    output.as_ref().map_or(Ok(()), std::fs::File::sync_data)?;
                    return Ok::<_, std::io::Error>((total, reads, last, cpu_time()));
                }
                Ok(len) => {
                    if let Some(file) = &mut output {
                        file.write_all(bytes.get(..len).unwrap_or_default())?;
                    }
                    (total, reads) = (total + len, reads + 1);
                    last = bytes.get(len - 1).copied().unwrap_or_default();
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    idles.store(true, Ordering::Relaxed);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    });
    let mut stop = None;
    let seconds = seconds.map_or(Duration::MAX, Duration::from_secs_f64);
    while start.elapsed() < seconds && !reading.is_finished() && !is_idle.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
    if !reading.is_finished() {
        stop = Some(stopper.stop()?);
    }
    let (bytes, reads, last, cpu) = reading.join().map_err(|_| "the reader panicked")??;
    let how = match (stop, last) {
        (Some(Stop::Sent), 1) => "stopped, with its end",
        (Some(Stop::Sent), _) => "stopped, and cut off",
        (_, 1) => "the process ended, and the stream with it",
        _ => "the process ended, and the stream is cut off",
    };
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu.as_secs_f64());
    println!("{bytes} bytes in {reads} reads, {wall:.3} s, {cpu:.3} s of CPU: {how}");
    Ok(())
}

/// Of this thread.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(not(unix))]
fn cpu_time() -> Duration {
    Duration::ZERO
}
