//! Messages for people: time, process, level, category with number and name of the event, text.
//! Further lines of a text, and exceptions, are indented.

use tracemill::conventions::Text;
use tracemill::conventions::logging::{Message, Scope};

use super::levels;
use super::line::{Line, Stamp};
use super::values::{self, Object, TEMPLATE, Thrown};
use crate::cli::text;

/// Before what belongs to the line above.
const INDENT: &[u8] = b"    ";

/// Appends a line, or several.
pub(super) fn write(out: &mut Vec<u8>, stamp: Stamp, line: &Line<'_>, utc: bool) {
    time(out, stamp, utc);
    match line {
        Line::Message(message) => self::message(out, message),
        Line::Begin(scope) => self::scope(out, "begins", scope),
        Line::End(scope) => self::scope(out, "ends", scope),
    }
}

fn time(out: &mut Vec<u8>, stamp: Stamp, utc: bool) {
    let start = out.len();
    match (utc, stamp.utc_ns, stamp.ns) {
        (true, Some(ns), _) => text::instant(out, ns),
        (false, _, Some(ns)) => {
            let mut seconds = Vec::new();
            text::seconds(&mut seconds, ns);
            let padding = 15_usize.saturating_sub(seconds.len());
            out.extend(std::iter::repeat_n(b' ', padding));
            out.append(&mut seconds);
        }
        _ => out.push(b'?'),
    }
    debug_assert!(out.len() > start);
    out.push(b' ');
    match stamp.process {
        Some(process) => text::decimal(out, process, 1),
        None => out.push(b'?'),
    }
    out.push(b' ');
}

fn message(out: &mut Vec<u8>, message: &Message<'_>) {
    let level = levels::short(message.level);
    out.extend_from_slice(level.as_bytes());
    out.extend(std::iter::repeat_n(b' ', 6_usize.saturating_sub(level.len())));
    escape(out, message.logger);
    out.push(b'[');
    out.extend_from_slice(message.event_id.to_string().as_bytes());
    if !message.event_name.is_empty() {
        out.push(b' ');
        escape(out, message.event_name);
    }
    out.extend_from_slice(b"] ");
    // Only a form without a text needs its arguments.
    let arguments = if message.text.is_empty() {
        values::arguments(&message.arguments).ok().flatten()
    } else {
        None
    };
    lines(out, &values::text(message, arguments.as_ref()), false);
    if let Some(thrown) = Thrown::of(&message.exception) {
        lines(out, &thrown.lines(), true);
    }
}

fn scope(out: &mut Vec<u8>, what: &str, scope: &Scope<'_>) {
    out.extend_from_slice(b"scope ");
    escape(out, scope.logger);
    out.extend_from_slice(format!("[{}] {what}", scope.id).as_bytes());
    match values::arguments(&scope.arguments) {
        Ok(Some(arguments)) => pairs(out, &arguments),
        Ok(None) => {}
        Err(raw) => {
            out.push(b' ');
            text::escape(out, &raw);
        }
    }
    out.push(b'\n');
}

fn pairs(out: &mut Vec<u8>, arguments: &Object) {
    for (key, value) in arguments.0.iter().filter(|(key, _)| key != TEMPLATE) {
        out.push(b' ');
        text::escape(out, key);
        out.push(b'=');
        match value.as_str() {
            Some(value) => text::escape(out, &format!("{value:?}")),
            None => text::escape(out, &value.to_string()),
        }
    }
}

/// Lines of a text, each on its own; those behind the first are indented, or all.
fn lines(out: &mut Vec<u8>, text: &str, is_indented: bool) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 || is_indented {
            out.extend_from_slice(INDENT);
        }
        text::escape(out, line.strip_suffix('\r').unwrap_or(line));
        out.push(b'\n');
    }
}

fn escape(out: &mut Vec<u8>, name: Text<'_>) {
    text::escape(out, &name.to_string());
}
