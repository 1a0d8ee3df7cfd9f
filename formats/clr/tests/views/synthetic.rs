//! Payloads of all lengths and of any bytes, for every event and version.

use tracemill_clr::{EventSchema, Provider, event_pipe, providers};
use tracemill_engine::Values;

use crate::flat::{flat, flatten};

/// Reads a payload both ways. Whether it was long enough.
fn assert_same(
    provider: &str,
    event: &'static EventSchema,
    payload: &[u8],
    pointer_size: u8,
) -> bool {
    let mut wanted = Vec::new();
    let rest = flatten(Values::new(&event.layout, payload, pointer_size), &mut wanted);
    let mut found = Vec::new();
    let version = (event.id, event.version.into());
    let got = crate::read(provider, version, (payload, pointer_size), &mut |name, value| {
        found.push((name, flat(&value)));
    });
    let at = || format!("{provider} {} {version:?} {payload:?} {pointer_size}", event.name);
    assert_eq!(got.map(|(_, rest)| rest), rest, "{}", at());
    if let Some((schema, _)) = got {
        assert!(std::ptr::eq(schema, event), "{}", at());
        assert!(found == wanted, "{}\n{found:?}\n{wanted:?}", at());
    }
    got.is_some()
}

fn all() -> impl Iterator<Item = (&'static str, &'static EventSchema)> {
    let events =
        |provider: &'static Provider| provider.events.iter().map(|event| (provider.name, event));
    let process = [event_pipe::ProcessInfoV0::SCHEMA, event_pipe::ProcessInfoV1::SCHEMA];
    let process = process.map(|event| ("Microsoft-DotNETCore-EventPipe", event));
    providers().iter().flat_map(events).chain(process)
}

/// Numbers that look random, xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn every_length_of_every_event_is_read_alike() {
    let mut events = 0;
    for (provider, event) in all() {
        for pointer_size in [4, 8] {
            // Bytes that are text, so that fields of variable size are long; zeros, so that they are
            // short; and small numbers, so that counters fit.
            for fill in [0x41, 0, 1] {
                let payload = [fill; 200];
                let whole = (0..=payload.len())
                    .filter(|len| assert_same(provider, event, &payload[..*len], pointer_size))
                    .count();
                // Those of zeros always fit once they are long enough.
                assert!(fill != 0 || whole > 0, "{provider} {}", event.name);
            }
        }
        events += 1;
    }
    assert!(events >= 489, "{events} events");
}

#[test]
fn any_bytes_of_every_event_are_read_alike() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (provider, event) in all() {
        let (mut whole, mut short) = (0, 0);
        for round in 0..300 {
            let len = (random.next() % 320) as usize;
            // Fewer bits in each byte make more NULs and smaller counters.
            let mask = [0xff, 0x03, 0x01][round % 3];
            let payload: Vec<u8> =
                (0..len)
                    .map(|_| {
                        if random.next().is_multiple_of(3) { random.next() as u8 & mask } else { 0 }
                    })
                    .collect();
            for pointer_size in [4, 8] {
                let fits = assert_same(provider, event, &payload, pointer_size);
                *(if fits { &mut whole } else { &mut short }) += 1;
            }
        }
        assert!(whole > 0, "{provider} {}: {whole} fit and {short} do not", event.name);
    }
}

#[test]
fn a_newer_version_is_read_as_the_newest_that_is_known() {
    use tracemill_clr::runtime::Event;
    let payload = [0; 40];
    let Some(Event::GcStartV2(start)) = Event::read(1, 9, &payload, 8) else {
        panic!("no GCStart");
    };
    assert!(!start.is_exact() && start.rest().len() == 40 - 26);
    let Some(Event::GcStartV1(start)) = Event::read(1, 1, &payload, 8) else {
        panic!("no GCStart");
    };
    assert!(start.is_exact());
    assert!(Event::read(9999, 0, &payload, 8).is_none());
    assert!(Event::read(1, 0, &payload, 5).is_none(), "no pointers have 5 bytes");
}
