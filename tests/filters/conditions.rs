//! What single conditions mean, on events made for them.

use tracemill_testkit::{Event, Field, Metadata, Put, TraceHeader, Type, v4};

use super::{filter, taken};

/// Whether a condition holds of the one event of a class.
fn holds(fields: &[(&str, Type)], payload: &[u8], condition: &str) -> bool {
    let mut class = Metadata::new(1, "My.Provider", 7);
    class.name = "Demo/Start".into();
    class.fields = fields.iter().map(|(name, kind)| Field::new(name, kind.clone())).collect();
    class.v2_params = true;
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[class]);
    writer.event_block(&[Event { payload: payload.to_vec(), ..Event::default() }]);
    let taken = taken(&writer.finish(), 256, &mut filter(condition));
    assert_eq!(taken.len(), 1);
    taken[0]
}

#[test]
fn paths() {
    let object = Type::Object(vec![Field::new("Inner", Type::Byte)]);
    let fields =
        [("Outer", object.clone()), ("", object.clone()), ("id", Type::Byte), ("ID", Type::Byte)];
    let list = Type::array(Type::Object(vec![Field::new("Key", Type::Byte)]));
    let holds = |condition: &str| {
        holds(
            &[&fields[..], &[("List", list.clone())]].concat(),
            &[1, 2, 3, 4, 2, 0, 8, 9],
            condition,
        )
    };
    for yes in [
        "Outer.Inner == 1",
        "outer.INNER == 1",
        "Demo/Start.Outer.Inner == 1",
        "My.Provider.Demo/Start.Outer.Inner == 1",
        "my.provider.demo/start.outer.inner == 1",
        "`My.Provider`.`Demo/Start`.Outer.Inner == 1",
        // Without a name, it is as if it were not there.
        "Inner == 2",
        "Demo/Start.Inner == 2",
        "id == 3",
        "ID == 4",
        "Id == 3",
        "List.Key == 8",
        "List.Key == 9",
        "List.Key != 9",
        "List.Key in (7, 9)",
        "exists List && exists List.Key && exists Outer",
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        "Provider.Demo/Start.id == 3",
        "My.Provider.id == 3",
        "Start.id == 3",
        "Demo/Start == 3",
        "Outer.Inner.Inner == 1",
        "Outer == 1",
        "Outer != 1",
        "List.Key == 7",
        "exists Key",
        "exists My",
    ] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn no_value_no_comparison() {
    let fields = [("n", Type::Int32), ("text", Type::Utf16Z), ("late", Type::Int64)];
    let mut payload = Vec::new();
    payload.put_i32(-5);
    payload.put_utf16z("five");
    payload.put_u16(1);
    for (condition, expected) in [
        ("n == -5", true),
        ("n < 0 && n > -5.5", true),
        ("n & 0x8000000000000000", true),
        ("n == 'five'", false),
        ("n != 'five'", false),
        ("n contains '5'", false),
        ("text == 5", false),
        ("text != 5", false),
        ("text == 'five' && text >= 'fiv' && text < 'fivf'", true),
        ("text == 'Five'", false),
        ("text != 'Five'", true),
        ("late == 1", false),
        ("late != 1", false),
        ("exists late", false),
        ("!exists late && exists n && exists text", true),
        ("missing != 1", false),
        ("!(missing == 1)", true),
        ("exists missing", false),
        ("@cpu != 1", false),
        ("@provider == 'My.Provider' && @event == 'Demo/Start' && @id == 7", true),
        ("@event matches 'Demo*' && @event endswith 'Start'", true),
        ("@event matches 'demo*'", false),
        ("@payload_bytes == 16 && @bytes > 15", true),
        ("exists @stack", false),
        ("exists @opcode", false),
    ] {
        assert_eq!(holds(&fields, &payload, condition), expected, "{condition}");
    }
}

#[test]
fn values_of_the_runtime_have_names() {
    // GCStart_V2: Count, Depth, Reason, Type, ClrInstanceID, ClientSequenceNumber.
    let mut class = Metadata::new(1, "Microsoft-Windows-DotNETRuntime", 1);
    class.version = 2;
    let mut payload = Vec::new();
    for number in [12, 1, 0, 1] {
        payload.put_u32(number);
    }
    payload.put_u16(10);
    payload.put_u64(0);
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.metadata_block(&[class]);
    writer.event_block(&[Event { payload, ..Event::default() }]);
    let stream = writer.finish();
    for (condition, expected) in [
        ("GCStart.Count == 12", true),
        ("GC/Start.Count == 12", true),
        ("Microsoft-Windows-DotNETRuntime.GCStart.Depth == 1", true),
        ("Microsoft-Windows-DotNETRuntime.GC/Start.Depth == 1", true),
        ("Reason == 'AllocSmall' && Reason == 0", true),
        ("Reason != 'Induced' && Reason contains 'Small'", true),
        ("Reason in ('Induced', 'AllocSmall')", true),
        ("Reason == 'Induced' || Reason == 'allocsmall'", false),
        ("GCEnd.Count == 12", false),
        ("@event == 'GCStart'", true),
    ] {
        assert_eq!(taken(&stream, 1, &mut filter(condition)), [expected], "{condition}");
    }
    for (condition, told) in [
        ("Reason == 'Induced'", &[][..]),
        ("Reason < 'B' || Reason contains 'duced'", &[]),
        ("Reason == 'allocsmall'", &["no value of Reason has such a name: there are AllocSmall, "]),
        (
            "Depth == '1' || Reason == 5",
            &["Depth is a number, and no such comparison holds of one"],
        ),
        ("GCEnd.Count == 'x'", &[]),
    ] {
        let mut filter = filter(condition);
        taken(&stream, 1, &mut filter);
        let mismatches: Vec<String> = filter.mismatches().map(|one| one.to_string()).collect();
        assert_eq!(mismatches.len(), told.len(), "{condition}: {mismatches:?}");
        for (is, begins) in mismatches.iter().zip(told) {
            assert!(is.starts_with(begins), "{condition}: {is}");
        }
    }
    for (events, expected) in
        [("gcstart", true), ("GC/*", true), ("#1", true), ("1", true), ("2", false), ("GC", false)]
    {
        let mut spec = tracemill::FilterSpec::default();
        spec.events = vec![events.into()];
        let mut filter = tracemill::Filter::new(&spec).unwrap();
        assert_eq!(taken(&stream, 1, &mut filter), [expected], "{events}");
    }
}

#[test]
fn events_without_a_class() {
    let mut writer = v4::Writer::new(&TraceHeader::default());
    writer.event_block(&[Event { thread: 5, ticks: 9, ..Event::default() }]);
    let stream = writer.finish();
    for (condition, expected) in [
        ("@tid == 5", true),
        ("@ticks == 9", true),
        ("@level <= 5", false),
        ("@id != 0", false),
        ("x != 0", false),
        ("!(x == 0)", true),
    ] {
        assert_eq!(taken(&stream, 1, &mut filter(condition)), [expected], "{condition}");
    }
}
