//! What a session asks for: counters of event sources at an interval, and instruments of meters.

use std::hash::{BuildHasher, RandomState};

use tracemill::conventions::metrics;
use tracemill::ipc::{Provider, Rundown, SessionConfig};

use super::wanted::{self, Wanted};

/// The session of the metrics that several clients may share. Before .NET 8 it is a name as any
/// other, and there can be but one session.
pub(super) const SHARED: &str = "SHARED";

/// Values of time series.
const TIME_SERIES: u64 = 2;
/// Informational.
const LEVEL: u8 = 4;
/// Counters have no keyword; other events of the source are not wanted.
const NO_KEYWORDS: u64 = 0;

/// How much is asked for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Seconds of an interval.
    pub refresh_interval: f64,
    pub max_histograms: u32,
    pub max_time_series: u32,
    /// Who asks.
    pub client_id: String,
}

/// The session that brings what is wanted.
///
/// # Errors
/// A name cannot be asked for.
pub(super) fn session(wanted: &Wanted, ask: &Ask) -> Result<SessionConfig, String> {
    let interval = ask.refresh_interval;
    let counters = format!("EventCounterIntervalSec={interval}");
    let source = |one: &wanted::Provider| {
        Provider::new(one.name.clone(), NO_KEYWORDS, LEVEL).arguments(counters.clone())
    };
    let mut providers: Vec<Provider> = wanted.providers.iter().map(source).collect();
    let mut names = Vec::new();
    for one in wanted.providers.iter().filter(|one| !one.is_source) {
        if one.counters.is_empty() {
            names.push(one.name.clone());
        }
        names.extend(one.counters.iter().map(|counter| format!("{}\\{counter}", one.name)));
    }
    if let Some(name) = names.iter().find(|name| name.contains([';', '"'])) {
        return Err(format!("'{name}' cannot be asked for: it has a ';' or a quote"));
    }
    if !names.is_empty() {
        let (series, histograms) = (ask.max_time_series, ask.max_histograms);
        let (names, client) = (names.join(","), &ask.client_id);
        let arguments = format!(
            "SessionId={SHARED};Metrics={names};RefreshInterval={interval};\
             MaxTimeSeries={series};MaxHistograms={histograms};ClientId={client}"
        );
        providers.push(Provider::new(metrics::PROVIDER, TIME_SERIES, LEVEL).arguments(arguments));
    }
    let mut config = SessionConfig::new(providers);
    config.rundown = Rundown::None;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

/// A GUID that nobody else has: random, of version 4.
pub(super) fn client_id() -> String {
    let word = |number: u64| RandomState::new().hash_one((number, std::process::id()));
    let (high, low) = (word(1), word(2));
    let high = high & !0xf000 | 0x4000;
    let low = low & (u64::MAX >> 2) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask() -> Ask {
        let client_id = "C".to_owned();
        Ask { refresh_interval: 0.5, max_histograms: 3, max_time_series: 7, client_id }
    }

    #[test]
    fn a_name_is_asked_for_as_source_and_as_meter() {
        let mut wanted = Wanted::default();
        wanted.add_list("A,B[x,y],EventCounters\\C").unwrap();
        let config = session(&wanted, &ask()).unwrap();
        let asked: Vec<_> =
            config.providers.iter().map(|one| (&*one.name, &*one.arguments)).collect();
        let counters = "EventCounterIntervalSec=0.5";
        let metrics = "SessionId=SHARED;Metrics=A,B\\x,B\\y;RefreshInterval=0.5;\
                       MaxTimeSeries=7;MaxHistograms=3;ClientId=C";
        let provider = ("System.Diagnostics.Metrics", metrics);
        assert_eq!(asked, [("A", counters), ("B", counters), ("C", counters), provider]);
    }

    #[test]
    fn what_cannot_be_said_is_told() {
        let mut wanted = Wanted::default();
        wanted.add_list("A;b").unwrap();
        assert!(session(&wanted, &ask()).is_err());
    }

    #[test]
    fn client_ids_are_guids_and_differ() {
        let (one, other) = (client_id(), client_id());
        assert_ne!(one, other);
        assert!(one.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "{one}");
        assert_eq!(one.as_bytes().get(14), Some(&b'4'), "{one}");
    }
}
