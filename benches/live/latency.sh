#!/bin/sh
# From the runtime's clock to our line, of a process that is idle but for an event now and then.
#
#   benches/live/latency.sh [SECONDS [PERIOD_MS]]
cd "$(dirname "$0")/../.."
. benches/live/common.sh
"$PWD/target/release/examples/live_latency" "$run" "$tracemill" "${1:-60}" "${2:-370}"
