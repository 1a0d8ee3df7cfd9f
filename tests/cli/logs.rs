//! `tracemill logs` on recordings: each message once, with all that its program gave it.

use serde_json::{Value, json};

use super::counters::recording;
use super::run::{feed, fixture, lines, tracemill};

const LEVELS: [&str; 6] = ["trace", "debug", "information", "warning", "error", "critical"];
const CATEGORIES: [&str; 3] =
    ["Shop.Checkout", "Shop.Data.Repository", "Microsoft.Hosting.Lifetime"];

/// What .NET 10's program logs as its message of a number.
pub fn check_order(message: &Value) -> u64 {
    let order = message["arguments"]["OrderId"].as_str().expect("a number").parse().unwrap();
    check_text(message, order);
    assert_eq!(
        message["arguments"],
        json!({"OrderId": order.to_string(), "Customer": "Zoë", "Price": "9.75"})
    );
    let template = "Order {OrderId} for {Customer} costs {Price} \"quoted\" \\ tab\t line\n end";
    assert_eq!(message["template"], template);
    if order.is_multiple_of(7) {
        let exception = &message["exception"];
        assert_eq!(exception["type"], "System.InvalidOperationException");
        assert_eq!(exception["message"], format!("order {order} is broken"));
        assert_eq!(exception["hresult"], i64::from(0x8013_1509_u32.cast_signed()));
        assert!(exception["verbose"].as_str().unwrap().contains("System.ArgumentException: inner"));
    } else {
        assert_eq!(message["exception"], Value::Null);
    }
    order
}

fn check_text(message: &Value, order: u64) {
    let text = format!("Order {order} for Zoë costs 9.75 \"quoted\" \\ tab\t line\n end");
    assert_eq!(message["message"], text);
    assert_eq!(message["event_id"], order % 100);
    assert_eq!(message["level"], LEVELS[(order % 6) as usize]);
    assert_eq!(message["category"], CATEGORIES[(order % 3) as usize]);
    let name = if order.is_multiple_of(2) { json!("OrderPlaced") } else { Value::Null };
    assert_eq!(message["event_name"], name);
    assert_eq!((&message["schema_version"], &message["kind"]), (&1.into(), &"message".into()));
}

#[test]
fn every_message_of_net_10_comes_once_with_all_it_has() {
    let Some((path, app)) = recording("logs", "dotnet10/logs") else { return };
    let messages = lines(&tracemill(&["logs", "-f", "jsonl", &path]).ok());
    let orders: Vec<u64> = messages.iter().map(check_order).collect();
    // Level Trace is off.
    let logged = (0..app["messages"].as_u64().unwrap()).filter(|order| order % 6 > 0);
    assert_eq!(orders, logged.collect::<Vec<_>>());
    let scopes = lines(&tracemill(&["logs", "-f", "jsonl", "--scopes", &path]).ok());
    let count = |kind: &str| scopes.iter().filter(|line| line["kind"] == kind).count() as u64;
    assert_eq!([count("scope_begin"), count("scope_end")], [30, app["scopes"].as_u64().unwrap()]);
    assert_eq!(count("message"), 250);
}

#[test]
fn text_has_exceptions_below_its_lines() {
    let Some((path, _)) = recording("logs", "dotnet10/logs") else { return };
    let text = tracemill(&["logs", &path]).ok();
    assert_eq!(text.lines().filter(|line| line.contains(" Order ")).count(), 250);
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("    System.InvalidOperationException: order "))
            .count(),
        35
    );
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "    0.100768755 18749 debug Shop.Data.Repository[1] Order 1 for Zoë costs 9.75 \"quoted\" \\ tab\\t line"
    );
    let utc = tracemill(&["logs", "--utc", "--count", "1", &path]).ok();
    assert!(utc.starts_with("2026-11-23T09:13:01.702768755Z 18749 debug "), "{utc}");
}

#[test]
fn messages_of_one_form_come_as_they_are() {
    let messages =
        lines(&tracemill(&["logs", "-f", "jsonl", &fixture("logs-filtered.nettrace")]).ok());
    // Warnings and errors of two loggers of three: numbers that are 3 or 4 more than a multiple of 6.
    let orders: Vec<u64> = (0..300).filter(|order| [3, 4].contains(&(order % 6))).collect();
    assert_eq!(messages.len(), orders.len());
    for (message, order) in messages.iter().zip(orders) {
        check_text(message, order);
        assert_eq!(message["arguments"], Value::Null);
    }
}

#[test]
fn net_core_3_1_comes_once_too() {
    let Some((path, app)) = recording("logs", "dotnet31/logs") else { return };
    let lines = lines(&tracemill(&["logs", "-f", "jsonl", "--scopes", &path]).ok());
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    let emitted = &app["emitted"]["Microsoft-Extensions-Logging"];
    assert_eq!(of("message").len() as u64, emitted["5"].as_u64().unwrap());
    assert_eq!(of("scope_begin").len() as u64, emitted["6"].as_u64().unwrap());
    assert_eq!(of("scope_end").len() as u64, emitted["7"].as_u64().unwrap());
    for message in of("message") {
        assert_eq!(message["template"], "Order {OrderId} for {Customer}");
        let id = message["arguments"]["OrderId"].as_str().unwrap();
        let text = message["message"].as_str().unwrap();
        assert_eq!(text, format!("Order {id} for Zoë \"Q\" 日本"));
        let fails = ["error", "critical"].iter().any(|level| message["level"] == **level);
        assert_eq!(fails, message["exception"].is_object(), "{message}");
    }
}

#[test]
fn levels_and_categories_choose() {
    let name = fixture("logs-filtered.nettrace");
    let count = |args: &[&str]| {
        let all = [&["logs", "-q", "-f", "jsonl"], args, &[&name]].concat();
        lines(&tracemill(&all).ok()).len()
    };
    assert_eq!(count(&[]), 100);
    assert_eq!(count(&["--level", "error"]), 50);
    assert_eq!(count(&["--level", "critical"]), 0);
    assert_eq!(count(&["--level", "Shop.Data.*:warning"]), 50);
    assert_eq!(count(&["--level", "shop.*:critical,warn,Shop.Data.*:error"]), 50);
    assert_eq!(count(&["--category", "*.checkout"]), 50);
    assert_eq!(count(&["--category", "*.checkout", "--category", "shop.*"]), 100);
    assert_eq!(count(&["--count", "7"]), 7);
    assert_eq!(count(&["--count", "7", "--category", "*.checkout", "--level", "error"]), 0);
    assert_eq!(count(&["--duration", "1ms"]), 0);
    for wrong in ["loud", "A:loud", "A;B:info"] {
        assert_eq!(tracemill(&["logs", "--level", wrong, &name]).code, 2, "{wrong}");
    }
    assert_eq!(tracemill(&["logs"]).code, 2);
}

#[test]
fn standard_input_and_damage() {
    let bytes = super::run::bytes("logs-filtered.nettrace");
    assert_eq!(lines(&feed(&["logs", "-f", "jsonl", "-"], &bytes).ok()).len(), 100);
    let cut = feed(&["logs", "-f", "jsonl", "-"], &bytes[..bytes.len() / 2]);
    assert_eq!(cut.code, 4, "{}", cut.err);
    assert!(cut.out.lines().count() < 100);
    assert_eq!(lines(&cut.err).len(), 1);
}

#[test]
fn nothing_to_print_is_told() {
    for (args, told) in [
        (["--level", "trace", &fixture("http.nettrace")], "nothing in it was logged with ILogger"),
        (
            ["--category", "No.Such", &fixture("logs-filtered.nettrace")],
            "none of its messages is of the levels and categories that are wanted",
        ),
    ] {
        for form in ["text", "jsonl"] {
            let ran = tracemill(&[&["logs", "-f", form], &args[..]].concat());
            assert_eq!((ran.code, ran.out.as_str(), ran.err.lines().count()), (0, "", 1));
            assert!(ran.err.contains(told), "{}", ran.err);
        }
        assert_eq!(tracemill(&[&["logs", "-q"], &args[..]].concat()).ok(), "");
    }
    // The rest may have some.
    let name = fixture("logs-filtered.nettrace");
    assert_eq!(tracemill(&["logs", "--duration", "1ms", &name]).ok(), "");
}
