//! The types that fields of records have, by their place in one list for all types of records.

use tracemill_engine::{Count, Type};

pub(crate) const U8: u32 = 0;
pub(crate) const U16: u32 = 1;
pub(crate) const U32: u32 = 2;
pub(crate) const U64: u32 = 3;
pub(crate) const I32: u32 = 4;
pub(crate) const I64: u32 = 5;
pub(crate) const TEXT: u32 = 6;
pub(crate) const TEXT16: u32 = 7;
pub(crate) const BYTES8: u32 = 8;
pub(crate) const BYTES20: u32 = 9;
pub(crate) const PAD3: u32 = 10;
pub(crate) const TAIL: u32 = 11;
pub(crate) const BYTES_OF_1: u32 = 12;
pub(crate) const BYTES_OF_2: u32 = 13;
pub(crate) const NUMBERS_OF_1: u32 = 14;
pub(crate) const OBJECTS_OF_2: u32 = 16;
pub(crate) const OBJECTS_OF_0: u32 = 18;
pub(crate) const THREADS_OF_0: u32 = 20;
pub(crate) const TYPES: &[Type] = &[
    Type::UInt8,
    Type::UInt16,
    Type::UInt32,
    Type::UInt64,
    Type::Int32,
    Type::Int64,
    Type::AnsiZ,
    Type::Text(16),
    Type::Array { element: U8, count: Count::Fixed(8) },
    Type::Array { element: U8, count: Count::Fixed(20) },
    Type::Pad(3),
    Type::Tail,
    Type::Array { element: U8, count: Count::Field(1) },
    Type::Array { element: U8, count: Count::Field(2) },
    Type::Array { element: U64, count: Count::Field(1) },
    Type::Object { first: 4, count: 2 },
    Type::Array { element: 15, count: Count::Field(2) },
    Type::Object { first: 3, count: 4 },
    Type::Array { element: 17, count: Count::Field(0) },
    Type::Object { first: 2, count: 2 },
    Type::Array { element: 19, count: Count::Field(0) },
];
