//! Events that no manifest describes and that streams describe wrongly or not at all.

pub mod event_pipe;
pub mod sample_profiler;
pub mod universal_events;
pub mod universal_system;
pub mod views;

use tracemill_engine::{Field, Layout, Map, Type};

use crate::schema::{Described, EventSchema, Provider, field, mapped};

/// Samples of what threads are doing. The stream gives them no fields.
pub(crate) const SAMPLE_PROFILER: Provider = Provider {
    name: "Microsoft-DotNETCore-SampleProfiler",
    guid: [
        0x44, 0x0d, 0x53, 0x3c, 0xae, 0x97, 0x3a, 0x51, 0x1e, 0x6d, 0x78, 0x3e, 0x8f, 0x8e, 0x03,
        0xa9,
    ],
    events: &SAMPLE_EVENTS,
    described: Described::No,
};

static SAMPLE_EVENTS: [EventSchema; 1] = [EventSchema {
    id: 0,
    version: 0,
    name: "ThreadSample",
    task: "Thread",
    opcode: "Sample",
    title: "Thread/Sample",
    level: 4,
    keywords: 0,
    message: None,
    layout: Layout::of(&SAMPLE, &[Type::UInt32], 1),
}];

static SAMPLE: [Field; 1] = [mapped("Type", 0, &SAMPLE_TYPE)];

pub(crate) static SAMPLE_TYPE: Map =
    Map { is_bits: false, names: &[(0, "Error"), (1, "External"), (2, "Managed")] };

/// Processes and what they map, of nettrace V6. The stream says that strings are single bytes, and
/// leaves out the last two fields of `ProcessMapping`.
pub(crate) const UNIVERSAL_SYSTEM: Provider = Provider {
    name: "Universal.System",
    guid: [
        0x6b, 0x7c, 0x10, 0x8c, 0xf8, 0x79, 0x31, 0x52, 0x4d, 0xe6, 0x2a, 0x0e, 0x20, 0xa3, 0xf5,
        0x62,
    ],
    events: &SYSTEM_EVENTS,
    described: Described::Wrongly,
};

static SYSTEM_EVENTS: [EventSchema; 6] = [
    plain(0, "ExistingProcess", Layout::of(&PROCESS, &TYPES, 3)),
    plain(1, "ProcessCreate", Layout::of(&PROCESS, &TYPES, 3)),
    plain(2, "ProcessExit", Layout::of(&[], &[], 0)),
    plain(3, "ProcessMapping", Layout::of(&MAPPING, &TYPES, 8)),
    plain(4, "ProcessSymbol", Layout::of(&SYMBOL, &TYPES, 5)),
    plain(5, "ProcessMappingMetadata", Layout::of(&METADATA, &TYPES, 3)),
];

static TYPES: [Type; 2] = [Type::VarUInt, Type::Utf8Counted];

static PROCESS: [Field; 3] = [field("NamespaceId", 0), field("Name", 1), field("NamespaceName", 1)];

static MAPPING: [Field; 8] = [
    field("Id", 0),
    field("StartAddress", 0),
    field("EndAddress", 0),
    field("FileOffset", 0),
    field("FileName", 1),
    field("MetadataId", 0),
    field("SymbolMetadata", 1),
    field("VersionMetadata", 1),
];

static SYMBOL: [Field; 5] = [
    field("Id", 0),
    field("MappingId", 0),
    field("StartAddress", 0),
    field("EndAddress", 0),
    field("Name", 1),
];

static METADATA: [Field; 3] =
    [field("Id", 0), field("SymbolMetadata", 1), field("VersionMetadata", 1)];

/// An event that is called by its name alone.
const fn plain(id: u32, name: &'static str, layout: Layout) -> EventSchema {
    versioned(id, 0, name, layout)
}

const fn versioned(id: u32, version: u8, name: &'static str, layout: Layout) -> EventSchema {
    EventSchema {
        id,
        version,
        name,
        task: "",
        opcode: "",
        title: name,
        level: 4,
        keywords: 0,
        message: None,
        layout,
    }
}
