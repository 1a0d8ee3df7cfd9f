//! Where `TraceEvent` is known to differ in what is not a field, each with its reason.

use std::collections::BTreeSet;

/// Streams without an end marker: what was queued for sorting is lost there. Events there and here.
pub const CUT: [(&str, u64, u64); 5] = [
    ("killed-9-midblock.nettrace", 15_327, 16_640),
    ("dotnet10/killed-9.nettrace", 10_177, 12_160),
    ("dotnet10/killed-SEGV.nettrace", 14_401, 16_256),
    ("dotnet10/killed-TERM.nettrace", 10_305, 12_288),
    ("dotnet10/crash-exception.nettrace", 1, 2_000),
];

/// Captures that `TraceEvent` does not read: V1 and V2.
pub const NOT_READ: [&str; 2] = [
    "netperf/eventpipe-dotnetcore2.0-linux-objver1.netperf.xz",
    "netperf/eventpipe-dotnetcore2.0-linux-objver2.netperf.xz",
];

/// Hashes over events of several threads at one time: a heap puts these there in no order that can
/// be told from the file. All orders are tried here, and one gives the hash.
pub const TIES: [(&str, &str); 11] = [
    ("killed-9-midblock.nettrace", "order"),
    ("killed-9-midblock.nettrace", "Demo-Busy 2 v0"),
    ("dotnet10/busy-mix.nettrace", "order"),
    ("dotnet10/busy-mix.nettrace", "Demo-Busy 1 v0"),
    ("dotnet10/busy-nostacks.nettrace", "order"),
    ("dotnet10/busy-nostacks.nettrace", "Demo-Busy 2 v0"),
    ("dotnet10/busy-v1.nettrace", "order"),
    ("dotnet10/busy-v1.nettrace", "Demo-Busy 2 v0"),
    ("dotnet10/drop-1mb.nettrace", "order"),
    ("dotnet10/drop-1mb.nettrace", "Demo-Busy 1 v0"),
    ("dotnet10/killed-SEGV.nettrace", "order"),
];

/// The same with too many orders to try.
pub const MANY_TIES: [(&str, &str); 2] = [
    ("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "order"),
    ("eventpipe-dotnetcore3.0-win-x64-objver4.nettrace", "Microsoft-Windows-DotNETRuntime 10 v3"),
];

/// Loss there and here: what is missing before the first event of a thread does not count there.
pub const LOSS: [(&str, u64, u64); 1] = [("drop-1mb.nettrace", 192_691, 195_236)];

/// Payloads that are filler: their fields mean nothing.
pub const FILLER: [&str; 1] = ["v6-all-features.nettrace"];

/// Titles there and here, by provider and id.
pub const TITLES: [(&str, u32, &str, &str, &str); 20] = [
    (CLR, 39, "GC/CommittedUsage", "GC/DynamicEvent", "named by the event within the event"),
    (CLR, 72, "Method/MethodDetails", "Method/Details", OWN),
    (CLR, 146, "Method/MemoryAllocatedForJitCode", "MethodJitMemoryAllocatedForCode", OWN),
    (CLR, 159, "Method/R2RGetEntryPoint", "Method/Load", OWN),
    (CLR, 160, "Method/R2RGetEntryPointStart", "R2RGetEntryPoint/Start", OWN),
    (CLR, 200, "EventID(200)", "GC/IncreaseMemoryPressure", "no template on Linux"),
    (CLR, 201, "EventID(201)", "GC/DecreaseMemoryPressure", "no template on Linux"),
    (CLR, 202, "GC/MarkWithType", "GC/Mark", OWN),
    (CLR, 209, "GC/FitBucketInfo", "GCFitBucketInfo", OWN),
    (CLR, 283, "TieredCompilation/BackgroundJitStart", "TieredCompilation/Start", OWN),
    (CLR, 284, "TieredCompilation/BackgroundJitStop", "TieredCompilation/Stop", OWN),
    (CLR, 292, "AssemblyLoader/ResolutionAttempted", "ResolutionAttempted", OWN),
    (CLR, 296, "AssemblyLoader/KnownPathProbed", "KnownPathProbed", OWN),
    (
        CLR,
        298,
        "JitInstrumentationDataVerbose/InstrumentationData",
        "JitInstrumentationDataVerbose",
        OWN,
    ),
    (CLR, 303, "AllocationSampling", "AllocationSampled", OWN),
    (PRIVATE, 195, "GC/DestroyGCHandle", "GC/DestoryGCHandle", "the manifest has it misspelt"),
    (RUNDOWN, 10, "GC/SettingsRundown", "GCSettingsRundown", OWN),
    (RUNDOWN, 150, "Method/ILToNativeMapDCStop", "Method/DCEndILToNativeMap", OWN),
    (
        RUNDOWN,
        300,
        "ExecutionCheckpointRundown/ExecutionCheckpointDCEnd",
        "ExecutionCheckpointDCEnd",
        OWN,
    ),
    ("P2", 70_000, "EventID(4464)", "", "it has no name, and its id is cut"),
];

const OWN: &str = "its names of tasks and opcodes are not those of the manifest";
const CLR: &str = "Microsoft-Windows-DotNETRuntime";
const PRIVATE: &str = "Microsoft-Windows-DotNETRuntimePrivate";
const RUNDOWN: &str = "Microsoft-Windows-DotNETRuntimeRundown";

/// Other differences: rules, each of which must be met somewhere.
pub const RULES: [(&str, &str); 5] = [
    ("dynamic", "CLR 39 is shown under a number of its own"),
    ("id", "ids beyond 65,535 are cut to 16 bits"),
    ("related", "up to V3 the related activity id is read from the wrong place"),
    ("no processor", "shown as 0 where it is unknown"),
    ("processor", "shown as 0 where another thread wrote the event"),
];

/// All differences, in words that can be compared.
pub fn all() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    all.extend(CUT.map(|(name, theirs, ours)| cut(name, theirs, ours)));
    all.extend(NOT_READ.map(not_read));
    all.extend(TIES.map(|(name, of)| ties(name, of)));
    all.extend(MANY_TIES.map(|(name, of)| many_ties(name, of)));
    all.extend(LOSS.map(|(name, theirs, ours)| loss(name, theirs, ours)));
    all.extend(FILLER.map(filler));
    all.extend(TITLES.map(|(provider, id, theirs, ours, _)| title(provider, id, theirs, ours)));
    all.extend(RULES.map(|(name, _)| rule(name)));
    all
}

pub fn cut(name: &str, theirs: u64, ours: u64) -> String {
    format!("{name} is cut: {theirs} events there, {ours} here")
}

pub fn not_read(name: &str) -> String {
    format!("{name} is not read there")
}

pub fn ties(name: &str, of: &str) -> String {
    format!("{name}: {of} has ties")
}

pub fn many_ties(name: &str, of: &str) -> String {
    format!("{name}: {of} has many ties")
}

pub fn loss(name: &str, theirs: u64, ours: u64) -> String {
    format!("{name} lost {theirs} there, {ours} here")
}

pub fn filler(name: &str) -> String {
    format!("{name} has filler for payloads")
}

pub fn title(provider: &str, id: u32, theirs: &str, ours: &str) -> String {
    format!("{provider} {id} is {theirs} there, {ours} here")
}

pub fn rule(name: &str) -> String {
    format!("rule: {name}")
}
