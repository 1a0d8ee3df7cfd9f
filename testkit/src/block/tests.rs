use super::*;

/// The events of a block of `dialect`, without the block's header.
fn events(dialect: Dialect, compressed: bool, events: &[Event]) -> Vec<u8> {
    let mut block = EventBlock::new(dialect, compressed);
    events.iter().for_each(|event| block.push(event));
    block.into_bytes().split_off(HEADER)
}

fn event() -> Event {
    Event { ticks: 5, processor: 2, payload: b"ab".to_vec(), ..Event::default() }
}

#[test]
fn first_event_writes_what_is_not_zero() {
    // flags, metadata id, sequence - 1, capture thread, processor, thread, time, payload size.
    assert_eq!(events(Dialect::V4, true, &[event()]), [0xc7, 1, 0, 1, 2, 1, 5, 2, b'a', b'b']);
    assert_eq!(events(Dialect::V6, true, &[event()]), events(Dialect::V4, true, &[event()]));
}

#[test]
fn an_unchanged_event_is_flags_and_time() {
    let second = Event { sequence: 2, ticks: 205, ..event() };
    let unsorted = Event { sequence: 3, ticks: 204, sorted: false, ..event() };
    let mut expected = events(Dialect::V4, true, &[event()]);
    expected.extend([0x40, 200, 1, b'a', b'b']);
    // A step back in time wraps: ten bytes.
    expected.push(0);
    expected.extend([0xff; 9]);
    expected.extend([1, b'a', b'b']);
    assert_eq!(events(Dialect::V4, true, &[event(), second, unsorted]), expected);
}

#[test]
fn each_change_writes_its_own_field() {
    let base = Event { payload: Vec::new(), ..event() };
    let next = Event { sequence: 2, sorted: false, ..base.clone() };
    let tail = |changed: Event| {
        let skip = events(Dialect::V4, true, std::slice::from_ref(&base)).len();
        events(Dialect::V4, true, &[base.clone(), changed]).split_off(skip)
    };
    assert_eq!(tail(next.clone()), [0, 0]);
    let metadata = Event { metadata_id: 300, ..next.clone() };
    assert_eq!(tail(metadata), [0x01, 0xac, 2, 0]);
    // Three dropped; a sequence that stands still; another thread; another processor.
    let gap = Event { sequence: 5, ..next.clone() };
    assert_eq!(tail(gap), [0x02, 3, 1, 2, 0]);
    let still = Event { sequence: 1, ..next.clone() };
    assert_eq!(tail(still), [0x02, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 0]);
    let capture = Event { capture_thread: 9, ..next.clone() };
    assert_eq!(tail(capture), [0x02, 0, 9, 2, 0]);
    let processor = Event { processor: 3, ..next.clone() };
    assert_eq!(tail(processor), [0x02, 0, 1, 3, 0]);
    let thread = Event { thread: 128, ..next.clone() };
    assert_eq!(tail(thread), [0x04, 0x80, 1, 0]);
    let stack = Event { stack_id: 7, ..next.clone() };
    assert_eq!(tail(stack), [0x08, 7, 0]);
    let activity = Event { activity_id: [0xa; 16], ..next.clone() };
    assert_eq!(tail(activity), [[0x10, 0].as_slice(), &[0xa; 16]].concat());
    let related = Event { related_activity_id: [0xb; 16], ..next.clone() };
    assert_eq!(tail(related), [[0x20, 0].as_slice(), &[0xb; 16]].concat());
    let payload = Event { payload: vec![1], ..next };
    assert_eq!(tail(payload), [0x80, 0, 1, 1]);
}

#[test]
fn metadata_records_do_not_count() {
    // As in real files: sequence difference 0xffffffff, capture thread 0, processor unknown.
    let record = Event {
        metadata_id: 0,
        sequence: 0,
        capture_thread: 0,
        processor: u32::MAX,
        ticks: 1,
        payload: vec![9],
        ..Event::default()
    };
    let second = Event { sorted: false, ..record.clone() };
    let expected =
        [0xc6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, 9];
    assert_eq!(events(Dialect::V4, true, &[record, second]), [&expected[..], &[0, 0, 9]].concat());
}

#[test]
fn v6_labels_take_the_place_of_the_activity_id() {
    let labelled = Event { label_list: 3, activity_id: [1; 16], ..event() };
    assert_eq!(events(Dialect::V6, true, &[labelled]), [0xd7, 1, 0, 1, 2, 1, 5, 3, 2, b'a', b'b']);
}

#[test]
fn plain_v4_headers_are_80_bytes_and_padded() {
    let unsorted = Event { sorted: false, payload: vec![1; 5], ..event() };
    let out = events(Dialect::V4, false, &[unsorted, event()]);
    assert_eq!(out.len(), 88 + 84);
    assert_eq!(out[..8], [84, 0, 0, 0, 1, 0, 0, 0x80]);
    assert_eq!(out[76..88], [5, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(out[88..96], [80, 0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn plain_v6_headers_are_52_bytes_and_not_padded() {
    let out = events(Dialect::V6, false, &[Event { label_list: 6, thread: 7, ..event() }]);
    let mut expected = vec![50, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
    expected.extend([7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([6, 0, 0, 0, 2, 0, 0, 0, b'a', b'b']);
    assert_eq!(out, expected);
}

#[test]
fn block_header_has_the_signed_extremes_of_time() {
    let mut block = EventBlock::new(Dialect::V4, true);
    assert!(block.is_empty());
    for ticks in [7, u64::MAX, 3] {
        block.push(&Event { ticks, ..Event::default() });
    }
    assert!(!block.is_empty());
    let out = block.into_bytes();
    assert_eq!(out[..4], [20, 0, 1, 0]);
    assert_eq!(out[4..12], [0xff; 8]);
    assert_eq!(out[12..20], [7, 0, 0, 0, 0, 0, 0, 0]);
    let empty = EventBlock::new(Dialect::V6, false).into_bytes();
    assert_eq!(empty, [&[20, 0, 0, 0][..], &[0; 16]].concat());
}
