//! Events by number: `NAME=1,2,10-12` for these alone, `NAME!=3` for all but these.

use tracemill::ipc::EventFilter;

/// Most numbers of a provider: a message has no room for more.
const MOST: usize = 16_000;

/// A provider's name, and which of its events are wanted.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<(&str, EventFilter), String> {
    let wrong = || format!("'{text}': expected NAME=IDS or NAME!=IDS, as in My-Source=1,2,10-12");
    let (name, list) = text.split_once('=').ok_or_else(wrong)?;
    let (name, is_except) = match name.strip_suffix('!') {
        Some(name) => (name.trim(), true),
        None => (name.trim(), false),
    };
    if name.is_empty() {
        return Err(wrong());
    }
    let mut ids = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |digits: &str| digits.trim().parse::<u32>().map_err(|_| wrong());
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(wrong());
        }
        if (last - first) as usize >= MOST - ids.len() {
            return Err(format!("'{text}': more than {MOST} events"));
        }
        ids.extend(first..=last);
    }
    Ok((name, if is_except { EventFilter::Except(ids) } else { EventFilter::Only(ids) }))
}

/// What both say: these and those, or all but these and those.
///
/// # Errors
/// One says which, the other which not.
pub(super) fn join(one: &mut EventFilter, other: EventFilter) -> Result<(), &'static str> {
    match (one, other) {
        (EventFilter::Only(all), EventFilter::Only(ids))
        | (EventFilter::Except(all), EventFilter::Except(ids)) => all.extend(ids),
        (one @ EventFilter::All, other) => *one = other,
        _ => return Err("has events that are wanted, and others that are not: one will do"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        let only = |ids: &[u32]| EventFilter::Only(ids.to_vec());
        assert_eq!(parse("A=1"), Ok(("A", only(&[1]))));
        assert_eq!(parse(" A.B = 1, 3-5"), Ok(("A.B", only(&[1, 3, 4, 5]))));
        assert_eq!(parse("A!=0,7"), Ok(("A", EventFilter::Except(vec![0, 7]))));
        for wrong in ["A", "=1", "!=1", "A=", "A=x", "A=1,", "A=5-3", "A=-1", "A=0-4294967295"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("A=1-16000").is_ok() && parse("A=0-16000").is_err());
    }

    #[test]
    fn they_are_joined() {
        let mut filter = EventFilter::All;
        assert!(join(&mut filter, EventFilter::Only(vec![1])).is_ok());
        assert!(join(&mut filter, EventFilter::Only(vec![2])).is_ok());
        assert_eq!(filter, EventFilter::Only(vec![1, 2]));
        assert!(join(&mut filter, EventFilter::Except(vec![3])).is_err());
    }
}
