//! Events of `Microsoft-DotNETCore-EventPipe`. Streams describe them.

use tracemill_engine::{Field, Layout, Type};

use super::versioned;
use crate::schema::{EventSchema, field};
use crate::typed::Table;

crate::typed::events! {
    Table { name: "Microsoft-DotNETCore-EventPipe", guid: None, events: &EVENTS };
    0 ProcessInfoV0 ProcessInfo "`ProcessInfo`, number 1, version 0.";
    1 ProcessInfoV1 ProcessInfoV1 "`ProcessInfo`, number 1, version 1.";
}

static EVENTS: [EventSchema; 2] = [
    versioned(1, 0, "ProcessInfo", Layout::of(&PROCESS_INFO, &[Type::Utf16Z], 1)),
    versioned(1, 1, "ProcessInfo", Layout::of(&PROCESS_INFO, &[Type::Utf16Z], 3)),
];

static PROCESS_INFO: [Field; 3] =
    [field("CommandLine", 0), field("OSInformation", 0), field("ArchInformation", 0)];
