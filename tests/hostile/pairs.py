#!/usr/bin/env python3
"""Runs two checks at once on one `scimulate serve`, and a check beside a client that writes.

    pairs.py [--count 20] [--beside 5]

Held: every check ends with exit code 0, since the reference is right and nobody else's users are a defect of it; and
nothing of the checks is left. The one that writes creates, renames, disables and deletes users and a group of its own,
and holds that each is as it wrote it, whatever the check does.
"""

import argparse
import re
import subprocess
import sys
import threading

import support


def start(server, *more):
    command = [support.program(), "check", *server.options, "--quiet", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def outcome(process):
    """Exit code, and what broke or the last line."""
    text = process.communicate(timeout=300)[0]
    broken = re.findall(r"^ *(?:FAIL|WARN) (\S+)", text, re.M)
    return process.returncode, ", ".join(broken) or text.strip().splitlines()[-1]


def write(server, end, wrong):
    """Writes until `end`, and notes what is not as it was written."""
    core, patch = "urn:ietf:params:scim:schemas:core:2.0:", "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    number = 0
    while not end.is_set():
        number += 1
        status, user = server.request(
            "POST", "/Users", {"schemas": [core + "User"], "userName": f"beside{number}@example.com", "active": True}
        )
        if status != 201:
            wrong.append(f"POST of beside{number} gave {status}")
            continue
        _, group = server.request(
            "POST",
            "/Groups",
            {"schemas": [core + "Group"], "displayName": f"beside {number}", "members": [{"value": user["id"]}]},
        )
        server.request(
            "PATCH",
            f"/Users/{user['id']}",
            {"schemas": [patch], "Operations": [{"op": "replace", "value": {"active": False}}]},
        )
        # The group first: who is deleted is in no group any more.
        for path, holds in (
            (f"/Groups/{group['id']}", lambda one: len(one["members"]) == 1),
            (f"/Users/{user['id']}", lambda one: one["active"] is False),
        ):
            status, now = server.request("GET", path)
            if status != 200 or not holds(now):
                wrong.append(f"GET {path} gave {status}, and not what was written")
            if (deleted := server.request("DELETE", path)[0]) != 204:
                wrong.append(f"DELETE {path} gave {deleted}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--beside", type=int, default=5)
    options = parser.parse_args()
    failed = 0

    def tell(what, wrong):
        nonlocal failed
        failed += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {what}", *(f"\n       {one}" for one in wrong), sep="", flush=True)

    with support.Reference() as server:
        for n in range(options.count):
            both = [start(server) for _ in range(2)]
            wrong = [f"exit code {code}: {text}" for code, text in map(outcome, both) if code]
            wrong += [f"left {kind}/{identity} {name}" for kind, identity, name in server.left()]
            tell(f"pair {n + 1}", wrong)
            server.remove(server.left())
    with support.Reference() as server:
        for n in range(options.beside):
            end, wrong = threading.Event(), []
            writer = threading.Thread(target=write, args=(server, end, wrong))
            writer.start()
            code, text = outcome(start(server))
            end.set()
            writer.join()
            wrong = (
                [f"exit code {code}: {text}"] * bool(code)
                + wrong
                + [f"left {kind}/{identity} {name}" for kind, identity, name in server.left()]
            )
            tell(f"beside a writer {n + 1}", wrong)
            server.remove(server.left())
    print(f"{options.count} pairs and {options.beside} checks beside a writer, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
