#!/usr/bin/env python3
"""Ends scimulate by signals at random moments and counts what it leaves on the server.

    signals.py [--servers reference,scim2-server] [--commands check,run,oin,import] [--signals TERM,INT,HUP]
               [--count 20] [--seed N] [--jobs N]

For each server, command and signal, `--count` runs get the signal at a moment between start and the time that a whole
run takes, drawn from the seed. Held: the process ends within 2 s and the time for cleaning up (10 s; the
program states none), nothing is left on the server, or, where something is, each is named in output or report and
the exit code is not 0; the exit code is documented, or the process ended by the signal before it sent a write.
"""

import argparse
import collections
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import support

LATENCY = 0.02
CLEAN_UP = 10
DOCUMENTED = {0, 1, 2, 3, 4, 5, 6}
SERVERS = {"reference": lambda: support.Reference(LATENCY), "scim2-server": support.Scim2Server}
COMMANDS = {
    "check": ["check", "--jobs", "16", "--max-time", "5"],
    "run": ["run", "okta", "oin", "--max-time", "5"],
    "oin": ["oin", "--max-time", "5"],
    "import": ["import", "postman", "{collection}", "--max-time", "5"],
}
COLLECTION = {
    "info": {"name": "signals", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {
            "name": f"create {n}",
            "request": {
                "method": "POST",
                "url": "{{baseUrl}}/Users",
                "header": [{"key": "Content-Type", "value": "application/scim+json"}],
                "body": {
                    "mode": "raw",
                    "raw": json.dumps(
                        {
                            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                            "userName": f"signal{n}@example.com",
                        }
                    ),
                },
            },
        }
        for n in range(30)
    ],
}


def once(server, command, number, moment, folder):
    """One run that gets a signal after `moment` seconds; with None it is left alone. Exit code, seconds until the end, seconds after the signal, text."""
    (folder / "collection.json").write_text(json.dumps(COLLECTION))
    report = folder / "report.json"
    arguments = [one.replace("{collection}", str(folder / "collection.json")) for one in COMMANDS[command]]
    arguments += [*server.options, "--report-json", str(report)]
    began = time.monotonic()
    with (folder / "output").open("w+b") as output:
        process = subprocess.Popen(
            [support.program(), *arguments],
            cwd=folder,
            env={**os.environ, "CI": "true"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        sent = began
        if moment is not None:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                sent = time.monotonic()
                process.send_signal(number)
        try:
            process.wait(2 + CLEAN_UP if moment is not None else 300)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ended = time.monotonic()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    text += report.read_text() if report.exists() else ""
    return process.returncode, ended - began, ended - sent, text


def judge(code, number, after, left, text):
    """What is wrong with the end of a run."""
    if code == -signal.SIGKILL:
        yield f"did not end within {2 + CLEAN_UP} s"
    elif code < 0 and (code != -number or left):
        yield f"ended by {signal.Signals(-code).name}"
    elif code >= 0 and code not in DOCUMENTED:
        yield f"exit code {code} is not documented"
    unnamed = [
        f"{kind}/{identity} {name}"
        for kind, identity, name in left
        if identity not in text and (not name or name not in text)
    ]
    if unnamed:
        yield f"left {len(left)}, {len(unnamed)} of them without a word, such as {unnamed[0]}"
    elif left and code == 0:
        yield f"left {len(left)} and exit code 0"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--servers", default=",".join(SERVERS))
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument("--signals", default="TERM,INT,HUP")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7643)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = list(itertools.product(options.servers.split(","), options.commands.split(","), options.signals.split(",")))
    whole, lock, failed = {}, threading.Lock(), 0

    def row(which):
        name, command, kind = which
        number = signal.Signals[f"SIG{kind}"]
        codes, wrong, longest, most = collections.Counter(), [], 0.0, 0
        with SERVERS[name]() as server, tempfile.TemporaryDirectory(prefix="signals-") as place:
            folder = Path(place)
            with lock:
                if (name, command) not in whole:
                    whole[name, command] = once(server, command, None, None, folder)[1]
                    server.remove(server.left())
            for n in range(options.count):
                (folder / "report.json").unlink(missing_ok=True)
                moment = random.Random(f"{options.seed}{which}{n}").uniform(0, whole[name, command])
                code, _, after, text = once(server, command, number, moment, folder)
                left = server.left()
                codes[code] += 1
                longest, most = max(longest, after), max(most, len(left))
                wrong += [f"at {moment:.2f} s: {sentence}" for sentence in judge(code, number, after, left, text)]
                server.remove(left)
        shown = " ".join(f"{code}×{times}" for code, times in sorted(codes.items()))
        return which, f"exit codes {shown}; at most {most} left; at most {longest:.1f} s after the signal", wrong

    with ThreadPoolExecutor(options.jobs) as pool:
        for (name, command, kind), shown, wrong in pool.map(row, rows):
            failed += bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {name:13} {command:7} {kind:5} {shown}", flush=True)
            for sentence in wrong[:5]:
                print(f"       {sentence}", flush=True)
            if len(wrong) > 5:
                print(f"       and {len(wrong) - 5} more", flush=True)
    print(f"{len(rows)} rows of {options.count} moments, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
