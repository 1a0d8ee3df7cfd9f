#!/bin/bash
# CPU time an event beside naive twins, the machine's measured limit and TraceEvent, on the same file
# and in the same minutes. Needs the shared folder: benches/compare.sh [SHARED] [BYTES] [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
shared=$(realpath "${1:-../shared}")
bytes=${2:-100000000}
rounds=${3:-5}
work=${TMPDIR:-/tmp}/tracemill-compare
# About one event in a hundred of the reference mix.
pick=(AllocationAmount64 140456)
[ -d "$shared/tools/nettrace" ] || { echo "compare.sh: no tools in $shared" >&2; exit 1; }
mkdir -p "$work"

build() {
    cargo build --release --bench "$1" --message-format=json 2>/dev/null |
        grep -o '"executable":"[^"]*/'"$1"'-[^"]*"' | tail -1 | cut -d'"' -f4
}
cpu_time=$(build cpu_time)
process=$(build process)
source_trace=$shared/corpus/nettrace/perfview/eventpipe-dotnetcore3.0-win-x64-objver4.nettrace

# Medians of the figures of each row, then each row as a ratio to the first.
table() {
    sort -k1,1 -s "$1" | awk -v base="$2" '
        { values[$1] = values[$1] " " $2; count[$1]++ }
        END {
            for (row in values) {
                n = split(values[row], v, " ")
                for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
                    if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
                median[row] = v[int((n + 1) / 2)]
            }
            for (row in median)
                printf "%-30s %8.2f ns/event %6.2f x %s\n", row, median[row], median[row] / median[base], base
        }' | sort -k2,2n
}

# TraceEvent's best pass, of enough to have it compiled well: `raw` counts events, `full` reads every
# field. It sorts by time.
traceevent() {
    "$run" traceevent "$1" "$file" file 12 |
        grep -o "\"ns_event_cpu\":[0-9.]*" | cut -d: -f2 | sort -n | head -1 |
        awk -v row="TraceEvent-$1" '{ print row, $1 }' >> "$rows"
}

for dialect in v4 v6; do
    file=$work/$dialect-$bytes.nettrace
    [ -f "$file" ] || "$shared/tools/nettrace/gen" "$source_trace" "$file" "$dialect" "$bytes" >/dev/null 2>&1
    rows=$work/$dialect.rows
    : > "$rows"
    [ "$dialect" = v6 ] || run=$("$shared/tools/dotnet10/setup.sh" "$work/dotnet10" | tail -1)
    for _ in $(seq "$rounds"); do
        "$shared/tools/nettrace/yardstick" "$file" bench 1 safe,full,full4k 2>/dev/null |
            sed -n 's/^\([a-z0-9]*\) .*cpu-min.* \([0-9.]*\) ns\/ev | cpu-med.*/yardstick-\1 \2/p' >> "$rows"
        "$cpu_time" "$file" 1 frame,whole,small,order,header,parallel,int,text,named,filter,all,all-order "${pick[@]}" |
            awk '{ print "tracemill-" $1, $5 }' >> "$rows"
        [ "$dialect" = v6 ] && continue
        traceevent raw
        traceevent full
        "$process" "$file" 1 | awk '{ print "process-" $1, $5 }' >> "$rows"
    done
    echo "== $dialect, $bytes bytes, medians of $rounds rounds, CPU time, one core (parallel: wall, two)"
    table "$rows" yardstick-safe
done
