//! What holds for every event in the tables.

use tracemill_engine::{Count, Field, Layout, Schemas, Type};

use crate::{Clr, EventSchema, Provider, event, nearest, provider, providers};

const RUNTIME: &str = "Microsoft-Windows-DotNETRuntime";

fn all() -> impl Iterator<Item = (&'static Provider, &'static EventSchema)> {
    providers()
        .iter()
        .flat_map(|provider| provider.events.iter().map(move |event| (provider, event)))
}

#[test]
fn tables_are_in_order() {
    assert!(providers().is_sorted_by(|a, b| a.name < b.name));
    for provider in providers() {
        let events = provider.events;
        assert!(events.is_sorted_by(|a, b| (a.id, a.version) < (b.id, b.version)));
        let others = providers().iter().filter(|other| other.guid == provider.guid);
        assert_eq!(others.count(), 1, "{}", provider.name);
    }
}

/// Fields of a payload or object: each type is there, each count is an integer before its array.
fn assert_whole(fields: &[Field], layout: &Layout, at: &str) {
    for (place, field) in fields.iter().enumerate() {
        let mut inner = layout.type_at(field.type_index);
        if let Some(Type::Array { element, count }) = inner {
            inner = layout.type_at(element);
            if let Count::Field(counter) = count {
                let counter =
                    fields.get(..place).and_then(|fields| fields.get(usize::from(counter)));
                let counter = counter.and_then(|counter| layout.type_at(counter.type_index));
                assert!(matches!(counter, Some(Type::UInt8 | Type::UInt16 | Type::UInt32)), "{at}");
            }
        }
        match inner {
            Some(Type::Object { first, count }) => {
                let fields = layout.object(first, count);
                assert_eq!(u32::try_from(fields.len()), Ok(count), "{at} {}", field.name);
                assert_whole(fields, layout, at);
            }
            Some(Type::Array { .. }) | None => panic!("{at} {}", field.name),
            Some(_) => {}
        }
        if let Some(map) = field.map {
            assert!(!map.names.is_empty(), "{at} {}", field.name);
        }
    }
}

#[test]
fn layouts_are_whole() {
    for (provider, event) in all() {
        let at = format!("{} {} version {}", provider.name, event.id, event.version);
        assert_whole(event.layout.fields(), &event.layout, &at);
        assert!(!event.name.is_empty() && !event.title.is_empty(), "{at}");
        assert!(event.level <= 5, "{at}");
    }
}

#[test]
fn every_event_is_found() {
    for (provider, known) in all() {
        let version = u32::from(known.version);
        let found = event(provider.name, known.id, version).expect("an event");
        assert!(std::ptr::eq(found, known), "{} {}", provider.name, known.id);
        let (found, is_exact) = nearest(provider.name, known.id, version).expect("an event");
        assert!(std::ptr::eq(found, known) && is_exact);
    }
}

#[test]
fn the_newest_version_before_is_the_nearest() {
    let (newest, is_exact) = nearest(RUNTIME, 1, 1000).expect("an event");
    assert_eq!((newest.version, is_exact), (2, false));
    assert!(event(RUNTIME, 1, 1000).is_none());
    let first = all().find(|(provider, event)| {
        event.version > 0 && crate::event(provider.name, event.id, 0).is_none()
    });
    let (provider, first) = first.expect("an event that begins with a later version");
    assert!(nearest(provider.name, first.id, 0).is_none());
    assert!(nearest(RUNTIME, 9999, 0).is_none());
    assert!(nearest("Nobody", 1, 0).is_none());
}

#[test]
fn a_provider_is_found_by_its_guid() {
    let text = "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4";
    assert_eq!(provider(text).map(|provider| provider.name), Some(RUNTIME));
    assert!(provider("e13c0d23-ccbc-4e12-931b-d9cc2eee27e5").is_none());
    assert!(provider("e13c0d23cccbc-4e12-931b-d9cc2eee27e4").is_none());
    assert!(provider(&"-".repeat(36)).is_none());
}

#[test]
fn the_supplement_comes_first_and_takes_the_rest_from_others() {
    let event = event(RUNTIME, 205, 4).expect("an event");
    assert_eq!((event.name, event.title), ("GCGlobalHeapHistory", "GC/GlobalHeapHistory"));
    assert_eq!(event.layout.fields().last().map(|field| &*field.name), Some("Values"));
    assert_eq!((event.level, event.keywords), (4, 1));
    let reason = event.layout.fields().iter().find(|field| field.name == "Reason");
    let names = reason.and_then(|field| field.map).map_or(&[][..], |map| map.names);
    assert!(names.contains(&(1, "Induced")));
}

#[test]
fn structs_follow_the_fields_of_the_payload() {
    let layout = &event(RUNTIME, 15, 0).expect("an event").layout;
    let values = layout.fields().get(2).and_then(|field| layout.type_at(field.type_index));
    let Some(Type::Array { element, count: Count::Field(0) }) = values else {
        panic!("not counted by the first field: {values:?}");
    };
    let Some(Type::Object { first: 3, count: 8 }) = layout.type_at(element) else {
        panic!("not an object");
    };
    let last = layout.object(3, 8).last().and_then(|field| layout.type_at(field.type_index));
    assert!(matches!(last, Some(Type::Array { count: Count::Field(6), .. })), "{last:?}");
}

#[test]
fn only_what_streams_describe_wrongly_overrides() {
    let mapping = Clr.find("Universal.System", 3, 0).expect("an event");
    assert!(mapping.overrides && mapping.is_exact);
    assert_eq!(mapping.layout.fields().len(), 8);
    let sample = Clr.find("Microsoft-DotNETCore-SampleProfiler", 0, 0).expect("an event");
    assert!(!sample.overrides);
    let newer = Clr.find(RUNTIME, 1, 3).expect("an event");
    assert!(!newer.overrides && !newer.is_exact);
    // In a stream it may be `EventCounters`.
    assert!(event("System.Runtime", 2, 0).is_some() && Clr.find("System.Runtime", 2, 0).is_none());
}
