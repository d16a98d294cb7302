#!/usr/bin/env bash
# Lets schemathesis judge the console's API by its description: thousands of requests, right and wrong, for at
# most the given number of seconds. Needs Python 3.11; installs below tests/interop/.work, and with `install` in
# place of the program does no more than that.
set -euo pipefail
program="$(realpath "$1")" seconds="${2:-60}" port=8110
cd "$(dirname "$0")"

tools=interop/.work/schemathesis
[ -x "$tools/bin/st" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet schemathesis==4.32.5; }
[ "$1" != install ] || exit 0
"$program" serve --port "$port" --console-password console --quiet >/dev/null &
trap 'kill $!' EXIT
"$tools/bin/st" run "http://127.0.0.1:$port/console/v1/openapi.json" \
    --wait-for-schema 10 --auth admin@reference.test:console --max-time "$seconds" --generation-deterministic \
    --phases coverage,fuzzing --continue-on-failure --warnings off --no-color \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
