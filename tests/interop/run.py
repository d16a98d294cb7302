#!/usr/bin/env python3
"""Runs scimulate against independent SCIM servers and compares the outcome with what was adjudicated.

    run.py              installs, starts, runs and stops every server
    run.py install      only installs what the others need
    run.py NAME         one of them: scim2-server, scimmy, scimmy-express5, django-scim2, canaille or better-auth
    run.py client       drives `scimulate serve` with the Python library scim2-client and with curl
    run.py org          drives `scimulate org` with Okta's own SDK for Python, the package okta
    run.py testers      lets the testers scim2-cli and scim-sanity judge `scimulate serve` in both presets
    run.py skeleton NAME   prints the entries that have to be adjudicated
    run.py show NAME       prints what `scimulate check` says of one of them

Needs Python 3.11 and, for scimmy, node 20. Everything is installed below tests/interop/.work. The program
under test is $SCIMULATE_BIN, else the release or debug build in the target directory.

An expectation file, expected/NAME.json, holds the outcome of every scenario, and for every finding and
every failed step a verdict: `server` (its defect, with the sentence of the RFC that says so). A verdict
`ours` does not exist: what is ours is fixed. A finding that is not in the file fails the run, and so does
one in the file that no longer comes.

`scimulate check` judges each server too. Its failures and warnings are in expected/check/NAME.json, each
with the request, the answer and why it is the server's defect; the sentence of the RFC that says so is in
expected/check/sentences.json, once for each requirement. What depends on a race is marked `sometimes`.

expected/testers.json holds, for each tester and preset, every complaint about the reference with a verdict:
`tester` (it demands what the RFC does not) or `guide` (the preset does what the guide says its service does).
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
TOKEN = "interop-token"
# What a run puts before every name.
MARK = re.compile(r"scimulate-[0-9a-f]{8}-(\d+-)?")


def program():
    if "SCIMULATE_BIN" in os.environ:
        path = Path(os.environ["SCIMULATE_BIN"]).resolve()
        return str(path) if path.exists() else sys.exit(f"there is no program at {path}; correct SCIMULATE_BIN")
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=HERE, check=True, capture_output=True, text=True)
    root = Path(json.loads(metadata.stdout)["target_directory"])
    for profile in ("release", "debug"):
        if (root / profile / "scimulate").exists():
            return str(root / profile / "scimulate")
    sys.exit("scimulate is not built; run `cargo build --release`, or set SCIMULATE_BIN")


def python_tools(requirements="requirements.txt", folder="python"):
    """A virtual environment with the pinned Python packages."""
    home = WORK / folder
    mark = home / "requirements.txt"
    wanted = (HERE / requirements).read_text()
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin/pip"), "install", "-q", "-r", str(HERE / requirements)], check=True)
        mark.write_text(wanted)
    return home / "bin"


def node_tools(name, program):
    """A folder with the pinned packages of tests/interop/NAME and a program."""
    home = WORK / name
    home.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / name / "package-lock.json").read_text()
    mark = home / "installed.json"
    for source in (HERE / name / "package.json", HERE / name / "package-lock.json", HERE / program):
        shutil.copy(source, home / source.name)
    if not mark.exists() or mark.read_text() != wanted:
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--legacy-peer-deps"], cwd=home, check=True)
        mark.write_text(wanted)
    return home


def install():
    """Everything that is run, so that nothing is installed while something is judged."""
    for requirements, folder in (("requirements.txt", "python"), ("canaille/requirements.txt", "canaille"),
                                 ("okta-sdk/requirements.txt", "okta-sdk")):
        python_tools(requirements, folder)
    for name, server in (("scimmy", "scimmy"), ("scimmy-express5", "scimmy"), ("better-auth", "better-auth")):
        node_tools(name, f"{server}/server.mjs")


def scim2_server(port):
    command = [str(python_tools() / "scim2-server"), "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", TOKEN]
    return command, WORK, f"http://127.0.0.1:{port}"


def scimmy(port):
    return ["node", "server.mjs", str(port), TOKEN], node_tools("scimmy", "scimmy/server.mjs"), f"http://127.0.0.1:{port}/scim/v2"


def scimmy_express5(port):
    home = node_tools("scimmy-express5", "scimmy/server.mjs")
    return ["node", "server.mjs", str(port), TOKEN], home, f"http://127.0.0.1:{port}/scim/v2"


def canaille(port):
    python = python_tools("canaille/requirements.txt", "canaille") / "python"
    return [str(python), "server.py", str(port), TOKEN], HERE / "canaille", f"http://127.0.0.1:{port}/scim/v2"


def better_auth(port):
    home = node_tools("better-auth", "better-auth/server.mjs")
    return ["node", "server.mjs", str(port), TOKEN], home, f"http://127.0.0.1:{port}/api/auth/scim/v2"


def django_scim2(port):
    database = WORK / "django.sqlite3"
    database.unlink(missing_ok=True)
    command = [str(python_tools() / "python"), "manage.py", str(port), TOKEN, str(database)]
    return command, HERE / "django", f"http://127.0.0.1:{port}/scim/v2"


# How each is made, its port, and how many scenarios it bears at once; with none it is only checked.
SERVERS = {
    "scim2-server": (scim2_server, 8101, 8),
    "scimmy": (scimmy, 8102, 8),
    "scimmy-express5": (scimmy_express5, 8106, 0),
    "django-scim2": (django_scim2, 8104, 1),
    "canaille": (canaille, 8107, 0),
    "better-auth": (better_auth, 8108, 0),
}


class Running:
    """A server that is stopped whatever happens."""

    def __init__(self, name, command, folder, probe):
        self.name, self.command, self.folder, self.probe = name, command, folder, probe

    def __enter__(self):
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = WORK / f"{self.name}.log"
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, stdout=self.log.open("w"), stderr=subprocess.STDOUT, start_new_session=True
        )
        for _ in range(600):
            if self.process.poll() is not None:
                sys.exit(f"{self.name} ended at once:\n{self.log.read_text()[-2000:]}")
            try:
                urllib.request.urlopen(self.probe, timeout=2)
                return self
            except urllib.error.HTTPError:
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        sys.exit(f"{self.name} did not answer at {self.probe} within a minute:\n{self.log.read_text()[-2000:]}")

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self.process.kill()


def observed(result):
    """What a run came to, without what differs from run to run."""
    clean = lambda text: MARK.sub("", text)
    outcomes, findings, failures = {}, set(), set()
    for scenario in result["scenarios"]:
        key = f"{scenario['name']} [{scenario['dialect']}]"
        outcomes[key] = scenario["outcome"]
        findings |= {finding["requirement"] for finding in scenario.get("findings", [])}
        for step in scenario["steps"]:
            for failure in step.get("failures", []):
                failures.add(f"{key}: {step['title']}: {clean(failure['summary'])}")
    return outcomes, findings, failures


def compare(name, result, expected):
    """Every disagreement between a result and the adjudicated expectation, as sentences."""
    outcomes, findings, failures = observed(result)
    wrong = []
    for key in sorted(outcomes.keys() | expected["outcomes"].keys()):
        was, is_now = expected["outcomes"].get(key), outcomes.get(key)
        if was != is_now:
            wrong.append(f"{name}: {key} was expected to be {was} and is {is_now}")
    for kind, now in (("findings", findings), ("failures", failures)):
        known = expected[kind]
        for entry in sorted(now - known.keys()):
            wrong.append(f"{name}: not adjudicated ({kind}): {entry}")
        for entry in sorted(known.keys() - now):
            wrong.append(f"{name}: adjudicated, yet it did not come ({kind}): {entry}; remove it from the file")
    for kind in ("findings", "failures"):
        for entry, verdict in expected[kind].items():
            if verdict.get("verdict") != "server" or not verdict.get("citation") or not verdict.get("why"):
                wrong.append(f"{name}: {entry} needs the verdict `server`, a citation and a reason")
    return wrong


def run(name, command=("run",)):
    """The result of a run, or of a check, of a server that is started for it."""
    make, port, jobs = SERVERS[name]
    start, folder, base_url = make(port)
    report = WORK / f"{name}.json"
    report.unlink(missing_ok=True)
    jobs = ["--jobs", str(jobs)] if command == ("run",) else ["--jobs", "1"]
    with Running(name, start, folder, f"{base_url}/ServiceProviderConfig"):
        environment = {**os.environ, "SCIM_TOKEN": TOKEN}
        done = subprocess.run(
            [program(), *command, "--target", base_url, "--bearer-env", "SCIM_TOKEN", *jobs, "--report-json", str(report), "--quiet"],
            env=environment, capture_output=True, text=True, timeout=600,
        )
    if done.returncode not in (0, 1, 4, 6) or not report.exists():
        sys.exit(f"{name}: scimulate ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(report.read_text())


def broken(result):
    """The requirements that a check found broken: the first finding of each, by failures and warnings."""
    found = {"failed": {}, "warning": {}}
    for one in result["requirements"]:
        if one["verdict"] in found:
            found[one["verdict"]][one["requirement"]] = one["findings"][0]
    return found["failed"], found["warning"]


def compare_check(name, result, expected, sentences):
    """Every disagreement between a check and its adjudication, as sentences."""
    failed, warned = broken(result)
    wrong = []
    # What may stay because of the server, which does not answer a creation for example.
    may_stay = expected.get("leftBehind", [])
    left = [one for one in result.get("leftBehind", []) if MARK.sub("", one) not in may_stay]
    if left:
        wrong.append(f"{name}: the check left something behind: {left}")
    for kind, now in (("failed", failed), ("warned", warned)):
        known = expected[kind]
        for slug in sorted(now.keys() - known.keys()):
            wrong.append(f"{name}: not adjudicated ({kind}): {slug}: {now[slug]['exchange']}: {now[slug]['actual'][:200]}")
        for slug in sorted(known.keys() - now.keys()):
            if not known[slug].get("sometimes"):
                wrong.append(f"{name}: adjudicated, yet it did not come ({kind}): {slug}; remove it from the file")
        for slug, verdict in known.items():
            if not (verdict.get("request") and verdict.get("answer") and verdict.get("why")):
                wrong.append(f"{name}: {slug} needs a request, an answer and why it is the server's defect")
            if kind == "failed" and not sentences.get(slug):
                wrong.append(f"{name}: {slug} needs the sentence of the RFC or the dossier in sentences.json")
    return wrong


def skeleton(name):
    if name.startswith("check:"):
        name = name.removeprefix("check:")
        failed, warned = broken(run(name, ("check",)))
        clean = lambda finding: {
            "request": MARK.sub("", finding["exchange"].split(" → ")[0])[:200], "answer": finding["actual"][:200], "why": ""}
        print(json.dumps({
            "failed": {slug: clean(finding) for slug, finding in failed.items()},
            "warned": {slug: clean(finding) for slug, finding in warned.items()},
        }, indent=2, ensure_ascii=False))
        return
    outcomes, findings, failures = observed(run(name))
    entry = {"verdict": "", "citation": "", "why": ""}
    print(json.dumps({
        "outcomes": dict(sorted(outcomes.items())),
        "findings": {key: entry for key in sorted(findings)},
        "failures": {key: entry for key in sorted(failures)},
    }, indent=2))


def client():
    """`scimulate serve` with clients that know nothing of it."""
    with Serving(8103) as serving:
        shown = {"base URL": serving.base_url, "username": serving.username, "password": serving.password}
        arguments = [shown["base URL"], shown["username"], shown["password"]]
        subprocess.run([str(python_tools() / "python"), str(HERE / "client.py"), *arguments], check=True, timeout=120)
        listed = subprocess.run(
            ["curl", "-sS", "-i", "-u", f"{shown['username']}:{shown['password']}",
             f"{shown['base URL']}/Users?filter=userName%20eq%20%22nobody%40example.com%22"],
            check=True, capture_output=True, text=True, timeout=60).stdout
        assert " 200 " in listed.splitlines()[0], listed
        assert '"totalResults":0' in listed, listed
        refused = subprocess.run(["curl", "-sS", "-i", "-u", "nobody:wrong", f"{shown['base URL']}/Users"],
                                 check=True, capture_output=True, text=True, timeout=60).stdout
        assert " 401 " in refused.splitlines()[0] and "www-authenticate" in refused.lower(), refused
    print("serve: curl and scim2-client work")


class Serving(Running):
    """`scimulate serve` with what it shows when it starts."""

    def __init__(self, port, *options):
        command = [program(), "serve", "--port", str(port), *options]
        super().__init__("serve", command, HERE, f"http://127.0.0.1:{port}/scim/v2/ServiceProviderConfig")

    def __enter__(self):
        super().__enter__()
        text = self.log.read_text().split("Console")[0]
        shown = dict(re.findall(r"^  (base URL|username|password): (.+)$", text, re.M))
        self.base_url, self.username, self.password = shown["base URL"], shown["username"], shown["password"]
        return self


class Org(Running):
    """`scimulate org` before its built-in reference, with what it shows when it starts."""

    def __init__(self, port):
        command = [program(), "org", "--listen", f"127.0.0.1:{port}", "--quiet"]
        super().__init__("org", command, HERE, f"http://127.0.0.1:{port}/api/v1/users")

    def __enter__(self):
        super().__enter__()
        shown = dict(re.findall(r"^  ([^:]+): (.+)$", self.log.read_text(), re.M))
        self.shown = [shown[name] for name in ("org URL", "API token", "app id", "base URL", "username", "password")]
        return self


def org():
    """`scimulate org` with Okta's own SDK."""
    python = python_tools("okta-sdk/requirements.txt", "okta-sdk") / "python"
    with Org(8109) as running:
        # Reading the SDK's thousand models takes its time on a slow machine.
        subprocess.run([str(python), str(HERE / "org_sdk.py"), *running.shown], check=True, timeout=600)


IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b\d{18}\b")


def scim_sanity(serving):
    """Number of passed checks, and complaints."""
    done = subprocess.run(
        [str(python_tools() / "scim-sanity"), "probe", serving.base_url, "--username", serving.username,
         "--password", serving.password, "--i-accept-side-effects", "--json-output"],
        capture_output=True, text=True, timeout=300)
    results = json.loads(done.stdout)["results"]
    passed = sum(result["status"] == "pass" for result in results)
    return passed, {
        IDENTIFIER.sub("…", f"{result['name']}: {result.get('message') or ''}".strip())
        for result in results if result["status"] not in ("pass", "skip")
    }


def scim2_cli(serving):
    """Number of passed checks, and complaints."""
    credentials = base64.b64encode(f"{serving.username}:{serving.password}".encode()).decode()
    done = subprocess.run(
        [str(python_tools() / "scim"), "--url", serving.base_url, "test"], capture_output=True, text=True, timeout=300,
        env={**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Basic {credentials}"})
    entries = re.findall(r"^([A-Z]+) (\w+)\n  (.+)$", done.stdout, re.M)
    passed = sum(status == "SUCCESS" for status, _, _ in entries)
    return passed, {
        IDENTIFIER.sub("…", f"{check}: {message}") for status, check, message in entries if status not in ("SUCCESS", "SKIPPED")
    }


def testers(show=False):
    expected = json.loads((HERE / "expected" / "testers.json").read_text())
    wrong, found = [], {}
    for preset in ("seed", "rfc"):
        with Serving(8105, "--preset", preset, "--quiet") as serving:
            for name, judge in (("scim-sanity", scim_sanity), ("scim2-cli", scim2_cli)):
                key = f"{name} {preset}"
                passed, complaints = judge(serving)
                found[key] = {"passed": passed, "complaints": {complaint: {} for complaint in sorted(complaints)}}
                known = expected.get(key, {"passed": 0, "complaints": {}})
                if passed < known["passed"]:
                    wrong.append(f"{key}: {passed} checks passed, and {known['passed']} did before")
                wrong += [f"{key}: not adjudicated: {one}" for one in sorted(complaints - known["complaints"].keys())]
                wrong += [f"{key}: adjudicated, yet it did not come: {one}; remove it from the file"
                          for one in sorted(known["complaints"].keys() - complaints)]
                for one, verdict in known["complaints"].items():
                    if verdict.get("verdict") not in ("tester", "guide") or not verdict.get("citation") or not verdict.get("why"):
                        wrong.append(f"{key}: {one} needs the verdict `tester` or `guide`, a citation and a reason")
                print(f"{key}: {passed} passed, {len(complaints)} complaints")
    if show:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    return wrong


def disagreements(name, sentences):
    """What differs from the adjudication of a server, as sentences."""
    found = []
    if SERVERS[name][2]:
        expected = json.loads((HERE / "expected" / f"{name}.json").read_text())
        found += compare(name, run(name), expected)
    expected = json.loads((HERE / "expected/check" / f"{name}.json").read_text())
    found += compare_check(name, run(name, ("check",)), expected, sentences)
    print(f"{name}: {'as adjudicated' if not found else f'{len(found)} disagreements'}", flush=True)
    return found


def main(arguments):
    if arguments == ["install"]:
        return install()
    if arguments == ["skeleton", "testers"]:
        testers(show=True)
        return
    if arguments == ["testers"]:
        sys.exit("\n".join(testers()) or 0)
    if arguments[:1] == ["skeleton"]:
        return skeleton(arguments[1])
    if arguments == ["client"]:
        return client()
    if arguments == ["org"]:
        return org()
    if arguments[:1] == ["show"]:
        print(json.dumps(broken(run(arguments[1], ("check",))), indent=2, ensure_ascii=False))
        return
    sentences = json.loads((HERE / "expected/check/sentences.json").read_text())
    tasks = [partial(disagreements, name, sentences) for name in arguments or SERVERS]
    if not arguments:
        install()
        tasks += [testers, org, client]
    # Each waits for its server most of the time; what is installed on the way is installed by one of them.
    with ThreadPoolExecutor(max_workers=1 if arguments else 3) as pool:
        wrong = [one for found in pool.map(lambda task: task(), tasks) for one in found or ()]
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
