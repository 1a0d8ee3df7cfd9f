//! Logs: each message once in each form, with what its program gave it.

use tracemill::EventView;
use tracemill::conventions::logging::{
    Arguments, Exception, Form, Level, Log, Message, PROVIDER, Reader,
};

use crate::{read, read_fixture};

#[derive(Debug, Default)]
struct Sums {
    /// By form: messages, exceptions, messages of each level.
    forms: [(u64, u64, [u64; 6]); 3],
    /// Scopes begun and ended, of pairs and of JSON.
    scopes: [[u64; 2]; 2],
    /// Values of the arguments of scopes.
    scope_arguments: u64,
}

impl Sums {
    fn add(&mut self, event: EventView<'_>, check: fn(&Message<'_>)) {
        let class = event.class().unwrap();
        if class.provider() != PROVIDER {
            return;
        }
        let reader = Reader::for_class(class).expect("every event is known");
        match reader.read(event).expect("a log") {
            Log::Message(message) => {
                check(&message);
                let (messages, exceptions, levels) = &mut self.forms[message.form as usize];
                *messages += 1;
                *exceptions += u64::from(!matches!(message.exception, Exception::None));
                let level = [
                    Level::Trace,
                    Level::Debug,
                    Level::Information,
                    Level::Warning,
                    Level::Error,
                    Level::Critical,
                ]
                .iter()
                .position(|level| *level == message.level);
                levels[level.unwrap()] += 1;
            }
            Log::ScopeStart(scope) => {
                self.scopes[usize::from(scope.is_json)][0] += 1;
                self.scope_arguments += scope.arguments.pairs().count() as u64;
                assert_eq!(scope.is_json, matches!(scope.arguments, Arguments::Json(_)));
            }
            Log::ScopeStop(scope) => {
                self.scopes[usize::from(scope.is_json)][1] += 1;
                assert!(matches!(scope.arguments, Arguments::None));
            }
        }
    }
}

/// The message that .NET 10's program logs.
fn check_order(message: &Message<'_>) {
    let loggers = ["Shop.Checkout", "Shop.Data.Repository", "Microsoft.Hosting.Lifetime"];
    let is_of = |id: i32, logger: &str| {
        message.event_id == id % 100
            && message.logger == logger
            && message.level == Level::from(id % 6)
    };
    let mut ids = (0..300).zip(loggers.iter().cycle());
    let (id, _) = ids.find(|(id, logger)| is_of(*id, logger)).expect("one of the messages");
    let name = if id % 2 == 0 { "OrderPlaced" } else { "" };
    assert_eq!(message.event_name, name);
    let tail = "\"quoted\" \\ tab\t line\n end";
    if message.form != Form::Structured {
        let text = message.text.to_string();
        assert!(text.starts_with("Order ") && text.ends_with(tail), "{text}");
        assert!(text.contains(" for Zoë costs 9.75 "), "{text}");
    }
    if message.form == Form::Structured {
        let arguments = message.arguments.pairs();
        assert_eq!(arguments.get("Customer").unwrap(), "Zoë");
        assert_eq!(arguments.get("Price").unwrap(), "9.75");
        let order: i32 = arguments.get("OrderId").unwrap().parse().unwrap();
        assert_eq!(order % 100, id % 100);
        let template = message.template().unwrap().to_string();
        assert_eq!(template, format!("Order {{OrderId}} for {{Customer}} costs {{Price}} {tail}"));
        if let Exception::Object { type_name, message, hresult, verbose } = message.exception {
            assert_eq!(type_name, "System.InvalidOperationException");
            assert_eq!(message, format!("order {order} is broken").as_str());
            assert_eq!(hresult, 0x8013_1509_u32.cast_signed());
            assert!(verbose.to_string().contains("System.ArgumentException: inner"));
        }
    }
    if let Exception::Json(json) = message.exception {
        assert!(json.to_string().starts_with("{\"TypeName\":\"System.InvalidOperationException\""));
    }
}

#[test]
fn every_message_of_net_10_comes_once_in_each_form() {
    let mut sums = Sums::default();
    let app = read("logs", "dotnet10/logs", |event| sums.add(event, check_order));
    let Some(app) = app else { return };
    // Level Trace is off: 50 of 300.
    assert_eq!(app["messages"], 300);
    let levels = [0, 50, 50, 50, 50, 50];
    assert_eq!(sums.forms, [(250, 0, levels), (250, 35, levels), (250, 35, levels)]);
    let scopes = app["scopes"].as_u64().unwrap();
    assert_eq!(sums.scopes[1], [scopes, scopes]);
}

#[test]
fn filtered_messages_of_net_10_come_as_text() {
    let mut sums = Sums::default();
    let Some(app) = read("logs", "dotnet10/logs-filtered", |event| sums.add(event, check_order))
    else {
        return;
    };
    // Warnings and worse of two loggers of three.
    assert_eq!(app["per_level"][3], 50);
    assert_eq!(sums.forms[0], (100, 0, [0, 0, 0, 50, 50, 0]));
    assert_eq!(sums.scopes[0], [20, 20]);
}

#[test]
fn filtered_messages_of_a_fixture() {
    let mut sums = Sums::default();
    read_fixture("logs-filtered", |event| sums.add(event, check_order));
    assert_eq!(sums.forms[0], (100, 0, [0, 0, 0, 50, 50, 0]));
}

#[test]
fn net_core_3_1_does_not_describe_its_arrays_and_is_read_all_the_same() {
    let check = |message: &Message<'_>| {
        assert_eq!(message.event_name, "OrderPlaced");
        assert!((100..105).contains(&message.event_id));
        let fails = message.level >= Level::Error && message.level <= Level::Critical;
        if message.form == Form::Structured {
            let arguments: Vec<_> =
                message.arguments.pairs().map(|(key, _)| key.to_string()).collect();
            assert_eq!(arguments, ["OrderId", "Customer", "{OriginalFormat}"]);
            assert_eq!(message.arguments.pairs().get("Customer").unwrap(), "Zoë \"Q\" 日本");
            assert_eq!(message.template().unwrap(), "Order {OrderId} for {Customer}");
            assert_eq!(fails, matches!(message.exception, Exception::Object { .. }));
        }
        if message.form == Form::Json {
            assert!(matches!(message.arguments, Arguments::Json(_)));
            assert_eq!(fails, matches!(message.exception, Exception::Json(_)));
        }
    };
    let mut sums = Sums::default();
    let Some(app) = read("logs", "dotnet31/logs", |event| sums.add(event, check)) else { return };
    let emitted = |id: &str| app["emitted"][PROVIDER][id].as_u64().unwrap();
    let messages = sums.forms.map(|(messages, ..)| messages);
    assert_eq!(messages, [emitted("1"), emitted("2"), emitted("5")]);
    assert_eq!(sums.scopes, [[emitted("3"), emitted("4")], [emitted("6"), emitted("7")]]);
    assert_eq!(sums.scope_arguments, 3 * emitted("3"));
}
