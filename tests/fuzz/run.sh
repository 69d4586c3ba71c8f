#!/usr/bin/env bash
# Runs each fuzz target for some seconds: run.sh [SECONDS [TARGET...]], after `./dev build fuzz`.
# What a fuzzer adds to its corpus stays in build/fuzz/corpus. What breaks a target is kept in
# build/fuzz/found; once mended, it belongs into tests/fuzz/corpus/NAME.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
[[ $seconds =~ ^[0-9]+$ ]] || { echo "run.sh: expected a number of seconds, but got '$seconds'" >&2; exit 2; }
programs=build/fuzz/tests/fuzz
if [ $# -eq 0 ]; then
    for program in "$programs"/fuzz_*; do
        [ -x "$program" ] && set -- "$@" "${program##*/fuzz_}"
    done
fi
[ $# -gt 0 ] || { echo "run.sh: expected fuzz targets in $programs; ./dev build fuzz makes them" >&2; exit 2; }

status=0
for name in "$@"; do
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/found"
    log=build/fuzz/$name.log
    if "$programs/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$name-" \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz_$name: $runs runs in $seconds s, nothing found"
    else
        status=1
        echo "fuzz_$name: found something; $log ends with:"
        tail -n 25 "$log"
    fi
done
exit $status
