//! Chunks in every order, and manifests within and beyond their limits.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests")]

use tracemill_engine::{Count, Type, Value, Values};

use super::*;

const XML: &str = r#"<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
 <!-- a comment --><instrumentation><events>
 <provider name="Demo-Zo&#235;" guid="{0866b2b8-5cef-5db9-2612-0c0ffd814a44}" symbol="Demo">
  <tasks><task name="Job" value="10"/><task name="Sold" value="65533"/></tasks>
  <opcodes><opcode name="Half" value="11"/></opcodes>
  <maps>
   <valueMap name="Size"><map value="0x0" message="$(string.small)"/><map value="1" message="$(string.no)"/></valueMap>
   <bitMap name="Flags"><map value="0x2" message="$(string.flag)"/></bitMap>
  </maps>
  <keywords><keyword name="A" mask="0x1"/><keyword name="B" mask="0x100000000000"/></keywords>
  <events>
   <event value="3" version="1" level="win:Error" symbol="Sold" task="Sold" keywords="A B" template="SoldArgs" message="$(string.sold)"/>
   <event value="2" version="0" level="win:Informational" symbol="JobStart" task="Job" opcode="win:Start"/>
   <event value="3" version="0" symbol="Sold" opcode="Half" template="Strange"/>
   <event value="70000" version="0" symbol="Nothing"/>
  </events>
  <templates>
   <template tid="SoldArgs">
    <data name="size" inType="win:UInt32" map="Size"/>
    <data name="bytesSize" inType="win:UInt32"/><data name="bytes" inType="win:Binary" length="bytesSize"/>
    <data name="n" inType="win:UInt16"/>
    <struct name="lines" count="n"><data name="sku" inType="win:UnicodeString"/><data name="flags" inType="win:UInt8" map="Flags"/></struct>
    <data name="who" inType="win:SID"/>
    <UserData/>
   </template>
   <template tid="Strange"><data name="x" inType="win:Cube"/></template>
  </templates>
 </provider></events></instrumentation>
 <localization><resources culture="en-US"><stringTable>
  <string id="sold" value="Sold %2 &lt;bytes&gt;"/><string id="small" value="Small"/><string id="flag" value="Gift"/>
 </stringTable></resources></localization>
</instrumentationManifest>"#;

fn parsed() -> Manifest {
    let mut manifests = parse(XML.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(manifests.len(), 1);
    manifests.remove(0)
}

#[test]
fn a_manifest_tells_all_of_its_events() {
    let manifest = parsed();
    assert_eq!(&*manifest.provider, "Demo-Zoë");
    let guid = tracemill_engine::Guid(manifest.guid.unwrap()).to_string();
    assert_eq!(guid, "0866b2b8-5cef-5db9-2612-0c0ffd814a44");
    let ids: Vec<_> = manifest.events.iter().map(|event| (event.id, event.version)).collect();
    assert_eq!(ids, [(2, 0), (3, 0), (3, 1)]);
    let start = manifest.event(2, 0).unwrap();
    assert_eq!((start.opcode, start.opcode_name.as_deref()), (1, Some("Start")));
    assert_eq!((start.task.as_deref(), start.level), (Some("Job"), 4));
    assert!(start.layout.as_ref().unwrap().is_empty());
    let strange = manifest.event(3, 0).unwrap();
    assert_eq!((strange.opcode, strange.layout.as_ref()), (11, None));
    let sold = manifest.event(3, 1).unwrap();
    assert_eq!((sold.keywords, sold.level), (0x1000_0000_0001, 2));
    assert_eq!(sold.message.as_deref(), Some("Sold %2 <bytes>"));
    assert_eq!(manifest.keywords[1], (1 << 44, "B".into()));
    let layout = sold.layout.as_ref().unwrap();
    let map = manifest.map(sold, layout.field("size").unwrap()).unwrap();
    // A value whose name is not in the table is not named.
    assert_eq!((map.is_bits, &map.names[..]), (false, &[(0, "Small".into())][..]));
    assert_eq!(manifest.map(sold, layout.field("n").unwrap()), None);
    assert_eq!(
        layout.type_at(layout.fields()[2].type_index),
        Some(Type::Array {
            element: layout.types().iter().position(|of| *of == Type::UInt8).unwrap() as u32,
            count: Count::Field(1),
        })
    );
}

#[test]
fn a_layout_reads_what_it_describes() {
    let manifest = parsed();
    let layout = manifest.event(3, 1).unwrap().layout.clone().unwrap();
    let payload = [
        &[1, 0, 0, 0, 2, 0, 0, 0, 7, 8, 2, 0][..],
        b"a\0\0\0\x01b\0\0\0\x02",
        &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0],
    ]
    .concat();
    let mut values = Values::new(&layout, &payload, 8);
    let found: Vec<_> = values.by_ref().map(|field| field.unwrap().1).collect();
    assert!(matches!(found[2], Value::Bytes([7, 8])), "{found:?}");
    let Value::Array(lines) = found[4] else { panic!("{found:?}") };
    assert_eq!(lines.count(), 2);
    assert_eq!(values.rest(), b"");
}

/// The payloads of the chunks of a manifest.
fn chunks(xml: &[u8], size: usize) -> Vec<Vec<u8>> {
    let total = xml.len().div_ceil(size) as u16;
    let head = |number: u16| {
        let ([a, b], [c, d]) = (total.to_le_bytes(), number.to_le_bytes());
        vec![1, 1, 0, 0x5b, a, b, c, d]
    };
    let pieces = (0..).zip(xml.chunks(size));
    pieces.map(|(number, piece)| [head(number), piece.to_vec()].concat()).collect()
}

#[test]
fn chunks_come_in_any_order_and_again() {
    let mut assembler = Assembler::new(&Limits::default());
    let chunks = chunks(XML.as_bytes(), 300);
    assert!(chunks.len() > 6);
    // Two providers at once, one of them backwards.
    for (there, back) in chunks.iter().zip(chunks.iter().rev()).take(chunks.len() - 1) {
        assert_eq!(assembler.push(1, there), None);
        assert_eq!(assembler.push(2, back), None);
    }
    assert_eq!(assembler.push(1, chunks.last().unwrap()).unwrap(), XML.as_bytes());
    assert_eq!(assembler.push(2, &chunks[0]).unwrap(), XML.as_bytes());
    assert_eq!((assembler.held(), assembler.refused()), (0, 0));
    // A manifest that was cut begins anew.
    assert_eq!(assembler.push(1, &chunks[0]), None);
    assert_eq!(assembler.push(1, &chunks[1]), None);
    let again: Vec<_> = chunks.iter().filter_map(|chunk| assembler.push(1, chunk)).collect();
    assert_eq!(again, [XML.as_bytes()]);
    assert_eq!(assembler.held(), 0);
    for payload in [
        &b""[..],
        b"\x01\x01\0\x5b\0\0\0",
        b"\x02\x01\0\x5b\x01\0\0\0",
        b"\x01\x01\0\x5a\x01\0\0\0",
    ] {
        assert_eq!(Chunk::of(payload), None);
    }
    assert_eq!(Chunk::of(&[1, 1, 0, 0x5b, 2, 0, 2, 0]), None, "the third of two");
}

#[test]
fn chunks_that_wait_are_bounded() {
    let limits = Limits { bytes: 10_000, ..Limits::default() };
    let mut assembler = Assembler::new(&limits);
    let chunk = &chunks(&[b'x'; 2_000], 1_000)[0];
    for key in 0..1_000 {
        assert_eq!(assembler.push(key, chunk), None);
        assert!(assembler.held() <= 10_000);
    }
    assert!(assembler.refused() > 900);
    // One whole is not kept and always goes.
    assert!(
        assembler.push(7, &[&[1, 1, 0, 0x5b, 1, 0, 0, 0][..], XML.as_bytes()].concat()).is_some()
    );
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let few = Limits { elements: 20, ..Limits::default() };
    assert!(parse(XML.as_bytes(), &few).is_err());
    let deep = "<a>".repeat(100_000);
    assert_eq!(
        parse(deep.as_bytes(), &Limits::default()).unwrap_err().to_string(),
        "manifest: elements deeper in each other than is allowed"
    );
    let attributes = (0..100_000).map(|n| format!(" a{n}='1'")).collect::<Vec<_>>().concat();
    let wide = format!("<provider name='P'{attributes}/>");
    assert_eq!(&*parse(wide.as_bytes(), &Limits::default()).unwrap()[0].provider, "P");
    let bomb = "<!DOCTYPE a [<!ENTITY x 'xxxx'><!ENTITY y '&x;&x;'>]><provider name='&y;'/>";
    assert!(parse(bomb.as_bytes(), &Limits::default()).is_err());
    for text in ["<a", "<a></b>", "</a>", "<a>", "<a b='&none;'/>"] {
        assert!(parse(text.as_bytes(), &Limits::default()).is_err(), "{text}");
    }
    assert!(parse(b"\xff", &Limits::default()).is_err());
    let field = |n| format!("<data name='a{n}' inType='win:UInt8' count='{n}'/>");
    let fields: String = (1..=1_025).map(field).collect();
    let event = "<event value='1' template='t'/>";
    let many = format!("<provider>{event}<template tid='t'>{fields}</template></provider>");
    let manifests = parse(many.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(manifests[0].event(1, 0).unwrap().layout, None);
}

#[test]
fn cut_and_altered_manifests_do_no_harm() {
    let bytes = XML.as_bytes();
    for len in 0..bytes.len() {
        let _ = parse(&bytes[..len], &Limits::default());
    }
    let payload: Vec<u8> = (0..200).collect();
    let mut altered = bytes.to_vec();
    for at in 0..bytes.len() {
        altered[at] = altered[at].wrapping_add(3) & 0x7f;
        for manifest in parse(&altered, &Limits::default()).unwrap_or_default() {
            for event in &manifest.events {
                if let Some(layout) = &event.layout {
                    let _ = Values::new(layout, &payload, 8).count();
                }
            }
        }
        altered[at] = bytes[at];
    }
}
