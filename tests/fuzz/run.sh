#!/usr/bin/env bash
# Builds the fuzz target with coverage feedback and runs it for a number of seconds (20 when none is given).
# A finding is left in the work folder; run the program with that file to see it again.
set -euo pipefail
cd "$(dirname "$0")"
seconds="${1:-20}"
work="${FUZZ_WORK:-.work}"
mkdir -p "$work/corpus"
# The other crates are those of an ordinary release build, and taken from there.
target="$(cd ../.. && cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')"
RUSTC_WRAPPER="$PWD/instrument.sh" cargo build --release --quiet --target-dir "$target"
"$target/release/requests" "$work/corpus" seeds -dict=dictionary -max_total_time="$seconds" -max_len=4096 \
    -rss_limit_mb=4096 -timeout=10 -artifact_prefix="$work/" -print_final_stats=1 -verbosity=0
