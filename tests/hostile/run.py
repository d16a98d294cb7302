#!/usr/bin/env python3
"""Runs scimulate against every mode of target.py and holds what must hold whatever a server does.

    run.py [--modes GLOB,…] [--commands check,run,oin,import] [--jobs N] [--quick] [--keep FOLDER] [--summary FILE]

GLOB matches names of modes, also NAME@late, NAME@third and NAME@writes. Without it: every mode, and @late of those
that break bodies, heads and connections, since who sees them at once soon gives up. --quick takes 25 modes. --keep
leaves the outputs, reports and logs of what failed in a folder. The program is $SCIMULATE_BIN, else the release or
debug build. Held, for each mode and command:

    ends          within the time stated for the mode (60 s unless the mode itself is slow), by itself
    exit code     one of the documented ones, so neither 101 nor a signal; no text of a panic
    memory        at most 2 GB of address space, and a peak below 300 MB resident
    output        at most 2 MB; no control character but line feed and tab, no control of writing direction; no line
                  begins a workflow command (`::`, `##[`, `##vso[`)
    secrets       password and key of the command line, as they are or encoded, are in no output, report or request
                  to another port
    trespass      no write concerns a collection, a foreign user or a foreign group; what is created has a name of
                  the run
    reports       JUnit and JSON parse, TAP has no line of the server's, HTML runs no script of the server's
"""

import argparse
import base64
import collections
import fnmatch
import html.parser
import json
import os
import re
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import support
import target

HERE = Path(__file__).resolve().parent
MB = 1024 * 1024
ADDRESS_SPACE, RESIDENT, OUTPUT, FILE = 2048 * MB, 300 * MB, 2 * MB, 512 * MB
PREFIX = "hostilerun"
LATE = (
    "body-*",
    "json-*",
    "gzip*",
    "deflate*",
    "endless*",
    "drip*",
    "chunk-*",
    "head-*",
    "speaks-*",
    "close-*",
    "reset*",
    "silent",
    "hang-up",
    "interim-*",
    "two-answers",
    "redirect-*",
    "text-*",
    "id-*",
    "429-hour",
    "429-one",
    "503-hour",
    "list-*",
    "everything-*",
)
QUICK = (
    "plain",
    "gzip-bomb",
    "endless-text",
    "drip",
    "body-short",
    "chunk-huge",
    "json-deep",
    "json-abyss@late",
    "body-invalid-utf8",
    "detail-workflow",
    "detail-ansi",
    "text-noncharacter",
    "head-endless",
    "line-999",
    "interim-forever",
    "hang-up",
    "reset@late",
    "speaks-rubbish",
    "redirect-307-other",
    "429-hour",
    "id-dot-dot",
    "id-foreign",
    "list-one-foreign",
    "echo-detail-base64",
    "deletes-403",
)
# It deletes nothing itself: what DELETE comes is the clean-up of the program.
COLLECTION = {
    "info": {"name": "hostile", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {
            "name": name,
            "event": [{"listen": "test", "script": {"exec": [script]}}],
            "request": {
                "method": method,
                "url": "{{baseUrl}}" + path,
                "header": [{"key": "Content-Type", "value": "application/scim+json"}],
                **({"body": {"mode": "raw", "raw": body}} if body else {}),
            },
        }
        for name, method, path, body, script in (
            (
                "create",
                "POST",
                "/Users",
                json.dumps({"schemas": [target.USER], "userName": f"{PREFIX}-import@example.com"}),
                "pm.test('created', () => pm.response.to.have.status(201)); pm.environment.set('id', pm.response.json().id);",
            ),
            (
                "read",
                "GET",
                "/Users/{{id}}",
                "",
                "pm.test('read', () => pm.expect(pm.response.json().userName).to.be.a('string'));",
            ),
            (
                "list",
                "GET",
                "/Users?startIndex=1&count=2",
                "",
                "pm.test(pm.response.text(), () => pm.expect(pm.response.text()).to.include('x'));",
            ),
        )
    ],
}
COMMANDS = {
    "check": ["check", "--jobs", "16", "--max-time", "2", "--connect-timeout", "2", "--prefix", PREFIX],
    "run": ["run", "okta/lifecycle", "okta/group-push", "--max-time", "2", "--connect-timeout", "2"],
    "oin": ["oin", "--max-time", "2", "--connect-timeout", "2", "--prefix", PREFIX],
    "import": ["import", "postman", "{collection}", "--max-time", "2", "--connect-timeout", "2"],
}
REPORTS = ("json", "junit", "tap", "sarif", "markdown", "html")
DIRECTION = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def encodings(text):
    """A text as it may be written, each without what depends on its neighbours."""
    yield text
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + text.encode()).decode()
        yield coded[(shift * 8 + 5) // 6 : len(coded) // 4 * 4 - 4]
    for form in ("hex", "HEX", "percent-all", "escaped", "html"):
        yield target.FORMS[form](text)


def needles(*cores):
    """Everything by which one may know a secret: each core encoded once or twice."""
    once = {one for core in cores for one in encodings(core)}
    return {again for one in once for again in encodings(one)}


class Page(html.parser.HTMLParser):
    """An HTML report: what of it a browser would execute, or fetch from elsewhere."""

    def __init__(self):
        super().__init__()
        self.inside, self.active = False, []

    def handle_starttag(self, tag, attributes):
        self.inside = tag == "script"
        for name, content in attributes:
            if name.startswith("on") or (
                name in ("href", "src") and (content or "").strip().lower().startswith("javascript:")
            ):
                self.active.append(f"<{tag} {name}={content!r}>"[:120])

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside and ("alert(1)" in data or "document.domain" in data):
            self.active.append("a <script> holds text of the server")


class Served:
    """target.py in a process of its own."""

    def __init__(self, name, folder):
        self.log = folder / "requests.jsonl"
        self.errors = (folder / "target.stderr").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "target.py"), "--mode", name, "--log", str(self.log)],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def __enter__(self):
        self.shown = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        self.failed = self.errors.read()
        self.errors.close()

    def requests(self):
        for line in self.log.read_text().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                pass  # The last line of a process that was killed.


def high_water(pid):
    """The most bytes that a process has had resident until now, where the system tells."""
    try:
        return int(re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1]) * 1024
    except (OSError, TypeError):
        return 0


def limited(command, folder, wall, environment):
    """Runs a command with limits: exit code (minus the signal), seconds, peak resident bytes, output, whether it had to be ended."""
    shell = f'ulimit -v {ADDRESS_SPACE // 1024}; ulimit -f {FILE // 512}; ulimit -c 0; exec "$@"'
    began = time.monotonic()
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        ended, resident = False, 0
        while True:
            pid, code, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            resident = max(resident, high_water(process.pid))
            if not ended and time.monotonic() - began > wall:
                os.killpg(process.pid, signal.SIGKILL)
                ended = True
            time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(code)
    # What wait4 says counts this process too, whose memory the child has until it executes the program.
    if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        resident = usage.ru_maxrss * 1024
    return process.returncode, time.monotonic() - began, resident, ended


def shown_wrong(text):
    """What is wrong with a text that is shown on a terminal or in a log of CI."""
    control = next(
        (
            (n, one)
            for n, one in enumerate(text)
            if one not in "\n\t" and (unicodedata.category(one) == "Cc" or one in DIRECTION)
        ),
        None,
    )
    if control:
        yield f"output: character U+{ord(control[1]):04X} in {ascii(text[max(0, control[0] - 30):control[0] + 30])}"
    command = re.search(r"^\s*(::|##\[|##vso\[).*", text, re.M)
    if command:
        yield f"output: a line begins a workflow command: {ascii(command[0].strip()[:80])}"


def reports_wrong(folder, code):
    """What is wrong with the reports that were written."""
    here = {kind: folder / f"report.{kind}" for kind in REPORTS}
    if code in (0, 4) and not here["junit"].exists():
        yield f"reports: exit code {code} and no JUnit report"
    for kind, parse in (("junit", xml.etree.ElementTree.fromstring), ("json", json.loads), ("sarif", json.loads)):
        try:
            if here[kind].exists():
                parse(here[kind].read_bytes())
        except (ValueError, xml.etree.ElementTree.ParseError, RecursionError) as failed:
            yield f"reports: {kind} does not parse: {str(failed)[:100]}"
    if here["tap"].exists() and re.search(
        r"^(ok 1 - hostile|Bail out! hostile|1\.\.0$)", here["tap"].read_text(errors="replace"), re.M
    ):
        yield "reports: tap has a line of the server's"
    if here["html"].exists():
        page = Page()
        page.feed(here["html"].read_text(errors="replace"))
        if page.active:
            yield f"reports: html executes {page.active[0]}"
    for kind, path in here.items():
        if path.exists() and path.stat().st_size > 64 * MB:
            yield f"reports: {kind} has {path.stat().st_size // MB} MB"


def judge(command, served, folder, wall, outcome, found_by):
    """Every way in which a run broke what must hold."""
    code, seconds, resident, ended = outcome
    out, err = (folder / "stdout").read_bytes(), (folder / "stderr").read_bytes()
    text = (out + b"\n" + err).decode("utf-8", "replace")
    if ended:
        yield f"ends: not within {wall} s"
    elif code not in (0, 1, 2, 3, 4, 5):
        yield f"exit code: {signal.Signals(-code).name if code < 0 else code}: {ascii(text[-200:])}"
    if panic := re.search(r"panicked at [^\n]*|RUST_BACKTRACE|stack overflow[^\n]*|memory allocation of[^\n]*", text):
        yield f"exit code: {panic[0][:150]}"
    if resident > RESIDENT:
        yield f"memory: {resident // MB} MB resident"
    if len(out) + len(err) > OUTPUT:
        yield f"output: {(len(out) + len(err)) // 1024} KiB"
    yield from shown_wrong(text)
    if not ended:
        yield from reports_wrong(folder, code)
    for path in sorted(folder.glob("report.*")) + [folder / "stdout", folder / "stderr", folder / "cases.md"]:
        held = path.read_text(errors="replace") if path.exists() else ""
        needle = next((one for one in found_by if one in held), None)
        if needle:
            yield f"secrets: in {path.name} as {needle[:40]}"
    trespassed = set()
    for entry in served.requests():
        if entry["port"] == "other":
            if any(one in entry["request"] for one in found_by):
                yield f"secrets: sent to another port: {ascii(entry['request'][:80])}"
            continue
        if entry["trespass"]:
            trespassed.add(entry["trespass"])
        if entry["method"] == "POST" and any(name.startswith("foreign") for name in entry["names"]):
            trespassed.add(f"created {entry['names']}")
        if command in ("check", "import") and entry["method"] == "POST":
            strange = [name for name in entry["names"] if name.strip() and PREFIX not in name.lower()]
            if strange:
                trespassed.add(f"created {ascii(strange[0][:60])}, which does not have the prefix of the run")
    yield from (f"trespass: {one}" for one in sorted(trespassed)[:3])
    if served.failed:
        yield f"target: {served.failed.strip().splitlines()[-1][:200]}"


def attempt(name, command, keep):
    """One mode and one command: what it came to, as a short text, and what is wrong."""
    wall = target.known(name)[0].wall
    password, key = (secrets.token_hex(10) for _ in range(2))
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        folder = Path(place)
        (folder / "collection.json").write_text(json.dumps(COLLECTION))
        with Served(name, folder) as served:
            arguments = [one.replace("{collection}", str(folder / "collection.json")) for one in COMMANDS[command]]
            arguments += [
                "--target",
                served.shown["url"],
                "--user",
                f"hostile:p+/{password}=%",
                "--header",
                f"X-Api-Key: k-{key}/+=",
            ]
            for kind in REPORTS:
                arguments += [f"--report-{kind}", str(folder / f"report.{kind}")]
            if command == "oin":
                arguments += ["--markdown", str(folder / "cases.md")]
            environment = {
                name: content for name, content in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")
            } | {"CI": "true"}
            outcome = limited([support.program(), *arguments], folder, wall, environment)
        wrong = list(judge(command, served, folder, wall, outcome, needles(password, key)))
        if wrong and keep:
            shutil.copytree(folder, keep / f"{name}-{command}", dirs_exist_ok=True)
    code, seconds, resident, _ = outcome
    return f"{command} {code} {seconds:.1f}s {resident // MB}MB", wrong


def chosen(options):
    if options.quick:
        return list(QUICK)
    every = list(target.MODES) + [
        f"{name}@late" for name in target.MODES if any(fnmatch.fnmatch(name, glob) for glob in LATE)
    ]
    if not options.modes:
        return every
    names = []
    for glob in options.modes.split(","):
        first, _, when = glob.partition("@")
        names += [f"{name}@{when}" if when else name for name in fnmatch.filter(target.MODES, first)] or sys.exit(
            f"no mode matches {glob}"
        )
    return list(dict.fromkeys(names))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--modes")
    parser.add_argument("--commands")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--summary", type=Path, help="one JSON line for each mode, as they end")
    options = parser.parse_args()
    commands = (options.commands or ("run" if options.quick else "check,run,oin,import")).split(",")
    if unknown := set(commands) - COMMANDS.keys():
        sys.exit(f"there is no command {', '.join(unknown)}; there are {', '.join(COMMANDS)}")
    support.program()
    names, began, causes = chosen(options), time.monotonic(), collections.Counter()

    def one(name):
        return name, [(command, *attempt(name, command, options.keep)) for command in commands]

    failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, results in pool.map(one, names):
            wrong = [f"{command}: {sentence}" for command, _, sentences in results for sentence in sentences]
            failed += bool(wrong)
            causes.update({sentence.split(": ")[1] for sentence in wrong})
            print(f"{'FAIL' if wrong else 'ok  '} {name:28} {' | '.join(short for _, short, _ in results)}", flush=True)
            for sentence in wrong:
                print(f"       {sentence}", flush=True)
            if options.summary:
                with options.summary.open("a") as summary:
                    summary.write(
                        json.dumps({"mode": name, "results": [short for _, short, _ in results], "wrong": wrong}) + "\n"
                    )
    print(
        f"{len(names)} modes, {len(names) * len(commands)} runs, {failed} modes failed, {time.monotonic() - began:.0f} s"
    )
    for cause, count in causes.most_common():
        print(f"  {count:4} modes: {cause}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
