//! Where the fields that `TraceEvent` shows are not those of the manifest or of the stream, and why.

use tracemill_test_support::row::Row;

use super::made::{
    depth, file_name, integer, latin, mechanism, method_flags, null, optimization_tier, signed,
    total_heap_size, total_promoted, zero,
};

/// How a kind of event differs.
#[derive(Clone, Copy, Debug)]
pub enum Differs {
    /// The same fields in another order.
    Order,
    /// It does not show this field.
    LeftOut(&'static str),
    /// It shows this field (first) by another name (second).
    Renamed(&'static str, &'static str),
    /// It makes this field of others.
    Made(&'static str, fn(&Row<'_>) -> String),
    /// It shows this field, and what it shows is no value of the event.
    Wrong(&'static str),
}

/// Versions of an event that differ, and the reason.
pub struct Template {
    pub provider: &'static str,
    pub ids: &'static [u32],
    pub versions: &'static [u32],
    pub differs: &'static [Differs],
    pub reason: &'static str,
}

use Differs::{LeftOut, Made, Order, Renamed, Wrong};

const CLR: &str = "Microsoft-Windows-DotNETRuntime";
const PRIVATE: &str = "Microsoft-Windows-DotNETRuntimePrivate";
const RUNDOWN: &str = "Microsoft-Windows-DotNETRuntimeRundown";

const OFFSETS: &[Differs] = &[LeftOut("ILOffsets"), LeftOut("NativeOffsets")];
const OFFSETS_1: &[Differs] =
    &[LeftOut("ILOffsets"), LeftOut("NativeOffsets"), LeftOut("ILVersionID")];

const fn of(
    provider: &'static str,
    ids: &'static [u32],
    versions: &'static [u32],
    differs: &'static [Differs],
    reason: &'static str,
) -> Template {
    Template { provider, ids, versions, differs, reason }
}

/// All that is known to differ. Each entry must be met, for each of its events, versions and fields.
pub static TEMPLATES: &[Template] = &[
    of(CLR, &[1], &[2], &[Order], "the manifest has Depth before Reason"),
    of(CLR, &[154, 155], &[1], &[Order], "the manifest has BindingID third"),
    of(RUNDOWN, &[156], &[1], &[Order], "the manifest has BindingID third"),
    of(
        CLR,
        &[29],
        &[0],
        &[Order, Wrong("TypeName")],
        "the manifest has TypeID first; the name is that of an event before, if there was one",
    ),
    of(
        CLR,
        &[143, 144],
        &[1],
        &[
            Made("MethodFlags", method_flags),
            Made("ReJITID", zero),
            Made("OptimizationTier", optimization_tier),
        ],
        "the tier is bits of the flags; ReJITID came with version 2",
    ),
    of(
        CLR,
        &[143, 144],
        &[2],
        &[Made("MethodFlags", method_flags), Made("OptimizationTier", optimization_tier)],
        "the tier is bits of the flags",
    ),
    of(
        RUNDOWN,
        &[144],
        &[1],
        &[
            Made("MethodFlags", method_flags),
            Made("ReJITID", zero),
            Made("OptimizationTier", optimization_tier),
        ],
        "the tier is bits of the flags; ReJITID came with version 2",
    ),
    of(
        RUNDOWN,
        &[144],
        &[2],
        &[Made("MethodFlags", method_flags), Made("OptimizationTier", optimization_tier)],
        "the tier is bits of the flags",
    ),
    of(
        CLR,
        &[4],
        &[1],
        &[
            Made("TotalHeapSize", total_heap_size),
            Made("TotalPromoted", total_promoted),
            Made("Depth", depth),
            Made("GenerationSize4", zero),
            Made("TotalPromotedSize4", zero),
        ],
        "sums are added, and the fifth generation, which came with version 2",
    ),
    of(
        CLR,
        &[4],
        &[2],
        &[
            Made("TotalHeapSize", total_heap_size),
            Made("TotalPromoted", total_promoted),
            Made("Depth", depth),
        ],
        "sums are added",
    ),
    of(CLR, &[9], &[1], &[Made("Count", |row| signed(row, "Count"))], "the manifest has UInt32"),
    of(
        CLR,
        &[80],
        &[1],
        &[Made("ExceptionHRESULT", |row| signed(row, "ExceptionHRESULT"))],
        "the manifest has UInt32",
    ),
    of(CLR, &[10], &[3], &[Made("ObjectSize", zero)], "came with version 4"),
    of(
        CLR,
        &[81],
        &[1],
        &[Made("LockID", zero), Made("AssociatedObjectID", zero), Made("LockOwnerThreadID", zero)],
        "came with version 2",
    ),
    of(
        CLR,
        &[15],
        &[0],
        &[
            LeftOut("Values"),
            Made("TypeID_0", |row| row.first("Values").text("TypeID")),
            Made("TypeName_0", |row| row.first("Values").text("Name")),
        ],
        "only the first type is among the fields, under names of its own",
    ),
    of(
        CLR,
        &[16, 18, 19, 21, 22, 38, 209],
        &[0],
        &[LeftOut("Values")],
        "arrays are behind methods, not among the fields",
    ),
    of(CLR, &[205], &[4], &[LeftOut("Values")], "arrays are behind methods"),
    of(
        CLR,
        &[205],
        &[2],
        &[Made("CondemnReasons0", null), Made("CondemnReasons1", null), Made("Count", null)],
        "came with later versions",
    ),
    of(
        CLR,
        &[204],
        &[3],
        &[
            LeftOut("Values"),
            Made("CompactMechanisms", |row| mechanism(row, "CompactMechanisms")),
            Made("ExpandMechanisms", |row| mechanism(row, "ExpandMechanisms")),
            Made("ConcurrentCompactMechanisms", null),
            Made("MemoryPressure", null),
        ],
        "mechanisms are bits, of which the lowest is shown by its place; two came with no version",
    ),
    of(CLR, &[151], &[1], &[LeftOut("Reserved1")], "has no property"),
    of(RUNDOWN, &[152], &[1], &[LeftOut("Reserved1")], "has no property"),
    of(
        CLR,
        &[152, 153],
        &[2],
        &[LeftOut("Reserved1"), LeftOut("ClrInstanceID"), Made("ModuleILFileName", file_name)],
        "two are not among the names; the name of the file is cut from the path",
    ),
    of(
        RUNDOWN,
        &[154],
        &[2],
        &[LeftOut("Reserved1"), LeftOut("ClrInstanceID"), Made("ModuleILFileName", file_name)],
        "two are not among the names; the name of the file is cut from the path",
    ),
    of(CLR, &[190], &[0], OFFSETS, "arrays are behind methods"),
    of(CLR, &[190], &[1], OFFSETS_1, "arrays are behind methods; version 0's template"),
    of(RUNDOWN, &[150], &[0], OFFSETS, "arrays are behind methods"),
    of(RUNDOWN, &[150], &[1], OFFSETS_1, "arrays are behind methods; version 0's template"),
    of(
        CLR,
        &[200],
        &[0],
        &[LeftOut("BytesAllocated"), LeftOut("ClrInstanceID")],
        "there is no template on Linux",
    ),
    of(
        CLR,
        &[201],
        &[0],
        &[LeftOut("BytesFreed"), LeftOut("ClrInstanceID")],
        "there is no template on Linux",
    ),
    of(CLR, &[202], &[0], &[Renamed("Bytes", "Promoted")], "renamed"),
    of(
        CLR,
        &[39],
        &[0],
        &[
            LeftOut("Name"),
            LeftOut("DataSize"),
            LeftOut("Data"),
            LeftOut("ClrInstanceID"),
            Made("Version", |row| integer(row.bytes("Data"), 0, 2)),
            Made("TotalCommittedInUse", |row| integer(row.bytes("Data"), 2, 8)),
            Made("TotalCommittedInGlobalDecommit", |row| integer(row.bytes("Data"), 10, 8)),
            Made("TotalCommittedInFree", |row| integer(row.bytes("Data"), 18, 8)),
            Made("TotalCommittedInGlobalFree", |row| integer(row.bytes("Data"), 26, 8)),
            Made("TotalBookkeepingCommitted", |row| integer(row.bytes("Data"), 34, 8)),
        ],
        "the event within the event is read, by its name",
    ),
    of(
        CLR,
        &[72],
        &[0],
        &[
            Made("TypeParameterCount", null),
            Made("LoaderModuleID", |row| row.text("TypeParameterCount")),
            Made("TypeParameters", |row| row.text("LoaderModuleID")),
        ],
        "fields from the count on are read one too early",
    ),
    of(
        CLR,
        &[298],
        &[0],
        &[
            LeftOut("Data"),
            Made("MethodFlags", |row| signed(row, "MethodFlags")),
            Made("MethodToken", |row| ((row.number("MethodToken") << 16) as u32).to_string()),
            Made("MethodNamespace", |row| {
                let early = u32::try_from(row.number("MethodToken") >> 16).unwrap();
                format!("{}{}", char::from_u32(early).unwrap(), row.text("MethodNamespace"))
            }),
        ],
        "fields from the token on are read two bytes early",
    ),
    of(PRIVATE, &[310], &[0], &[LeftOut("Unused1"), LeftOut("Unused2")], "have no property"),
    of(
        "Microsoft-Diagnostics-DiagnosticSource",
        &[21, 22, 23, 24, 25],
        &[0],
        &[Wrong("SourceName"), Wrong("EventName"), Wrong("Arguments")],
        ".NET 3.1 describes no field of these; TraceEvent knows them by the event's name",
    ),
    of(
        "Universal.System",
        &[3],
        &[0],
        &[LeftOut("SymbolMetadata"), LeftOut("VersionMetadata")],
        "the stream does not describe the last two",
    ),
    of(
        "All-Types",
        &[1],
        &[1, 5],
        &[Made("c8", |row| char::from(row.number("c8") as u8).to_string())],
        "a UTF-8 code unit is shown as a character",
    ),
    of("All-Types", &[2], &[1], &[Made("s8", |row| latin(row, "s8"))], "UTF-8 read as Latin-1"),
    of("All-Types", &[3], &[1], &[Made("rs", |row| latin(row, "rs"))], "UTF-8 read as Latin-1"),
    of("All-Types", &[6], &[1], &[Wrong("c"), Wrong("d")], "read beyond the end of the payload"),
    of("All-Types", &[8], &[1], &[Made("d", |_| "[UNSUPPORTED TYPE]".into())], "no decimals"),
];
