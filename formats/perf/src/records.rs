//! Records, one after the other: those that mean nothing to the state are handed out many at a time.

use bytes::BytesMut;
use tracemill_engine::{Error, Fault, Faults, Framed};

use crate::compressed::Extent;
use crate::decode::Tag;
use crate::frame::Perf;
use crate::kinds::kind;
use crate::scan::{self, Scanned};
use crate::swap;
use crate::wire::{Head, u32_at, u64_at};

/// Records of a stream in big-endian are turned up to so many bytes at once.
const MAX_TURNED: usize = 64 << 10;

/// A record with what follows it.
struct Long {
    head: Head,
    size: usize,
    beyond: u64,
}

impl Perf {
    /// What is at the head of `input`, among the records.
    pub(crate) fn records(
        &mut self,
        input: &[u8],
        offset: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        let (left, visible) = self.visible(input, offset);
        if left == 0 {
            self.leave_records();
            return self.container(input, offset, run_open, faults);
        }
        if run_open && self.opens > 0 && self.may_open(visible, offset) {
            return Ok(Framed::Barrier);
        }
        if self.is_big {
            return self.big(visible, offset, left, run_open, faults);
        }
        match self.scan(visible, false) {
            Scanned::Joined(len) => Ok(Framed::Data { len, tag: Tag::Records as u32, joins: true }),
            Scanned::Short if left < Head::LEN as u64 => {
                Ok(self.damaged_end(offset, left, run_open, faults))
            }
            Scanned::Short => Ok(Framed::NeedMore(Head::LEN - visible.len())),
            Scanned::Single(head) => self.single(head, visible, offset, left, run_open, faults),
        }
    }

    /// What is left of the records is less than one: it is passed over.
    pub(crate) fn damaged_end(
        &mut self,
        offset: u64,
        left: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Framed {
        if run_open {
            return Framed::Barrier;
        }
        faults.push_hiding(Fault::damage(offset, "record: runs past the end of the records"));
        self.skip_end = offset.saturating_add(left);
        Framed::Skip(left)
    }

    /// The same in big-endian: records are copied and turned, many at a time.
    fn big(
        &mut self,
        visible: &[u8],
        offset: u64,
        left: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        let Some(first) = Head::read(visible, 0, true) else {
            if left < Head::LEN as u64 {
                return Ok(self.damaged_end(offset, left, run_open, faults));
            }
            return Ok(Framed::NeedMore(Head::LEN - visible.len()));
        };
        let mut len = 0;
        while let Some(head) = Head::read(visible, len, true)
            && len < MAX_TURNED
            && usize::from(head.size) >= Head::LEN
            && !scan::is_single(head)
            && visible.len() - len >= head.size.into()
        {
            len += usize::from(head.size);
        }
        if len > 0 {
            let mut turned = BytesMut::from(visible.get(..len).unwrap_or_default());
            swap::records(self.view(), &mut turned);
            if let Scanned::Joined(len) = self.scan(&turned, false) {
                let (bytes, tag) = (turned.freeze().slice(..len), Tag::Records as u32);
                return Ok(Framed::Content { len, bytes, tag, joins: true });
            }
        }
        self.single(first, visible, offset, left, run_open, faults)
    }

    /// A record on its own: it is not whole, or damaged, or means something to the state.
    fn single(
        &mut self,
        head: Head,
        visible: &[u8],
        offset: u64,
        left: u64,
        run_open: bool,
        faults: &mut Faults,
    ) -> Result<Framed, Error> {
        let mut size = u64::from(head.size);
        let mut extent = None;
        if head.kind == kind::COMPRESSED2 {
            let max = left.min(self.limits.frame as u64);
            match Extent::of(head, visible, self.is_big, offset < self.inner_end, max) {
                Ok(found) => (size, extent) = (found.size, Some(found)),
                Err(missing) => return Ok(Framed::NeedMore(missing)),
            }
        }
        if size < Head::LEN as u64 {
            return Err(Error::invalid(
                offset,
                "record header: size below 8; what follows was not read",
            ));
        }
        if size > left {
            return Ok(self.damaged_end(offset, left, run_open, faults));
        }
        let Some(size) = usize::try_from(size).ok().filter(|size| *size <= self.limits.frame)
        else {
            return Err(Error::limit(offset, "max_frame", size));
        };
        let Some(record) = visible.get(..size) else {
            return Ok(Framed::NeedMore(size - visible.len()));
        };
        if run_open {
            return Ok(Framed::Barrier);
        }
        // What tools write is read as it stands in the stream.
        let own = record.get(Head::LEN..).unwrap_or_default();
        let mut turned = BytesMut::new();
        if self.is_big {
            turned.extend_from_slice(record);
            swap::record(self.view(), &mut turned);
        }
        let record = if self.is_big { &*turned } else { record };
        let body = record.get(Head::LEN..).unwrap_or_default();
        let tag = scan::tag(head);
        match head.kind {
            kind::COMPRESSED => {
                return Ok(self.compressed(head, own, size, visible, offset, faults));
            }
            kind::COMPRESSED2 => {
                let piece = extent.and_then(|extent| own.get(8..)?.get(..extent.data));
                let piece = piece.unwrap_or_default();
                let framed = self.compressed(head, piece, size, visible, offset, faults);
                if let (Framed::Content { len: 1.., .. }, Some(beyond)) =
                    (&framed, extent.and_then(|extent| extent.beyond))
                {
                    self.inner_end = offset.saturating_add(beyond);
                }
                return Ok(framed);
            }
            kind::TRACING_DATA | kind::AUXTRACE => {
                let beyond = if head.kind == kind::AUXTRACE {
                    u64_at(body, 0)
                } else {
                    u32_at(body, 0).map(u64::from)
                };
                let long = Long { head, size, beyond: beyond.unwrap_or(0) };
                return Ok(self.long(long, turned, visible, offset, left, faults));
            }
            _ if tag == Tag::Lost as u32 => self.tell_loss(head, body),
            _ => self.tool(head, own, offset + Head::LEN as u64, faults),
        }
        self.plain(head, record, offset, faults);
        Ok(self.handed(size, tag, turned))
    }

    /// A record of the stream's own, or, in big-endian, as it was `turned`.
    fn handed(&self, len: usize, tag: u32, turned: BytesMut) -> Framed {
        if self.is_big {
            return Framed::Content { len, bytes: turned.freeze(), tag, joins: false };
        }
        Framed::Data { len, tag, joins: false }
    }

    /// A record that is followed by bytes that its size does not tell of.
    fn long(
        &mut self,
        Long { head, size, beyond }: Long,
        mut turned: BytesMut,
        visible: &[u8],
        offset: u64,
        left: u64,
        faults: &mut Faults,
    ) -> Framed {
        let total = beyond.saturating_add(size as u64);
        let fits = usize::try_from(total).ok().filter(|total| *total <= self.limits.frame);
        let is_described = head.kind == kind::TRACING_DATA;
        if let Some(total) = fits.filter(|_| is_described && total <= left) {
            let Some(whole) = visible.get(..total) else {
                return Framed::NeedMore(total - visible.len());
            };
            self.plain(head, whole.get(..size).unwrap_or_default(), offset, faults);
            let data = whole.get(size..).unwrap_or_default();
            self.tracing_data(data, offset + size as u64, faults);
            turned.extend_from_slice(data);
            return self.handed(total, Tag::Long as u32, turned);
        }
        if is_described || total > left {
            let what = "record: longer than the records, or than max_frame";
            faults.push(Fault::damage(offset, what));
        }
        // The record itself is told, what follows it passed over.
        self.plain(head, visible.get(..size).unwrap_or_default(), offset, faults);
        self.skip_end = offset.saturating_add(total.min(left));
        self.handed(size, Tag::Records as u32, turned)
    }
}
