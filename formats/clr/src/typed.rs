//! What typed views are made of: a payload of which it was checked once that all fields fit, and
//! where they are.
//!
//! A layout is cut at its fields of variable size, text and counted arrays. Between two of them,
//! where a field is depends on the size of pointers alone. [`Fields`] keeps where each of them ends,
//! found in one pass when the view is made; whatever is asked of it later is an addition and a
//! checked read.

mod arrays;
mod events;
mod find;
mod kinds;
mod macros;
pub(crate) mod text;
mod wire;

#[cfg(test)]
mod tests;

pub use arrays::{Element, Pointers, Structs, View};
pub use text::{Utf8, Utf16};
pub use wire::{Bool32, FileTime, GuidBytes};

pub(crate) use arrays::{each, structs};
pub(crate) use events::events;
pub(crate) use find::{Table, is_same};
pub(crate) use kinds::{native, piece, take, type_of, visit};
pub(crate) use macros::{element, front, front_type, front_value, view};
pub(crate) use wire::Wire;

use std::fmt;

use tracemill_engine::Value;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// A payload, or what of it begins with an element of an array.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    pub(crate) bytes: &'a [u8],
    /// 4 or 8.
    pub(crate) pointer_size: u8,
    /// Whether the fields are those of the event's version.
    pub(crate) is_exact: bool,
}

/// Where a field is.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Fields of variable size before it.
    pub after: usize,
    /// Bytes between the last of them and it, without pointers.
    pub bytes: usize,
    /// Pointers between the last of them and it.
    pub pointers: usize,
}

/// Reads a view.
#[inline]
pub(crate) fn read<'a, T: View<'a>>(
    bytes: &'a [u8],
    pointer_size: u8,
    is_exact: bool,
) -> Option<T> {
    if !matches!(pointer_size, 4 | 8) {
        return None;
    }
    T::read_in(Payload { bytes, pointer_size, is_exact })
}

/// Shows a view by its fields.
pub(crate) fn show<'a>(
    view: &impl View<'a>,
    name: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut shown = f.debug_struct(name);
    view.for_each_field(&mut |name, value| {
        match value {
            Value::Utf16(bytes) => shown.field(name, &Utf16(bytes)),
            Value::Utf8(bytes) => shown.field(name, &Utf8(bytes)),
            Value::Unsigned(value) => shown.field(name, &value),
            Value::Signed(value) => shown.field(name, &value),
            Value::Bool(value) => shown.field(name, &value),
            other => shown.field(name, &other),
        };
    });
    shown.finish()
}

/// The fields of a payload: `F` is the structure it begins with, `N` how many have no fixed size.
#[derive(Clone, Copy)]
pub struct Fields<'a, F, const N: usize> {
    pub(crate) front: &'a F,
    pub(crate) payload: Payload<'a>,
    /// Where the fields of variable size end.
    ends: [usize; N],
    /// Where the last field ends.
    end: usize,
}

impl<'a, F, const N: usize> Fields<'a, F, N>
where
    F: FromBytes + Immutable + KnownLayout + Unaligned,
{
    /// Fields of which only the structure in front is known to fit.
    #[inline]
    pub(crate) fn begin(payload: Payload<'a>) -> Option<Self> {
        let (front, _) = F::ref_from_prefix(payload.bytes).ok()?;
        Some(Self { front, payload, ends: [0; N], end: 0 })
    }

    /// Notes that the field of variable size at `place` has `len` bytes.
    #[inline]
    pub(crate) fn pass(&mut self, place: Place, len: Option<usize>) -> Option<()> {
        let end = self.at(place).checked_add(len?)?;
        *self.ends.get_mut(place.after)? = end;
        (end <= self.payload.bytes.len()).then_some(())
    }

    /// The fields, if the last of them ends within the payload, at `end`.
    #[inline]
    pub(crate) fn finish(&mut self, end: Place) -> Option<()> {
        self.end = self.at(end);
        (self.end <= self.payload.bytes.len()).then_some(())
    }

    /// Bytes that the fields take.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end
    }

    /// What is behind them.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.payload.bytes.get(self.end..).unwrap_or_default()
    }

    /// What begins at a place; empty behind the end.
    #[inline]
    pub(crate) fn from(&self, place: Place) -> &'a [u8] {
        self.payload.bytes.get(self.at(place)..).unwrap_or_default()
    }

    /// A value of fixed size. It is there once the fields are known to fit; 0 before.
    #[inline]
    pub(crate) fn number<T: Wire>(&self, place: Place) -> T::Native {
        let read = T::read_from_prefix(self.from(place));
        read.map_or_else(|_| T::new_zeroed(), |(value, _)| value).native()
    }

    /// A pointer.
    #[inline]
    pub(crate) fn pointer(&self, place: Place) -> u64 {
        arrays::pointer(self.from(place), self.payload.pointer_size.into()).unwrap_or(0)
    }

    /// So many elements of fixed size.
    #[inline]
    pub(crate) fn slice<T>(&self, place: Place, count: u64) -> &'a [T]
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let read = <[T]>::ref_from_prefix_with_elems(self.from(place), count);
        read.map_or(&[], |(slice, _)| slice)
    }

    /// So many pointers.
    #[inline]
    pub(crate) fn pointers(&self, place: Place, count: u64) -> Pointers<'a> {
        Pointers::new(self.payload.pointer_size, self.from(place), count)
    }

    /// So many elements that are views.
    #[inline]
    pub(crate) fn structs<T: View<'a>>(&self, place: Place, count: u64) -> Structs<'a, T> {
        Structs::new(Payload { bytes: self.from(place), ..self.payload }, count)
    }

    #[inline]
    fn at(&self, place: Place) -> usize {
        let last = place.after.checked_sub(1).and_then(|last| self.ends.get(last));
        let pointers = place.pointers * usize::from(self.payload.pointer_size);
        last.unwrap_or(&0) + place.bytes + pointers
    }
}
