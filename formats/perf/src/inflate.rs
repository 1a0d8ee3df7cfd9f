//! Compressed records: pieces of one zstd stream, whose content are records again, cut anywhere
//! (specification section 7).
//!
//! ```text
//! COMPRESSED [ piece ] ... COMPRESSED [ piece ]
//!              | inflate, ROOM bytes at a time
//! out        [ tail of the step before | records | head of one that is not whole yet ]
//! pending                              [ records ]  handed out run by run
//! ```
//!
//! However much a piece expands to, no more than that is held.

use bytes::{Bytes, BytesMut};

use crate::decode::Decoder;
use crate::swap;
use crate::wire::Head;

/// Bytes that are inflated in one step.
const ROOM: usize = 128 << 10;
/// Bytes that are needed beside a window: a decoder with its blocks, and what is inflated.
const BUFFERS: usize = 1 << 20;
/// The largest record.
const MAX_RECORD: usize = u16::MAX as usize;

/// The state of a stream of compressed records.
#[derive(Default)]
pub(crate) struct Inflate {
    zstd: Zstd,
    /// A record that is not whole yet, and room behind it.
    out: Vec<u8>,
    /// Bytes of it.
    tail: usize,
    /// Bytes of the piece in hand that have been inflated.
    done: usize,
    /// Whether its last bytes have more content than there was room for.
    has_more: bool,
    /// Whole records, to be handed out.
    pub pending: Bytes,
    buffer: BytesMut,
    /// Bytes of records of the stream that all of `pending` is from, of the one in hand apart.
    pub group: usize,
    /// What is wrong with the piece that comes next.
    pub failed: Option<&'static str>,
    /// The stream cannot be followed any more.
    pub is_lost: bool,
}

impl Inflate {
    /// Takes at most so many bytes for a window and its buffers.
    pub(crate) fn set_max_window(&mut self, bytes: usize) {
        self.zstd.max_window = bytes.saturating_sub(BUFFERS);
    }

    /// Begins anew, with another stream.
    pub(crate) fn begin(&mut self) {
        let max_window = self.zstd.max_window;
        *self = Self::default();
        self.zstd.max_window = max_window;
    }

    /// Forgets the piece in hand.
    pub(crate) fn end_piece(&mut self) {
        (self.done, self.has_more, self.pending) = (0, false, Bytes::new());
    }

    /// The piece in hand has been inflated as a whole: passes on to the next one, behind `size` bytes of
    /// the stream.
    pub(crate) fn pass_on(&mut self, size: usize) {
        (self.done, self.has_more) = (0, false);
        self.group += size;
    }

    /// Whether all of `piece` has been inflated.
    pub(crate) fn is_inflated(&self, piece: &[u8]) -> bool {
        !self.has_more && self.done >= piece.len()
    }

    /// Puts a record of the stream behind what has been inflated.
    pub(crate) fn put(&mut self, record: &[u8]) {
        self.buffer.extend_from_slice(record);
    }

    /// Bytes of whole records that have been inflated and are not pending yet.
    pub(crate) fn ready(&self) -> usize {
        self.buffer.len()
    }

    /// They are pending now.
    pub(crate) fn hand_over(&mut self) {
        self.pending = self.buffer.split().freeze();
    }

    /// Inflates more of `piece`, behind what is [ready](Self::ready).
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn step(&mut self, piece: &[u8], decoder: &Decoder) -> Result<(), &'static str> {
        self.out.resize(MAX_RECORD + ROOM, 0);
        let input = piece.get(self.done..).unwrap_or_default();
        let room = self.out.get_mut(self.tail..self.tail + ROOM).unwrap_or_default();
        let (read, written) = self.zstd.run(input, room)?;
        self.done += read;
        self.has_more = written == ROOM;
        if read == 0 && written == 0 {
            self.done = piece.len();
            return Ok(());
        }
        let len = self.tail + written;
        let content = self.out.get(..len).unwrap_or_default();
        let whole = whole_records(content, decoder.is_big)
            .ok_or("compressed record: content is not records")?;
        self.buffer.extend_from_slice(content.get(..whole).unwrap_or_default());
        if decoder.is_big {
            let at = self.buffer.len() - whole;
            swap::records(decoder, self.buffer.get_mut(at..).unwrap_or_default());
        }
        self.out.copy_within(whole..len, 0);
        self.tail = len - whole;
        Ok(())
    }
}

/// Bytes of whole records at the head of `bytes`.
fn whole_records(bytes: &[u8], is_big: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(head) = Head::read(bytes, at, is_big) {
        let size = usize::from(head.size);
        if size < Head::LEN {
            return None;
        }
        if bytes.len() - at < size {
            break;
        }
        at += size;
    }
    Some(at)
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflate")
            .field("tail", &self.tail)
            .field("done", &self.done)
            .field("is_lost", &self.is_lost)
            .finish_non_exhaustive()
    }
}

/// The decoder, made when the first piece comes.
#[derive(Default)]
struct Zstd {
    #[cfg(feature = "zstd")]
    raw: Option<zstd::stream::raw::Decoder<'static>>,
    max_window: usize,
}

impl Zstd {
    /// Inflates from `input` to `room`: bytes read and written.
    #[cfg(feature = "zstd")]
    fn run(&mut self, input: &[u8], room: &mut [u8]) -> Result<(usize, usize), &'static str> {
        use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};
        let raw = match &mut self.raw {
            Some(raw) => raw,
            none => {
                let mut raw = Decoder::new().map_err(|_| "compressed record: no memory")?;
                let log = self.max_window.max(1 << 10).ilog2();
                raw.set_parameter(DParameter::WindowLogMax(log.min(31)))
                    .map_err(|_| "compressed record: no such window")?;
                none.insert(raw)
            }
        };
        let mut input = InBuffer::around(input);
        let mut out = OutBuffer::around(room);
        while input.pos() < input.src.len() && out.pos() < out.capacity() {
            let before = (input.pos(), out.pos());
            raw.run(&mut input, &mut out).map_err(|error| what(&error))?;
            if (input.pos(), out.pos()) == before {
                break;
            }
        }
        if input.src.is_empty() {
            // What the decoder still holds.
            raw.run(&mut input, &mut out).map_err(|error| what(&error))?;
        }
        Ok((input.pos(), out.pos()))
    }

    #[cfg(not(feature = "zstd"))]
    #[expect(clippy::unused_self, reason = "as the one with the feature")]
    fn run(&mut self, _: &[u8], _: &mut [u8]) -> Result<(usize, usize), &'static str> {
        Err("compressed record: built without the feature zstd")
    }
}

/// What is wrong: there is no kind of error for a window that is too large, but words.
#[cfg(feature = "zstd")]
#[cold]
fn what(error: &std::io::Error) -> &'static str {
    if error.to_string().contains("requires too much memory") {
        return "compressed record: window beyond max_window";
    }
    "compressed record: not a zstd stream"
}
