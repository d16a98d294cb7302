"""What the scripts here share: the program under test, servers that are started for a test, and what is left on them."""

import asyncio
import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent


def program():
    if "SCIMULATE_BIN" in os.environ:
        path = Path(os.environ["SCIMULATE_BIN"]).resolve()
        return str(path) if path.exists() else sys.exit(f"there is no program at {path}; correct SCIMULATE_BIN")
    root = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))
    for profile in ("release", "debug"):
        if (root / profile / "scimulate").exists():
            return str(root / profile / "scimulate")
    sys.exit("scimulate is not built; run `cargo build --release`, or set SCIMULATE_BIN")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Proxy:
    """A port that hands bytes on to another one, each portion after `latency` seconds."""

    def __init__(self, latency):
        self.latency, self.upstream = latency, None
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self.loop.run_until_complete, args=(self.main(),), daemon=True).start()
        self.ready.wait()

    async def main(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def serve(self, reader, writer):
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self.hand_on(reader, other_writer, self.latency), self.hand_on(other_reader, writer, 0))

    async def hand_on(self, reader, writer, latency):
        try:
            while data := await reader.read(65536):
                await asyncio.sleep(latency)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


class Server:
    """A server of its own process, with what a client needs to reach it: `url`, `options` for scimulate, `authorization`."""

    def __init__(self, command, probe):
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT)
        for _ in range(300):
            try:
                urllib.request.urlopen(probe, timeout=2)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{command[0]} ended with {self.process.returncode}: {self.shown()}")
                time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} did not answer at {probe} within 30 s")

    def shown(self):
        self.output.seek(0)
        return self.output.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def request(self, method, path, value=None):
        """Status and JSON of an answer."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(
            self.url + path,
            data,
            {"Authorization": self.authorization, "Content-Type": "application/scim+json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as failed:
            return failed.code, None

    def left(self):
        """Every user and group that is there: kind, id, name."""
        found = []
        for kind, name in (("Users", "userName"), ("Groups", "displayName")):
            start = 1
            while True:
                status, page = self.request("GET", f"/{kind}?startIndex={start}&count=100")
                if status != 200:
                    sys.exit(f"GET {self.url}/{kind} gave {status}")
                here = page.get("Resources") or []
                found += [(kind, one["id"], one.get(name, "")) for one in here]
                start += len(here)
                if not here or start > page["totalResults"]:
                    break
        return found

    def remove(self, found):
        for kind, identity, _ in found:
            self.request("DELETE", f"/{kind}/{urllib.parse.quote(identity, safe='')}")


class Reference(Server):
    """`scimulate serve` that keeps to the RFCs, behind a proxy with latency where one is asked for."""

    def __init__(self, latency=0.0):
        port = free_port()
        self.proxy = Proxy(latency) if latency else None
        seen = self.proxy.port if self.proxy else port
        if self.proxy:
            self.proxy.upstream = port
        command = [
            program(),
            "serve",
            "--preset",
            "rfc",
            "--port",
            str(port),
            "--quiet",
            "--origin",
            f"http://127.0.0.1:{seen}",
        ]
        super().__init__(command, f"http://127.0.0.1:{port}/scim/v2/ServiceProviderConfig")
        shown = dict(re.findall(r"^  (username|password): (.+)$", self.shown().split("Console")[0], re.M))
        self.url = f"http://127.0.0.1:{seen}/scim/v2"
        self.options = ["--target", self.url, "--user", f"{shown['username']}:{shown['password']}"]
        self.authorization = "Basic " + base64.b64encode(f"{shown['username']}:{shown['password']}".encode()).decode()


class Scim2Server(Server):
    """scim2-server of PyPI, as `tests/interop/run.py install` installs it."""

    def __init__(self):
        binary = Path(os.environ.get("SCIM2_SERVER", HERE.parent / "interop/.work/python/bin/scim2-server"))
        if not binary.exists():
            sys.exit(f"there is no {binary}; run tests/interop/run.py install, or set SCIM2_SERVER")
        port = free_port()
        self.url, self.authorization = f"http://127.0.0.1:{port}", "Bearer hostile"
        self.options = ["--target", self.url, "--header", "Authorization: Bearer hostile"]
        super().__init__(
            [str(binary), "--hostname", "127.0.0.1", "--port", str(port), "--bearer-token", "hostile"],
            f"{self.url}/ServiceProviderConfig",
        )
