//! One event of a batch.

use std::any::TypeId;

use crate::batch::Context;
use crate::class::EventClass;
use crate::layout::FieldId;
use crate::order::Place;
use crate::record::{Record, StackRef};
use crate::state::{State, Thread};
use crate::value::Value;
use crate::values::Values;

/// Iterator over the events of a batch.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) records: std::slice::Iter<'a, Record>,
    /// What follows them; one of the two is empty.
    pub(crate) views: std::slice::Iter<'a, EventView<'a>>,
}

impl<'a> Iterator for Events<'a> {
    type Item = EventView<'a>;

    #[inline]
    fn next(&mut self) -> Option<EventView<'a>> {
        match self.records.next() {
            Some(record) => Some(EventView { context: self.context, record }),
            None => self.views.next().copied(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.records.len() + self.views.len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for Events<'_> {}

/// One event, of whatever format. Two pointers wide and `Copy`; valid until the next batch.
///
/// What only the events of one format have is reached through that format's crate.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    context: &'a Context<'a>,
    record: &'a Record,
}

impl<'a> EventView<'a> {
    pub(crate) fn new(context: &'a Context<'a>, record: &'a Record) -> Self {
        Self { context, record }
    }

    pub(crate) fn context(&self) -> &'a Context<'a> {
        self.context
    }

    /// Its class, unless the stream did not define it or a limit kept it out. Constant time.
    #[inline]
    pub fn class(&self) -> Option<&'a EventClass> {
        self.context.state.classes.get(self.record.class)
    }

    /// The id by which it refers to its class.
    #[inline]
    pub fn class_id(&self) -> u32 {
        self.record.class
    }

    /// Raw time; 0 if it has none.
    #[inline]
    pub fn ticks(&self) -> u64 {
        self.record.ticks
    }

    /// Nanoseconds since the trace began, negative before; `None` if the event has no time, or if the
    /// stream does not tell the frequency of its clock.
    #[inline]
    pub fn ns(&self) -> Option<i64> {
        if self.record.ticks == 0 {
            return None;
        }
        self.context.state.clock.ns(self.record.ticks)
    }

    /// Nanoseconds since 1970-01-01 UTC; `None` if the event has no time, or if the wall clock is not
    /// known.
    #[inline]
    pub fn utc_ns(&self) -> Option<i64> {
        if self.record.ticks == 0 {
            return None;
        }
        self.context.state.clock.utc_ns(self.record.ticks)
    }

    /// The key by which it refers to its thread, as in the header.
    #[inline]
    pub fn thread_key(&self) -> u64 {
        self.record.thread
    }

    /// Its thread and process, if the stream tells. Constant time.
    #[inline]
    pub fn thread(&self) -> Option<Thread<'a>> {
        self.context.state.thread(self.record.thread)
    }

    /// Logical processor it happened on, if recorded.
    #[inline]
    pub fn processor(&self) -> Option<u32> {
        (self.record.processor != u32::MAX).then_some(self.record.processor)
    }

    /// Its stack as on the wire: return addresses, leaf first, each of
    /// [`pointer_size`](crate::TraceInfo::pointer_size) bytes. `None` if it has none or an unknown
    /// one; a known stack may be empty.
    #[inline]
    pub fn stack(&self) -> Option<&'a [u8]> {
        self.record.stack.resolve(self.context)
    }

    /// The id by which it refers to its stack; 0 for none and for stacks without an id.
    #[inline]
    pub fn stack_id(&self) -> u32 {
        self.record.stack.as_id()
    }

    /// Its payload, as on the wire.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        let (at, len) = (self.record.payload_at as usize, self.record.payload_len as usize);
        self.context.run.bytes.get(at..at + len).unwrap_or_default()
    }

    /// Bytes of its payload.
    #[inline]
    pub fn payload_len(&self) -> usize {
        self.record.payload_len as usize
    }

    /// Where its payload begins in the stream, in bytes.
    pub fn payload_offset(&self) -> u64 {
        if let Some(origins) = &self.context.origins {
            return origins.offset(self.record);
        }
        self.context.run.offset + u64::from(self.record.payload_at)
    }

    /// How it came to its place among those delivered; [`Place::InOrder`] unless events are
    /// delivered [by time](crate::Order::Time).
    #[inline]
    pub fn place(&self) -> Place {
        self.context.place
    }

    /// The fields of its payload, read one by one as its class describes them. `None` if nobody
    /// does.
    #[inline]
    pub fn fields(&self) -> Option<Values<'a>> {
        let layout = self.class()?.layout()?;
        Some(Values::new(layout, self.payload(), self.context.state.trace.pointer_size))
    }

    /// The value of a field that was [looked up](crate::Layout::field) in the layout of its class.
    #[inline]
    pub fn field(&self, id: FieldId) -> Option<Value<'a>> {
        self.fields()?.get(id)
    }

    /// What only events of its format have, for the format's crate to read.
    #[inline]
    pub fn detail(&self) -> &'a [u32; 6] {
        &self.record.detail
    }

    /// `len` bytes of its run from `at` on, for the format's crate to read.
    #[inline]
    pub fn run_bytes(&self, at: usize, len: usize) -> Option<&'a [u8]> {
        self.context.run.bytes.get(at..at.checked_add(len)?)
    }

    /// What decoded it, if that is a `D`: how a format's crate knows its own events.
    #[inline]
    pub fn decoder<D: 'static>(&self) -> Option<&'a D> {
        self.context.decoder.downcast_ref()
    }

    /// Whether a `D` decoded it: as [`decoder`](Self::decoder), without a call.
    #[inline]
    pub fn is_decoded_by<D: 'static>(&self) -> bool {
        self.context.decoder_type == TypeId::of::<D>()
    }

    /// The state it is read against.
    #[inline]
    pub fn state(&self) -> &'a State {
        self.context.state
    }
}

impl StackRef {
    #[inline]
    fn resolve<'a>(self, context: &Context<'a>) -> Option<&'a [u8]> {
        if self.is_by_id() {
            let id = self.as_id();
            return if id == 0 { None } else { context.state.stacks.get(id.into()) };
        }
        let (at, len) = self.place();
        context.run.bytes.get(at..at + len)
    }
}
