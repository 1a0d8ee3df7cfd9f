//! What to say of a stream that is not known: the bytes seen, a guess, and what is supported.

use std::fmt::Write;

use tracemill::{Auto, Error};

/// Beginnings of files that people have at hand, and what they are.
const GUESSES: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\x1f\x8b", "something compressed with gzip: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "something compressed with zstd: unpack it first"),
    (b"\xfd7zXZ\0", "something compressed with xz: unpack it first"),
    (b"BZh", "something compressed with bzip2: unpack it first"),
    (b"\xc1\x1f\xfc\xc1", "a CTF data stream"),
    (b"\xc1\xfc\x1f\xc1", "a CTF data stream"),
    (b"\x57\x1d\xd1\x75", "CTF metadata"),
    (b"/* CTF", "CTF metadata"),
    (b"\x7fELF", "a program or core dump"),
    (b"MZ", "a Windows program"),
    (b"{", "JSON text"),
    (b"<", "XML or HTML text"),
];

/// One line about a stream that begins with `head` and failed with `error`.
pub(crate) fn describe(error: &Error, head: &[u8]) -> String {
    let mut line = if error.what() == "the format of this stream" {
        "unknown format".to_owned()
    } else {
        let (what, value, offset) = (error.what(), error.value(), error.offset());
        format!("{what} is not supported: {value} (at byte {offset:#x})")
    };
    if let Some((_, guess)) = GUESSES.iter().find(|(magic, _)| head.starts_with(magic)) {
        let _ = write!(line, ", looks like {guess}");
    }
    line += "; it begins with";
    for byte in head.iter().take(8) {
        let _ = write!(line, " {byte:02x}");
    }
    let ascii: String = head
        .iter()
        .take(8)
        .map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' })
        .collect();
    let _ = write!(line, " |{ascii}|");
    line + "; supported: " + &Auto::FORMATS.join(", ")
}
