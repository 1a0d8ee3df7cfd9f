//! Feature sections about the machine: processors, caches, memory, counters (specification section 2).
//! Each becomes a line or two of text.

use std::fmt::Write;

use tracemill_engine::Fault;

use crate::wire::Reader;

/// Bytes of each value.
pub(crate) const MAX_VALUE: usize = 4 << 10;
pub(crate) const WHAT: &str = "feature: runs past its end";

/// Reads a section and calls `tell` with key and value; does nothing with one that is of another
/// kind.
///
/// # Errors
/// It is shorter than it says.
pub(crate) fn read(
    feature: u64,
    content: &mut Reader<'_>,
    tell: &mut dyn FnMut(&str, String),
) -> Result<(), Fault> {
    match feature {
        CPU_TOPOLOGY => cpu_topology(content, tell)?,
        NUMA_TOPOLOGY => {
            let nodes = list(content, |content, line| {
                let (node, total) = (content.u32(WHAT)?, content.u64(WHAT)?);
                let _free = content.u64(WHAT)?;
                let _ = write!(line, "{node}:{total}KiB:");
                word(content, line)
            })?;
            tell("NumaNodes", nodes);
        }
        PMU_MAPPINGS => {
            let pmus = list(content, |content, line| {
                let kind = content.u32(WHAT)?;
                word(content, line)?;
                let _ = write!(line, "={kind}");
                Ok(())
            })?;
            tell("Pmus", pmus);
        }
        GROUP_DESC => {
            let groups = list(content, |content, line| {
                word(content, line)?;
                let (leader, members) = (content.u32(WHAT)?, content.u32(WHAT)?);
                let _ = write!(line, ":{leader}+{members}");
                Ok(())
            })?;
            tell("EventGroups", groups);
        }
        CACHE => caches(content, tell)?,
        MEM_TOPOLOGY => memory(content, tell)?,
        AUXTRACE => auxtrace(content, tell)?,
        CPU_PMU_CAPS => {
            let caps = list(content, cap)?;
            tell("CpuPmuCaps", caps);
        }
        PMU_CAPS => {
            let pmus = list(content, |content, line| {
                let caps = list(content, cap)?;
                word(content, line)?;
                let _ = write!(line, "({caps})");
                Ok(())
            })?;
            tell("PmuCaps", pmus);
        }
        HYBRID_TOPOLOGY => {
            let pmus = list(content, |content, line| {
                word(content, line)?;
                line.push(':');
                word(content, line)
            })?;
            tell("HybridPmus", pmus);
        }
        _ => {}
    }
    Ok(())
}

/// Which CPUs share cores, sockets and dies. What follows the lists is there of newer writers: for
/// each CPU its core and socket, which the lists say too, and the dies.
fn cpu_topology(content: &mut Reader<'_>, tell: &mut dyn FnMut(&str, String)) -> Result<(), Fault> {
    for key in ["CoresOfSockets", "ThreadsOfCores"] {
        let cpus = list(content, word)?;
        tell(key, cpus);
    }
    Ok(())
}

fn caches(content: &mut Reader<'_>, tell: &mut dyn FnMut(&str, String)) -> Result<(), Fault> {
    let _version = content.u32(WHAT)?;
    let caches = list(content, |content, line| {
        let [level, line_size] = [content.u32(WHAT)?, content.u32(WHAT)?];
        let [sets, ways] = [content.u32(WHAT)?, content.u32(WHAT)?];
        let _ = write!(line, "L{level}:");
        word(content, line)?;
        line.push(':');
        word(content, line)?;
        let _ = write!(line, ":{sets}x{ways}x{line_size}:");
        word(content, line)
    })?;
    tell("Caches", caches);
    Ok(())
}

/// Blocks of memory by node: the bits of a map.
fn memory(content: &mut Reader<'_>, tell: &mut dyn FnMut(&str, String)) -> Result<(), Fault> {
    let _version = content.u64(WHAT)?;
    let block_size = content.u64(WHAT)?;
    tell("MemoryBlockBytes", block_size.to_string());
    let mut line = String::new();
    for _ in 0..content.u64(WHAT)? {
        let (node, _size) = (content.u64(WHAT)?, content.u64(WHAT)?);
        let words = content.u64(WHAT)?.div_ceil(64);
        let len = usize::try_from(words).ok().and_then(|words| words.checked_mul(8));
        let map = content.take(len.unwrap_or(usize::MAX), WHAT)?;
        let blocks: u32 = map.iter().map(|byte| byte.count_ones()).sum();
        if line.len() < MAX_VALUE {
            let _ = write!(line, "{}{node}:{blocks}", if line.is_empty() { "" } else { " " });
        }
    }
    tell("MemoryBlocksOfNodes", line);
    Ok(())
}

/// Where in the file data of the AUX area are: pieces and bytes.
fn auxtrace(content: &mut Reader<'_>, tell: &mut dyn FnMut(&str, String)) -> Result<(), Fault> {
    let (mut pieces, mut bytes) = (0u64, 0u64);
    while !content.bytes.is_empty() {
        for _ in 0..content.u64(WHAT)? {
            let (_at, size) = (content.u64(WHAT)?, content.u64(WHAT)?);
            pieces += 1;
            bytes = bytes.saturating_add(size);
        }
    }
    tell("AuxtraceIndex", format!("{pieces} pieces, {bytes} bytes"));
    Ok(())
}

/// A capability and its value.
fn cap(content: &mut Reader<'_>, line: &mut String) -> Result<(), Fault> {
    word(content, line)?;
    line.push('=');
    word(content, line)
}

/// Elements behind their number, one after the other; as many as fit in a value.
pub(crate) fn list(
    content: &mut Reader<'_>,
    mut element: impl FnMut(&mut Reader<'_>, &mut String) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let (mut line, mut rest) = (String::new(), String::new());
    for at in 0..content.u32(WHAT)? {
        let is_full = line.len() > MAX_VALUE;
        let line = if is_full { &mut rest } else { &mut line };
        if is_full {
            line.clear();
        } else if at > 0 {
            line.push(' ');
        }
        element(content, line)?;
    }
    Ok(line)
}

pub(crate) fn word(content: &mut Reader<'_>, line: &mut String) -> Result<(), Fault> {
    let word = content.string(WHAT)?;
    let word = word.get(..MAX_VALUE).unwrap_or(word);
    line.push_str(&String::from_utf8_lossy(word));
    Ok(())
}

const CPU_TOPOLOGY: u64 = 13;
const NUMA_TOPOLOGY: u64 = 14;
const PMU_MAPPINGS: u64 = 16;
const GROUP_DESC: u64 = 17;
const AUXTRACE: u64 = 18;
const CACHE: u64 = 20;
const MEM_TOPOLOGY: u64 = 22;
const CPU_PMU_CAPS: u64 = 28;
const HYBRID_TOPOLOGY: u64 = 30;
const PMU_CAPS: u64 = 31;
