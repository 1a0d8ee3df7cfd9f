//! Fields that a convention wants, found by their names once and read in one pass.

use tracemill_engine::{EventClass, Field, Layout, Value, Values};

use crate::text::Text;

/// Fields of a class behind this place are not looked at; no convention has as many.
const MAX_FIELDS: usize = 48;

/// Where wanted fields, `N` at most, stand among those of a payload or of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots<const N: usize> {
    /// By place of the field: 1 + its slot, 0 if it is not wanted.
    slot_of: [u8; MAX_FIELDS],
}

impl<const N: usize> Slots<N> {
    /// Finds `names` among `fields`.
    pub fn of(fields: &[Field], names: &[&str]) -> Self {
        let mut slot_of = [0; MAX_FIELDS];
        for (slot, name) in (1..).zip(names) {
            let place = fields.iter().position(|field| field.name == *name);
            if let Some(of) = place.and_then(|place| slot_of.get_mut(place)) {
                *of = slot;
            }
        }
        Self { slot_of }
    }

    /// Whether the wanted field of this number is there.
    pub fn has(&self, slot: u8) -> bool {
        self.slot_of.contains(&(slot + 1))
    }

    /// Reads them. O(payload); those behind one that does not fit are not there.
    pub fn read<'a>(&self, values: Values<'a>) -> Slotted<'a, N> {
        let mut slotted = [None; N];
        for (slot, value) in self.slot_of.iter().zip(values) {
            let Ok((_, value)) = value else { break };
            let wanted = usize::from(*slot).checked_sub(1);
            if let Some(found) = wanted.and_then(|slot| slotted.get_mut(slot)) {
                *found = Some(value);
            }
        }
        Slotted(slotted)
    }
}

/// The values of wanted fields, in the order of their names.
pub(crate) struct Slotted<'a, const N: usize>([Option<Value<'a>>; N]);

impl<'a, const N: usize> Slotted<'a, N> {
    pub fn value(&self, slot: u8) -> Option<Value<'a>> {
        self.0.get(usize::from(slot)).copied().flatten()
    }

    /// A text that has to be there.
    pub fn needed(&self, slot: u8) -> Option<Text<'a>> {
        self.value(slot).and_then(Text::of)
    }

    /// A text, empty if it is not there.
    pub fn text(&self, slot: u8) -> Text<'a> {
        self.needed(slot).unwrap_or_default()
    }

    pub fn float(&self, slot: u8) -> Option<f64> {
        match self.value(slot)? {
            Value::Float32(value) => Some(value.into()),
            Value::Float64(value) => Some(value),
            _ => None,
        }
    }

    pub fn int(&self, slot: u8) -> Option<i32> {
        match self.value(slot)? {
            Value::Signed(value) => value.try_into().ok(),
            Value::Unsigned(value) => value.try_into().ok(),
            _ => None,
        }
    }

    pub fn unsigned(&self, slot: u8) -> Option<u64> {
        self.value(slot)?.as_u64()
    }
}

/// Reads a payload as its class says; where the stream does not describe it, as `known` does, if
/// that takes all of the payload.
pub(crate) fn values<'a>(
    class: &'a EventClass,
    known: Option<&'static Layout>,
    payload: &'a [u8],
    pointer_size: u8,
) -> Option<Values<'a>> {
    if let Some(layout) = class.layout() {
        return Some(Values::new(layout, payload, pointer_size));
    }
    let values = Values::new(known?, payload, pointer_size);
    let mut fields = values;
    (fields.by_ref().all(|field| field.is_ok()) && fields.rest().is_empty()).then_some(values)
}
