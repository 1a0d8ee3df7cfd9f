//! Every message against the documented layout, written out by hand.

#![allow(clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::config::Rundown;

/// A message of this set and id: its header, and `payload`.
fn expect(size: [u8; 2], command: [u8; 2], payload: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"DOTNET_IPC_V1\0".to_vec();
    bytes.extend_from_slice(&size);
    bytes.extend_from_slice(&command);
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&payload.concat());
    bytes
}

fn bytes(request: &Request<'_>) -> Vec<u8> {
    Message::new(request).unwrap().bytes().to_vec()
}

#[test]
fn commands_without_payload() {
    for (request, command) in [
        (Request::ProcessInfo(InfoVersion::V1), [4, 0]),
        (Request::ResumeRuntime, [4, 1]),
        (Request::ProcessEnvironment, [4, 2]),
        (Request::ProcessInfo(InfoVersion::V2), [4, 4]),
        (Request::ProcessInfo(InfoVersion::V3), [4, 8]),
    ] {
        assert_eq!(bytes(&request), expect([20, 0], command, &[]));
    }
}

#[test]
fn stop_tracing() {
    let id = [0x00, 0x13, 0x00, 0x28, 0x58, 0x7f, 0x00, 0x00];
    let stop = Request::StopTracing(0x7f58_2800_1300);
    assert_eq!(bytes(&stop), expect([28, 0], [2, 1], &[&id]));
}

#[test]
fn set_environment_variable() {
    let name: &[u8] = &[3, 0, 0, 0, b'A', 0, b'B', 0, 0, 0];
    // U+1F600 takes two units.
    let value: &[u8] = &[4, 0, 0, 0, b'x', 0, 0x3d, 0xd8, 0x00, 0xde, 0, 0];
    let set = Request::SetEnvironmentVariable("AB", Some("x\u{1F600}"));
    assert_eq!(bytes(&set), expect([42, 0], [4, 3], &[name, value]));
    let nothing: &[u8] = &[0, 0, 0, 0];
    let removed = expect([34, 0], [4, 3], &[name, nothing]);
    assert_eq!(bytes(&Request::SetEnvironmentVariable("AB", None)), removed);
    assert_eq!(bytes(&Request::SetEnvironmentVariable("AB", Some(""))), removed);
    for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "\0")] {
        let refused = Message::new(&Request::SetEnvironmentVariable(name, Some(value)));
        assert!(matches!(refused, Err(Error::Request(_))), "{name:?} {value:?}");
    }
}

/// Two providers, the second with arguments.
fn config() -> SessionConfig {
    let mut config = SessionConfig::new(vec![
        Provider::new("Ab", 0x1122_3344_5566_7788, 5),
        Provider::new("C", 0, 4).arguments("k=1"),
    ]);
    config.buffer_mb = 0x0102;
    config
}

// Keywords, level, name and arguments of the two.
const FIRST: &[u8] = &[
    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 5, 0, 0, 0, 3, 0, 0, 0, b'A', 0, b'b', 0, 0, 0,
    0, 0, 0, 0,
];
const SECOND: &[u8] = &[
    0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, b'C', 0, 0, 0, 4, 0, 0, 0, b'k', 0, b'=', 0,
    b'1', 0, 0, 0,
];
const BUFFER: &[u8] = &[2, 1, 0, 0];
const NETTRACE: &[u8] = &[1, 0, 0, 0];
const NETPERF: &[u8] = &[0, 0, 0, 0];
const TWO: &[u8] = &[2, 0, 0, 0];
const STANDARD_RUNDOWN: &[u8] = &[0x39, 0x01, 0x02, 0x80, 0, 0, 0, 0];

#[test]
fn collect_tracing_1() {
    let payload = [BUFFER, NETTRACE, TWO, FIRST, SECOND];
    let request = Request::CollectTracing(Collect::V1, &config());
    assert_eq!(bytes(&request), expect([90, 0], [2, 2], &payload));
    let config = SessionConfig { container: Container::Netperf, ..config() };
    let payload = [BUFFER, NETPERF, TWO, FIRST, SECOND];
    let request = Request::CollectTracing(Collect::V1, &config);
    assert_eq!(bytes(&request), expect([90, 0], [2, 2], &payload));
}

#[test]
fn collect_tracing_2() {
    for (rundown, byte) in [(Rundown::Default, 1), (Rundown::None, 0)] {
        let config = SessionConfig { rundown, ..config() };
        let payload = [BUFFER, NETTRACE, &[byte], TWO, FIRST, SECOND];
        let request = Request::CollectTracing(Collect::V2, &config);
        assert_eq!(bytes(&request), expect([91, 0], [2, 3], &payload));
    }
}

#[test]
fn collect_tracing_3() {
    for (stacks, byte) in [(true, 1), (false, 0)] {
        let config = SessionConfig { stacks, rundown: Rundown::None, ..config() };
        let payload = [BUFFER, NETTRACE, &[0], &[byte], TWO, FIRST, SECOND];
        let request = Request::CollectTracing(Collect::V3, &config);
        assert_eq!(bytes(&request), expect([92, 0], [2, 4], &payload));
    }
}

#[test]
fn collect_tracing_4() {
    let keywords: &[u8] = &[1, 0, 0, 0, 0, 0, 0, 2];
    for (rundown, keywords) in [
        (Rundown::Default, STANDARD_RUNDOWN),
        (Rundown::Keywords(0x0200_0000_0000_0001), keywords),
        (Rundown::None, &[0; 8]),
    ] {
        let config = SessionConfig { stacks: false, rundown, ..config() };
        let payload = [BUFFER, NETTRACE, keywords, &[0], TWO, FIRST, SECOND];
        let request = Request::CollectTracing(Collect::V4, &config);
        assert_eq!(bytes(&request), expect([99, 0], [2, 5], &payload));
    }
}

#[test]
fn collect_tracing_5() {
    let streaming: &[u8] = &[0, 0, 0, 0];
    let all: &[u8] = &[0, 0, 0, 0, 0];
    let payload =
        [streaming, BUFFER, NETTRACE, STANDARD_RUNDOWN, &[1], TWO, FIRST, all, SECOND, all];
    let request = Request::CollectTracing(Collect::V5, &config());
    assert_eq!(bytes(&request), expect([113, 0], [2, 6], &payload));

    let mut config = config();
    config.providers[0].filter = EventFilter::Only(vec![7, 0x0102_0304]);
    config.providers[1].filter = EventFilter::Except(vec![9]);
    let only: &[u8] = &[1, 2, 0, 0, 0, 7, 0, 0, 0, 4, 3, 2, 1];
    let except: &[u8] = &[0, 1, 0, 0, 0, 9, 0, 0, 0];
    let payload =
        [streaming, BUFFER, NETTRACE, STANDARD_RUNDOWN, &[1], TWO, FIRST, only, SECOND, except];
    let request = Request::CollectTracing(Collect::V5, &config);
    assert_eq!(bytes(&request), expect([125, 0], [2, 6], &payload));
}

#[test]
fn what_a_command_cannot_carry_is_not_sent() {
    let mut config = SessionConfig { stacks: false, ..config() };
    let error = Message::new(&Request::CollectTracing(Collect::V2, &config)).unwrap_err();
    assert!(matches!(error, Error::NeedsCommand { needs: Collect::V3, .. }));
    config.providers[0].filter = EventFilter::Only(Vec::new());
    let error = Message::new(&Request::CollectTracing(Collect::V4, &config)).unwrap_err();
    assert!(matches!(error, Error::NeedsCommand { needs: Collect::V5, .. }));
}

#[test]
fn what_is_too_long_is_not_sent() {
    // 20 + 12 + 16 + (4 + 2 * (units + 1)) + 4 bytes.
    let with = |units: usize| SessionConfig::new(vec![Provider::new("n".repeat(units), 0, 0)]);
    let most = with((65535 - 20 - 8 - 4 - 12 - 4 - 4) / 2 - 1);
    let request = Request::CollectTracing(Collect::V1, &most);
    assert_eq!(bytes(&request).len(), 65534);
    let more = with((65535 - 20 - 8 - 4 - 12 - 4 - 4) / 2);
    let request = Request::CollectTracing(Collect::V1, &more);
    assert_eq!(Message::new(&request), Err(TOO_LONG));
}

#[test]
fn what_a_header_says_is_what_is_there() {
    let good = bytes(&Request::StopTracing(1));
    assert!(Message::checked(good.clone()).is_ok());
    for len in 0..good.len() {
        assert!(Message::checked(good[..len].to_vec()).is_err());
    }
    assert!(Message::checked([&good[..], &[0]].concat()).is_err());
}
