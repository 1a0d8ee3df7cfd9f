//! What an event is called that the stream does not name: by type and config of its attribute.

/// Provider and name. The name is empty if only the stream could tell it.
pub(crate) fn of(kind: u32, config: u64) -> (&'static str, &'static str) {
    let name = |names: &[&'static str]| {
        usize::try_from(config).ok().and_then(|at| names.get(at).copied()).unwrap_or("")
    };
    match kind {
        0 => ("hardware", name(HARDWARE)),
        1 => ("software", name(SOFTWARE)),
        2 => ("tracepoint", ""),
        3 => ("cache", ""),
        4 => ("cpu", ""),
        5 => ("breakpoint", ""),
        _ => ("pmu", ""),
    }
}

const HARDWARE: &[&str] = &[
    "cycles",
    "instructions",
    "cache-references",
    "cache-misses",
    "branches",
    "branch-misses",
    "bus-cycles",
    "stalled-cycles-frontend",
    "stalled-cycles-backend",
    "ref-cycles",
];

const SOFTWARE: &[&str] = &[
    "cpu-clock",
    "task-clock",
    "page-faults",
    "context-switches",
    "cpu-migrations",
    "minor-faults",
    "major-faults",
    "alignment-faults",
    "emulation-faults",
    "dummy",
    "bpf-output",
    "cgroup-switches",
];
