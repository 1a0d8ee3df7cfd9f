# What the scripts beside this have in common: binaries, the kit, programs to attach to.
# Meant to be sourced, in the project's root. SHARED is the shared folder, ../shared by default.
set -eu
shared=$(realpath "${SHARED:-../shared}")
[ -d "$shared/tools/dotnet10" ] || { echo "no tools in $shared" >&2; exit 1; }
run=$("$shared/tools/dotnet10/setup.sh" "$PWD/target/tmp/dotnet10" 2>/dev/null)
tracemill=$PWD/target/release/tracemill
reader=$PWD/target/release/examples/live_reader
drain=$PWD/target/release/examples/raw_drain
cargo build --release --quiet --bin tracemill --example live_reader --example live_latency
cargo build --release --quiet -p tracemill-ipc --example raw_drain
work=$(mktemp -d)
TMPDIR=$work
export TMPDIR
started=

# Whatever happens, nothing is left running.
clean() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Starts `tracegen ...` as NAME, and waits until it can be asked. Its process id is in `pid`.
tracegen() {
    name=$1
    shift
    rm -f "$work/$name.out"
    "$run" tracegen "$@" > "$work/$name.out" 2> /dev/null &
    pid=$!
    started="$started $pid"
    await "$name" '"ready":true'
}

# Waits until NAME has printed TEXT, or has ended.
await() {
    until grep -q "$2" "$work/$1.out" 2> /dev/null; do
        kill -0 "$pid" 2>/dev/null || { echo "$1 ended without $2" >&2; exit 1; }
        sleep 0.05
    done
}
