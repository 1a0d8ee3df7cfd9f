//! What was recorded: the events of a recording, and the classes of its records.

use std::sync::Arc;

use tracemill_engine::{EventClass, Fault, Faults, Layout, TraceInfo};

use crate::attribute::{Attribute, bit};
use crate::decode::FIRST_OF_SAMPLES;
use crate::frame::Perf;
use crate::kinds::{self, kind};
use crate::parts::format;
use crate::plan::Plan;
use crate::{names, shape};

impl Perf {
    /// The head of the stream has been recognised: what is known of all of them.
    pub(crate) fn begin(&mut self, is_big: bool) {
        self.is_big = is_big;
        let decoder = self.change();
        decoder.is_big = is_big;
        let mut trace = TraceInfo::default();
        (trace.format, trace.version, trace.pointer_size) = ("perf.data", (2, 0), 8);
        decoder.state.trace = Arc::new(trace);
        let with_build_id = (kinds::MMAP2_BUILD_ID, 1, &kinds::MMAP2_WITH_BUILD_ID);
        let all = kinds::KINDS.iter().filter(|kind| kind.number != kind::SAMPLE);
        for (id, version, kind) in all.map(|kind| (kind.number, 0, kind)).chain([with_build_id]) {
            let mut class = EventClass::new(id, kind.number, "perf", kind.name);
            class.version = version;
            decoder.state.classes.define(class.with_layout(kind.layout()));
            if id < 128 && decoder.state.classes.contains(id) {
                decoder.known |= 1 << id;
            }
        }
    }

    /// Adds an event, with its ids.
    pub(crate) fn add(
        &mut self,
        mut attribute: Attribute,
        ids: impl Iterator<Item = u64>,
        offset: u64,
        faults: &mut Faults,
    ) {
        let (limits, is_first) = (self.limits, self.attributes().is_empty());
        let index = self.attributes().len();
        if index >= limits.attributes {
            faults.push(Fault::limit(offset, "max_classes"));
            return;
        }
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        attribute.class = FIRST_OF_SAMPLES.saturating_add(number);
        self.reads_lost |= attribute.has(bit::READ) && attribute.read_format & format::LOST != 0;
        let shape = attribute.shape;
        self.fixed = (is_first || self.fixed == Some(shape.fixed)).then_some(shape.fixed);
        self.longest = self.longest.max(shape.fixed);
        let decoder = self.change();
        decoder.trailer = if is_first { shape.trailer } else { decoder.trailer.min(shape.trailer) };
        if is_first {
            decoder.sample_id = Some(shape.sample_id());
            decoder.end_id = Some(shape.end_id);
        }
        let mut is_full = false;
        for id in ids {
            is_full = decoder.ids.len() >= limits.ids;
            if is_full {
                break;
            }
            decoder.ids.insert(id, number);
        }
        Arc::make_mut(&mut decoder.attributes).push(attribute);
        if is_full {
            faults.push(Fault::limit(offset, "max_stack_bytes"));
        }
        self.define(index);
    }

    /// Names an event as the stream does.
    pub(crate) fn name(&mut self, index: usize, name: &str) {
        let old = self.attributes().get(index).map(|attribute| attribute.name.as_deref());
        if old.is_none_or(|old| old == Some(name)) {
            return;
        }
        let attributes = Arc::make_mut(&mut self.change().attributes);
        if let Some(attribute) = attributes.get_mut(index) {
            attribute.name = Some(name.into());
        }
        self.define(index);
    }

    /// Defines the class of an event's samples, as far as the event is known.
    pub(crate) fn define(&mut self, index: usize) {
        let Some(attribute) = self.attributes().get(index) else {
            return;
        };
        let config = attribute.is_tracepoint().then_some(attribute.config);
        let described = config.and_then(|config| self.tracepoints.get(config)).cloned();
        let (provider, name) = names::of(attribute.kind, attribute.config);
        let (mut provider, mut name) = (provider, attribute.name.as_deref().unwrap_or(name));
        if let Some(described) = &described {
            (provider, name) = (&described.system, &described.name);
        } else if attribute.is_tracepoint()
            && let Some((system, event)) = name.split_once(':')
        {
            (provider, name) = (system, event);
        }
        let event_id = u32::try_from(attribute.config & 0xffff_ffff).unwrap_or(0);
        let class = EventClass::new(attribute.class, event_id, provider, name);
        // The description comes last in a file, but what a payload is does not change.
        let is_raw = attribute.is_tracepoint() && attribute.has(bit::RAW);
        let is_event_header =
            is_raw && described.as_ref().is_some_and(|described| described.is_event_header());
        let layout = match described {
            _ if !is_raw => shape::layout(attribute),
            Some(described) => described.layout.clone(),
            None => Layout::new(Vec::new(), Vec::new(), 0),
        };
        let class = class.with_definition(&attribute.bytes).with_layout(layout);
        let id = class.id;
        let decoder = self.change();
        decoder.state.classes.define(class);
        let is_known = decoder.state.classes.contains(id);
        if let Some(attribute) = Arc::make_mut(&mut decoder.attributes).get_mut(index) {
            (attribute.is_known, attribute.is_raw) = (is_known, is_raw);
            attribute.is_event_header = is_event_header;
            let plan = Plan::of(index, attribute);
            let plans = Arc::make_mut(&mut decoder.plans);
            match plans.get_mut(index) {
                Some(old) => *old = plan,
                None => plans.push(plan),
            }
        }
    }
}
