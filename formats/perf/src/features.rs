//! Feature sections: what a recording says about itself (specification section 2).

use std::fmt::Write;
use std::sync::Arc;

use tracemill_engine::{Fault, Faults, TraceInfo};

use crate::attribute::Attribute;
use crate::frame::Perf;
use crate::wire::Reader;

/// Key and value pairs that are kept.
const MAX_PROPERTIES: usize = 256;
/// Bytes of each value.
const MAX_VALUE: usize = 4 << 10;

impl Perf {
    /// Takes in a section, or a record with the same content.
    pub(crate) fn feature(&mut self, feature: u64, content: Reader<'_>, faults: &mut Faults) {
        if feature == TRACING_DATA {
            self.tracing_data(content.bytes, content.offset, faults);
            return;
        }
        if content.bytes.is_empty() {
            // The mark behind the last one.
            return;
        }
        let result = match feature {
            EVENT_DESC => self.descriptions(content),
            CLOCK_DATA => self.clock(content),
            _ => self.property(feature, content),
        };
        if let Err(fault) = result {
            faults.push(fault);
        }
    }

    fn property(&mut self, feature: u64, mut content: Reader<'_>) -> Result<(), Fault> {
        if let Some((_, key)) = STRINGS.iter().find(|(known, _)| *known == feature) {
            let value = String::from_utf8_lossy(content.string(WHAT)?).into_owned();
            self.tell(key, value);
            return Ok(());
        }
        let content = &mut content;
        match feature {
            NRCPUS => {
                let (available, online) = (content.u32(WHAT)?, content.u32(WHAT)?);
                self.tell("CpusAvailable", available.to_string());
                self.tell("CpusOnline", online.to_string());
                self.trace(|trace| trace.processors = Some(available));
            }
            TOTAL_MEM => self.tell("TotalMemoryKiB", content.u64(WHAT)?.to_string()),
            CLOCK_ID => self.tell("ClockResolutionNs", content.u64(WHAT)?.to_string()),
            SAMPLE_TIME => {
                // A pipe sends them before it knows them.
                for key in ["FirstSampleNs", "LastSampleNs"] {
                    let ns = content.u64(WHAT)?;
                    if ns > 0 {
                        self.tell(key, ns.to_string());
                    }
                }
            }
            CMDLINE => {
                let words = list(content, word)?;
                self.tell("CommandLine", words);
            }
            CPU_TOPOLOGY => {
                for key in ["CoresOfSockets", "ThreadsOfCores"] {
                    let cpus = list(content, word)?;
                    self.tell(key, cpus);
                }
            }
            NUMA_TOPOLOGY => {
                let nodes = list(content, |content, line| {
                    let (node, total) = (content.u32(WHAT)?, content.u64(WHAT)?);
                    let _free = content.u64(WHAT)?;
                    let _ = write!(line, "{node}:{total}KiB:");
                    word(content, line)
                })?;
                self.tell("NumaNodes", nodes);
            }
            PMU_MAPPINGS => {
                let pmus = list(content, |content, line| {
                    let kind = content.u32(WHAT)?;
                    word(content, line)?;
                    let _ = write!(line, "={kind}");
                    Ok(())
                })?;
                self.tell("Pmus", pmus);
            }
            CPU_PMU_CAPS => {
                let caps = list(content, |content, line| {
                    word(content, line)?;
                    line.push('=');
                    word(content, line)
                })?;
                self.tell("CpuPmuCaps", caps);
            }
            COMPRESSED => {
                let [_version, kind] = [content.u32(WHAT)?, content.u32(WHAT)?];
                let level = content.u32(WHAT)?;
                if kind == ZSTD {
                    self.tell("Compression", format!("zstd, level {level}"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Names of events.
    fn descriptions(&mut self, mut content: Reader<'_>) -> Result<(), Fault> {
        let what = "EVENT_DESC: runs past its end";
        let (count, size) = (content.u32(what)?, content.u32(what)?);
        for index in 0..count {
            let offset = content.offset;
            let attribute = content.take(size as usize, what)?;
            let ids = content.u32(what)?;
            let name = content.string(what)?;
            let mut first = None;
            for _ in 0..ids {
                let id = content.u64(what)?;
                first = first.or(Some(id));
            }
            let by_id = first.and_then(|id| self.view().ids.get(id)).copied();
            let index = by_id.unwrap_or(index) as usize;
            let described = Attribute::read(attribute, offset, self.is_big)?;
            let known = self.attributes().get(index);
            let is_same = |known: &Attribute| {
                (known.kind, known.config) == (described.kind, described.config)
            };
            if known.is_some_and(is_same) {
                self.name(index, &String::from_utf8_lossy(name));
            }
        }
        Ok(())
    }

    /// What the recording's clock showed at a known time.
    fn clock(&mut self, mut content: Reader<'_>) -> Result<(), Fault> {
        let what = "CLOCK_DATA: too short";
        let (_version, clock) = (content.u32(what)?, content.u32(what)?);
        let (utc, ticks) = (content.u64(what)?, content.u64(what)?);
        self.tell("ClockId", clock.to_string());
        self.change().state.clock.origin_utc_ns = i64::try_from(utc.wrapping_sub(ticks)).ok();
        Ok(())
    }

    fn tell(&mut self, key: &str, mut value: String) {
        while value.len() > MAX_VALUE {
            value.pop();
        }
        self.trace(|trace| {
            trace.properties.retain(|(known, _)| known != key);
            if trace.properties.len() < MAX_PROPERTIES {
                trace.properties.push((key.to_owned(), value));
            }
        });
    }

    fn trace(&mut self, change: impl FnOnce(&mut TraceInfo)) {
        change(Arc::make_mut(&mut self.change().state.trace));
    }
}

/// Elements behind their number, one after the other; as many as fit in a value.
fn list(
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

fn word(content: &mut Reader<'_>, line: &mut String) -> Result<(), Fault> {
    let word = content.string(WHAT)?;
    let word = word.get(..MAX_VALUE).unwrap_or(word);
    line.push_str(&String::from_utf8_lossy(word));
    Ok(())
}

const WHAT: &str = "feature: runs past its end";
const ZSTD: u32 = 1;
const TRACING_DATA: u64 = 1;
const NRCPUS: u64 = 7;
const TOTAL_MEM: u64 = 10;
const CMDLINE: u64 = 11;
const EVENT_DESC: u64 = 12;
const CPU_TOPOLOGY: u64 = 13;
const NUMA_TOPOLOGY: u64 = 14;
const PMU_MAPPINGS: u64 = 16;
const SAMPLE_TIME: u64 = 21;
const CLOCK_ID: u64 = 23;
const COMPRESSED: u64 = 27;
const CPU_PMU_CAPS: u64 = 28;
const CLOCK_DATA: u64 = 29;
/// Sections that are a string.
const STRINGS: &[(u64, &str)] = &[
    (3, "HostName"),
    (4, "OsRelease"),
    (5, "PerfVersion"),
    (6, "Architecture"),
    (8, "CpuDescription"),
    (9, "CpuId"),
];
