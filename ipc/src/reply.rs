//! What runtimes answer. The bytes are not trusted: whatever they are, they become a value or an
//! [`Error`], and nothing is allocated that they merely announce.

use std::fmt;

use zerocopy::FromBytes;

use crate::error::{Error, Hresult};
use crate::message::InfoVersion;
use crate::wire::{ADVERTISE, ADVERTISE_LEN, Advertise, Cursor, HEADER, Header, MAGIC};

/// Most bytes of an environment that are read.
pub(crate) const MAX_ENVIRONMENT: usize = 16 << 20;

/// Tells runtimes apart, also those in containers whose process ids are the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cookie(pub [u8; 16]);

/// Who a process is, as its runtime says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its id, in its own container.
    pub pid: u64,
    /// The runtime's mark.
    pub cookie: Cookie,
    /// Its command line; only the executable while the runtime is suspended.
    pub command_line: String,
    /// `Linux`, `Windows`, `macOS` or `Unknown`.
    pub os: String,
    /// `x86`, `x64`, `arm32`, `arm64` or `Unknown`.
    pub arch: String,
    /// The name of the program. Since .NET 6.
    pub entry_assembly: Option<String>,
    /// The runtime's version. Since .NET 6.
    pub clr_version: Option<String>,
    /// For what the runtime was built, as `linux-x64`. Since .NET 8.
    pub rid: Option<String>,
}

/// Which kind of answer this is, and how many bytes follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    is_ok: bool,
    /// Bytes that follow: at most 65515.
    pub len: usize,
}

impl Head {
    pub(crate) fn parse(bytes: &[u8; HEADER]) -> Result<Self, Error> {
        let header = Header::ref_from_bytes(bytes).map_err(|_| Error::Reply("a short header"))?;
        if header.magic != MAGIC {
            return Err(Error::Reply("an answer that begins otherwise"));
        }
        let len = usize::from(header.size.get()).checked_sub(HEADER);
        let len = len.ok_or(Error::Reply("an answer shorter than its header"))?;
        match (header.set, header.id) {
            (0xFF, 0x00) => Ok(Self { is_ok: true, len }),
            (0xFF, 0xFF) => Ok(Self { is_ok: false, len }),
            _ => Err(Error::Reply("an answer of an unknown kind")),
        }
    }

    /// The payload, if the answer is not an error.
    pub(crate) fn outcome(self, payload: Vec<u8>) -> Result<Vec<u8>, Error> {
        if self.is_ok {
            return Ok(payload);
        }
        let code = Hresult(Cursor::new(&payload).u32("an error without a code")?);
        Err(if code == Hresult::UNKNOWN_COMMAND {
            Error::UnknownCommand
        } else {
            Error::Runtime(code)
        })
    }
}

/// The session that was started, and nothing else: what follows is its stream.
pub(crate) fn session(payload: &[u8]) -> Result<u64, Error> {
    let id: [u8; 8] = payload.try_into().map_err(|_| Error::Reply("not the id of a session"))?;
    Ok(u64::from_le_bytes(id))
}

/// That it worked: nothing, or a result code that says so.
pub(crate) fn done(payload: &[u8]) -> Result<(), Error> {
    if payload.is_empty() {
        return Ok(());
    }
    match Cursor::new(payload).u32("a result cut short")? {
        // Codes without the sign bit are successes.
        code if code >> 31 == 0 => Ok(()),
        code => Err(Error::Runtime(Hresult(code))),
    }
}

/// How many bytes of the environment are still to come behind this payload, and those in it.
pub(crate) fn environment_head(payload: &[u8]) -> Result<(usize, &[u8]), Error> {
    let mut cursor = Cursor::new(payload);
    let len = cursor.u32("an environment without a size")?;
    cursor.u16("an environment without a size")?;
    let here = cursor.left();
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len > MAX_ENVIRONMENT {
        return Err(Error::Reply("an environment of more than 16 MiB"));
    }
    let more = len.checked_sub(here.len());
    Ok((more.ok_or(Error::Reply("an environment longer than its size"))?, here))
}

/// Names and values.
pub(crate) fn environment(bytes: &[u8]) -> Result<Vec<(String, String)>, Error> {
    const WHAT: &str = "an environment cut short";
    let mut cursor = Cursor::new(bytes);
    let count = cursor.u32(WHAT)?;
    // Each takes 4 bytes at least, or ends this.
    (0..count)
        .map(|_| {
            let text = cursor.string(WHAT)?;
            let (name, value) = text.split_once('=').unwrap_or((&text, ""));
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

impl ProcessInfo {
    /// Bytes behind the last field are passed over: newer runtimes may add fields.
    pub(crate) fn parse(version: InfoVersion, payload: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "information about the process cut short";
        let mut cursor = Cursor::new(payload);
        if version == InfoVersion::V3 {
            cursor.u32(WHAT)?;
        }
        let pid = cursor.u64(WHAT)?;
        let cookie = Cookie(cursor.array(WHAT)?);
        let mut text = |since| {
            let is_there = version >= since;
            is_there.then(|| cursor.string(WHAT)).transpose()
        };
        Ok(Self {
            pid,
            cookie,
            command_line: text(InfoVersion::V1)?.unwrap_or_default(),
            os: text(InfoVersion::V1)?.unwrap_or_default(),
            arch: text(InfoVersion::V1)?.unwrap_or_default(),
            entry_assembly: text(InfoVersion::V2)?,
            clr_version: text(InfoVersion::V2)?,
            rid: text(InfoVersion::V3)?,
        })
    }
}

/// Cookie and process id of a runtime that dials in.
pub(crate) fn advertise(bytes: &[u8; ADVERTISE_LEN]) -> Result<(Cookie, u64), Error> {
    match Advertise::ref_from_bytes(bytes) {
        Ok(advertise) if advertise.magic == ADVERTISE => {
            Ok((Cookie(advertise.cookie), advertise.pid.get()))
        }
        _ => Err(Error::Reply("whoever dialled in is not a runtime")),
    }
}

impl fmt::Display for Cookie {
    /// As GUIDs are written: the first three groups are numbers, little-endian.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cursor = Cursor::new(&self.0);
        let numbers = (cursor.u32(""), cursor.u16(""), cursor.u16(""));
        if let (Ok(first), Ok(second), Ok(third)) = numbers {
            write!(f, "{first:08x}-{second:04x}-{third:04x}-")?;
        }
        for (index, byte) in cursor.left().iter().enumerate() {
            let separator = if index == 2 { "-" } else { "" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
