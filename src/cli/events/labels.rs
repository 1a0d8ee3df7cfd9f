//! What an event's class says, unless a label of the event says otherwise.

use tracemill::EventView;
use tracemill::nettrace::{Event, Label};

pub(super) fn version(view: EventView<'_>) -> Option<u64> {
    let label = find(view, |label| match label {
        Label::Version(version) => Some(version.into()),
        _ => None,
    });
    label.or_else(|| Some(view.class()?.version.into()))
}

pub(super) fn level(view: EventView<'_>) -> Option<u64> {
    let label = find(view, |label| match label {
        Label::Level(level) => Some(level.into()),
        _ => None,
    });
    label.or_else(|| Some(view.class()?.level.into()))
}

pub(super) fn keywords(view: EventView<'_>) -> Option<u64> {
    let label = find(view, |label| match label {
        Label::Keywords(keywords) => Some(keywords),
        _ => None,
    });
    label.or_else(|| Some(view.class()?.keywords))
}

pub(super) fn opcode(view: EventView<'_>) -> Option<u64> {
    let label = find(view, |label| match label {
        Label::Opcode(opcode) => Some(opcode.into()),
        _ => None,
    });
    label.or_else(|| Some(view.class()?.opcode?.into()))
}

fn find(view: EventView<'_>, read: impl Fn(Label<'_>) -> Option<u64>) -> Option<u64> {
    let event = Event::of(view)?;
    if event.label_list_id() == 0 {
        return None;
    }
    event.labels().find_map(read)
}
