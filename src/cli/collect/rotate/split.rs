//! Finds the objects of a nettrace of V4 or V5 in bytes that come in pieces, without looking into them.
//!
//! All that a runtime sends over a session is this container. What is not is passed on as it is.

/// What is at the head of a stream: magic, container header.
const MAGIC: &[u8] = b"Nettrace\x14\0\0\0!FastSerialization.1";
/// Up to the length of an object's name.
const FIXED: usize = 15;
const MAX_NAME: usize = 255;
const TRACE_LEN: usize = 48;
const END_STREAM: u8 = 1;
const END_OBJECT: u8 = 6;

/// Kinds of blocks that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Metadata,
    SequencePoint,
    Other,
}

/// A piece of a stream, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Magic, container header, and the whole Trace object.
    Preamble(&'a [u8]),
    /// A block begins: all before its size, and the size.
    Block(Kind, &'a [u8], u32),
    /// Some of its content.
    Content(&'a [u8]),
    /// It ends.
    EndBlock,
    /// The end marker.
    EndStream,
    /// What is none of this, and so is all that follows.
    Unknown(&'a [u8]),
}

/// Cuts a stream into pieces.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    stage: Stage,
    /// The beginning of what is not whole yet.
    held: Vec<u8>,
    /// Whether that has been given out.
    is_given: bool,
    /// Offset of the next byte in the stream.
    offset: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Preamble,
    Object,
    /// So many bytes of padding are left, and of content.
    Block(u64, u64),
    EndBlock,
    Unknown,
}

/// What a head of so many bytes is.
enum Head {
    /// More is needed.
    Partial,
    Wrong,
    Preamble,
    EndStream,
    Block(Kind, u32),
}

impl Splitter {
    /// Takes the next piece off the front of `input`; `None` if more is needed.
    pub(super) fn next<'p, 'a: 'p>(&'p mut self, input: &mut &'a [u8]) -> Option<Piece<'p>> {
        match self.stage {
            Stage::Preamble | Stage::Object => self.head(input),
            Stage::Block(padding, left) if padding > 0 => {
                let skipped = self.take(input, padding);
                self.stage = Stage::Block(padding - skipped.len() as u64, left);
                if skipped.is_empty() { None } else { self.next(input) }
            }
            Stage::Block(_, 0) => {
                self.stage = Stage::EndBlock;
                self.next(input)
            }
            Stage::Block(_, left) => {
                let content = self.take(input, left);
                self.stage = Stage::Block(0, left - content.len() as u64);
                (!content.is_empty()).then_some(Piece::Content(content))
            }
            Stage::EndBlock => match input.first() {
                None => None,
                Some(&END_OBJECT) => {
                    self.take(input, 1);
                    self.stage = Stage::Object;
                    Some(Piece::EndBlock)
                }
                Some(_) => {
                    self.stage = Stage::Unknown;
                    self.next(input)
                }
            },
            Stage::Unknown => {
                let rest = self.take(input, u64::MAX);
                (!rest.is_empty()).then_some(Piece::Unknown(rest))
            }
        }
    }

    fn take<'a>(&mut self, input: &mut &'a [u8], most: u64) -> &'a [u8] {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
        let (taken, rest) = input.split_at_checked(most).unwrap_or((input, &[]));
        *input = rest;
        self.offset += taken.len() as u64;
        taken
    }

    /// Gathers a head, byte for byte: they are short.
    fn head<'p, 'a: 'p>(&'p mut self, input: &mut &'a [u8]) -> Option<Piece<'p>> {
        if std::mem::take(&mut self.is_given) {
            self.held.clear();
        }
        loop {
            let byte = self.take(input, 1);
            if byte.is_empty() {
                return None;
            }
            self.held.extend_from_slice(byte);
            let head = look(self.stage, &self.held);
            self.is_given = !matches!(head, Head::Partial);
            match head {
                Head::Partial => {}
                Head::Wrong => {
                    self.stage = Stage::Unknown;
                    return Some(Piece::Unknown(&self.held));
                }
                Head::Preamble => {
                    self.stage = Stage::Object;
                    return Some(Piece::Preamble(&self.held));
                }
                Head::EndStream => {
                    self.stage = Stage::Unknown;
                    return Some(Piece::EndStream);
                }
                Head::Block(kind, size) => {
                    let padding = self.offset.wrapping_neg() & 3;
                    self.stage = Stage::Block(padding, size.into());
                    let before = self.held.len() - 4;
                    return Some(Piece::Block(kind, self.held.get(..before)?, size));
                }
            }
        }
    }
}

fn look(stage: Stage, held: &[u8]) -> Head {
    let object = if stage == Stage::Preamble {
        let (magic, rest) = held.split_at_checked(MAGIC.len()).unwrap_or((held, &[]));
        if !MAGIC.starts_with(magic) {
            return Head::Wrong;
        }
        if magic.len() < MAGIC.len() {
            return Head::Partial;
        }
        rest
    } else {
        held
    };
    if stage != Stage::Preamble && object == [END_STREAM] {
        return Head::EndStream;
    }
    if !object.iter().zip([5, 5, 1]).all(|(byte, expected)| *byte == expected) {
        return Head::Wrong;
    }
    let Some(len) = u32_at(object, FIXED - 4) else { return Head::Partial };
    let Some(len) = usize::try_from(len).ok().filter(|len| *len <= MAX_NAME) else {
        return Head::Wrong;
    };
    let Some(name) = object.get(FIXED..FIXED + len) else { return Head::Partial };
    let Some(tag) = object.get(FIXED + len) else { return Head::Partial };
    if *tag != END_OBJECT || (stage == Stage::Preamble) != (name == b"Trace") {
        return Head::Wrong;
    }
    let body = object.get(FIXED + len + 1..).unwrap_or_default();
    if stage == Stage::Preamble {
        return match body.get(TRACE_LEN) {
            None => Head::Partial,
            Some(&END_OBJECT) => Head::Preamble,
            Some(_) => Head::Wrong,
        };
    }
    let kind = match name {
        b"MetadataBlock" => Kind::Metadata,
        b"SPBlock" => Kind::SequencePoint,
        _ => Kind::Other,
    };
    match u32_at(body, 0) {
        None => Head::Partial,
        Some(size) if size.cast_signed() < 0 => Head::Wrong,
        Some(size) => Head::Block(kind, size),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a stream together again, with padding of its own.
    fn joined(parts: &[&[u8]]) -> (Vec<u8>, Vec<Kind>, bool) {
        let (mut splitter, mut out) = (Splitter::default(), Vec::new());
        let (mut kinds, mut is_known) = (Vec::new(), true);
        for part in parts {
            let mut input = *part;
            while let Some(piece) = splitter.next(&mut input) {
                match piece {
                    Piece::Preamble(bytes) | Piece::Content(bytes) => out.extend(bytes),
                    Piece::Block(kind, head, size) => {
                        kinds.push(kind);
                        out.extend(head);
                        out.extend(size.to_le_bytes());
                        out.resize(out.len().next_multiple_of(4), 0);
                    }
                    Piece::EndBlock => out.push(END_OBJECT),
                    Piece::EndStream => out.push(END_STREAM),
                    Piece::Unknown(bytes) => {
                        is_known = false;
                        out.extend(bytes);
                    }
                }
            }
            assert!(input.is_empty());
        }
        (out, kinds, is_known)
    }

    #[test]
    fn however_it_comes_it_is_the_same() {
        let (stream, truth) = tracemill_testkit::Mix::default().bytes(300_000);
        let (whole, kinds, is_known) = joined(&[&stream]);
        assert!(whole == stream && is_known);
        let points = kinds.iter().filter(|kind| **kind == Kind::SequencePoint).count();
        assert_eq!(points as u64, truth.sequence_points);
        for len in [1, 7, 4096] {
            let parts: Vec<_> = stream.chunks(len).collect();
            assert!(joined(&parts) == (stream.clone(), kinds.clone(), true), "{len}");
        }
    }

    #[test]
    fn what_is_unknown_is_passed_on() {
        let (stream, _) = tracemill_testkit::Mix::default().bytes(100_000);
        for at in (0..stream.len()).step_by(331).chain(0..200) {
            let mut damaged = stream.clone();
            *damaged.get_mut(at).unwrap() ^= 0x55;
            let (before, behind) = damaged.split_at(at / 2);
            let (whole, _, is_known) = joined(&[before, behind]);
            // Padding alone is made anew.
            assert!(whole == damaged || is_known && whole.len() <= damaged.len(), "{at}");
        }
    }
}
