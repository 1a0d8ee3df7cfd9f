#!/bin/sh
# Memory and CPU of readers of running processes, over time.
#
#   benches/live/soak.sh MINUTES [default|small]   live: six processes, all that makes tables grow
#   benches/live/soak.sh replay MINUTES            a synthetic stream at full speed into `stats -`
#
# `small` (the default) lowers the limits of all readers so that tables are full before minute 3, those
# of the verbs by --max-memory. The verdict for each reader: resident memory (RssAnon) at the
# end, against minute 3 (or the middle, of a shorter run): at most 1 MiB more. Rows of soak.csv
# (CSV=FILE), each 10 s (EVERY=S): seconds, reader, KiB resident, share of a core since the last row.
# RATE=N is events/s of the busiest process; by default as many as it can.
cd "$(dirname "$0")/../.."
. benches/live/common.sh
mode=live
[ "${1-}" != replay ] || { mode=replay; shift; }
minutes=${1:?"usage: soak.sh [replay] MINUTES [default|small]"}
limits=${2:-small}
every=${EVERY:-10}
csv=${CSV:-soak.csv}
seconds=$(awk "BEGIN { print int($minutes * 60) }")
readers=

# Runs a reader as NAME, in the background.
read_as() {
    name=$1
    shift
    "$@" > "$work/$name.out" 2> "$work/$name.err" &
    readers="$readers $name:$!"
    started="$started $!"
}

live() {
    spare=$((seconds + 30))
    tracegen busy busy --wait 1 --seconds $spare --threads 2 --noise 0 --mode fast --rate "${RATE:-0}"
    busy=$pid
    tracegen large busy --wait 1 --seconds $spare --threads 1 --noise 0 --mode string --payload 1000 \
        --rate 20000
    large=$pid
    tracegen noise busy --wait 1 --seconds $spare --threads 2 --noise 4 --mode mix --rate 2000
    noise=$pid
    tracegen churn churn --wait 1 --seconds $spare --rate 1000
    churn=$pid
    tracegen metrics metrics --wait 1 --seconds $spare --series 50
    metrics=$pid
    tracegen logs logs --wait 1 --count $((spare * 1000)) --pause-ms 1
    logs=$pid
    all="Demo-Busy Demo-SelfDesc TraceGen-Churn TraceGen-Churn-Dynamic"
    all="$all Microsoft-Windows-DotNETRuntime:14C14FCCBD:5 Microsoft-Extensions-Logging:E:5"
    all="$all Microsoft-DotNETCore-SampleProfiler:F00000000000:4"
    read_as reader "$reader" $busy $large $noise $churn $logs --providers "$all" \
        --limits "$limits" --seconds "$seconds"
    read_as without-stacks "$reader" $busy --no-stacks --seconds "$seconds"
    asked="TraceGen-Churn::5,TraceGen-Churn-Dynamic::5,Microsoft-Windows-DotNETRuntime:14C14FCCBD:5"
    ln -s /dev/null "$work/monitor.out"
    ln -s /dev/null "$work/logs-verb.out"
    memory=
    held=
    kept=
    if [ "$limits" != default ]; then
        memory="--max-memory 24M"
        held="--max-held 1M"
        kept="--max-memory 4M"
    fi
    # shellcheck disable=SC2086 # words
    read_as monitor "$tracemill" monitor -q -p $churn -p $noise --providers "$asked" -f jsonl \
        --duration "${seconds}s" $memory $held
    # shellcheck disable=SC2086
    read_as collect "$tracemill" collect -q -p $churn --providers "$asked" -o "$work/churn.nettrace" \
        --rotate-every 30s --keep 2 --rundown false --duration "${seconds}s" $kept
    # shellcheck disable=SC2086
    read_as counters "$tracemill" counters -p $metrics --counters TraceGen.Shop,System.Runtime \
        --format jsonl --duration "${seconds}s" $memory
    # shellcheck disable=SC2086
    read_as logs-verb "$tracemill" logs -p $logs -f jsonl --duration "${seconds}s" $memory
}

replay() {
    trace=$shared/corpus/nettrace/perfview/eventpipe-dotnetcore3.0-win-x64-objver4.nettrace
    mkfifo "$work/stream"
    "$shared/tools/nettrace/gen" "$trace" "$work/stream" v4 999999999999999 2> /dev/null &
    gen=$!
    started="$started $gen"
    # A background job of a shell has no input unless it opens it itself.
    read_as stats sh -c 'exec "$0" stats --memory --json --no-progress - < "$1"' \
        "$tracemill" "$work/stream"
}

# A row of each reader that runs: CPU in ticks of the kernel.
sample() {
    for one in $readers; do
        pid=${one#*:}
        memory=$(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
        ticks=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $12 + $13 }') || continue
        [ -z "$memory" ] || echo "$1 ${one%:*} $memory $ticks"
    done
}

$mode
began=$(date +%s)
hertz=$(getconf CLK_TCK)
now=0
while [ "$now" -lt "$seconds" ]; do
    sleep "$every"
    now=$(($(date +%s) - began))
    sample "$now" >> "$work/samples"
done
[ $mode = live ] || kill "$gen" || true
for one in $readers; do wait "${one#*:}" || true; done

awk -v hertz="$hertz" 'BEGIN { print "seconds,reader,rss_anon_kib,cpu_share" }
    { print $1 "," $2 "," $3 "," ($1 > at[$2] ? ($4 - ticks[$2]) / hertz / ($1 - at[$2]) : 0)
      at[$2] = $1; ticks[$2] = $4 }' "$work/samples" > "$csv"
for name in reader without-stacks stats; do
    [ ! -s "$work/$name.out" ] || { echo "== $name"; sed 's/"by":.*"memory"/"memory"/' "$work/$name.out"; }
done
for one in $readers; do
    [ ! -s "$work/${one%:*}.err" ] || { echo "== ${one%:*} said"; tail -3 "$work/${one%:*}.err"; }
done
# A sample at the very end may find a reader that is finishing.
awk -F, -v seconds="$seconds" 'NR > 1 && $1 < seconds {
        from = seconds > 360 ? 180 : seconds / 2
        if ($1 >= from && !($2 in first)) first[$2] = $3
        last[$2] = $3; share[$2] += $4; rows[$2]++; if ($3 > most[$2]) most[$2] = $3
    }
    END {
        for (reader in last) {
            grown = last[reader] - first[reader]
            verdict = grown <= 1024 ? "flat" : "GROWS"
            printf "%-15s %8d KiB at the end, %+6d since minute 3 or the middle, %8d at most, %5.1f %% of a core: %s\n",
                reader, last[reader], grown, most[reader], 100 * share[reader] / rows[reader], verdict
            if (grown > 1024) bad = 1
        }
        exit bad
    }' "$csv"
