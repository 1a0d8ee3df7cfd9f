#!/bin/sh
# A recording that never lands in a file: `perf record` into a pipe, straight into `tracemill stats -`.
#
#   benches/perf/soak.sh MINUTES [KEEP]
#
# Records tracepoints of the scheduler and samples with call chains of all CPUs under load, with rings
# so small that some is lost. `tee` keeps the same bytes (KEEP, by default removed in the end; some 10
# MB a minute). The verdict: resident memory (RssAnon) of the reader at the end against a third of the
# time, at most 1 MiB more; and loss as `perf script --show-lost-events` and `perf report --stats` have
# it of the bytes that were kept. Every 10 s (EVERY=S) a line: seconds, KiB resident, bytes read.
# TRACEMILL is the binary (target/release/tracemill), LOAD what makes load.
set -u
minutes=${1:?"usage: soak.sh MINUTES [KEEP]"}
seconds=$(awk "BEGIN { print int($minutes * 60) }")
every=${EVERY:-10}
tracemill=${TRACEMILL:-"$(dirname "$0")/../../target/release/tracemill"}
work=$(mktemp -d)
keep=${2:-$work/kept.data}
load=
trap 'kill -- $load 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkfifo "$work/pipe"

resident() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status" 2>/dev/null; }

for _ in 1 2 3; do
    setsid sh -c "${LOAD:-"yes | tr y n >/dev/null"}" &
    load="$load -$!"
done
"$tracemill" stats --json --no-progress - <"$work/pipe" >"$work/stats.json" 2>"$work/err" &
reader=$!
perf record -q -a -g -m "${PAGES:-2}" -e cpu-clock,sched:sched_switch \
    -F "${RATE:-500}" -o - -- sleep "$seconds" 2>"$work/record" | tee "$keep" >"$work/pipe" &

at=0 early=0 last=0
while [ $at -lt "$seconds" ]; do
    sleep "$every"
    at=$((at + every))
    # One that has ended has none.
    now=$(resident $reader)
    [ -n "$now" ] || break
    last=$now
    echo "$at s: $last KiB, $(($(stat -c %s "$keep") >> 20)) MiB"
    [ $early -ne 0 ] || [ $((at * 3)) -lt "$seconds" ] || early=$last
done
wait $reader
code=$?
kill -- $load 2>/dev/null
load=

number() { grep -o "\"$1\":\"*[0-9]*" "$work/stats.json" | head -1 | tr -cd 0-9; }
lost=$(number lost)
# Each loss is told twice: by rings as they go, and by counters at the end.
rings=$(perf script -i "$keep" --show-lost-events -F comm 2>/dev/null |
    awk '/PERF_RECORD_LOST/ && !/SAMPLES/ { sum += $NF } END { print sum + 0 }')
counters=$(perf script -D -i "$keep" 2>/dev/null | grep -a PERF_RECORD_LOST_SAMPLES |
    awk '{ sub(":", "", $NF); sum += $NF } END { print sum + 0 }')
echo "exit code $code; $(number events) events; memory $early KiB at a third, $last KiB at the end"
echo "lost: $lost; perf: $rings by rings, $counters by counters"
expected=$rings
[ "$counters" -le "$expected" ] || expected=$counters
verdict=0
[ $((at + every)) -ge "$seconds" ] || { echo "the recording ended early"; verdict=1; }
[ $((last - early)) -le 1024 ] || { echo "memory grew"; verdict=1; }
[ "$lost" = "$expected" ] || { echo "loss differs"; verdict=1; }
[ $code -eq 0 ] || { cat "$work/err"; verdict=1; }
exit $verdict
