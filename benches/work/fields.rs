//! Works that read what events say.

use tracemill::{
    ClassMap, Config, EventClass, EventView, FieldId, Filter, FilterSpec, Type, Value, Values,
    utf16,
};

use super::headers::by_time;
use super::{Input, Totals, count, views};

/// The first integer field of every event that has one.
pub fn int(input: &Input) -> Totals {
    let mut ids = Ids::new(is_int);
    views(&input.bytes, &Config::default(), |totals, event| {
        count(totals, event);
        let Some(value) = ids.value(event) else { return };
        totals.check = totals.check.wrapping_add(bits(&value));
    })
}

/// The first text field of every event that has one, as UTF-8 in a buffer that is used again.
pub fn text(input: &Input) -> Totals {
    let mut ids = Ids::new(is_text);
    let mut text = String::new();
    views(&input.bytes, &Config::default(), |totals, event| {
        count(totals, event);
        let Some(Value::Utf16(units)) = ids.value(event) else { return };
        text.clear();
        text.extend(utf16(units));
        totals.check = totals.check.wrapping_add(weigh(&text));
    })
}

/// All fields of every event, those of objects and arrays too; text stays as it is.
pub fn all(input: &Input) -> Totals {
    read_all(input, &Config::default())
}

/// The same by time.
pub fn all_by_time(input: &Input) -> Totals {
    read_all(input, &by_time())
}

fn read_all(input: &Input, config: &Config) -> Totals {
    views(&input.bytes, config, |totals, event| {
        count(totals, event);
        let Some(mut values) = event.fields() else { return };
        // Those that are whole, if one is not.
        let _ = values.each(|_, value| {
            totals.fields += 1;
            totals.check = totals.check.wrapping_add(sum(&value));
        });
    })
}

/// Events that [`named`] takes: about one in a hundred where there are some.
pub const NAMES: [&str; 3] = ["GCStart", "GCEnd", "Event7"];

/// A filter by name.
pub fn named(input: &Input) -> Totals {
    let mut spec = FilterSpec::default();
    spec.events = NAMES.map(Into::into).into();
    take(input, &spec)
}

/// A filter by a field, which about one event in a hundred passes.
pub fn filter(input: &Input) -> Totals {
    let mut spec = FilterSpec::default();
    spec.conditions = vec![input.pick.condition()];
    take(input, &spec)
}

fn take(input: &Input, spec: &FilterSpec) -> Totals {
    let mut filter = Filter::new(spec).expect("a condition");
    views(&input.bytes, &Config::default(), |totals, event| {
        count(totals, event);
        totals.check += u64::from(filter.takes(event));
    })
}

/// Ids of the first field of a kind, looked up once for each class.
struct Ids {
    fits: fn(Type) -> bool,
    ids: ClassMap<Option<FieldId>>,
}

impl Ids {
    fn new(fits: fn(Type) -> bool) -> Self {
        Self { fits, ids: ClassMap::new() }
    }

    #[inline]
    fn value<'a>(&mut self, event: EventView<'a>) -> Option<Value<'a>> {
        let fits = self.fits;
        let find = |class: &EventClass| class.layout()?.field(name_of(class, fits)?);
        let id = (*self.ids.get(event, find)?)?;
        event.field(id)
    }
}

/// The name of the first field of a kind.
pub fn name_of(class: &EventClass, fits: fn(Type) -> bool) -> Option<&str> {
    let layout = class.layout()?;
    let mut fields = layout.fields().iter();
    let field = fields.find(|field| layout.type_at(field.type_index).is_some_and(fits))?;
    Some(&field.name)
}

/// Integers of 1 to 8 bytes.
pub fn is_int(of: Type) -> bool {
    use Type::{Int8, Int16, Int32, Int64, Pointer, UInt8, UInt16, UInt32, UInt64};
    matches!(of, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Pointer)
}

/// Text in UTF-16.
pub fn is_text(of: Type) -> bool {
    matches!(of, Type::Utf16Z)
}

/// An integer as 64 bits.
fn bits(value: &Value<'_>) -> u64 {
    match *value {
        Value::Unsigned(value) => value,
        Value::Signed(value) => value.cast_unsigned(),
        _ => 0,
    }
}

/// A number that depends on a text, its ends and its length.
pub fn weigh(text: &str) -> u64 {
    let end = |byte: Option<&u8>| byte.map_or(0, |byte| u64::from(*byte));
    let bytes = text.as_bytes();
    text.len() as u64 + (end(bytes.first()) << 16) + (end(bytes.last()) << 32)
}

/// A number that depends on a value: the same as that of its JSON in `naive.rs`.
fn sum(value: &Value<'_>) -> u64 {
    match *value {
        Value::Bool(value) => value.into(),
        Value::FileTime(value) => value,
        Value::Float32(value) if value.is_finite() => f64::from(value).to_bits(),
        Value::Float64(value) if value.is_finite() => value.to_bits(),
        Value::Char(_) => 1,
        Value::Utf16(units) => (units.len() / 2) as u64,
        Value::Utf8(text) => String::from_utf8_lossy(text).encode_utf16().count() as u64,
        Value::Guid(bytes) | Value::Decimal(bytes) => 2 * bytes.len() as u64,
        Value::Bytes(bytes) => 2 * bytes.len() as u64,
        Value::Array(elements) => elements.fold(0, |all, value| all.wrapping_add(sum(&value))),
        Value::Object(values) => sums(values),
        ref value => bits(value),
    }
}

fn sums(mut values: Values<'_>) -> u64 {
    let mut all = 0u64;
    let _ = values.each(|_, value| all = all.wrapping_add(sum(&value)));
    all
}
