//! The macro that the events of a provider are listed by: their places in the table, their names, and
//! the views that they share.

/// The events of a provider: a type for each version, and one for all.
macro_rules! events {
    (
        $table:expr;
        $($place:literal $name:ident $view:ident $text:literal;)*
    ) => {
        const TABLE: $crate::typed::Table = $table;

        /// An event of this provider, whichever it is.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum Event<'a> {
            $(#[doc = $text] $name($crate::views::$view<'a>),)*
        }

        impl<'a> Event<'a> {
            /// An event as what it is. `None` if it is none of these, or if its payload is too short.
            /// Finding out which one takes constant time; for a provider that streams describe,
            /// O(log events + fields).
            #[inline]
            pub fn of(event: tracemill_engine::EventView<'a>) -> Option<Self> {
                let (place, is_exact) = TABLE.find(event.class()?)?;
                let pointer_size = event.state().trace.pointer_size;
                Self::at(place, event.payload(), pointer_size, is_exact)
            }

            /// A payload as the event of this id and version, or of the newest version before it.
            /// `None` if there is none, or if the payload is too short.
            #[inline]
            pub fn read(id: u32, version: u32, payload: &'a [u8], pointer_size: u8) -> Option<Self> {
                let (place, is_exact) = TABLE.newest(id, version)?;
                Self::at(place, payload, pointer_size, is_exact)
            }

            #[inline]
            fn at(
                place: usize,
                payload: &'a [u8],
                pointer_size: u8,
                is_exact: bool,
            ) -> Option<Self> {
                Some(match place {
                    $($place => Self::$name($crate::typed::read(payload, pointer_size, is_exact)?),)*
                    _ => return None,
                })
            }

            /// What is known of it beside its payload.
            #[inline]
            pub fn schema(&self) -> &'static $crate::EventSchema {
                match self {
                    $(Self::$name(_) => $name::SCHEMA,)*
                }
            }

            /// Whether the event is of just that version; if not, of a newer one.
            #[inline]
            pub fn is_exact(&self) -> bool {
                match self {
                    $(Self::$name(view) => view.is_exact(),)*
                }
            }

            /// What is behind the fields.
            #[inline]
            pub fn rest(&self) -> &'a [u8] {
                match self {
                    $(Self::$name(view) => view.rest(),)*
                }
            }

            /// Gives name and value of each field, as [`View::for_each_field`](crate::View).
            #[inline]
            pub fn for_each_field(
                &self,
                visit: &mut dyn FnMut(&'static str, tracemill_engine::Value<'a>),
            ) {
                match self {
                    $(Self::$name(view) => $crate::View::for_each_field(view, visit),)*
                }
            }
        }

        $(
            #[doc = $text]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl $name {
                /// What is known of it beside its payload.
                pub const SCHEMA: &'static $crate::EventSchema =
                    TABLE.event($place);

                /// A view of an event, if it is this one and its payload is not too short. Two
                /// comparisons if it is another.
                #[inline]
                pub fn of(
                    event: tracemill_engine::EventView<'_>,
                ) -> Option<$crate::views::$view<'_>> {
                    TABLE.read(event, Self::SCHEMA)
                }
            }
        )*
    };
}

pub(crate) use events;
