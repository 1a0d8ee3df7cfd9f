//! Manifests of .NET itself, in chunks, against the tables that were made from them another way.

use tracemill::clr;
use tracemill::conventions::manifest::{Assembler, Limits, Manifest, parse};
use tracemill::{Count, Layout, Type};
use tracemill_test_support::corpus;

/// The manifests of a file of the corpus, sent in chunks.
fn sent(name: &str) -> Option<Vec<Manifest>> {
    let corpus = corpus::shared("manifests")?;
    let xml = std::fs::read(corpus.join("manifests").join(name)).unwrap();
    let mut assembler = Assembler::new(&Limits::default());
    let total = xml.chunks(60_000).len() as u16;
    let mut whole = None;
    for (number, piece) in (0_u16..).zip(xml.chunks(60_000)) {
        assert_eq!(whole, None);
        let head = [&[1, 1, 0, 0x5b][..], &total.to_le_bytes(), &number.to_le_bytes()];
        whole = assembler.push(name, &[&head.concat(), piece].concat());
    }
    Some(parse(&whole.expect("the last chunk"), &Limits::default()).expect("well-formed"))
}

/// A type with those in it, and maps left out: those of tables are constants.
fn spelled(layout: &Layout) -> Vec<String> {
    let fields = layout.fields().iter();
    fields.map(|field| format!("{}: {}", field.name, spell(layout, field.type_index))).collect()
}

fn spell(layout: &Layout, index: u32) -> String {
    match layout.type_at(index).unwrap() {
        Type::Array { element, count } => {
            let count = match count {
                Count::Field(place) => format!("of field {place}"),
                other => format!("{other:?}"),
            };
            format!("[{}; {count}]", spell(layout, element))
        }
        Type::Object { first, count } => {
            let fields = layout.object(first, count).iter();
            let fields = fields.map(|field| spell(layout, field.type_index));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// Compares a manifest with the table of its provider; how many events were compared, and which
/// differ.
fn compare(manifest: &Manifest) -> (usize, Vec<String>) {
    let mut differ = Vec::new();
    let mut compared = 0;
    for event in &manifest.events {
        let provider = &manifest.provider;
        let Some(known) = clr::event(provider, event.id.into(), event.version.into()) else {
            continue;
        };
        compared += 1;
        let layout = event.layout.as_ref().expect("every type is known");
        if spelled(layout) != spelled(&known.layout)
            || event.level != known.level
            || event.keywords != known.keywords
        {
            differ.push(format!("{provider} {} v{}", event.id, event.version));
        }
    }
    (compared, differ)
}

#[test]
fn manifests_of_event_sources_are_as_their_tables() {
    for (name, provider, expected) in [
        ("System.Buffers.ArrayPoolEventSource", "System.Buffers.ArrayPoolEventSource", 7),
        ("System.Threading.Tasks.TplEventSource", "System.Threading.Tasks.TplEventSource", 21),
    ] {
        let Some(manifests) = sent(&format!("{name}.man")) else { return };
        assert_eq!(manifests.len(), 1);
        assert_eq!(&*manifests[0].provider, provider);
        assert_eq!(manifests[0].guid, clr::provider(provider).map(|provider| provider.guid));
        let (compared, differ) = compare(&manifests[0]);
        assert_eq!((compared, &differ[..]), (expected, &[][..]));
    }
}

#[test]
fn names_of_values_are_found() {
    let Some(manifests) = sent("System.Buffers.ArrayPoolEventSource.man") else { return };
    let event = manifests[0].event(2, 0).unwrap();
    let field = event.layout.as_ref().unwrap().field("reason").unwrap();
    let map = manifests[0].map(event, field).unwrap();
    assert_eq!((&*map.name, map.is_bits), ("BufferAllocatedReason", false));
    assert!(map.names.iter().any(|(value, name)| (*value, &**name) == (1, "OverMaximumSize")));
}

#[test]
fn the_manifest_of_the_runtime_is_as_its_tables() {
    let Some(manifests) = sent("ClrEtwAll.coreclr-final.man") else { return };
    let events: Vec<_> = manifests.iter().map(|manifest| manifest.events.len()).collect();
    assert_eq!(events, [184, 46, 3, 183]);
    let (mut compared, mut differ) = (0, Vec::new());
    for manifest in &manifests {
        let (some, others) = compare(manifest);
        (compared, differ) = (compared + some, [differ, others].concat());
    }
    assert_eq!((compared, &differ[..]), (416, &[][..]));
}
