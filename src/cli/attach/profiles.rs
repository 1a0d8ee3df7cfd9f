//! Sets of providers by name, as dotnet-trace has them.

/// Providers for a purpose.
pub(crate) struct Profile {
    pub name: &'static str,
    pub about: &'static str,
    pub providers: &'static [&'static str],
    /// Keywords of the rundown, if it is not the usual one.
    pub rundown: Option<u64>,
}

pub(super) const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";

/// All of them.
pub(crate) const PROFILES: &[Profile] = &[
    Profile {
        name: "dotnet-common",
        about: "collections, exceptions, contention, methods, modules and threads of the runtime",
        providers: &["Microsoft-Windows-DotNETRuntime:100003801D:4"],
        rundown: None,
    },
    Profile {
        name: "dotnet-sampled-thread-time",
        about: "managed stacks of all threads, about 100 times a second",
        providers: &["Microsoft-DotNETCore-SampleProfiler:0:4"],
        rundown: None,
    },
    Profile {
        name: "gc-verbose",
        about: "collections and sampled allocations",
        providers: &["Microsoft-Windows-DotNETRuntime:8003:5"],
        rundown: None,
    },
    Profile {
        name: "gc-collect",
        about: "collections alone, at the least cost",
        providers: &[
            "Microsoft-Windows-DotNETRuntime:1:4",
            "Microsoft-Windows-DotNETRuntimePrivate:1:4",
        ],
        rundown: Some(1),
    },
    Profile {
        name: "database",
        about: "commands of ADO.NET and of Entity Framework",
        providers: &["System.Threading.Tasks.TplEventSource:80:4", DATABASE],
        rundown: None,
    },
];

const DATABASE: &str = "Microsoft-Diagnostics-DiagnosticSource:3:5:FilterAndPayloadSpecs=\"\
    SqlClientDiagnosticListener/System.Data.SqlClient.WriteCommandBefore@Activity1Start:-Command;\
    Command.CommandText;ConnectionId;Operation;Command.Connection.ServerVersion;\
    Command.CommandTimeout;Command.CommandType;Command.Connection.ConnectionString;\
    Command.Connection.Database;Command.Connection.DataSource;Command.Connection.PacketSize\\n\
    SqlClientDiagnosticListener/System.Data.SqlClient.WriteCommandAfter@Activity1Stop:\\n\
    Microsoft.EntityFrameworkCore/Microsoft.EntityFrameworkCore.Database.Command.CommandExecuting\
    @Activity2Start:-Command;Command.CommandText;ConnectionId;IsAsync;\
    Command.Connection.ClientConnectionId;Command.Connection.ServerVersion;\
    Command.CommandTimeout;Command.CommandType;Command.Connection.ConnectionString;\
    Command.Connection.Database;Command.Connection.DataSource;Command.Connection.PacketSize\\n\
    Microsoft.EntityFrameworkCore/Microsoft.EntityFrameworkCore.Database.Command.CommandExecuted\
    @Activity2Stop:\"";

/// The profile of this name. The names of older releases are known too.
pub(super) fn find(name: &str) -> Option<&'static Profile> {
    let name = match name {
        "cpu-sampling" | "thread-time" => "dotnet-sampled-thread-time",
        name => name,
    };
    PROFILES.iter().find(|profile| profile.name.eq_ignore_ascii_case(name))
}

/// The keyword of a kind of runtime events.
pub(super) fn clr_keyword(kind: &str) -> Option<u64> {
    let found = CLR_EVENTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind))?;
    Some(found.1)
}

const CLR_EVENTS: &[(&str, u64)] = &[
    ("gc", 0x1),
    ("gchandle", 0x2),
    ("fusion", 0x4),
    ("assemblyloader", 0x4),
    ("loader", 0x8),
    ("jit", 0x10),
    ("ngen", 0x20),
    ("startenumeration", 0x40),
    ("endenumeration", 0x80),
    ("security", 0x400),
    ("appdomainresourcemanagement", 0x800),
    ("jittracing", 0x1000),
    ("interop", 0x2000),
    ("contention", 0x4000),
    ("exception", 0x8000),
    ("threading", 0x1_0000),
    ("jittedmethodiltonativemap", 0x2_0000),
    ("overrideandsuppressngenevents", 0x4_0000),
    ("type", 0x8_0000),
    ("gcheapdump", 0x10_0000),
    ("gcsampledobjectallocationhigh", 0x20_0000),
    ("gcheapsurvivalandmovement", 0x40_0000),
    ("gcheapcollect", 0x80_0000),
    ("managedheadcollect", 0x80_0000),
    ("gcheapandtypenames", 0x100_0000),
    ("gcsampledobjectallocationlow", 0x200_0000),
    ("perftrack", 0x2000_0000),
    ("stack", 0x4000_0000),
    ("threadtransfer", 0x8000_0000),
    ("debugger", 0x1_0000_0000),
    ("monitoring", 0x2_0000_0000),
    ("codesymbols", 0x4_0000_0000),
    ("eventsource", 0x8_0000_0000),
    ("compilation", 0x10_0000_0000),
    ("compilationdiagnostic", 0x20_0000_0000),
    ("methoddiagnostic", 0x40_0000_0000),
    ("typediagnostic", 0x80_0000_0000),
    ("jitinstrumentationdata", 0x100_0000_0000),
    ("profiler", 0x200_0000_0000),
    ("waithandle", 0x400_0000_0000),
    ("allocationsampling", 0x800_0000_0000),
];
