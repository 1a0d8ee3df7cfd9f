//! Build ids of files, as a recording lists them (specification section 5).

use std::hash::{DefaultHasher, Hasher};

use tracemill_engine::{Fault, Table};

use crate::wire::{Head, Reader, text};

/// A build id: bytes, and how many of them there are.
pub(crate) type BuildId = ([u8; 20], u8);

/// Build ids by the names of files, of which the hash is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuildIds(Table<BuildId>);

/// A file and its build id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed<'a> {
    pub name: &'a [u8],
    pub id: BuildId,
}

impl BuildIds {
    pub(crate) fn get(&self, name: &[u8]) -> Option<BuildId> {
        self.0.get(key(name)).copied()
    }

    pub(crate) fn begin_change(&mut self) {
        self.0.begin_change();
    }

    pub(crate) fn copied(&self) -> u64 {
        self.0.copied()
    }

    /// Adds one, unless there are `max` already; whether there was room for it.
    pub(crate) fn add(&mut self, listed: Listed<'_>, max: usize) -> bool {
        let key = key(listed.name);
        let has_room = self.0.len() < max || self.0.contains(key);
        if has_room {
            self.0.insert(key, listed.id);
        }
        has_room
    }
}

fn key(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    hasher.finish()
}

/// Reads what follows the head of a `BUILD_ID`. `is_old`: of a time before it named a process.
///
/// # Errors
/// It is too short.
pub(crate) fn read(misc: u16, mut body: Reader<'_>, is_old: bool) -> Result<Listed<'_>, Fault> {
    let what = "BUILD_ID: too short";
    if !is_old {
        let _pid = body.u32(what)?;
    }
    let mut id = [0; 20];
    id.copy_from_slice(body.take(20, what)?);
    let declared = body.take(4, what)?.first().copied().unwrap_or(0);
    let len = if misc & IS_SIZED != 0 { declared.min(20) } else { usual_len(&id) };
    Ok(Listed { name: text(body.bytes), id: (id, len) })
}

/// Reads records one behind the other, as a section has them, and calls `each` for every one.
///
/// # Errors
/// One does not fit; those before it have been read.
pub(crate) fn read_all<'a>(
    content: Reader<'a>,
    mut each: impl FnMut(Listed<'a>),
) -> Result<(), Fault> {
    let mut records = Records(content);
    // All of them are, if one has the kernel's name where the old ones have names.
    let is_old = Records(content).map_while(Result::ok).any(|(_, body)| {
        body.bytes.get(24..).is_some_and(|name| name.starts_with(b"[kernel.kallsyms]"))
    });
    records.try_for_each(|record| {
        let (misc, body) = record?;
        each(read(misc, body, is_old)?);
        Ok(())
    })
}

/// Records of a section: `misc` and body. Ends behind one that does not fit.
struct Records<'a>(Reader<'a>);

impl<'a> Iterator for Records<'a> {
    type Item = Result<(u16, Reader<'a>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let what = "BUILD_ID: runs past its end";
        let Self(rest) = self;
        if rest.bytes.is_empty() {
            return None;
        }
        let start = *rest;
        let head = rest.take(Head::LEN, what).ok();
        let head = head.and_then(|head| Head::read(head, 0, start.is_big));
        let len = head.and_then(|head| usize::from(head.size).checked_sub(Head::LEN));
        let mut body = *rest;
        let Some((head, Ok(bytes))) = head.zip(len.map(|len| rest.take(len, what))) else {
            *rest = Reader::new(&[], start.offset, start.is_big);
            return Some(Err(Fault::damage(start.offset, what)));
        };
        body.bytes = bytes;
        Some(Ok((head.misc, body)))
    }
}

/// Bytes of an id whose size is not told: 16 where the rest is 0.
fn usual_len(id: &[u8; 20]) -> u8 {
    if id.ends_with(&[0; 4]) { 16 } else { 20 }
}

/// `misc` of a record that tells the size of its id.
const IS_SIZED: u16 = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(misc: u16, pid: &[u8], id: &[u8], name: &[u8]) -> Vec<u8> {
        let size = u16::try_from(8 + pid.len() + id.len() + name.len()).unwrap();
        let mut out = vec![67, 0, 0, 0];
        for number in [misc, size] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        [&out, pid, id, name].concat()
    }

    #[test]
    fn ids_have_the_size_that_is_told_or_is_usual() {
        let id = *b"0123456789abcdef\0\0\0\0\x08\0\0\0";
        let bytes = [
            record(0, &[7, 0, 0, 0], &id, b"/a\0\0"),
            record(IS_SIZED, &[7, 0, 0, 0], &id, b"/b\0\0"),
            record(0, &[7, 0, 0, 0], &[b'x'; 24], b"[kernel.kallsyms]\0"),
        ]
        .concat();
        let mut found = Vec::new();
        read_all(Reader::new(&bytes, 0, false), |listed| found.push((listed.name, listed.id.1)))
            .unwrap();
        assert_eq!(found, [(&b"/a"[..], 16), (b"/b", 8), (b"[kernel.kallsyms]", 20)]);
        let old =
            [record(0, &[], &id, b"/a\0"), record(0, &[], &id, b"[kernel.kallsyms]\0")].concat();
        found.clear();
        read_all(Reader::new(&old, 0, false), |listed| found.push((listed.name, listed.id.1)))
            .unwrap();
        assert_eq!(found, [(&b"/a"[..], 16), (b"[kernel.kallsyms]", 16)]);
        for len in 1..bytes.len() {
            let reader = Reader::new(bytes.get(..len).unwrap(), 0, false);
            let ends = [40, 80];
            assert_eq!(read_all(reader, |_| ()).is_ok(), ends.contains(&len), "{len}");
        }
    }

    #[test]
    fn there_are_no_more_than_there_may_be() {
        let mut ids = BuildIds::default();
        let listed = |name| Listed { name, id: ([1; 20], 20) };
        assert!(ids.add(listed(b"/a"), 2) && ids.add(listed(b"/b"), 2));
        assert!(ids.add(listed(b"/a"), 2) && !ids.add(listed(b"/c"), 2));
        assert_eq!((ids.get(b"/b"), ids.get(b"/c")), (Some(([1; 20], 20)), None));
    }
}
