//! The fields of samples, as far as they can be told beforehand.

use std::borrow::Cow;

use tracemill_engine::{Count, Field, Layout, Type};

use crate::attribute::{Attribute, bit};
use crate::parts::format;

/// The layout of an attribute's samples: up to the first part whose size an event decides in a way
/// that a layout cannot say. What follows is left to be told of as bytes that no field describes.
pub(crate) fn layout(attribute: &Attribute) -> Layout {
    let mut list = List::default();
    let fixed: &[(u64, &[(&'static str, Type)])] = &[
        (bit::IDENTIFIER, &[("id", Type::UInt64)]),
        (bit::IP, &[("ip", Type::UInt64)]),
        (bit::TID, &[("pid", Type::Int32), ("tid", Type::Int32)]),
        (bit::TIME, &[("time", Type::UInt64)]),
        (bit::ADDR, &[("addr", Type::UInt64)]),
        (bit::ID, &[("sample_id", Type::UInt64)]),
        (bit::STREAM_ID, &[("stream_id", Type::UInt64)]),
        (bit::CPU, &[("cpu", Type::UInt32), ("", Type::Pad(4))]),
        (bit::PERIOD, &[("period", Type::UInt64)]),
    ];
    for (bit, fields) in fixed {
        if attribute.has(*bit) {
            for (name, of) in *fields {
                list.add(name, *of);
            }
        }
    }
    let _ = variable(attribute, &mut list);
    list.finish()
}

/// The parts behind them; `None` from the first on that cannot be described.
fn variable(attribute: &Attribute, list: &mut List) -> Option<()> {
    if attribute.has(bit::READ) {
        read(attribute.read_format, list);
    }
    if attribute.has(bit::CALLCHAIN) {
        list.counted("callchain_nr", "callchain", Type::UInt64, Type::UInt64);
    }
    if attribute.has(bit::RAW) {
        list.counted("raw_size", "raw", Type::UInt32, Type::UInt8);
    }
    if attribute.has(bit::BRANCH_STACK) {
        let nr = list.add("branch_nr", Type::UInt64);
        if attribute.branch_sample_type >> 17 & 1 != 0 {
            list.add("branch_hw_idx", Type::UInt64);
        }
        let fields = [("from", Type::UInt64), ("to", Type::UInt64), ("flags", Type::UInt64)];
        list.objects("branches", &fields, nr);
        if attribute.branch_sample_type >> 19 & 1 != 0 {
            list.array("branch_counters", Type::UInt64, nr);
        }
    }
    if attribute.has(bit::REGS_USER) {
        list.registers("user_abi", "user_registers", attribute.sample_regs_user);
    }
    if attribute.has(bit::STACK_USER) {
        // Some KiB that mean nothing to who reads fields.
        list.add("user_stack_size", Type::UInt64);
        return None;
    }
    let numbers: &[(u64, &'static str)] = &[
        (bit::WEIGHT | bit::WEIGHT_STRUCT, "weight"),
        (bit::DATA_SRC, "data_src"),
        (bit::TRANSACTION, "transaction"),
    ];
    let add = |list: &mut List, numbers: &[(u64, &'static str)]| {
        for (bit, name) in numbers {
            if attribute.sample_type & bit != 0 {
                list.add(name, Type::UInt64);
            }
        }
    };
    add(list, numbers);
    if attribute.has(bit::REGS_INTR) {
        list.registers("interrupt_abi", "interrupt_registers", attribute.sample_regs_intr);
    }
    let numbers = &[
        (bit::PHYS_ADDR, "phys_addr"),
        (bit::CGROUP, "cgroup"),
        (bit::DATA_PAGE_SIZE, "data_page_size"),
        (bit::CODE_PAGE_SIZE, "code_page_size"),
    ];
    add(list, numbers);
    if attribute.has(bit::AUX) {
        list.counted("aux_size", "aux", Type::UInt64, Type::UInt8);
    }
    Some(())
}

fn read(read_format: u64, list: &mut List) {
    let is_group = read_format & format::GROUP != 0;
    let first = list.add(if is_group { "counter_nr" } else { "value" }, Type::UInt64);
    for (bit, name) in [(format::ENABLED, "time_enabled"), (format::RUNNING, "time_running")] {
        if read_format & bit != 0 {
            list.add(name, Type::UInt64);
        }
    }
    let mut fields = vec![("value", Type::UInt64)];
    for (bit, name) in [(format::ID, "id"), (format::LOST, "lost")] {
        if read_format & bit != 0 {
            fields.push((name, Type::UInt64));
        }
    }
    if is_group {
        list.objects("counters", &fields, first);
        return;
    }
    for (name, of) in fields.get(1..).unwrap_or_default() {
        list.add(if *name == "id" { "value_id" } else { name }, *of);
    }
}

/// A layout in the making.
#[derive(Default)]
struct List {
    own: Vec<Field>,
    inner: Vec<Field>,
    types: Vec<Type>,
    /// Objects whose fields are in `inner`, to be placed behind `own`.
    objects: Vec<usize>,
}

impl List {
    /// Adds a field; its place.
    fn add(&mut self, name: &'static str, of: Type) -> u16 {
        let type_index = self.type_index(of);
        self.own.push(field(name, type_index));
        u16::try_from(self.own.len() - 1).unwrap_or(u16::MAX)
    }

    fn array(&mut self, name: &'static str, element: Type, count: u16) {
        let element = self.type_index(element);
        self.add(name, Type::Array { element, count: Count::Field(count) });
    }

    fn counted(&mut self, count: &'static str, name: &'static str, of: Type, element: Type) {
        let count = self.add(count, of);
        self.array(name, element, count);
    }

    /// Registers, in the order of their numbers; none follow an ABI of 0.
    fn registers(&mut self, abi: &'static str, name: &'static str, mask: u64) {
        let field = self.add(abi, Type::UInt64);
        let count = u16::try_from(mask.count_ones()).unwrap_or(0);
        let element = self.type_index(Type::UInt64);
        self.add(name, Type::Array { element, count: Count::If { field, count } });
    }

    fn objects(&mut self, name: &'static str, fields: &[(&'static str, Type)], count: u16) {
        let first = u32::try_from(self.inner.len()).unwrap_or(0);
        for (name, of) in fields {
            let type_index = self.type_index(*of);
            self.inner.push(field(name, type_index));
        }
        let count_of = u32::try_from(fields.len()).unwrap_or(0);
        self.objects.push(self.types.len());
        self.types.push(Type::Object { first, count: count_of });
        let element = u32::try_from(self.types.len() - 1).unwrap_or(0);
        self.add(name, Type::Array { element, count: Count::Field(count) });
    }

    fn type_index(&mut self, of: Type) -> u32 {
        let known = self.types.iter().position(|known| *known == of);
        let at = known.unwrap_or_else(|| {
            self.types.push(of);
            self.types.len() - 1
        });
        u32::try_from(at).unwrap_or(0)
    }

    fn finish(mut self) -> Layout {
        let count = u32::try_from(self.own.len()).unwrap_or(0);
        for at in self.objects {
            if let Some(Type::Object { first, .. }) = self.types.get_mut(at) {
                *first += count;
            }
        }
        self.own.append(&mut self.inner);
        Layout::new(self.own, self.types, count)
    }
}

fn field(name: &'static str, type_index: u32) -> Field {
    Field { name: Cow::Borrowed(name), type_index, map: None }
}
