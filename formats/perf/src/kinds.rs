//! The types of records, their names and fields (specification sections 3.4 and 3.5).

use std::borrow::Cow;

use tracemill_engine::{Field, FrameKind, Layout};

use crate::field_types::{
    BYTES_OF_1, BYTES_OF_2, BYTES8, BYTES20, I32, I64, NUMBERS_OF_1, OBJECTS_OF_0, OBJECTS_OF_2,
    PAD3, TAIL, TEXT, TEXT16, THREADS_OF_0, TYPES, U8, U16, U32, U64,
};

/// Types of records by number.
pub(crate) mod kind {
    pub(crate) const MMAP: u32 = 1;
    pub(crate) const LOST: u32 = 2;
    pub(crate) const COMM: u32 = 3;
    pub(crate) const EXIT: u32 = 4;
    pub(crate) const THROTTLE: u32 = 5;
    pub(crate) const UNTHROTTLE: u32 = 6;
    pub(crate) const FORK: u32 = 7;
    pub(crate) const READ: u32 = 8;
    pub(crate) const SAMPLE: u32 = 9;
    pub(crate) const MMAP2: u32 = 10;
    pub(crate) const ITRACE_START: u32 = 12;
    pub(crate) const LOST_SAMPLES: u32 = 13;
    pub(crate) const NAMESPACES: u32 = 16;
    pub(crate) const KSYMBOL: u32 = 17;
    pub(crate) const CGROUP: u32 = 19;
    /// Tools write those from here on.
    pub(crate) const FIRST_OF_TOOLS: u32 = 64;
    pub(crate) const ATTR: u32 = 64;
    pub(crate) const TRACING_DATA: u32 = 66;
    pub(crate) const BUILD_ID: u32 = 67;
    pub(crate) const FINISHED_ROUND: u32 = 68;
    pub(crate) const ID_INDEX: u32 = 69;
    pub(crate) const AUXTRACE: u32 = 71;
    pub(crate) const EVENT_UPDATE: u32 = 78;
    pub(crate) const FEATURE: u32 = 80;
    pub(crate) const COMPRESSED: u32 = 81;
    pub(crate) const COMPRESSED2: u32 = 83;
}

/// A type of record.
pub(crate) struct Kind {
    pub number: u32,
    /// As `perf report --stats` calls it.
    pub name: &'static str,
    /// Bytes of the body that are always there.
    pub min: u16,
    fields: Fields,
    /// How many of them are the payload's own.
    count: u32,
    /// Where in the body text begins that ends it.
    pub text: Option<u16>,
}

impl Kind {
    pub(crate) fn layout(&self) -> Layout {
        let fields = self.fields.iter().map(|(name, type_index)| Field {
            name: Cow::Borrowed(name),
            type_index: *type_index,
            map: None,
        });
        Layout::new(fields.collect(), TYPES.to_vec(), self.count)
    }
}

/// The class of an MMAP2 with a build id, whose fields are others.
pub(crate) const MMAP2_BUILD_ID: u32 = 128 + kind::MMAP2;
pub(crate) static MMAP2_WITH_BUILD_ID: Kind = kind(
    kind::MMAP2,
    "MMAP2",
    64,
    &[
        ("pid", I32),
        ("tid", I32),
        ("addr", U64),
        ("len", U64),
        ("pgoff", U64),
        ("build_id_size", U8),
        ("", PAD3),
        ("build_id", BYTES20),
        ("prot", U32),
        ("flags", U32),
        ("filename", TEXT),
    ],
);

/// The types, in order of their numbers.
pub(crate) static KINDS: &[Kind] = &[
    kind(
        1,
        "MMAP",
        32,
        &[
            ("pid", I32),
            ("tid", I32),
            ("addr", U64),
            ("len", U64),
            ("pgoff", U64),
            ("filename", TEXT),
        ],
    ),
    kind(2, "LOST", 16, &[("id", U64), ("lost", U64)]),
    kind(3, "COMM", 8, &[("pid", I32), ("tid", I32), ("comm", TEXT)]),
    kind(4, "EXIT", 24, TASK),
    kind(5, "THROTTLE", 24, THROTTLE),
    kind(6, "UNTHROTTLE", 24, THROTTLE),
    kind(7, "FORK", 24, TASK),
    kind(8, "READ", 8, &[("pid", I32), ("tid", I32), ("", TAIL)]),
    kind(9, "SAMPLE", 0, &[]),
    kind(
        10,
        "MMAP2",
        64,
        &[
            ("pid", I32),
            ("tid", I32),
            ("addr", U64),
            ("len", U64),
            ("pgoff", U64),
            ("maj", U32),
            ("min", U32),
            ("ino", U64),
            ("ino_generation", U64),
            ("prot", U32),
            ("flags", U32),
            ("filename", TEXT),
        ],
    ),
    kind(11, "AUX", 24, &[("aux_offset", U64), ("aux_size", U64), ("flags", U64)]),
    kind(12, "ITRACE_START", 8, THREAD),
    kind(13, "LOST_SAMPLES", 8, &[("lost", U64)]),
    kind(14, "SWITCH", 0, &[]),
    kind(15, "SWITCH_CPU_WIDE", 8, &[("next_prev_pid", I32), ("next_prev_tid", I32)]),
    nested(
        16,
        "NAMESPACES",
        16,
        &[
            ("pid", I32),
            ("tid", I32),
            ("nr_namespaces", U64),
            ("link_info", OBJECTS_OF_2),
            ("dev", U64),
            ("ino", U64),
        ],
        4,
    ),
    kind(
        17,
        "KSYMBOL",
        16,
        &[("addr", U64), ("len", U32), ("ksym_type", U16), ("flags", U16), ("name", TEXT)],
    ),
    kind(18, "BPF_EVENT", 16, &[("type", U16), ("flags", U16), ("id", U32), ("tag", BYTES8)]),
    kind(19, "CGROUP", 8, &[("id", U64), ("path", TEXT)]),
    kind(
        20,
        "TEXT_POKE",
        12,
        &[
            ("addr", U64),
            ("old_len", U16),
            ("new_len", U16),
            ("old_bytes", BYTES_OF_1),
            ("new_bytes", BYTES_OF_2),
            ("", TAIL),
        ],
    ),
    kind(21, "AUX_OUTPUT_HW_ID", 8, &[("hw_id", U64)]),
    kind(22, "CALLCHAIN_DEFERRED", 16, &[("cookie", U64), ("nr", U64), ("ips", NUMBERS_OF_1)]),
    kind(64, "ATTR", 64, &[]),
    kind(65, "EVENT_TYPE", 0, &[]),
    kind(66, "TRACING_DATA", 8, &[("size", U32), ("", TAIL)]),
    kind(
        67,
        "BUILD_ID",
        28,
        &[("pid", I32), ("build_id", BYTES20), ("size", U8), ("", PAD3), ("filename", TEXT)],
    ),
    kind(68, "FINISHED_ROUND", 0, &[]),
    nested(
        69,
        "ID_INDEX",
        8,
        &[
            ("nr", U64),
            ("entries", OBJECTS_OF_0),
            ("", TAIL),
            ("id", U64),
            ("idx", U64),
            ("cpu", I64),
            ("tid", I64),
        ],
        3,
    ),
    kind(70, "AUXTRACE_INFO", 8, &[("type", U32), ("", TAIL)]),
    kind(
        71,
        "AUXTRACE",
        40,
        &[
            ("size", U64),
            ("offset", U64),
            ("reference", U64),
            ("idx", U32),
            ("tid", I32),
            ("cpu", I32),
            ("", TAIL),
        ],
    ),
    kind(72, "AUXTRACE_ERROR", 0, &[]),
    nested(
        73,
        "THREAD_MAP",
        8,
        &[("nr", U64), ("threads", THREADS_OF_0), ("pid", I64), ("comm", TEXT16)],
        2,
    ),
    kind(74, "CPU_MAP", 2, &[("type", U16), ("", TAIL)]),
    kind(75, "STAT_CONFIG", 0, &[]),
    kind(
        76,
        "STAT",
        40,
        &[("id", U64), ("cpu", I32), ("thread", I32), ("val", U64), ("ena", U64), ("run", U64)],
    ),
    kind(77, "STAT_ROUND", 16, &[("type", U64), ("time", U64)]),
    kind(78, "EVENT_UPDATE", 16, &[("type", U64), ("id", U64), ("", TAIL)]),
    kind(
        79,
        "TIME_CONV",
        24,
        &[("time_shift", U64), ("time_mult", U64), ("time_zero", U64), ("", TAIL)],
    ),
    kind(80, "FEATURE", 8, &[("feat_id", U64), ("", TAIL)]),
    kind(81, "COMPRESSED", 0, &[]),
    kind(82, "FINISHED_INIT", 0, &[]),
    kind(83, "COMPRESSED2", 8, &[("data_size", U64), ("", TAIL)]),
    kind(84, "BPF_METADATA", 0, &[]),
    kind(85, "SCHEDSTAT_CPU", 0, &[]),
    kind(86, "SCHEDSTAT_DOMAIN", 0, &[]),
];

/// The place of a type among [`KINDS`], or of what is unknown, behind them.
#[inline]
pub(crate) fn place(number: u32) -> usize {
    match number {
        1..=22 => number as usize - 1,
        64..=86 => number as usize - 64 + 22,
        _ => KINDS.len(),
    }
}

/// The type of this number, if it is known.
pub(crate) fn of(number: u32) -> Option<&'static Kind> {
    KINDS.get(place(number))
}

/// Counters of all types.
pub(crate) fn counters() -> Vec<FrameKind> {
    let names = KINDS.iter().map(|kind| kind.name).chain(["unknown record"]);
    names.map(|name| FrameKind { name, frames: 0, bytes: 0 }).collect()
}

const THREAD: Fields = &[("pid", I32), ("tid", I32)];
const TASK: Fields = &[("pid", I32), ("ppid", I32), ("tid", I32), ("ptid", I32), ("time", U64)];
const THROTTLE: Fields = &[("time", U64), ("id", U64), ("stream_id", U64)];

/// Names, and types by their place in [`TYPES`].
type Fields = &'static [(&'static str, u32)];

#[expect(clippy::cast_possible_truncation, reason = "constants below a hundred")]
const fn kind(number: u32, name: &'static str, min: u16, fields: Fields) -> Kind {
    nested(number, name, min, fields, fields.len() as u32)
}

const fn nested(number: u32, name: &'static str, min: u16, fields: Fields, count: u32) -> Kind {
    let text = match number {
        // In these, the text follows what is always there.
        kind::MMAP | kind::COMM | kind::MMAP2 | kind::KSYMBOL | kind::CGROUP | 67 => Some(min),
        _ => None,
    };
    Kind { number, name, min, fields, count, text }
}

#[cfg(test)]
mod tests;
