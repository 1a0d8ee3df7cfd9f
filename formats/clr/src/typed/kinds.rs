//! What the macros do with each type of field; the types are listed in [`macros`](super::macros).

/// What a field is in Rust.
macro_rules! native {
    (u8) => {
        u8
    };
    (i8) => {
        i8
    };
    (U16) => {
        u16
    };
    (U32) => {
        u32
    };
    (U64) => {
        u64
    };
    (I16) => {
        i16
    };
    (I32) => {
        i32
    };
    (I64) => {
        i64
    };
    (F32) => {
        f32
    };
    (F64) => {
        f64
    };
    (Bool32) => {
        bool
    };
    (FileTime) => {
        u64
    };
    (GuidBytes) => {
        tracemill_engine::Guid
    };
    ([$of:ident; $count:literal]) => {
        [$of; $count]
    };
}

/// What an accessor gives.
macro_rules! type_of {
    ($a:lifetime Pointer) => { u64 };
    ($a:lifetime Utf16) => { $crate::typed::Utf16<$a> };
    ($a:lifetime Utf8) => { $crate::typed::Utf8<$a> };
    ($a:lifetime Counted) => { $crate::typed::Utf8<$a> };
    ($a:lifetime VarU64) => { u64 };
    ($a:lifetime Bytes $count:ident) => { &$a [u8] };
    ($a:lifetime Slice $of:ident $count:ident) => { &$a [$of] };
    ($a:lifetime Elements $of:ident $count:ident) => { &$a [$of] };
    ($a:lifetime Pointers $count:ident) => { $crate::typed::Pointers<$a> };
    ($a:lifetime PointerArray $count:literal) => { $crate::typed::Pointers<$a> };
    ($a:lifetime Structs $of:ident $count:ident) => { $crate::typed::Structs<$a, $of<$a>> };
    ($a:lifetime $wire:ident) => { $crate::typed::native!($wire) };
}

/// Reads a field of a view at its place.
macro_rules! piece {
    ($view:ident $at:ident Pointer) => {
        $view.0.pointer($at)
    };
    ($view:ident $at:ident Utf16) => {
        $crate::typed::Utf16($crate::typed::text::utf16z($view.0.from($at)).0)
    };
    ($view:ident $at:ident Utf8) => {
        $crate::typed::Utf8($crate::typed::text::utf8z($view.0.from($at)).0)
    };
    ($view:ident $at:ident Counted) => {
        $crate::typed::Utf8($crate::typed::text::counted($view.0.from($at)).unwrap_or_default().0)
    };
    ($view:ident $at:ident VarU64) => {
        $crate::typed::text::var_u64($view.0.from($at)).unwrap_or_default().0
    };
    ($view:ident $at:ident Bytes $count:ident) => {
        $view.0.slice::<u8>($at, $view.$count().into())
    };
    ($view:ident $at:ident Slice $of:ident $count:ident) => {
        $view.0.slice::<$of>($at, $view.$count().into())
    };
    ($view:ident $at:ident Elements $of:ident $count:ident) => {
        $view.0.slice::<$of>($at, $view.$count().into())
    };
    ($view:ident $at:ident Pointers $count:ident) => {
        $view.0.pointers($at, $view.$count().into())
    };
    ($view:ident $at:ident PointerArray $count:literal) => {
        $view.0.pointers($at, $count)
    };
    ($view:ident $at:ident Structs $of:ident $count:ident) => {
        $view.0.structs::<$of<'a>>($at, $view.$count().into())
    };
    ($view:ident $at:ident $wire:ident) => {
        $view.0.number::<$wire>($at)
    };
}

/// Passes over a field of variable size when a view is made; the others are not looked at.
macro_rules! take {
    ($view:ident $at:ident Utf16) => {
        $view.0.pass($at, Some($crate::typed::text::utf16z($view.0.from($at)).1))?
    };
    ($view:ident $at:ident Utf8) => {
        $view.0.pass($at, Some($crate::typed::text::utf8z($view.0.from($at)).1))?
    };
    ($view:ident $at:ident Counted) => {
        $view.0.pass($at, $crate::typed::text::counted($view.0.from($at)).map(|found| found.1))?
    };
    ($view:ident $at:ident VarU64) => {
        $view.0.pass($at, $crate::typed::text::var_u64($view.0.from($at)).map(|found| found.1))?
    };
    ($view:ident $at:ident Bytes $count:ident) => {
        $view.0.pass($at, $crate::typed::each($view.$count().into(), 1))?
    };
    ($view:ident $at:ident Slice $of:ident $count:ident) => {
        $view.0.pass($at, $crate::typed::each($view.$count().into(), size_of::<$of>()))?
    };
    ($view:ident $at:ident Elements $of:ident $count:ident) => {
        $view.0.pass($at, $crate::typed::each($view.$count().into(), size_of::<$of>()))?
    };
    ($view:ident $at:ident Pointers $count:ident) => {{
        let size = $view.0.payload.pointer_size.into();
        $view.0.pass($at, $crate::typed::each($view.$count().into(), size))?
    }};
    ($view:ident $at:ident Structs $of:ident $count:ident) => {{
        let payload = $crate::typed::Payload { bytes: $view.0.from($at), ..$view.0.payload };
        $view.0.pass($at, $crate::typed::structs::<$of<'a>>(payload, $view.$count().into()))?
    }};
    ($view:ident $at:ident $($other:tt)*) => {
        _ = $at
    };
}

/// Gives the value of a field to `visit`.
macro_rules! visit {
    ($visit:ident $name:literal $got:expr; Pointer) => {
        $visit($name, tracemill_engine::Value::Unsigned($got))
    };
    ($visit:ident $name:literal $got:expr; VarU64) => {
        $visit($name, tracemill_engine::Value::Unsigned($got))
    };
    ($visit:ident $name:literal $got:expr; Utf16) => {
        $visit($name, tracemill_engine::Value::Utf16($got.0))
    };
    ($visit:ident $name:literal $got:expr; Utf8) => {
        $visit($name, tracemill_engine::Value::Utf8($got.0))
    };
    ($visit:ident $name:literal $got:expr; Counted) => {
        $visit($name, tracemill_engine::Value::Utf8($got.0))
    };
    ($visit:ident $name:literal $got:expr; Bytes $count:ident) => {
        $visit($name, tracemill_engine::Value::Bytes($got))
    };
    ($visit:ident $name:literal $got:expr; Slice $of:ident $count:ident) => {
        for element in $got {
            $visit(
                $name,
                <$of as $crate::typed::Wire>::value(<$of as $crate::typed::Wire>::native(*element)),
            );
        }
    };
    ($visit:ident $name:literal $got:expr; [$of:ident; $count:literal]) => {
        for element in $got {
            $visit(
                $name,
                <$of as $crate::typed::Wire>::value(<$of as $crate::typed::Wire>::native(element)),
            );
        }
    };
    ($visit:ident $name:literal $got:expr; Elements $of:ident $count:ident) => {
        for element in $got {
            $crate::typed::Element::for_each_field(element, $visit);
        }
    };
    ($visit:ident $name:literal $got:expr; Structs $of:ident $count:ident) => {
        for element in $got {
            $crate::typed::View::for_each_field(&element, $visit);
        }
    };
    ($visit:ident $name:literal $got:expr; Pointers $count:ident) => {
        for element in $got {
            $visit($name, tracemill_engine::Value::Unsigned(element));
        }
    };
    ($visit:ident $name:literal $got:expr; PointerArray $count:literal) => {
        for element in $got {
            $visit($name, tracemill_engine::Value::Unsigned(element));
        }
    };
    ($visit:ident $name:literal $got:expr; $wire:ident) => {
        $visit($name, <$wire as $crate::typed::Wire>::value($got))
    };
}

pub(crate) use {native, piece, take, type_of, visit};
