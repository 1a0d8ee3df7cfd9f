//! CPU time, and medians of it.
#![allow(dead_code, reason = "each runner uses some of it")]

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// CPU and wall time that something took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time {
    pub cpu: Duration,
    pub wall: Duration,
}

/// Runs it, all threads of this process counted.
pub fn time<T>(run: impl FnOnce() -> T) -> (Time, T) {
    let (cpu, wall) = (cpu_time(), Instant::now());
    let out = run();
    let time = Time { cpu: cpu_time().saturating_sub(cpu), wall: wall.elapsed() };
    (time, out)
}

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Sorts the times; the least and the one in the middle.
pub fn least_and_median(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    (times[0], times[times.len() / 2])
}
