//! Feature sections: what a recording says about itself (specification section 2).

use std::fmt::Write;
use std::sync::Arc;

use tracemill_engine::{Fault, Faults, TraceInfo};

use crate::attribute::Attribute;
use crate::build_ids::{self, Listed};
use crate::frame::Perf;
use crate::machine::{self, MAX_VALUE, WHAT, list, word};
use crate::wire::Reader;

/// Key and value pairs that are kept.
const MAX_PROPERTIES: usize = 256;
/// Those of them that build ids leave for others.
const KEPT_FREE: usize = 64;

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
            BUILD_ID => {
                let offset = content.offset;
                build_ids::read_all(content, |listed| self.list_build_id(listed, offset, faults))
            }
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
            COMPRESSED => {
                let [_version, kind] = [content.u32(WHAT)?, content.u32(WHAT)?];
                let level = content.u32(WHAT)?;
                if kind == ZSTD {
                    self.tell("Compression", format!("zstd, level {level}"));
                }
            }
            BPF_PROG_INFO => self.tell("BpfPrograms", content.u32(WHAT)?.to_string()),
            BPF_BTF => self.tell("BpfTypes", content.u32(WHAT)?.to_string()),
            DIR_FORMAT => self.tell("DirectoryFormat", content.u64(WHAT)?.to_string()),
            _ => return machine::read(feature, content, &mut |key, value| self.tell(key, value)),
        }
        Ok(())
    }

    /// Tells which sections there are, those that are nothing but a mark included.
    pub(crate) fn tell_features(&mut self) {
        let is_set = |bit: &u64| {
            let word = usize::try_from(bit / 64).ok().and_then(|at| self.features.get(at));
            word.is_some_and(|word| word >> (bit % 64) & 1 != 0)
        };
        let names = (0..256).filter(is_set).map(|bit| match usize::try_from(bit) {
            Ok(at) if at < NAMES.len() => NAMES.get(at).map_or_else(String::new, |s| (*s).into()),
            _ => bit.to_string(),
        });
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            self.tell("Features", names.join(" "));
        }
    }

    /// Takes in the build id of a file.
    pub(crate) fn list_build_id(&mut self, listed: Listed<'_>, offset: u64, faults: &mut Faults) {
        let max = self.limits.ids / 4;
        if !self.change().build_ids.add(listed, max) {
            faults.push(Fault::limit(offset, "max_stack_bytes"));
            return;
        }
        let name = listed.name.get(..MAX_VALUE).unwrap_or(listed.name);
        let key = format!("BuildId {}", String::from_utf8_lossy(name));
        let properties = &self.view().state.trace.properties;
        let is_told = properties.iter().any(|(known, _)| *known == key);
        if is_told || properties.len() < MAX_PROPERTIES - KEPT_FREE {
            let (id, len) = listed.id;
            let id = id.get(..usize::from(len)).unwrap_or_default();
            self.tell(
                &key,
                id.iter().fold(String::new(), |mut hex, byte| {
                    let _ = write!(hex, "{byte:02x}");
                    hex
                }),
            );
        }
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
        if value.is_empty() {
            return;
        }
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

const ZSTD: u32 = 1;
const TRACING_DATA: u64 = 1;
const BUILD_ID: u64 = 2;
const NRCPUS: u64 = 7;
const TOTAL_MEM: u64 = 10;
const CMDLINE: u64 = 11;
const EVENT_DESC: u64 = 12;
const SAMPLE_TIME: u64 = 21;
const CLOCK_ID: u64 = 23;
const DIR_FORMAT: u64 = 24;
const BPF_PROG_INFO: u64 = 25;
const BPF_BTF: u64 = 26;
const COMPRESSED: u64 = 27;
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
/// Sections by bit; the first bit means nothing.
const NAMES: &[&str] = &[
    "RESERVED",
    "TRACING_DATA",
    "BUILD_ID",
    "HOSTNAME",
    "OSRELEASE",
    "VERSION",
    "ARCH",
    "NRCPUS",
    "CPUDESC",
    "CPUID",
    "TOTAL_MEM",
    "CMDLINE",
    "EVENT_DESC",
    "CPU_TOPOLOGY",
    "NUMA_TOPOLOGY",
    "BRANCH_STACK",
    "PMU_MAPPINGS",
    "GROUP_DESC",
    "AUXTRACE",
    "STAT",
    "CACHE",
    "SAMPLE_TIME",
    "MEM_TOPOLOGY",
    "CLOCKID",
    "DIR_FORMAT",
    "BPF_PROG_INFO",
    "BPF_BTF",
    "COMPRESSED",
    "CPU_PMU_CAPS",
    "CLOCK_DATA",
    "HYBRID_TOPOLOGY",
    "PMU_CAPS",
];
