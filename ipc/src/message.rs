//! Messages to a runtime. This is the only place where they are made.
//!
//! A runtime believes what it is sent: a message with a payload that is missing or too short can end
//! the process. So a [`Message`] can only be made from a [`Request`], whose fields have types, and
//! what makes it is held to the documented layouts, byte by byte, in the tests below. Whoever sends
//! takes a `Message`, not bytes.

use zerocopy::IntoBytes;

use crate::config::{Collect, Container, EventFilter, Provider, SessionConfig};
use crate::error::Error;
use crate::wire::{HEADER, Header, MAGIC, TOO_LONG, Writer};

/// What can be asked of a runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request<'a> {
    StopTracing(u64),
    CollectTracing(Collect, &'a SessionConfig),
    ProcessInfo(InfoVersion),
    ResumeRuntime,
    ProcessEnvironment,
    /// Without a value it is removed.
    SetEnvironmentVariable(&'a str, Option<&'a str>),
}

/// Versions of the command that asks who a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum InfoVersion {
    /// `ProcessInfo`, .NET 5.
    V1,
    /// `ProcessInfo2`, .NET 6: names of program and runtime.
    V2,
    /// `ProcessInfo3`, .NET 8: for what the runtime was built.
    V3,
}

/// A whole message, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// The message that asks for `request`.
    pub(crate) fn new(request: &Request<'_>) -> Result<Self, Error> {
        let (set, id) = request.command();
        let payload = request.payload()?;
        let size = u16::try_from(HEADER + payload.len()).map_err(|_| TOO_LONG)?;
        let header = Header { magic: MAGIC, size: size.into(), set, id, reserved: 0.into() };
        let bytes = [header.as_bytes(), &payload].concat();
        Self::checked(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A message whose header says what its bytes are; anything else must not be sent.
    fn checked(bytes: Vec<u8>) -> Result<Self, Error> {
        let size = bytes.get(14..16).and_then(|size| <[u8; 2]>::try_from(size).ok());
        match size.map(u16::from_le_bytes) {
            Some(size) if usize::from(size) == bytes.len() && bytes.len() >= HEADER => {
                Ok(Self { bytes })
            }
            _ => Err(Error::Request("a message whose size is not what its header says")),
        }
    }
}

impl Request<'_> {
    /// Command set and id.
    fn command(&self) -> (u8, u8) {
        match self {
            Self::StopTracing(_) => (0x02, 0x01),
            Self::CollectTracing(version, _) => match version {
                Collect::V1 => (0x02, 0x02),
                Collect::V2 => (0x02, 0x03),
                Collect::V3 => (0x02, 0x04),
                Collect::V4 => (0x02, 0x05),
                Collect::V5 => (0x02, 0x06),
            },
            Self::ProcessInfo(InfoVersion::V1) => (0x04, 0x00),
            Self::ProcessInfo(InfoVersion::V2) => (0x04, 0x04),
            Self::ProcessInfo(InfoVersion::V3) => (0x04, 0x08),
            Self::ResumeRuntime => (0x04, 0x01),
            Self::ProcessEnvironment => (0x04, 0x02),
            Self::SetEnvironmentVariable(..) => (0x04, 0x03),
        }
    }

    fn payload(&self) -> Result<Vec<u8>, Error> {
        let mut payload = Writer::default();
        match self {
            Self::StopTracing(session) => payload.u64(*session),
            Self::CollectTracing(version, config) => collect(&mut payload, *version, config)?,
            // These have none.
            Self::ProcessInfo(_) | Self::ResumeRuntime | Self::ProcessEnvironment => {}
            Self::SetEnvironmentVariable(name, value) => {
                let value = value.unwrap_or_default();
                if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                    return Err(Error::Request("an environment variable of that name or value"));
                }
                payload.string(name)?;
                payload.string(value)?;
            }
        }
        Ok(payload.finish())
    }
}

fn collect(payload: &mut Writer, version: Collect, config: &SessionConfig) -> Result<(), Error> {
    config.check()?;
    let (needs, what) = config.needs();
    if version < needs {
        return Err(Error::NeedsCommand { what, needs });
    }
    if version >= Collect::V5 {
        // A session that streams to this connection.
        payload.u32(0);
    }
    payload.u32(config.buffer_mb);
    payload.u32(match config.container {
        Container::Netperf => 0,
        Container::Nettrace => 1,
    });
    let rundown = config.rundown.keywords();
    match version {
        Collect::V1 => {}
        Collect::V2 | Collect::V3 => payload.u8(u8::from(rundown != 0)),
        Collect::V4 | Collect::V5 => payload.u64(rundown),
    }
    if version >= Collect::V3 {
        payload.u8(u8::from(config.stacks));
    }
    payload.count(config.providers.len())?;
    config.providers.iter().try_for_each(|provider| provider_of(payload, version, provider))
}

fn provider_of(payload: &mut Writer, version: Collect, provider: &Provider) -> Result<(), Error> {
    payload.u64(provider.keywords);
    payload.u32(provider.level.into());
    payload.string(&provider.name)?;
    payload.string(&provider.arguments)?;
    if version >= Collect::V5 {
        let (only, ids): (u8, &[u32]) = match &provider.filter {
            EventFilter::All => (0, &[]),
            EventFilter::Except(ids) => (0, ids),
            EventFilter::Only(ids) => (1, ids),
        };
        payload.u8(only);
        payload.count(ids.len())?;
        for id in ids {
            payload.u32(*id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
