//! The memory it took, pool by pool.

use std::io::{self, Write};

use serde::Serialize;
use tracemill::PoolStats;

use crate::cli::json::Int;
use crate::cli::pump::Pass;
use crate::cli::table;
use crate::cli::tally::Tally;
use crate::cli::text;

/// All pools, in JSON. Bytes unless it says otherwise.
#[derive(Serialize)]
pub(super) struct MemoryRecord {
    arenas: Pool,
    /// None if the file was mapped.
    buffers: Option<Pool>,
    queued_high_water: Int,
    carry: Int,
    copied: Int,
    tables: Int,
    tables_high_water: Int,
    counts: Int,
    peak_resident: Option<Int>,
    anonymous: Option<Int>,
}

#[derive(Serialize)]
struct Pool {
    out: usize,
    free: usize,
    high_water: usize,
    resets: Int,
    bytes: Int,
}

impl MemoryRecord {
    pub(super) fn new(pass: &Pass, tally: &Tally) -> Self {
        let memory = &pass.stats.memory;
        Self {
            arenas: memory.arenas.into(),
            buffers: pass.buffers.map(Pool::from),
            queued_high_water: memory.queued_high_water.into(),
            carry: memory.carry_high_water.into(),
            copied: pass.stats.bytes_copied.into(),
            tables: memory.tables.into(),
            tables_high_water: memory.tables_high_water.into(),
            counts: counts(tally).into(),
            peak_resident: of_process("VmHWM:").map(Int::from),
            anonymous: of_process("RssAnon:").map(Int::from),
        }
    }
}

impl From<PoolStats> for Pool {
    fn from(pool: PoolStats) -> Self {
        let PoolStats { out, free, high_water, resets, bytes } = pool;
        Self { out, free, high_water, resets: resets.into(), bytes: bytes.into() }
    }
}

/// Prints a table of the pools and a list of the rest.
pub(super) fn print(out: &mut impl Write, pass: &Pass, tally: &Tally) -> io::Result<()> {
    let memory = &pass.stats.memory;
    let heads = [
        ("pool", false),
        ("out", true),
        ("free", true),
        ("high water", true),
        ("uses", true),
        ("bytes", true),
    ];
    let pools = [("arenas", Some(memory.arenas)), ("buffers", pass.buffers)];
    let rows = pools.iter().filter_map(|(name, pool)| Some((name, (*pool)?)));
    let rows = rows.map(|(name, pool)| {
        let uses = text::grouped(pool.resets);
        let [out, free, high_water] = [pool.out, pool.free, pool.high_water];
        let numbers = [out, free, high_water].map(|number| number.to_string());
        let [out, free, high_water] = numbers;
        vec![(*name).to_owned(), out, free, high_water, uses, text::grouped(pool.bytes as u64)]
    });
    writeln!(out)?;
    table::print(out, &heads, rows)?;
    writeln!(out)?;
    let mut lines = Vec::new();
    let mut line = |name: &str, bytes: Option<u64>| {
        if let Some(bytes) = bytes {
            lines.push((name.to_owned(), format!("{} bytes", text::grouped(bytes))));
        }
    };
    line("most input queued", Some(memory.queued_high_water));
    line("largest frame cut in two", Some(memory.carry_high_water));
    line("copied into it", Some(pass.stats.bytes_copied));
    line("classes, threads, stacks", Some(memory.tables));
    line("the most they took", Some(memory.tables_high_water));
    line("counts", Some(counts(tally) as u64));
    line("peak resident memory", of_process("VmHWM:"));
    line("anonymous memory now", of_process("RssAnon:"));
    table::pairs(out, &lines)
}

fn counts(tally: &Tally) -> usize {
    tally.classes.reserved() + tally.threads.reserved()
}

/// What the system says of this process, where it does.
fn of_process(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
