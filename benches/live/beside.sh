#!/bin/sh
# What collectors cost, and what they lose, at a program that emits as fast as it can.
#
#   benches/live/beside.sh [COUNT]      events a thread: 2000000 small ones, a tenth as many large ones
#
# Each row is a program of its own with one session, 256 MB of buffer and no rundown. `drain` reads the
# socket and throws the bytes away; `drain-to-file` writes them before; `reader` looks at each event; `collect` parses and writes; `file` is
# `tracemill stats` on what collect wrote, mapped. CPU is of the whole process, user and kernel, to 10
# ms, but for `drain`s and `reader`: of their reading thread. dotnet-trace's includes starting and
# compiling itself.
# BUFFER=MB sets the buffer; ONLY="drain reader" some of the rows.
cd "$(dirname "$0")/../.."
. benches/live/common.sh
count=${1:-2000000}
buffer=${BUFFER:-256}
only=${ONLY:-drain drain-to-file reader collect file dotnet-trace drain-nostacks reader-nostacks collect-nostacks}
provider=Demo-Busy:ffffffffffffffff:5
say='%U %S %M'

# The program's end: it is told by what it prints, then the collector is told to stop.
stop() {
    await program '"phase":"done"'
    kill -INT "$(cat "/proc/$1/task/$1/children")"
    wait "$1" || true
}

collector() {
    flag=
    [ "${1%-nostacks}" = "$1" ] || flag=--no-stacks
    time="/usr/bin/time -o $work/time -f"
    case $1 in
    drain*)
        [ "$1" != drain-to-file ] || flag="--output $work/drained"
        $time "$say" "$drain" "$pid" --buffer "$buffer" --idle 1 $flag "Demo-Busy" \
        > "$work/drain.out" 2> "$work/drain.err" || { cat "$work/drain.err" >&2; exit 1; } ;;
    reader*) $time "$say" "$reader" "$pid" --buffer "$buffer" --idle 1 $flag > "$work/reader.out" ;;
    collect*)
        $time "$say" "$tracemill" collect -q -y -o "$work/ours" -p "$pid" --buffersize "$buffer" \
            --rundown false --providers "$provider" $flag 2> /dev/null &
        stop $! ;;
    dotnet-trace)
        # A shell's background jobs ignore Ctrl-C, and .NET leaves that as it is.
        $time "$say" env --default-signal=INT "$run" dotnet-trace collect -o "$work/theirs" -p "$pid" --rundown false \
            --buffersize "$buffer" --providers "$provider" > /dev/null 2>&1 &
        stop $! ;;
    esac
}

# Events and bytes that came, and events lost, by what counts them for this row.
result() {
    case $1 in
    drain*) awk '{ print "- " $1 " -" }' "$work/drain.out" ;;
    reader*) facts < "$work/reader.out" ;;
    collect*) "$tracemill" stats -q --json "$work/ours" | facts ;;
    dotnet-trace) "$tracemill" stats -q --json "$work/theirs" | facts ;;
    esac
}

facts() {
    tr '{,' '\n\n' | awk -F: '!($1 in all) { all[$1] = $2 }
        END { print all["\"events\""], all["\"bytes\""], all["\"lost\""] }'
}

printf '%-9s %-7s %-17s %10s %8s %10s %10s %9s %8s %8s\n' payload threads row events MB lost \
    'CPU s' ns/event ms/MB 'peak KiB'
for payload in 0 1000; do
    for threads in 1 2; do
        for row in $only; do
            if [ "$row" = file ]; then
                [ -s "$work/ours" ] || continue
                /usr/bin/time -o "$work/time" -f "$say" "$tracemill" stats -q "$work/ours" > /dev/null
                set -- $(result collect)
            else
                mode=fast
                each=$count
                [ $payload = 0 ] || { mode=string; each=$((count / 10)); }
                tracegen program busy --wait 1 --count "$each" --seconds 600 --threads $threads \
                    --noise 0 --mode $mode --payload $payload
                collector "$row"
                kill "$pid" 2>/dev/null || true
                wait "$pid" 2>/dev/null || true
                set -- $(result "$row")
            fi
            cpu=$(tail -1 "$work/time")
            case $row in
            drain*) thread=$(sed 's/.* s, \([0-9.]*\) s of CPU.*/\1/' "$work/drain.out") ;;
            reader*) thread=$(sed 's/.*"cpu_seconds":\([0-9.]*\).*/\1/' "$work/reader.out") ;;
            *) thread= ;;
            esac
            [ -z "$thread" ] || cpu="$thread 0 ${cpu##* }"
            echo "$cpu" | awk -v payload=$payload -v threads=$threads -v row="$row" -v events="$1" \
                -v bytes="$2" -v lost="$3" '{
                    cpu = $1 + $2
                    size = payload ? payload * 2 + 42 " B" : "12 B"
                    each = events > 0 ? sprintf("%.1f", cpu * 1e9 / events) : "-"
                    printf "%-9s %-7s %-17s %10s %8.1f %10s %10.3f %9s %8.3f %8d\n", size, threads, row,
                        events, bytes / 1e6, lost, cpu, each, cpu * 1e9 / bytes, $3 }'
        done
    done
done
