//! What `TraceEvent` calls an event: task and opcode.

use tracemill_clr::{EventSchema, nearest};
use tracemill_engine::EventClass;

/// Opcodes that have a name.
const OPCODES: [(u8, &str); 10] = [
    (1, "Start"),
    (2, "Stop"),
    (3, "DCStart"),
    (4, "DCStop"),
    (5, "Extension"),
    (6, "Reply"),
    (7, "Resume"),
    (8, "Suspend"),
    (9, "Send"),
    (240, "Receive"),
];

/// The title of an event: the one it is known by, else made of its name and its opcode.
pub fn title(class: &EventClass, opcode: Option<u8>) -> String {
    if let Some(schema) = schema(class) {
        return schema.title.to_owned();
    }
    let name = class.name();
    let suffix = |suffix: &str| {
        let (head, tail) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
        tail.eq_ignore_ascii_case(suffix).then_some(head)
    };
    let opcode = opcode.filter(|opcode| *opcode != 0).or_else(|| {
        let of = [(1, "Start"), (2, "Stop")];
        of.into_iter().find(|(_, text)| suffix(text).is_some()).map(|(opcode, _)| opcode)
    });
    let Some(opcode) = opcode else {
        return name.to_owned();
    };
    match OPCODES.iter().find(|(known, _)| *known == opcode) {
        Some((1 | 2, text)) => format!("{}/{text}", suffix(text).unwrap_or(name)),
        Some((_, text)) => format!("{name}/{text}"),
        None => format!("{name}/{opcode}"),
    }
}

/// What is known of an event: where streams describe it themselves, only if they call it the same.
fn schema(class: &EventClass) -> Option<&'static EventSchema> {
    let (schema, _) = nearest(class.provider(), class.event_id, class.version)?;
    (class.known().is_some() || schema.name == class.name()).then_some(schema)
}
