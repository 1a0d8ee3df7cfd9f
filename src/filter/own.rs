//! What every event has beside its payload: `@level`, `@tid` and so on.

use tracemill_engine::{EventClass, EventView, Value};
use tracemill_nettrace::Event;

use crate::ThreadNames;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Provider,
    Event,
    Id,
    Version,
    Level,
    Opcode,
    Keywords,
    Process,
    Thread,
    ThreadName,
    Processor,
    Ns,
    Ticks,
    Stack,
    PayloadBytes,
}

/// Their names in expressions; of several of one, the first is shown.
const NAMES: &[(&str, Own)] = &[
    ("@provider", Own::Provider),
    ("@event", Own::Event),
    ("@id", Own::Id),
    ("@version", Own::Version),
    ("@level", Own::Level),
    ("@opcode", Own::Opcode),
    ("@keywords", Own::Keywords),
    ("@pid", Own::Process),
    ("@tid", Own::Thread),
    ("@thread", Own::ThreadName),
    ("@cpu", Own::Processor),
    ("@processor", Own::Processor),
    ("@ts", Own::Ns),
    ("@ticks", Own::Ticks),
    ("@stack", Own::Stack),
    ("@payload_bytes", Own::PayloadBytes),
    ("@bytes", Own::PayloadBytes),
];

/// The names, for a message.
pub(super) const EXPECTED: &str = "one of @provider, @event, @id, @version, @level, @opcode, \
     @keywords, @pid, @tid, @thread, @cpu, @ts, @ticks, @stack, @payload_bytes is expected";

impl Own {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(is, _)| is.strip_prefix('@') == Some(name)).map(|(_, own)| *own)
    }

    /// Its name in expressions.
    pub(super) fn text(self) -> &'static str {
        NAMES.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }

    /// Whether labels of an event (nettrace V6) may say otherwise than its class.
    pub(super) fn may_be_labelled(self) -> bool {
        matches!(self, Self::Version | Self::Level | Self::Opcode | Self::Keywords)
    }

    /// Whether the class tells it, labels aside.
    pub(super) fn is_of_class(self) -> bool {
        self.may_be_labelled() || matches!(self, Self::Provider | Self::Event | Self::Id)
    }

    /// What the class tells.
    pub(super) fn of_class(self, class: &EventClass) -> Option<Value<'_>> {
        Some(match self {
            Self::Provider => Value::Utf8(class.provider().as_bytes()),
            Self::Event => {
                Value::Utf8(Some(class.display_name()).filter(|n| !n.is_empty())?.as_bytes())
            }
            Self::Id => Value::Unsigned(class.event_id.into()),
            Self::Version => Value::Unsigned(class.version.into()),
            Self::Level => Value::Unsigned(class.level.into()),
            Self::Opcode => Value::Unsigned(class.opcode?.into()),
            Self::Keywords => Value::Unsigned(class.keywords),
            _ => return None,
        })
    }

    /// Its value for an event. `names`: those of threads, if they were followed.
    pub(super) fn of<'a>(
        self,
        event: EventView<'a>,
        names: Option<&'a ThreadNames>,
    ) -> Option<Value<'a>> {
        Some(match self {
            Self::Process => Value::Unsigned(event.thread()?.process_id?),
            Self::Thread => Value::Unsigned(event.thread()?.id?),
            Self::ThreadName => Value::Utf8(names?.of(event)?),
            Self::Processor => Value::Unsigned(event.processor()?.into()),
            Self::Ns => Value::Signed(event.ns()?),
            Self::Ticks => Value::Unsigned(event.ticks()),
            Self::Stack => {
                let size = usize::from(event.state().trace.pointer_size.max(1));
                Value::Unsigned((event.stack()?.len() / size) as u64)
            }
            Self::PayloadBytes => Value::Unsigned(event.payload().len() as u64),
            _ => match self.labelled(event) {
                Some(number) => Value::Unsigned(number),
                None => self.of_class(event.class()?)?,
            },
        })
    }

    /// What labels may say otherwise than the class, where there can be labels.
    fn labelled(self, event: EventView<'_>) -> Option<u64> {
        let event = Event::of(event)?;
        Some(match self {
            Self::Version => event.version()?.into(),
            Self::Level => event.level()?.into(),
            Self::Opcode => event.opcode()?.into(),
            Self::Keywords => event.keywords()?,
            _ => return None,
        })
    }
}

/// Whether events of this stream can have labels, which may say otherwise than their class.
pub(super) fn may_have_labels(event: EventView<'_>) -> bool {
    event.state().trace.version.0 >= 6
}

/// Whether an event has labels.
pub(super) fn has_labels(event: EventView<'_>) -> bool {
    Event::of(event).is_some_and(|event| event.label_list_id() != 0)
}
