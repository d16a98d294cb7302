"""The steps of the gate. Each begins when what it needs is there, so that no processor waits; each shows what it
said, and its seconds, when it ends. What needs a step that failed does not begin; all others go on, so that one
run tells all that is wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BROWSER = """
command -v chromedriver && exit
root=; [ "$(id -u)" = 0 ] || root=sudo
$root apt-get update -qq || $root apt-get update -qq
$root apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
"""

COMPONENTS = """
cargo fmt --version || rustup component add rustfmt
cargo clippy --version || rustup component add clippy
"""

# What the program says of its own scenarios, counted by another reader of JUnit.
REFERENCE = """
cargo run --release --quiet -- run --report-junit "$TARGET/junit.xml"
python3 - <<'PYTHON'
import os
import xml.etree.ElementTree as ET
root = ET.parse(os.environ["TARGET"] + "/junit.xml").getroot()
tests, failures, errors = (int(root.get(name)) for name in ("tests", "failures", "errors"))
assert tests >= 40 and failures == 0 and errors == 0, root.attrib
print(f"JUnit: {tests} tests, no failure, no error")
PYTHON
"""

# insta notes which snapshots the tests asserted.
SNAPSHOTS = """
for kept in tests/it/snapshots/*.snap; do
    grep -qF "/$(basename "$kept")" "$TARGET/snapshots.txt" || { echo "no test asserts $kept any more; remove it"; exit 1; }
done
"""

# Name, what must have ended before, and the script. Those that build into the same folder wait for each other.
STEPS = [
    ("components", [], COMPONENTS),
    ("format", ["components"], "cargo fmt --check"),
    # The pages are tested in a real browser; without one those tests are skipped, which the gate must not be.
    ("browser", [], BROWSER),
    ("others", [], "python3 tests/interop/run.py install; tests/console_api.sh install"),
    ("release", ["format"], "cargo build --release --quiet"),
    ("build", ["format"], "cargo test --quiet --no-run"),
    # As the README has it.
    ("tests", ["build", "browser"], 'rm -f "$TARGET/snapshots.txt"; cargo test --quiet'),
    ("snapshots", ["tests"], SNAPSHOTS),
    ("clippy", ["build"], "cargo clippy --all-targets --quiet -- -D warnings"),
    ("docs", ["clippy"], 'RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet'),
    ("reference", ["release"], REFERENCE),
    ("judge", ["reference"], '"$PROGRAM" check --quiet'),
    ("faults", ["judge"], '"$PROGRAM" faults --matrix tests/kill-matrix.txt'),
    ("console", ["judge", "others"], 'tests/console_api.sh "$PROGRAM" 60'),
    ("compare", [], "python3 -m unittest discover -s tests/interop -p 'test_*.py'"),
    ("interop", ["judge", "others"], 'SCIMULATE_BIN="$PROGRAM" python3 tests/interop/run.py'),
    # Builds the crate once more, into the folder of the release.
    ("fuzz", ["faults"], "tests/fuzz/run.sh 20"),
]


def environment():
    """That of all steps. A snapshot that differs fails, and none is written."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True, text=True)
    # Where cargo builds is cargo's to say: an environment variable or a configuration file may have moved it.
    target = json.loads(metadata.stdout)["target_directory"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("INSTA_")}
    return variables | {
        "CI": "true",
        "TARGET": target,
        "PROGRAM": f"{target}/release/scimulate",
        "INSTA_SNAPSHOT_REFERENCES_FILE": f"{target}/snapshots.txt",
    }


class Running:
    """A step that has begun, with all that it starts in a group of its own."""

    def __init__(self, name, script, variables):
        self.name, self.began, self.said = name, time.monotonic(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script], env=variables, stdin=subprocess.DEVNULL,
            stdout=self.said, stderr=subprocess.STDOUT, start_new_session=True)

    def tell(self, how=""):
        print(f"── {self.name}")
        self.said.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(self.said, sys.stdout.buffer)
        print(f"── {self.name}: {how}{time.monotonic() - self.began:.0f} s", flush=True)

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass


def gate(steps):
    """Runs the steps; the exit code."""
    variables, began = environment(), time.monotonic()
    waiting, running, ended, failed = list(steps), {}, set(), []
    try:
        while running or any(ended.issuperset(needs) for _, needs, _ in waiting):
            for step in [step for step in waiting if ended.issuperset(step[1])]:
                waiting.remove(step)
                begun = Running(step[0], step[2], variables)
                running[begun.process.pid] = begun
            pid, status = os.wait()
            if pid not in running:
                continue
            done = running.pop(pid)
            done.process.returncode = os.waitstatus_to_exitcode(status)
            if done.process.returncode != 0:
                done.tell("FAILED after ")
                failed.append(done.name)
                continue
            done.tell()
            ended.add(done.name)
        print(f"── {len(ended)} steps passed in {time.monotonic() - began:.0f} s")
        if failed:
            print(f"── failed: {', '.join(failed)}; not begun: {', '.join(step[0] for step in waiting) or 'none'}")
        return 1 if failed else 0
    finally:
        for left in running.values():
            left.stop()
            left.tell("stopped after ")


def main(names):
    if not names:
        return gate(STEPS)
    known = {name: (name, script) for name, _, script in STEPS}
    if unknown := set(names) - known.keys():
        sys.exit(f"there is no step {', '.join(sorted(unknown))}; the steps are {', '.join(known)}")
    # One after the other.
    return gate([(name, names[:at], known[name][1]) for at, name in enumerate(names)])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main(sys.argv[1:]))
