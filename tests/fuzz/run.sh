#!/usr/bin/env bash
# Builds the fuzz target with coverage feedback and runs it for a number of seconds (20 when none is given).
# A finding is left in the work folder; run the program with that file to see it again.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:-20}"
work="${FUZZ_WORK:-.work}"
mkdir -p "$work/corpus"
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags="$flags -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
host="$(rustc -vV | sed -n 's/^host: //p')"
# With --target, build scripts and macros are built without the flags.
RUSTFLAGS="$flags" cargo build --release --quiet --target "$host" --target-dir "$work/target"
"$work/target/$host/release/requests" "$work/corpus" seeds -dict=dictionary -max_total_time="$seconds" -max_len=4096 \
    -rss_limit_mb=4096 -timeout=10 -artifact_prefix="$work/" -print_final_stats=1 -verbosity=0
