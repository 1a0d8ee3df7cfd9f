//! What the events of a synthetic stream say.

use super::shape::{Fill, Shape};

/// What the events of a [`Mix`](super::Mix) say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Integers and text that mean nothing, in as many classes and in payloads of such sizes as the
    /// `Mix` wants.
    #[default]
    Plain,
    /// Five classes of `Microsoft-Extensions-Logging`, 330 bytes an event, most of it text. Messages
    /// come in three kinds, as many of each: formatted, with arguments, and as JSON.
    Logs,
    /// Six classes of `System.Diagnostics.Metrics`, 150 bytes an event: values of instruments.
    Metrics,
}

impl Content {
    /// The classes; none of [`Content::Plain`].
    pub(super) fn shapes(self) -> &'static [Shape] {
        match self {
            Self::Plain => &[],
            Self::Logs => LOGS,
            Self::Metrics => METRICS,
        }
    }
}

const LOGS: &[Shape] = &[
    Shape {
        opcode: Some(1),
        weight: 3,
        ..log(
            9,
            "ActivityJsonStart",
            &[ID, FACTORY, LOGGER, ("ArgumentsJson", Fill::Text(&["{}"]))],
        )
    },
    Shape { opcode: Some(2), weight: 3, ..log(10, "ActivityJsonStop", &[ID, FACTORY, LOGGER]) },
    log(
        11,
        "FormattedMessage",
        &[LEVEL, FACTORY, LOGGER, EVENT, EVENT_NAME, MESSAGE, TRACE, SPAN, FLAGS],
    ),
    Shape {
        v2_params: true,
        ..log(
            12,
            "Message",
            &[LEVEL, FACTORY, LOGGER, EVENT, EVENT_NAME, EXCEPTION, ARGUMENTS, TRACE, SPAN, FLAGS],
        )
    },
    log(
        13,
        "MessageJson",
        &[LEVEL, FACTORY, LOGGER, EVENT, EVENT_NAME, ERROR_JSON, JSON, MESSAGE, TRACE, SPAN, FLAGS],
    ),
];

const fn log(event_id: u32, name: &'static str, fields: &'static [(&'static str, Fill)]) -> Shape {
    Shape {
        provider: "Microsoft-Extensions-Logging",
        event_id,
        name,
        keywords: 0xf000_0000_000e,
        version: 0,
        level: 0,
        opcode: None,
        v2_params: false,
        weight: 25,
        fields,
    }
}

type Named = (&'static str, Fill);

const ID: Named = ("ID", Fill::Int(100_000));
const FACTORY: Named = ("FactoryID", Fill::Int(2));
const LEVEL: Named = ("Level", Fill::Int(6));
const EVENT: Named = ("EventId", Fill::Int(1_000));
const LOGGER: Named = (
    "LoggerName",
    Fill::Text(&["Shop.Checkout", "Shop.Data.Repository", "Microsoft.AspNetCore.Routing.Matching"]),
);
const EVENT_NAME: Named = ("EventName", Fill::Text(&["", "", "OrderPlaced"]));
const MESSAGE: Named = (
    "FormattedMessage",
    Fill::Text(&[
        "Order # for Zoë costs #.#",
        "Request finished in # ms with status 200",
        "Connection id \"#\" sent FIN with status: \"the client closed it\"",
        "Executed DbCommand (# ms): SELECT \"o\".\"Id\", \"o\".\"Price\" FROM \"Orders\" WHERE \"Id\" = #",
    ]),
);
const ARGUMENTS: Named = (
    "Arguments",
    Fill::Objects(&[
        ("Key", Fill::Text(&["OrderId", "Customer", "Price", "{OriginalFormat}"])),
        ("Value", Fill::Text(&["#", "Zoë", "#.#", "Order {OrderId} for {Customer} costs {Price}"])),
    ]),
);
const JSON: Named = (
    "ArgumentsJson",
    Fill::Text(&[
        r##"{"OrderId":"#","Customer":"Zo\u00EB","Price":"#","{OriginalFormat}":"Order {OrderId} for {Customer} costs {Price}"}"##,
        r##"{"ElapsedMilliseconds":"#","StatusCode":"200","{OriginalFormat}":"Request finished in {ElapsedMilliseconds} ms"}"##,
    ]),
);
const ERROR_JSON: Named = ("ExceptionJson", Fill::Text(&["{}"]));
const EXCEPTION: Named = (
    "Exception",
    Fill::Object(&[
        ("TypeName", Fill::Text(&["", "", "", "System.TimeoutException"])),
        ("Message", Fill::Text(&[""])),
        ("HResult", Fill::Int(1)),
        ("VerboseMessage", Fill::Text(&[""])),
    ]),
);
const TRACE: Named = ("ActivityTraceId", Fill::Text(&["", "0af7651916cd43dd8448eb211c80319c"]));
const SPAN: Named = ("ActivitySpanId", Fill::Text(&["", "b7ad6b7169203331"]));
const FLAGS: Named = ("ActivityTraceFlags", Fill::Text(&["", "1"]));

const METRICS: &[Shape] = &[
    metric(2, "CollectionStart", 0, 1, &[SESSION, FROM, TO]),
    metric(3, "CollectionStop", 0, 1, &[SESSION, FROM, TO]),
    metric(
        4,
        "CounterRateValuePublished",
        2,
        40,
        &[SESSION, METER, VERSION, INSTRUMENT, UNIT, TAGS, RATE, VALUE, INSTRUMENT_ID],
    ),
    metric(
        5,
        "GaugeValuePublished",
        2,
        15,
        &[SESSION, METER, VERSION, INSTRUMENT, UNIT, TAGS, LAST, INSTRUMENT_ID],
    ),
    metric(
        6,
        "HistogramValuePublished",
        2,
        30,
        &[SESSION, METER, VERSION, INSTRUMENT, UNIT, TAGS, QUANTILES, COUNT, SUM, INSTRUMENT_ID],
    ),
    metric(
        16,
        "UpDownCounterRateValuePublished",
        2,
        15,
        &[SESSION, METER, VERSION, INSTRUMENT, UNIT, TAGS, RATE, VALUE, INSTRUMENT_ID],
    ),
];

const fn metric(
    event_id: u32,
    name: &'static str,
    version: u32,
    weight: usize,
    fields: &'static [(&'static str, Fill)],
) -> Shape {
    Shape {
        provider: "System.Diagnostics.Metrics",
        event_id,
        name,
        keywords: 0xf000_0000_0002,
        version,
        level: 4,
        opcode: None,
        v2_params: false,
        weight,
        fields,
    }
}

const SESSION: Named = ("sessionId", Fill::Text(&["s1"]));
const FROM: Named = ("intervalStartTime", Fill::Time);
const TO: Named = ("intervalEndTime", Fill::Time);
const METER: Named = ("meterName", Fill::Text(&["Shop", "System.Net.Http", "Orders.Worker"]));
const VERSION: Named = ("meterVersion", Fill::Text(&["", "1.2.3"]));
const INSTRUMENT: Named = (
    "instrumentName",
    Fill::Text(&["revenue", "queue.length", "checkout.duration", "http.client.open_connections"]),
);
const UNIT: Named = ("unit", Fill::Text(&["", "ms", "EUR", "{order}"]));
const TAGS: Named = (
    "tags",
    Fill::Text(&["", "queue=mail", "shop=s#", "http.request.method=GET,server.address=s#"]),
);
const RATE: Named = ("rate", Fill::Text(&["0", "#", "#.#"]));
const VALUE: Named = ("value", Fill::Text(&["#", "#.#"]));
const LAST: Named = ("lastValue", Fill::Text(&["#", "#.#"]));
const QUANTILES: Named = ("quantiles", Fill::Text(&["0.5=#.#;0.95=#.#;0.99=#"]));
const COUNT: Named = ("count", Fill::Int(5_000));
const SUM: Named = ("sum", Fill::Double);
const INSTRUMENT_ID: Named = ("instrumentId", Fill::Int(1_000));
