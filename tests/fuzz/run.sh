#!/usr/bin/env bash
# Runs each fuzz target for some seconds: run.sh [SECONDS [TARGET...]], after `./dev build fuzz fuzzers`.
# What a fuzzer adds to its corpus stays in build/fuzz/corpus. What breaks a target is kept in
# build/fuzz/found; once mended, it belongs into tests/fuzz/corpus/NAME.
# Words that a parser knows are in tests/fuzz/dictionaries/NAME, where it has many.
# One line a target, then the verdict: "6 targets, nothing found", or which ones did.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: expected a number of seconds, but got '$seconds'" >&2; exit 2; }
programs=build/fuzz/tests/fuzz
if [ $# -eq 0 ]; then
    for program in "$programs"/fuzz_*; do
        [ -x "$program" ] && set -- "$@" "${program##*/fuzz_}"
    done
fi
[ $# -gt 0 ] || { echo "run.sh: expected fuzz targets in $programs; ./dev build fuzz fuzzers makes them" >&2; exit 2; }

# What a log says of the end: the check or sanitizer that spoke, where, and the input that is kept.
tell_end() {
    grep -E '^(SUMMARY|==[0-9]+== ?ERROR|stepwell: )|runtime error|assertion|Test unit written' "$1" | sort -u | head -n 8 ||
        tail -n 5 "$1"
}

found=()
for name in "$@"; do
    program=$programs/fuzz_$name
    [ -x "$program" ] || { echo "run.sh: expected a fuzz target $program; ./dev build fuzz fuzzers makes them" >&2; exit 2; }
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/found
    log=build/fuzz/$name.log
    words=tests/fuzz/dictionaries/$name
    [ -e "$words" ] && words=-dict=$words || words=
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/found/$name-" $words \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        printf 'fuzz_%-10s ok      %9d runs in %d s\n' "$name" "$runs" "$seconds"
    else
        found+=("fuzz_$name")
        printf 'fuzz_%-10s FOUND   %s\n' "$name" "$log"
        tell_end "$log" | sed 's/^/    /'
    fi
done
if [ ${#found[@]} -eq 0 ]; then
    echo "$# targets, nothing found"
else
    echo "$# targets, ${#found[@]} found something: ${found[*]}"
    exit 1
fi
