#!/bin/bash
# Holds the instructions of each work to benches/instructions.txt: more than 3 % above is an error.
#   benches/gate.sh            compares
#   benches/gate.sh --bless    writes the table anew
# Needs valgrind and gungraun-runner (cargo install --locked gungraun-runner --version 0.20.0);
# without them it says so and passes. Another compiler gives other counts: then it only shows them.
set -euo pipefail
cd "$(dirname "$0")/.."
table=benches/instructions.txt
tolerance=3

for tool in valgrind gungraun-runner; do
    command -v "$tool" > /dev/null || { echo "gate.sh: SKIPPED, no $tool"; exit 0; }
done
compiler=$(rustc -V | cut -d' ' -f2)
log=$(cargo bench --bench instructions -- --color never 2>&1) || { echo "$log" >&2; exit 1; }

# Stream, work, instructions.
counts=$(echo "$log" | sed 's/\x1b\[[0-9;]*m//g' | awk '
    match($0, /\("[^"]*", *"[^"]*"\)/) { split(substr($0, RSTART, RLENGTH), part, "\"") }
    $1 == "Instructions:" { split($2, count, "|"); print part[2], part[4], count[1] }')
[ -n "$counts" ] || { echo "gate.sh: no counts in: $log" >&2; exit 1; }

if [ "${1:-}" = --bless ]; then
    { echo "# Instructions by stream and work, 1 MiB each; rustc $compiler; benches/gate.sh --bless"
      echo "$counts"; } > "$table"
    echo "gate.sh: wrote $table"
    exit 0
fi
known=$(sed -n 's/^#.*; rustc \([^;]*\);.*/\1/p' "$table")
[ "$known" = "$compiler" ] || echo "gate.sh: counted by rustc $compiler, the table by $known: no limit holds"
awk -v tolerance="$tolerance" -v holds="$([ "$known" = "$compiler" ] && echo 1 || echo 0)" '
    /^#/ { next }
    NR == FNR { before[$1 " " $2] = $3; next }
    {
        key = $1 " " $2
        if (!(key in before)) { printf "%-10s%-10s%14d  not in the table\n", $1, $2, $3; bad++; next }
        change = ($3 / before[key] - 1) * 100
        seen[key] = 1
        note = change > tolerance ? "TOO MANY" : change < -tolerance ? "better: bless" : ""
        if (change > tolerance) bad++
        printf "%-10s%-10s%14d %+7.2f %% %s\n", $1, $2, $3, change, note
    }
    END {
        for (key in before) if (!(key in seen)) { print key ": not counted"; bad++ }
        exit (bad > 0 && holds)
    }' "$table" <(echo "$counts") || { echo "gate.sh: more instructions than in $table (tolerance $tolerance %)" >&2; exit 1; }
