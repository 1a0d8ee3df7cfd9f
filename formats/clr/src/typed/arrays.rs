//! Elements of arrays that are not simply a slice.

use std::fmt;
use std::marker::PhantomData;

use tracemill_engine::Value;
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

use super::Payload;

/// A view of a payload, or of an element of an array in one.
pub trait View<'a>: Copy {
    /// Bytes and pointers that its fields take, if that is always the same.
    #[doc(hidden)]
    const SIZE: Option<(usize, usize)>;

    /// Reads what begins with it. `None` if a field does not fit.
    #[doc(hidden)]
    fn read_in(payload: Payload<'a>) -> Option<Self>;

    /// Bytes that its fields take.
    #[doc(hidden)]
    fn taken(&self) -> usize;

    /// Gives name and value of each field, in order, as its accessor reads it. Elements of an array
    /// come one after the other: numbers by the array's name, structures by their fields.
    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, Value<'a>));
}

/// An element of an array that is a structure without pointers and variable parts.
pub trait Element {
    /// As [`View::for_each_field`].
    fn for_each_field<'a>(&self, visit: &mut dyn FnMut(&'static str, Value<'a>));
}

/// Pointers, one after the other.
#[derive(Clone, Copy)]
pub struct Pointers<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl<'a> Pointers<'a> {
    /// None if there are not as many.
    #[inline]
    pub(super) fn new(size: u8, bytes: &'a [u8], count: u64) -> Self {
        let size = usize::from(size);
        let len = usize::try_from(count).ok().and_then(|count| count.checked_mul(size));
        Self { bytes: len.and_then(|len| bytes.get(..len)).unwrap_or_default(), size }
    }

    /// They as they stand in the payload.
    #[inline]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

#[expect(clippy::copy_iterator, reason = "they are a slice")]
impl Iterator for Pointers<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let next = pointer(self.bytes, self.size)?;
        self.bytes = self.bytes.get(self.size..).unwrap_or_default();
        Some(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.bytes.len().checked_div(self.size).unwrap_or(0);
        (count, Some(count))
    }
}

impl fmt::Debug for Pointers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// A pointer at the start of `bytes`.
#[inline]
pub(super) fn pointer(bytes: &[u8], size: usize) -> Option<u64> {
    match size {
        4 => U32::read_from_prefix(bytes).ok().map(|(value, _)| value.get().into()),
        _ => U64::read_from_prefix(bytes).ok().map(|(value, _)| value.get()),
    }
}

/// Elements that are views, read one after the other as they are asked for.
#[derive(Clone, Copy)]
pub struct Structs<'a, T> {
    payload: Payload<'a>,
    left: u64,
    element: PhantomData<T>,
}

impl<'a, T: View<'a>> Structs<'a, T> {
    #[inline]
    pub(super) fn new(payload: Payload<'a>, left: u64) -> Self {
        Self { payload, left, element: PhantomData }
    }
}

#[expect(clippy::copy_iterator, reason = "they are a slice and a number")]
impl<'a, T: View<'a>> Iterator for Structs<'a, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        let next = T::read_in(self.payload)?;
        if next.taken() == 0 {
            // What took no bytes once never does: it is given once.
            self.left = 0;
        }
        self.payload.bytes = self.payload.bytes.get(next.taken()..).unwrap_or_default();
        Some(next)
    }
}

impl<'a, T: View<'a> + fmt::Debug> fmt::Debug for Structs<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// Bytes that `count` elements take which begin with `payload`. `None` if one does not fit.
/// Constant time if they all have the same size.
pub(crate) fn structs<'a, T: View<'a>>(payload: Payload<'a>, count: u64) -> Option<usize> {
    if let Some((bytes, pointers)) = T::SIZE {
        return each(count, bytes + pointers * usize::from(payload.pointer_size));
    }
    let mut elements = Structs::<T>::new(payload, count);
    let whole = payload.bytes.len();
    while elements.left > 0 {
        elements.next()?;
    }
    Some(whole - elements.payload.bytes.len())
}

/// Bytes that `count` elements of `size` bytes take.
#[inline]
pub(crate) fn each(count: u64, size: usize) -> Option<usize> {
    usize::try_from(count).ok()?.checked_mul(size)
}
