//! The macros that a list of fields becomes a view by.
//!
//! ```text
//! view! {
//!     /// What it is.
//!     Name [2; 0, 1]                       // fields of variable size; bytes and pointers behind them
//!     NameFixed {                          // what the payload begins with, if fields have fixed sizes
//!         count: U32 "Count";              // name, type, name in the manifest
//!         kind: U16 "Kind" [kind_names KIND_MAP];      // and names of its values
//!     }
//!     {                                    // the others, with their places:
//!         address: Pointer "Address" (0 6 0);      // behind no variable field, 6 bytes, no pointer
//!         label: Utf16 "Label" (0 6 1);            // of variable size itself
//!         flags: Slice(U16, count) "Flags" (1 0 0);
//!         owner: Pointer "Owner" (2 0 0);          // behind both
//!     }
//! }
//! ```
//!
//! Types: those of [`wire`](super::wire) and of `zerocopy::little_endian`; `Pointer`; `Utf16`, `Utf8`
//! up to a NUL; `Counted`, UTF-8 behind its length; `VarU64`; and of arrays, with the field that
//! counts them, `Bytes(count)`, `Slice(U32, count)`, `Elements(Structure, count)`,
//! `Pointers(count)`, `Structs(View, count)`. `PointerArray(2)` always has as many, as
//! `[U32; 2]` in front.

/// A structure that payloads or their elements begin with.
macro_rules! front {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $wire:tt $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, zerocopy::FromBytes, zerocopy::Immutable, zerocopy::KnownLayout,
            zerocopy::Unaligned,
        )]
        #[repr(C)]
        pub struct $name {
            $(#[doc = concat!("`", $text, "`.")] pub $field: $wire,)*
        }
    };
}

/// The type of a structure in front, if there is one.
macro_rules! front_type {
    () => {
        ()
    };
    ($name:ident) => {
        $name
    };
}

/// The value of a field of a structure.
macro_rules! front_value {
    ($value:expr; [$of:ident; $count:literal]) => {
        $value
    };
    ($value:expr; $wire:ident) => {
        <$wire as $crate::typed::Wire>::native($value)
    };
}

/// A structure that is an element of arrays, without pointers and parts of variable size.
macro_rules! element {
    (
        $(#[$meta:meta])*
        $name:ident { $($field:ident: $wire:tt $text:literal $([$names:ident $map:path])?;)* }
    ) => {
        $crate::typed::front! { $(#[$meta])* $name { $($field: $wire $text;)* } }

        impl $name {
            $($(
                #[doc = concat!("Names of `", $text, "`.")]
                #[inline]
                pub fn $names(&self) -> tracemill_engine::Names {
                    let value = $crate::typed::front_value!(self.$field; $wire);
                    $map.names(value.into())
                }
            )?)*
        }

        impl $crate::typed::Element for $name {
            #[inline]
            fn for_each_field<'a>(
                &self,
                visit: &mut dyn FnMut(&'static str, tracemill_engine::Value<'a>),
            ) {
                $(
                    let value = $crate::typed::front_value!(self.$field; $wire);
                    $crate::typed::visit!(visit $text value; $wire);
                )*
            }
        }
    };
}

/// A view of a payload, or of an element of an array that has pointers or parts of variable size.
macro_rules! view {
    (
        $(#[$meta:meta])*
        $name:ident [$parts:literal; $end_bytes:literal, $end_pointers:literal]
        $($front_name:ident {
            $($front:ident: $wire:tt $front_text:literal $([$front_names:ident $front_map:path])?;)*
        })?
        {
            $(
                $field:ident: $kind:ident $(($($arg:tt),+))? $text:literal
                ($after:literal $bytes:literal $pointers:literal) $([$names:ident $map:path])?;
            )*
        }
    ) => {
        $($crate::typed::front! {
            #[doc = concat!("What the payload of [`", stringify!($name), "`] begins with.")]
            $front_name { $($front: $wire $front_text;)* }
        })?

        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $name<'a>(
            $crate::typed::Fields<'a, $crate::typed::front_type!($($front_name)?), $parts>,
        );

        impl<'a> $name<'a> {
            /// A view of a payload; pointers have 4 or 8 bytes. `None` if a field does not fit.
            /// O(bytes of text and of structures of variable size).
            #[inline]
            pub fn read(payload: &'a [u8], pointer_size: u8) -> Option<Self> {
                $crate::typed::read(payload, pointer_size, true)
            }

            /// Whether the event is of a version that has just these fields. If not it is of a newer
            /// one, which began with them as far as is known.
            #[inline]
            pub fn is_exact(&self) -> bool {
                self.0.payload.is_exact
            }

            /// What is behind the fields.
            #[inline]
            pub fn rest(&self) -> &'a [u8] {
                self.0.rest()
            }

            $(
                /// What the payload begins with: the fields of fixed size.
                #[inline]
                pub fn fixed(&self) -> &'a $front_name {
                    self.0.front
                }

                $(
                    #[doc = concat!("`", $front_text, "`.")]
                    #[inline]
                    pub fn $front(&self) -> $crate::typed::native!($wire) {
                        $crate::typed::front_value!(self.0.front.$front; $wire)
                    }

                    $(
                        #[doc = concat!("Names of `", $front_text, "`.")]
                        #[inline]
                        pub fn $front_names(&self) -> tracemill_engine::Names {
                            $front_map.names(self.$front().into())
                        }
                    )?
                )*
            )?

            $(
                #[doc = concat!("`", $text, "`.")]
                #[inline]
                pub fn $field(&self) -> $crate::typed::type_of!('a $kind $($($arg)+)?) {
                    let at = $crate::typed::Place {
                        after: $after, bytes: $bytes, pointers: $pointers,
                    };
                    $crate::typed::piece!(self at $kind $($($arg)+)?)
                }

                $(
                    #[doc = concat!("Names of `", $text, "`.")]
                    #[inline]
                    pub fn $names(&self) -> tracemill_engine::Names {
                        $map.names(self.$field().into())
                    }
                )?
            )*
        }

        impl<'a> $crate::typed::View<'a> for $name<'a> {
            const SIZE: Option<(usize, usize)> =
                if $parts == 0 { Some(($end_bytes, $end_pointers)) } else { None };

            #[inline]
            fn read_in(payload: $crate::typed::Payload<'a>) -> Option<Self> {
                let mut view = Self($crate::typed::Fields::begin(payload)?);
                $(
                    let at = $crate::typed::Place {
                        after: $after, bytes: $bytes, pointers: $pointers,
                    };
                    $crate::typed::take!(view at $kind $($($arg)+)?);
                )*
                view.0.finish($crate::typed::Place {
                    after: $parts, bytes: $end_bytes, pointers: $end_pointers,
                })?;
                Some(view)
            }

            #[inline]
            fn taken(&self) -> usize {
                self.0.len()
            }

            #[inline]
            fn for_each_field(
                &self,
                visit: &mut dyn FnMut(&'static str, tracemill_engine::Value<'a>),
            ) {
                $($(
                    let value = self.$front();
                    $crate::typed::visit!(visit $front_text value; $wire);
                )*)?
                $(
                    let value = self.$field();
                    $crate::typed::visit!(visit $text value; $kind $($($arg)+)?);
                )*
                _ = visit;
            }
        }

        impl std::fmt::Debug for $name<'_> {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::typed::show(self, stringify!($name), f)
            }
        }
    };
}

pub(crate) use {element, front, front_type, front_value, view};
