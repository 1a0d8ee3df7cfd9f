//! Writes recordings of either byte order: what no recording at hand has.

/// Numbers in the byte order of the machine that records.
#[derive(Clone, Default)]
pub struct Writer {
    pub is_big: bool,
    pub out: Vec<u8>,
}

impl Writer {
    pub fn new(is_big: bool) -> Self {
        Self { is_big, out: Vec::new() }
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    fn number<const N: usize>(&mut self, mut little: [u8; N]) -> &mut Self {
        if self.is_big {
            little.reverse();
        }
        self.bytes(&little)
    }

    pub fn u16s(&mut self, values: &[u16]) -> &mut Self {
        for value in values {
            self.number(value.to_le_bytes());
        }
        self
    }

    pub fn u32s(&mut self, values: &[u32]) -> &mut Self {
        for value in values {
            self.number(value.to_le_bytes());
        }
        self
    }

    pub fn u64s(&mut self, values: &[u64]) -> &mut Self {
        for value in values {
            self.number(value.to_le_bytes());
        }
        self
    }

    /// Text with a NUL, padded with more to a multiple of 8.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes()).bytes(&[0]);
        let missing = self.out.len().next_multiple_of(8) - self.out.len();
        self.bytes(&[0; 8][..missing])
    }

    /// A string of a feature section.
    pub fn string(&mut self, text: &str) -> &mut Self {
        let len = (text.len() + 1).next_multiple_of(64);
        self.u32s(&[len as u32]).bytes(text.as_bytes());
        let missing = len - text.len();
        self.bytes(&vec![0; missing])
    }

    /// Fields of bits, the first of them first.
    pub fn bits(&mut self, fields: &[(u32, u64)]) -> &mut Self {
        let (mut value, mut at) = (0, 0);
        for (width, field) in fields {
            value |= if self.is_big { field << (64 - at - width) } else { field << at };
            at += width;
        }
        self.u64s(&[value])
    }

    /// A record.
    pub fn record(&mut self, kind: u32, misc: u16, body: impl FnOnce(&mut Writer)) -> &mut Self {
        let mut inner = Writer::new(self.is_big);
        body(&mut inner);
        let size = u16::try_from(inner.out.len() + 8).unwrap();
        self.u32s(&[kind]).u16s(&[misc, size]).bytes(&inner.out)
    }

    /// An attribute of the size of perf 6.
    pub fn attribute(&mut self, attribute: &Attr) -> &mut Self {
        let Attr { kind, config, sample_type, read_format, .. } = *attribute;
        self.u32s(&[kind, 128]).u64s(&[config, 4000, sample_type, read_format]);
        // sample_id_all is the 19th.
        let frequency = [(10, 0), (1, 1), (7, 0), (1, 1), (45, 0)];
        self.bits(&frequency).u64s(&[0, 0, 0, attribute.branches, attribute.regs_user]);
        self.u32s(&[64, 0]).u64s(&[attribute.regs_intr, 0, 0, 0])
    }
}

/// What of an attribute differs.
#[derive(Clone, Copy, Default)]
pub struct Attr {
    pub kind: u32,
    pub config: u64,
    pub sample_type: u64,
    pub read_format: u64,
    pub branches: u64,
    pub regs_user: u64,
    pub regs_intr: u64,
    pub ids: &'static [u64],
    pub name: &'static str,
}

/// An event whose samples have its id, instruction pointer, thread and time.
pub const CPU_CLOCK: Attr = Attr {
    kind: 1,
    config: 0,
    sample_type: 1 << 16 | 1 | 1 << 1 | 1 << 2,
    read_format: 0,
    branches: 0,
    regs_user: 0,
    regs_intr: 0,
    ids: &[5],
    name: "cpu-clock",
};

/// A file of these records, with descriptions of tracepoints behind them.
pub fn file(is_big: bool, attributes: &[Attr], records: &[u8], tracing: &[u8]) -> Vec<u8> {
    file_with(is_big, attributes, records, &[(1, tracing)], false)
}

/// The same with any sections, and with the attributes behind the table of sections if `is_behind`.
pub fn file_with(
    is_big: bool,
    attributes: &[Attr],
    records: &[u8],
    more: &[(u64, &[u8])],
    is_behind: bool,
) -> Vec<u8> {
    let mut descriptions = Writer::new(is_big);
    descriptions.u32s(&[attributes.len() as u32, 128]);
    for attribute in attributes {
        descriptions.attribute(attribute).u32s(&[attribute.ids.len() as u32]);
        descriptions.string(attribute.name).u64s(attribute.ids);
    }
    let mut host = Writer::new(is_big);
    host.string("far-away");
    let mut clock = Writer::new(is_big);
    clock.u32s(&[1, 1]).u64s(&[5_000_000_000, 2_000_000_000]);
    let mut sections = vec![(3, &*host.out), (12, &*descriptions.out), (29, &*clock.out)];
    sections.extend_from_slice(more);
    sections.sort_by_key(|(bit, _)| *bit);
    let features = sections.iter().fold(0u64, |features, (bit, _)| features | 1 << bit);
    let behind = 104 + records.len() as u64 + 16 * sections.len() as u64;
    let ids_at = if is_behind { behind } else { 104 };
    let mut ids = Writer::new(is_big);
    let mut table = Writer::new(is_big);
    for attribute in attributes {
        let at = ids_at + ids.out.len() as u64;
        ids.u64s(attribute.ids);
        table.attribute(attribute).u64s(&[at, 8 * attribute.ids.len() as u64]);
    }
    let attributes_at = ids_at + ids.out.len() as u64;
    let data_at = if is_behind { 104 } else { attributes_at + table.out.len() as u64 };
    let mut file = Writer::new(is_big);
    file.bytes(if is_big { b"2ELIFREP" } else { b"PERFILE2" });
    file.u64s(&[104, 144, attributes_at, table.out.len() as u64, data_at, records.len() as u64]);
    file.u64s(&[0, 0, features, 0, 0, 0]);
    if !is_behind {
        file.bytes(&ids.out).bytes(&table.out);
    }
    file.bytes(records);
    let mut at = file.out.len() as u64 + 16 * sections.len() as u64;
    if is_behind {
        at += (ids.out.len() + table.out.len()) as u64;
    }
    for (_, content) in &sections {
        file.u64s(&[at, content.len() as u64]);
        at += content.len() as u64;
    }
    if is_behind {
        file.bytes(&ids.out).bytes(&table.out);
    }
    for (_, content) in sections {
        file.bytes(content);
    }
    file.out
}

/// The same from a pipe.
pub fn pipe(is_big: bool, attributes: &[Attr], records: &[u8], tracing: &[u8]) -> Vec<u8> {
    let mut out = Writer::new(is_big);
    out.bytes(if is_big { b"2ELIFREP" } else { b"PERFILE2" }).u64s(&[16]);
    for attribute in attributes {
        out.record(64, 0, |body| {
            body.attribute(attribute).u64s(attribute.ids);
        });
    }
    for attribute in attributes {
        out.record(78, 0, |body| {
            body.u64s(&[2, attribute.ids[0]]).text(attribute.name);
        });
    }
    out.record(80, 0, |body| {
        body.u64s(&[3]).string("far-away");
    });
    out.record(80, 0, |body| {
        body.u64s(&[32]);
    });
    out.record(66, 0, |body| {
        body.u32s(&[tracing.len() as u32, 0]);
    });
    out.bytes(tracing).bytes(records);
    out.out
}

/// Descriptions of the tracepoints `system:name`.
pub fn tracing(is_big: bool, system: &str, formats: &[&str]) -> Vec<u8> {
    let mut blob = Writer::new(is_big);
    blob.bytes(b"\x17\x08\x44tracing0.6\0").bytes(&[u8::from(is_big), 8]).u32s(&[4096]);
    for name in ["header_page", "header_event"] {
        blob.bytes(name.as_bytes()).bytes(&[0]).u64s(&[3]).bytes(b"abc");
    }
    blob.u32s(&[0, 1]).bytes(system.as_bytes()).bytes(&[0]).u32s(&[formats.len() as u32]);
    for format in formats {
        blob.u64s(&[format.len() as u64]).bytes(format.as_bytes());
    }
    blob.u32s(&[0, 0]).u64s(&[0]);
    blob.out
}
