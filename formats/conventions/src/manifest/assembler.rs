//! Chunks of manifests become whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Limits;

/// A chunk, as the payload of event 65534 holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Version of the format, major and minor.
    pub version: (u8, u8),
    /// Chunks of the manifest.
    pub total: u16,
    /// Which of them this is, from 0 on.
    pub number: u16,
    /// Its piece of the XML.
    pub piece: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Reads a payload; `None` if it is no chunk.
    pub fn of(payload: &'a [u8]) -> Option<Self> {
        let (head, piece) = payload.split_first_chunk::<8>()?;
        let [1, major, minor, 0x5b, total @ .., low, high] = head else { return None };
        let (total, number) = (u16::from_le_bytes(*total), u16::from_le_bytes([*low, *high]));
        let version = (*major, *minor);
        (number < total).then_some(Self { version, total, number, piece })
    }
}

/// Puts chunks together, by a key that tells providers and their processes apart.
#[derive(Clone, Debug)]
pub struct Assembler<K> {
    open: BTreeMap<K, Open>,
    held: usize,
    limit: usize,
    refused: u64,
}

/// A manifest of which chunks are missing.
#[derive(Clone, Debug)]
struct Open {
    total: u16,
    pieces: BTreeMap<u16, Box<[u8]>>,
}

/// What a piece or a key takes beside its bytes, about.
const OVERHEAD: usize = 128;

impl<K: Ord> Assembler<K> {
    /// Holds as many bytes as `limits` allow.
    pub fn new(limits: &Limits) -> Self {
        Self { open: BTreeMap::new(), held: 0, limit: limits.bytes, refused: 0 }
    }

    /// Takes the payload of an event 65534 of a provider; gives the XML when it was the last chunk
    /// that was missing. Chunks may come in any order; a chunk that is there already begins the
    /// manifest anew. What no longer fits the limit is dropped, with the chunks before it.
    pub fn push(&mut self, key: K, payload: &[u8]) -> Option<Vec<u8>> {
        let chunk = Chunk::of(payload)?;
        if chunk.total == 1 {
            self.forget(&key);
            return Some(chunk.piece.to_vec());
        }
        let known = self.open.get(&key);
        let is_anew =
            |open: &Open| open.total != chunk.total || open.pieces.contains_key(&chunk.number);
        if known.is_some_and(is_anew) {
            self.forget(&key);
        }
        let size = chunk.piece.len() + OVERHEAD;
        let key_size = if self.open.contains_key(&key) { 0 } else { OVERHEAD };
        if self.held + size + key_size > self.limit {
            self.forget(&key);
            self.refused += 1;
            return None;
        }
        self.held += size + key_size;
        let mut entry = match self.open.entry(key) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => {
                // There are others, so this is not all.
                let pieces = BTreeMap::from([(chunk.number, chunk.piece.into())]);
                entry.insert(Open { total: chunk.total, pieces });
                return None;
            }
        };
        let open = entry.get_mut();
        open.pieces.insert(chunk.number, chunk.piece.into());
        if open.pieces.len() < usize::from(open.total) {
            return None;
        }
        let open = entry.remove();
        self.held -= open.size();
        Some(open.pieces.into_values().flatten().collect())
    }

    /// Bytes that wait for others.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Manifests that were dropped since they would take more than is allowed.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn forget(&mut self, key: &K) {
        if let Some(open) = self.open.remove(key) {
            self.held -= open.size();
        }
    }
}

impl Open {
    fn size(&self) -> usize {
        self.pieces.values().map(|piece| piece.len() + OVERHEAD).sum::<usize>() + OVERHEAD
    }
}
