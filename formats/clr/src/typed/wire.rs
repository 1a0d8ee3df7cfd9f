//! Values of fixed size, as they stand in the payload.

use tracemill_engine::{Guid, Value};
use zerocopy::little_endian::{F32, F64, I16, I32, I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// A truth value in 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Bool32([u8; 4]);

impl Bool32 {
    /// Whether it is true: its lowest byte is not 0.
    #[inline]
    pub fn get(self) -> bool {
        let [lowest, ..] = self.0;
        lowest != 0
    }
}

/// A time: 100 ns since 1601-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct FileTime(U64);

impl FileTime {
    /// 100 ns since 1601-01-01 UTC.
    #[inline]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

/// A GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(transparent)]
pub struct GuidBytes([u8; 16]);

impl GuidBytes {
    /// The GUID, for comparing and showing.
    #[inline]
    pub fn get(self) -> Guid {
        Guid(self.0)
    }
}

/// A value of fixed size in the payload, and what it is in Rust.
pub trait Wire: Copy + FromBytes + Immutable + KnownLayout + Unaligned {
    /// What it is in Rust.
    type Native;

    /// The value in Rust.
    fn native(self) -> Self::Native;

    /// The value as the engine's reader gives it.
    fn value(native: Self::Native) -> Value<'static>;
}

/// What a type is in Rust, how it gets there, and from there to an engine's value.
macro_rules! wire {
    ($($wire:ty => $native:ty, $get:expr, $value:expr;)*) => {
        $(impl Wire for $wire {
            type Native = $native;

            #[inline]
            fn native(self) -> $native {
                let get: fn(Self) -> $native = $get;
                get(self)
            }

            fn value(native: $native) -> Value<'static> {
                let value: fn($native) -> Value<'static> = $value;
                value(native)
            }
        })*
    };
}

wire! {
    u8 => u8, |byte| byte, |value| Value::Unsigned(value.into());
    U16 => u16, Self::get, |value| Value::Unsigned(value.into());
    U32 => u32, Self::get, |value| Value::Unsigned(value.into());
    U64 => u64, Self::get, Value::Unsigned;
    i8 => i8, |byte| byte, |value| Value::Signed(value.into());
    I16 => i16, Self::get, |value| Value::Signed(value.into());
    I32 => i32, Self::get, |value| Value::Signed(value.into());
    I64 => i64, Self::get, Value::Signed;
    F32 => f32, Self::get, Value::Float32;
    F64 => f64, Self::get, Value::Float64;
    Bool32 => bool, Self::get, Value::Bool;
    FileTime => u64, Self::get, Value::FileTime;
    GuidBytes => Guid, Self::get, |guid| Value::Guid(guid.0);
}
