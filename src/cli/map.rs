//! Maps a window of a file into memory: the one unsafe block of the program.
#![expect(unsafe_code, reason = "mapping a file cannot be proved safe, since others may change it")]

use std::fs::File;
use std::io;

use bytes::Bytes;
use memmap2::MmapOptions;

/// Maps `len` bytes of `file` from `offset` on, to be unmapped when the last slice of them goes.
/// The caller has just made sure that the file is that long.
pub(crate) fn window(file: &File, offset: u64, len: usize) -> io::Result<Bytes> {
    let mut options = MmapOptions::new();
    options.offset(offset).len(len).populate();
    // SAFETY: the bytes are only read, and any value is valid for them. What cannot be ruled out
    // is another process that changes the file while a window of it is parsed. Bytes that change
    // can give wrong events and no more: every length that is read from them is checked where it
    // is used, and what is kept is copied first. A file that is shortened within that time ends
    // the program with a signal; the check before each window keeps that time short, and
    // `--no-mmap` avoids it altogether.
    let map = unsafe { options.map(file)? };
    Ok(Bytes::from_owner(map))
}
