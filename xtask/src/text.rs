//! Names and numbers, in other words.

/// `GCStart_V2` is `GCStart`.
pub fn without_version(name: &str) -> &str {
    match name.rsplit_once("_V") {
        Some((front, digits)) if digits.parse::<u8>().is_ok() => front,
        _ => name,
    }
}

/// `CLRMethod` is `Method`.
pub fn stripped(task: &str) -> &str {
    match task.strip_prefix("CLR") {
        Some(rest) if rest.starts_with(char::is_uppercase) => rest,
        _ => task,
    }
}

/// What follows a word in front, if it is another word.
pub fn rest<'a>(text: &'a str, front: &str) -> &'a str {
    match text.strip_prefix(front) {
        Some(rest) if rest.starts_with(char::is_uppercase) => rest,
        _ => text,
    }
}

/// `GCBulkNode` is `gc_bulk_node`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let last =
            place.checked_sub(1).and_then(|place| letters.get(place)).copied().unwrap_or('_');
        let next = letters.get(place + 1).copied().unwrap_or('_');
        let is_word = last.is_lowercase() || (last.is_uppercase() && next.is_lowercase());
        if letter.is_uppercase() && is_word {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// `GCBulkNode` is `GcBulkNode`.
pub fn camel(name: &str) -> String {
    let mut text = String::new();
    for word in snake(name).split('_') {
        let mut letters = word.chars();
        text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        text.push_str(letters.as_str());
    }
    text
}

/// Hexadecimal, in groups of four digits.
pub fn hex(value: u64) -> String {
    let digits = format!("{value:x}");
    let mut text = String::from("0x");
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 4 == 0 {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
