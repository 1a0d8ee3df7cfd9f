//! Decisions belong to classes, not to their ids; and there is room for so many.

use tracemill::{Filter, FilterSpec};
use tracemill_testkit::{Event, Field, Metadata, TraceHeader, Type, v4, v6};

use super::{filter, taken, visit};

fn class(id: u32, provider: &str, field: &str) -> Metadata {
    let mut class = Metadata::new(id, provider, 1);
    class.name = "Event".into();
    class.fields = vec![Field::new(field, Type::Byte)];
    class
}

fn event(sequence: u32, id: u32, value: u8) -> Event {
    Event { metadata_id: id, sequence, payload: vec![value], ..Event::default() }
}

#[test]
fn an_id_may_become_another_class_of_the_same_size() {
    let mut writer = v6::Writer::new(&TraceHeader::default());
    let mut expected = Vec::new();
    for epoch in 0..200u32 {
        // Memory of the classes before is likely used again, at the same place.
        writer.sequence_point(0, v6::CLEAR_METADATA, &[]);
        let swapped = epoch % 3 == 1;
        let (one, other) = if swapped { ("Bbbb", "Aaaa") } else { ("Aaaa", "Bbbb") };
        let field = if epoch % 5 == 4 { "yes" } else { "not" };
        writer.metadata_block(&[class(1, one, field), class(2, other, field)]);
        let number = 4 * epoch;
        writer.event_block(&[
            event(number + 1, 1, 1),
            event(number + 2, 2, 1),
            event(number + 3, 1, 0),
            event(number + 4, 3, 1),
        ]);
        let is_there = field == "yes";
        expected.push([[!swapped, swapped, !swapped, false], [is_there, is_there, false, false]]);
    }
    let stream = writer.finish();
    let mut spec = FilterSpec::default();
    spec.providers = vec!["aaaa".into()];
    let mut by_provider = Filter::new(&spec).unwrap();
    let mut by_field = filter("Event.Yes == 1");
    for batch_events in [1, 3, 256] {
        let by = |at: usize| -> Vec<bool> { expected.iter().flat_map(|rows| rows[at]).collect() };
        assert_eq!(taken(&stream, batch_events, &mut by_provider), by(0));
        assert_eq!(taken(&stream, batch_events, &mut by_field), by(1));
    }
}

#[test]
fn one_filter_serves_two_streams_in_turn() {
    let stream = |provider: &str| {
        let mut writer = v4::Writer::new(&TraceHeader::default());
        writer.metadata_block(&[class(1, provider, "x")]);
        writer.event_block(&[event(1, 1, 1), event(2, 1, 0)]);
        writer.finish()
    };
    let (one, other) = (stream("One"), stream("Two"));
    let mut filter = filter("One.Event.x == 1");
    for _ in 0..10 {
        assert_eq!(taken(&one, 1, &mut filter), [true, false]);
        assert_eq!(taken(&other, 1, &mut filter), [false, false]);
    }
    // In the middle of each other too.
    visit(&one, 1, |event| {
        let is_first = event.payload() == [1];
        visit(&other, 1, |event| assert!(!filter.takes(event)));
        assert_eq!(filter.takes(event), is_first);
    });
}

#[test]
fn there_may_be_more_classes_than_slots() {
    for stride in [1u32, 2_048, 65_536 + 7] {
        let classes: Vec<Metadata> = (0..5_000)
            .map(|at| class(1 + at * stride, if at % 7 == 0 { "Odd" } else { "Even" }, "x"))
            .collect();
        let mut writer = v4::Writer::new(&TraceHeader::default());
        classes.chunks(500).for_each(|classes| writer.metadata_block(classes));
        let events: Vec<Event> = (0..15_000u32)
            .map(|at| event(1 + at, 1 + (at / 2 * 7 % 5_000) * stride, (at % 2) as u8))
            .collect();
        writer.event_block(&events);
        let expected: Vec<bool> =
            (0..15_000u32).map(|at| at / 2 * 7 % 5_000 % 7 == 0 && at % 2 == 1).collect();
        let mut filter = filter("Odd.Event.x == 1");
        assert_eq!(taken(&writer.finish(), 256, &mut filter), expected, "{stride}");
    }
}

#[test]
fn fields_that_no_class_has_are_told() {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[class(1, "One", "x"), class(2, "Two", "y")]);
    writer.event_block(&[event(1, 1, 1)]);
    let stream = writer.finish();
    let condition =
        "x == 1 || One.Event.x == 2 || y == 1 || Two.Event.x == 1 || y == 2 || `z z` == 1";
    let mut filter = filter(condition);
    assert_eq!(filter.fields_not_met().count(), 5, "each once");
    taken(&stream, 256, &mut filter);
    let not_met: Vec<&str> = filter.fields_not_met().collect();
    // Class 2 has a y, but there was no event of it.
    assert_eq!(not_met, ["y", "Two.Event.x", "`z z`"]);
}

#[test]
fn clones_in_parallel_take_the_same() {
    use tracemill::{Auto, Config, ParallelParser, Results};
    let mix = tracemill_testkit::Mix::default();
    let stream = mix.bytes(2 << 20).0;
    let mut filter = filter("@keywords & 3 && @payload_bytes > 20 || @id in (1, 4, 7)");
    let expected = taken(&stream, 256, &mut filter);
    assert!(expected.iter().any(|taken| *taken) && !expected.iter().all(|taken| *taken));
    let config = Config::default();
    let mut parser = ParallelParser::new(Auto::new(&config), &config);
    parser.push(stream.into()).unwrap();
    parser.finish();
    let mut found = Vec::new();
    let mut results = Results::new();
    let take = |batch: tracemill::Batch<'_>| {
        let mut filter = filter.clone();
        batch.iter().map(|event| filter.takes(event)).collect::<Vec<bool>>()
    };
    while parser.map_window(&mut results, take).unwrap() {
        found.extend(results.by_ref().flatten());
    }
    assert_eq!(found, expected);
}
