//! What a session is asked to deliver, and which command can carry that.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// What a session delivers, and how much of the process's memory it may take for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Megabytes of the watched process that its events may fill before they are read; when they are
    /// full, the newest events are lost. At least 1. Default: 256.
    pub buffer_mb: u32,
    /// The container of the stream. Default: nettrace.
    pub container: Container,
    /// What is told about methods and modules when the session ends. Default: what the runtime does.
    pub rundown: Rundown,
    /// Whether events carry call stacks. They are most of an event's cost. Default: they do.
    pub stacks: bool,
    /// What is asked of whom: 1 to 1000.
    pub providers: Vec<Provider>,
    /// The newest command that is tried; older ones follow if the runtime does not know it. Default:
    /// [`Collect::V5`].
    pub newest: Collect,
}

/// An event source, and which of its events are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name; not blank.
    pub name: String,
    /// A set of bits: what is wanted, in the provider's own terms.
    pub keywords: u64,
    /// How much is wanted: 0 always, 1 critical, 2 error, 3 warning, 4 informational, 5 verbose.
    pub level: u8,
    /// What it takes besides, `key=value;key=value`. A value with a `;` in it has to stand in double
    /// quotes.
    pub arguments: String,
    /// Which event ids are wanted.
    pub filter: EventFilter,
}

/// Which events of a provider are wanted, by id. Anything but all of them needs .NET 10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventFilter {
    /// All.
    #[default]
    All,
    /// Only these; none, if there are none.
    Only(Vec<u32>),
    /// All but these.
    Except(Vec<u32>),
}

/// The container of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Container {
    /// Netperf, version 3.
    Netperf,
    /// Nettrace, version 4 or what the runtime makes of that.
    #[default]
    Nettrace,
}

/// What is told about methods and modules when a session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rundown {
    /// Nothing: frames of stacks cannot be named. Needs .NET Core 3.1.
    None,
    /// Methods and modules.
    #[default]
    Default,
    /// What these keywords of the rundown provider say. Needs .NET 9.
    Keywords(u64),
}

impl Rundown {
    /// The keywords that [`Rundown::Default`] stands for.
    pub const KEYWORDS: u64 = 0x8002_0139;

    pub(crate) fn keywords(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Default => Self::KEYWORDS,
            Self::Keywords(keywords) => keywords,
        }
    }
}

/// Versions of the command that starts a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Collect {
    /// `CollectTracing`, .NET Core 3.0: always with rundown and stacks.
    V1,
    /// `CollectTracing2`, .NET Core 3.1: rundown can be left out.
    V2,
    /// `CollectTracing3`, .NET 8: stacks can be left out.
    V3,
    /// `CollectTracing4`, .NET 9: keywords of the rundown.
    V4,
    /// `CollectTracing5`, .NET 10: events can be chosen by id.
    V5,
}

impl Collect {
    /// All of them, oldest first.
    pub const ALL: [Self; 5] = [Self::V1, Self::V2, Self::V3, Self::V4, Self::V5];

    /// The first release of .NET that knows it.
    pub fn since(self) -> &'static str {
        match self {
            Self::V1 => "Core 3.0",
            Self::V2 => "Core 3.1",
            Self::V3 => "8",
            Self::V4 => "9",
            Self::V5 => "10",
        }
    }
}

impl fmt::Display for Collect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "CollectTracing",
            Self::V2 => "CollectTracing2",
            Self::V3 => "CollectTracing3",
            Self::V4 => "CollectTracing4",
            Self::V5 => "CollectTracing5",
        })
    }
}

impl Provider {
    /// A provider with `keywords` at `level`, without arguments and filter.
    pub fn new(name: impl Into<String>, keywords: u64, level: u8) -> Self {
        let (arguments, filter) = (String::new(), EventFilter::All);
        Self { name: name.into(), keywords, level, arguments, filter }
    }

    /// The same with arguments.
    #[must_use]
    pub fn arguments(mut self, arguments: impl Into<String>) -> Self {
        self.arguments = arguments.into();
        self
    }

    /// The same with a filter.
    #[must_use]
    pub fn filter(mut self, filter: EventFilter) -> Self {
        self.filter = filter;
        self
    }
}

/// `NAME[:KEYWORDS[:LEVEL[:ARGUMENTS]]]`: keywords are hexadecimal, with `0x` or without; a level is 0
/// to 5. What is left out or empty stands for all of it, keywords and levels alike.
impl FromStr for Provider {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().unwrap_or_default();
        let (name, keywords, level, arguments) = (part(), part(), part(), part());
        let keywords = match keywords.strip_prefix("0x").unwrap_or(keywords) {
            "" => u64::MAX,
            hex => u64::from_str_radix(hex, 16)
                .map_err(|_| Error::Request("keywords that are no hexadecimal number"))?,
        };
        let level = match level {
            "" => 5,
            level => level.parse().map_err(|_| Error::Request("a level that is no number"))?,
        };
        let provider = Self::new(name, keywords, level).arguments(arguments);
        provider.check().map(|()| provider)
    }
}

impl SessionConfig {
    /// Most providers of a session.
    pub const MAX_PROVIDERS: usize = 1000;

    /// A session of these providers, else as by default.
    pub fn new(providers: Vec<Provider>) -> Self {
        let (container, rundown) = (Container::default(), Rundown::default());
        Self { buffer_mb: 256, container, rundown, stacks: true, providers, newest: Collect::V5 }
    }

    /// The oldest command that carries all of this, and what of it needs that one.
    pub fn needs(&self) -> (Collect, &'static str) {
        if self.providers.iter().any(|provider| provider.filter != EventFilter::All) {
            return (Collect::V5, "an event filter");
        }
        match (self.rundown, self.stacks) {
            (Rundown::Keywords(_), _) => (Collect::V4, "a rundown by keywords"),
            (_, false) => (Collect::V3, "a session without stacks"),
            (Rundown::None, true) => (Collect::V2, "a session without rundown"),
            (Rundown::Default, true) => (Collect::V1, "a session"),
        }
    }

    /// Checks all that a runtime would refuse, but for the size of the message.
    ///
    /// # Errors
    /// [`Error::Request`].
    pub fn check(&self) -> Result<(), Error> {
        if self.buffer_mb == 0 {
            return Err(Error::Request("a session without a buffer"));
        }
        match self.providers.len() {
            0 => return Err(Error::Request("a session without providers")),
            1..=Self::MAX_PROVIDERS => {}
            _ => return Err(Error::Request("more than 1000 providers")),
        }
        self.providers.iter().try_for_each(Provider::check)
    }
}

impl Provider {
    fn check(&self) -> Result<(), Error> {
        if self.level > 5 {
            return Err(Error::Request("a level above 5, verbose"));
        }
        if self.name.trim().is_empty() {
            return Err(Error::Request("a provider without a name"));
        }
        if self.name.contains('\0') || self.arguments.contains('\0') {
            return Err(Error::Request("a NUL in a provider's name or arguments"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> SessionConfig {
        SessionConfig::new(vec![Provider::new("P", 1, 5)])
    }

    #[test]
    fn what_a_session_needs() {
        let mut config = plain();
        assert_eq!(config.needs().0, Collect::V1);
        config.rundown = Rundown::None;
        assert_eq!(config.needs().0, Collect::V2);
        config.stacks = false;
        assert_eq!(config.needs().0, Collect::V3);
        config.rundown = Rundown::Keywords(1);
        assert_eq!(config.needs().0, Collect::V4);
        config.providers.push(Provider::new("Q", 0, 0).filter(EventFilter::Except(Vec::new())));
        assert_eq!(config.needs().0, Collect::V5);
    }

    #[test]
    fn a_provider_in_text() {
        let is = |text: &str, provider| assert_eq!(text.parse(), Ok(provider), "{text}");
        is("A", Provider::new("A", u64::MAX, 5));
        is("A:0x1f", Provider::new("A", 0x1f, 5));
        is("A::2", Provider::new("A", u64::MAX, 2));
        is("A:ff:0:k=v:w;x=y", Provider::new("A", 0xff, 0).arguments("k=v:w;x=y"));
        for wrong in ["", ":1", "A:xyz", "A:1:loud", "A:1:6", "A:1:256", "A:1:-1"] {
            let refused = wrong.parse::<Provider>();
            assert!(matches!(refused, Err(Error::Request(_))), "{wrong}: {refused:?}");
        }
    }

    #[test]
    fn what_a_runtime_would_refuse() {
        let with = |change: &dyn Fn(&mut SessionConfig)| {
            let mut config = plain();
            change(&mut config);
            config.check()
        };
        assert_eq!(with(&|_| ()), Ok(()));
        assert_eq!(with(&|c| c.providers = vec![Provider::new("P", 0, 0); 1000]), Ok(()));
        let refused: [&dyn Fn(&mut SessionConfig); 8] = [
            &|c| c.buffer_mb = 0,
            &|c| c.providers.clear(),
            &|c| c.providers = vec![Provider::new("P", 0, 0); 1001],
            &|c| c.providers = vec![Provider::new("P", 0, 6)],
            &|c| c.providers = vec![Provider::new("", 0, 1)],
            &|c| c.providers = vec![Provider::new(" \t", 0, 1)],
            &|c| c.providers = vec![Provider::new("a\0b", 0, 1)],
            &|c| c.providers = vec![Provider::new("a", 0, 1).arguments("x=\0")],
        ];
        for change in refused {
            assert!(matches!(with(change), Err(Error::Request(_))));
        }
    }
}
