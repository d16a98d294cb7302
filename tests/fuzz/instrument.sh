#!/usr/bin/env bash
# A wrapper of rustc that adds coverage feedback to the crates of this project, and to no other.
set -euo pipefail
case "${CARGO_PKG_NAME:-} $*" in
*build_script_build*) ;;
"scimulate "* | "scimulate-fuzz "*)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$@"
