//! Heads of objects, read piece by piece: what is wrong is found before more is asked for.

use tracemill_engine::Error;

/// Object tags (specification section 1).
pub(crate) mod tag {
    pub(crate) const NULL_REFERENCE: u8 = 1;
    pub(crate) const BEGIN_OBJECT: u8 = 4;
    pub(crate) const BEGIN_PRIVATE_OBJECT: u8 = 5;
    pub(crate) const END_OBJECT: u8 = 6;
}

/// Longest object name that is plausible; real ones have 38 bytes at most.
const MAX_NAME: u32 = 255;

/// What lies at the head of the input.
pub(crate) enum Head<'a> {
    /// So many bytes more are needed.
    NeedMore(usize),
    /// The tag that ends the stream.
    Null,
    /// An object, whose head has `len` bytes.
    Object { name: &'a [u8], version: u32, len: usize },
}

/// A little-endian number at a fixed place.
pub(crate) fn u32_at(input: &[u8], at: usize) -> Option<u32> {
    let bytes = input.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

/// Reads `begin begin 01 version minReader nameLen name 06`.
pub(crate) fn head(input: &[u8], offset: u64, begin: u8) -> Result<Head<'_>, Error> {
    const FIXED: usize = 15;
    let expected = [begin, begin, tag::NULL_REFERENCE];
    for (at, (byte, expected)) in input.iter().zip(expected).enumerate() {
        if at == 0 && *byte == tag::NULL_REFERENCE {
            return Ok(Head::Null);
        }
        if *byte != expected {
            return Err(Error::invalid(offset + at as u64, "object: tag not allowed here"));
        }
    }
    // A single byte could still be the end of the stream, so no more than the next is asked for.
    let Some(name_len) = u32_at(input, 11) else {
        return Ok(Head::NeedMore(FIXED - input.len()));
    };
    if name_len > MAX_NAME {
        let what = "object: name length negative or above 255";
        return Err(Error::invalid(offset + 11, what));
    }
    let name_len = name_len as usize;
    let len = FIXED + name_len + 1;
    if input.len() < len {
        return Ok(Head::NeedMore(len - input.len()));
    }
    let name = input.get(FIXED..FIXED + name_len).unwrap_or_default();
    if input.get(len - 1) != Some(&tag::END_OBJECT) {
        let what = "object: type not followed by EndObject";
        return Err(Error::invalid(offset + len as u64 - 1, what));
    }
    Ok(Head::Object { name, version: u32_at(input, 3).unwrap_or(0), len })
}

/// What lies between the head of an object and the content of its block: `BlockSize`, then zeros up to
/// a multiple of 4 of the stream's offset. Returns the whole length, with the head, and `BlockSize`.
pub(crate) fn block_size(
    input: &[u8],
    offset: u64,
    head: usize,
) -> Result<Result<(usize, usize), usize>, Error> {
    let Some(size) = u32_at(input, head) else {
        return Ok(Err(head + 4 - input.len()));
    };
    let Ok(size) = usize::try_from(size.cast_signed()) else {
        return Err(Error::invalid(offset + head as u64, "block: BlockSize negative"));
    };
    let unaligned = offset + head as u64 + 4;
    let padding = usize::from((unaligned.wrapping_neg() & 3) as u8);
    let len = head + 4 + padding;
    if input.len() < len {
        return Ok(Err(len - input.len()));
    }
    Ok(Ok((len, size)))
}
