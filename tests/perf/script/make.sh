#!/bin/sh
# Makes the .zst files beside it anew from the recordings in the folder $1, by what `perf script` says of
# them. Each line is a sample or a frame of it:
#
#   PID/TID [CPU] SECONDS: EVENT[ ADDRESS]         the address where there is no call chain
#   TAB PLACE MODULE                               PLACE as perf has it: in the file, of the kernel absolute
#   SECONDS CPU SYSTEM__EVENT NAME=VALUE...    of tracepoints: the first 2,000, and a hash of all
#   RECORDING PID/TID SECONDS COMM             the first sample of a thread, and those with another name
set -eu
cd "$(dirname "$0")"
trap 'rm -f a.tmp b.tmp fields.tmp.py' EXIT
script() { perf script --ns -i "$1" -F "pid,tid,time,event,ip$2" 2>/dev/null; }
for name in s17-noinherit s06-kitchen s03-fp-allcpu; do
    case $name in s03*) cpu=,cpu ;; *) cpu= ;; esac
    script "$1/$name.data" "$cpu" >a.tmp
    script "$1/$name.data" ",sym,dso$cpu" >b.tmp
    # The same lines, with and without modules.
    paste -d '|' a.tmp b.tmp | awk -F '|' '
        /^\|$/ { next }
        /^\t/ { split($2, part, " "); gone = sub(/ \(deleted\)\)$/, ")", $2) ? " (deleted)" : ""
                sub(/^.*\(/, "", $2); sub(/\)$/, "", $2)
                print "\t" part[1] " " $2 gone; next }
        { gsub(/ +/, " ", $1); sub(/ $/, "", $1); sub(/^ /, "", $1); print $1 }' |
        zstd -19 -q -o "$name.zst" -f
done
cat >fields.tmp.py <<'P'
import hashlib
hash, count = hashlib.sha256(), 0
def trace_unhandled(name, context, fields):
    global count
    own = ' '.join(f'{key}={value}' for key, value in sorted(fields.items()) if not key.startswith('common_'))
    head = '%d.%09d %d' % tuple(fields['common_' + key] for key in ['s', 'ns', 'cpu'])
    line = f'{head} {name} {own}'
    hash.update((line + '\n').encode())
    count += 1
    if count <= 2000:
        print(line)
def trace_end():
    print(count, hash.hexdigest())
P
perf script -s fields.tmp.py -i "$1/s09-tp-sched.data" 2>/dev/null | zstd -19 -q -o s09-tp-sched.zst -f
for name in s03-fp-allcpu s06-kitchen s09-tp-sched s13-z22 s17-noinherit; do
    perf script --ns -i "$1/$name.data" -F comm,pid,tid,time 2>/dev/null |
        sed -E 's/^ *(.*[^ ]) +(-?[0-9]+\/-?[0-9]+) +([0-9.]+): *$/\2 \3 \1/' |
        awk -v name="$name" '$1 ~ /\/-1$/ { next }
            { comm = substr($0, length($1 $2) + 3) }
            last[$1] != comm { print name " " $0; last[$1] = comm }'
done | LC_ALL=C sort | zstd -19 -q -o comm.zst -f
