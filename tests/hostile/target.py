#!/usr/bin/env python3
"""A SCIM-looking server that does one thing wrong, on purpose and thoroughly.

    target.py --mode NAME [--log FILE] [--seed N]   serves on two free loopback ports, and prints both as one JSON line
    target.py --list [GLOB]                         prints every mode with what it does

Beneath each mode is a small correct service provider in memory: users, groups, discovery documents, filters with
`eq`, paging, PUT and PATCH. A mode twists one thing of it: what is answered, how it is written, or the connection.
NAME@late begins after 40 requests, NAME@third does it to every third request, NAME@writes to POST, PUT, PATCH and
DELETE alone; these hold for every mode.

The service holds 50 users and 5 groups that are foreign: whoever tests it did not make them. --log gets one JSON line
for each request: port, method, target, names of header fields, bytes, seconds, and `trespass`, a sentence, where a
write concerns what no POST of the same run created. On the second port nothing but the log is of use: it stands for
another origin, and its lines hold the whole request.
"""

import argparse
import asyncio
import base64
import copy
import dataclasses
import fnmatch
import gzip
import json
import posixpath
import random
import re
import signal
import socket
import struct
import sys
import time
import urllib.parse
import zlib
from functools import lru_cache

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
MIB = 1024 * 1024


# ---------------------------------------------------------------- the correct service beneath every mode


@dataclasses.dataclass
class Request:
    method: str
    target: str
    fields: list
    body: bytes
    number: int

    def field(self, name):
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")

    @property
    def path(self):
        """The path below the base, with dots resolved as any server or proxy on the way may resolve them."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(re.sub(r"^/+", "/", self.target)).path)
        return posixpath.normpath(path).removeprefix("/scim/v2") or "/"

    @property
    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query))

    def value(self):
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclasses.dataclass
class Response:
    """What is answered. `raw`, an async function of reader and writer, takes the place of all the rest."""

    status: object = 200
    value: object = None
    fields: list = dataclasses.field(default_factory=list)
    body: bytes | None = None
    reason: str = "Whatever"
    length: object = "right"
    pause: float = 0
    close: bool = False
    raw: object = None

    def bytes(self):
        if self.body is not None:
            return self.body
        return b"" if self.value is None else json.dumps(self.value, ensure_ascii=False).encode("utf-8", "surrogatepass")

    def with_field(self, name, value):
        kept = [one for one in self.fields if one[0].lower() != name.lower()]
        return dataclasses.replace(self, fields=[*kept, (name, value)])


def error(status, detail, scim_type=None):
    value = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return Response(status, value | ({"scimType": scim_type} if scim_type else {}))


class Service:
    def __init__(self, base):
        self.base = base
        self.kinds = {"Users": {}, "Groups": {}}
        self.created, self.number = set(), 0
        for n in range(50):
            self.add("Users", {"userName": f"foreign{n}@victim.example", "active": True, "name": {"familyName": f"Foreign{n}"}})
        people = list(self.kinds["Users"])
        for n in range(5):
            members = [{"value": one} for one in people[n * 10 : n * 10 + 10]]
            self.add("Groups", {"displayName": f"foreign group {n}", "members": members})
        self.foreign = {one for kind in self.kinds.values() for one in kind}
        self.before = copy.deepcopy(self.kinds)

    def add(self, kind, resource):
        self.number += 1
        identity = f"{kind[0].lower()}{self.number:07d}"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        meta = {"resourceType": kind[:-1], "created": stamp, "lastModified": stamp, "location": f"{self.base}/{kind}/{identity}"}
        schemas = resource.get("schemas") or [USER if kind == "Users" else GROUP]
        kept = {key: value for key, value in resource.items() if key not in ("password", "id", "meta", "groups")}
        self.kinds[kind][identity] = kept | {"schemas": schemas, "id": identity, "meta": meta}
        return self.kinds[kind][identity]

    def trespass(self, request):
        """Why this write concerns what the run did not create, or None."""
        if request.method not in WRITES:
            return None
        parts = [part for part in request.path.split("/") if part]
        if parts == ["Bulk"] and isinstance(request.value(), dict):
            operations = request.value().get("Operations")
            inner = [one for one in operations if isinstance(one, dict)] if isinstance(operations, list) else []
            inner = [Request(str(one.get("method")), f"/scim/v2{one.get('path', '')}", [], b"", 0) for one in inner]
            return next((found for found in map(self.trespass, inner) if found), None)
        if request.method == "POST":
            return None
        literal = "/scim/v2" + request.path
        if request.method != "DELETE" and request.target == literal and len(parts) == 1:
            return None  # The probe of methods that an endpoint does not have: spelt as such, with a body of the run's own.
        if len(parts) < 2 or parts[0] not in self.kinds:
            return f"{request.method} to {request.target[:120]}, which is no resource"
        if parts[1] in self.foreign:
            return f"{request.method} to the foreign {parts[0]} {parts[1]}"
        return None

    def answer(self, request):
        if not request.field("authorization"):
            return error(401, "no Authorization header field").with_field("WWW-Authenticate", "Basic")
        parts = [part for part in request.path.split("/") if part]
        discovery = {"ServiceProviderConfig": self.configuration, "ResourceTypes": self.resource_types, "Schemas": self.schemas}
        if parts and parts[0] in discovery:
            return self.discover(request, parts, discovery[parts[0]]())
        if not parts or parts[0] not in self.kinds or len(parts) > 2:
            return error(404, f"there is no {request.path[:100]}")
        kind, here = parts[0], self.kinds[parts[0]]
        if len(parts) == 1:
            if request.method == "GET":
                return self.find(kind, request.query)
            return self.create(kind, request.value()) if request.method == "POST" else error(405, "not allowed here")
        if parts[1] not in here:
            return error(404, f"there is no {kind[:-1]} {parts[1][:100]}")
        if request.method == "DELETE":
            del here[parts[1]]
            return Response(204)
        if request.method in ("PUT", "PATCH"):
            value = request.value()
            if not isinstance(value, dict):
                return error(400, "the body is no JSON object", "invalidSyntax")
            try:
                failed = (self.replace if request.method == "PUT" else self.patch)(kind, parts[1], value)
            except (AttributeError, KeyError, TypeError):
                failed = error(400, "a value has another type than its attribute", "invalidValue")
            if failed:
                return failed
        elif request.method != "GET":
            return error(405, "not allowed here")
        return self.show(here[parts[1]])

    def show(self, resource, status=200):
        return Response(status, copy.deepcopy(resource), [("Location", resource["meta"]["location"])])

    def create(self, kind, value):
        key = "userName" if kind == "Users" else "displayName"
        if not isinstance(value, dict) or not isinstance(value.get(key), str) or not value[key]:
            return error(400, f"{key} is missing", "invalidValue")
        if kind == "Users" and any(one[key].lower() == value[key].lower() for one in self.kinds[kind].values()):
            return error(409, f"{key} is in use", "uniqueness")
        resource = self.add(kind, value)
        self.created.add(resource["id"])
        return self.show(resource, 201)

    def replace(self, kind, identity, value):
        old = self.kinds[kind][identity]
        if not isinstance(value.get("userName" if kind == "Users" else "displayName"), str):
            return error(400, "a name is required", "invalidValue")
        kept = {key: one for key, one in value.items() if key not in ("password", "id", "meta", "groups")}
        self.kinds[kind][identity] = kept | {key: old[key] for key in ("schemas", "id", "meta")}

    def patch(self, kind, identity, value):
        operations = value.get("Operations")
        if not isinstance(operations, list):
            return error(400, "Operations is missing", "invalidSyntax")
        resource = copy.deepcopy(self.kinds[kind][identity])
        for one in operations:
            if not isinstance(one, dict) or str(one.get("op")).lower() not in ("add", "replace", "remove"):
                return error(400, "no such operation", "invalidSyntax")
            op, path, what = one["op"].lower(), one.get("path"), one.get("value")
            if path is None:
                if not isinstance(what, dict):
                    return error(400, "value is no object", "invalidValue")
                resource.update({key: item for key, item in what.items() if key not in ("id", "meta", "password")})
                continue
            match = re.fullmatch(r'(\w+)\[value eq "([^"]*)"\]', str(path))
            if match:
                resource[match[1]] = [item for item in resource.get(match[1]) or [] if item["value"] != match[2]]
                continue
            *way, last = str(path).split(".") if not str(path).startswith("urn:") else [str(path)]
            inner = resource
            for step in way:
                inner = inner.setdefault(step, {})
                if not isinstance(inner, dict):
                    return error(400, "no such path", "invalidPath")
            if last in ("id", "meta", "schemas"):
                return error(400, f"{last} is not writable", "mutability")
            if op == "remove":
                inner.pop(last, None)
            elif op == "add" and isinstance(inner.get(last), list) and isinstance(what, list):
                inner[last] = inner[last] + [item for item in what if item not in inner[last]]
            elif last != "password":
                inner[last] = what
        if not isinstance(resource.get("userName" if kind == "Users" else "displayName"), str):
            return error(400, "a name is required", "mutability")
        self.kinds[kind][identity] = resource
        return None

    def find(self, kind, query):
        found = list(self.kinds[kind].values())
        if "filter" in query:
            match = re.fullmatch(r'\s*([\w.]+)\s+[eE][qQ]\s+"((?:[^"\\]|\\.)*)"\s*', query["filter"])
            if not match:
                return error(400, "only eq is known", "invalidFilter")
            wanted = re.sub(r"\\(.)", r"\1", match[2]).lower()
            lower = match[1].lower()
            found = [one for one in found if any(str(v).lower() == wanted for k, v in one.items() if k.lower() == lower)]
        number = lambda name, otherwise: int(query[name]) if re.fullmatch(r"-?\d{1,9}", query.get(name, "")) else otherwise
        start, count = max(1, number("startIndex", 1)), max(0, number("count", 100))
        page = copy.deepcopy(found[start - 1 : start - 1 + count])
        return Response(200, self.list(page, len(found), start))

    def list(self, page, total, start=1):
        return {"schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(page), "Resources": page}

    def discover(self, request, parts, document):
        if request.method != "GET":
            return error(405, "not allowed here")
        if isinstance(document, dict):
            return Response(200, document)
        if len(parts) == 1:
            return Response(200, self.list(document, len(document)))
        one = next((one for one in document if parts[1] == one["id"]), None)
        return Response(200, one) if one else error(404, "there is no such document")

    def configuration(self):
        no = {"supported": False}
        return {
            "schemas": [CORE + "ServiceProviderConfig"],
            "patch": {"supported": True},
            "sort": no,
            "etag": no,
            "changePassword": no,
            "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": 200},
            "authenticationSchemes": [{"type": "httpbasic", "name": "Basic", "description": "Basic"}],
            "meta": {"resourceType": "ServiceProviderConfig", "location": f"{self.base}/ServiceProviderConfig"},
        }

    def resource_types(self):
        return [
            {
                "schemas": [CORE + "ResourceType"],
                "id": kind[:-1],
                "name": kind[:-1],
                "endpoint": f"/{kind}",
                "schema": schema,
                "meta": {"resourceType": "ResourceType", "location": f"{self.base}/ResourceTypes/{kind[:-1]}"},
            }
            for kind, schema in (("Users", USER), ("Groups", GROUP))
        ]

    def schemas(self):
        def attribute(name, kind="string", many=False, inner=()):
            one = {
                "name": name,
                "type": kind,
                "multiValued": many,
                "required": name == "userName",
                "caseExact": False,
                "mutability": "readWrite",
                "returned": "default",
                "uniqueness": "server" if name == "userName" else "none",
                "description": name,
            }
            return one | ({"subAttributes": list(inner)} if inner else {})

        texts = lambda *names: [attribute(name) for name in names]
        user = [
            *texts("userName", "displayName", "externalId", "title", "locale", "nickName"),
            attribute("active", "boolean"),
            attribute("name", "complex", inner=texts("givenName", "familyName", "formatted")),
            attribute("emails", "complex", True, [*texts("value", "type"), attribute("primary", "boolean")]),
        ]
        group = [attribute("displayName"), attribute("members", "complex", True, texts("value", "display"))]
        return [
            {
                "schemas": [CORE + "Schema"],
                "id": schema,
                "name": name,
                "description": name,
                "attributes": attributes,
                "meta": {"resourceType": "Schema", "location": f"{self.base}/Schemas/{schema}"},
            }
            for schema, name, attributes in ((USER, "User", user), (GROUP, "Group", group))
        ]


# ---------------------------------------------------------------- what modes are made of


@dataclasses.dataclass
class Mode:
    """A twist: a function of server, request and response that gives the response, or one that meets the connection."""

    name: str
    what: str
    twist: object = None
    accept: object = None
    wall: int = 60
    before: object = None


MODES = {}


def mode(name, what, twist=None, **more):
    assert name not in MODES, name
    MODES[name] = Mode(name, what, twist, **more)


def body(make, *fields):
    """The body of every answer that has one, made anew."""

    def twist(_, request, response):
        if response.status == 204 or request.method == "HEAD":
            return response
        response = dataclasses.replace(response, body=make(response.bytes()))
        for name, value in fields:
            response = response.with_field(name, value)
        return response

    return twist


def value(change):
    """The JSON of every answer, changed; `change` gets server, request and a copy of the value."""

    def twist(server, request, response):
        return response if response.value is None else dataclasses.replace(response, value=change(server, request, response.value))

    return twist


def resources(change):
    """Every user and group in an answer, alone or in a list."""

    def edit(server, request, document):
        if isinstance(document, dict) and "id" in document and request.path.startswith(("/Users", "/Groups")):
            return change(server, request, document)
        if isinstance(document, dict) and isinstance(document.get("Resources"), list) and request.path in ("/Users", "/Groups"):
            return document | {"Resources": [change(server, request, one) for one in document["Resources"]]}
        return document

    return value(edit)


def lists(change):
    """Every list of users or groups; `change` gets server, request and the list."""

    def edit(server, request, document):
        is_list = isinstance(document, dict) and "Resources" in document and request.path in ("/Users", "/Groups")
        return change(server, request, document) if is_list else document

    return value(edit)


def written(write):
    """Bytes in place of the answer: `write` is an async function of writer and the bytes of the right answer."""

    def twist(server, request, response):
        async def raw(_, writer):
            await write(writer, server.encode(response))

        return Response(raw=raw)

    return twist


def put(data):
    """These bytes and an end."""

    async def write(writer, _):
        writer.write(data() if callable(data) else data)
        await writer.drain()

    return written(write)


def forever(first, again, pause=0.0):
    """First bytes, then the same bytes again and again, until the other side has enough."""

    async def write(writer, _):
        writer.write(first)
        more = again() if callable(again) else again
        while True:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(pause)

    return written(write)


def status(code, *fields, value=None):
    """The same answer to everything."""

    def twist(server, request, _):
        answer = error(code, "so it is") if value is None and isinstance(code, int) and code >= 300 else Response(code, value)
        for name, content in fields:
            answer = answer.with_field(name, content(server, request) if callable(content) else content)
        return answer

    return twist


def only(methods, twist):
    return lambda server, request, response: twist(server, request, response) if request.method in methods else response


def strings(document, change, key=""):
    if isinstance(document, dict):
        return {name: strings(one, change, name) for name, one in document.items()}
    if isinstance(document, list):
        return [strings(one, change, key) for one in document]
    return change(document) if isinstance(document, str) and key not in ("schemas", "id", "resourceType", "location") else document


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
RIGHT = b'{"schemas":["%s"],"totalResults":0,"Resources":[]}' % LIST.encode()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


@lru_cache
def bomb(kind, size=1024):
    """`size` MiB of one JSON string, in about a thousandth of that: the same deflated block again and again."""
    begin, block, end = b'{"schemas":["%s"],"totalResults":0,"x":"' % LIST.encode(), b"a" * MIB, b'","Resources":[]}'
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = packer.compress(begin) + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    out += one * size + packer.compress(end) + packer.flush()
    check, adler = zlib.crc32(begin), zlib.adler32(begin)
    for part in [block] * size + [end]:
        check, adler = zlib.crc32(part, check), zlib.adler32(part, adler)
    total = len(begin) + size * MIB + len(end)
    if kind == "zlib":
        return b"\x78\xda" + out + struct.pack(">I", adler)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + out + struct.pack("<II", check, total & 0xFFFFFFFF)


@lru_cache
def big(kind):
    start = b'{"schemas":["%s"],"totalResults":1,"itemsPerPage":1,"startIndex":1,"id":"u1","userName":"a","Resources":[],"x":' % LIST.encode()
    return (
        start
        + {
            "text": lambda: b'"' + b"a" * (64 * MIB) + b'"',
            "values": lambda: b"[" + b"1," * 5_000_000 + b"1]",
            "objects": lambda: b"[" + b"{}," * 2_000_000 + b"{}]",
            "deep": lambda: b"[" * 10_000 + b"]" * 10_000,
            "abyss": lambda: b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000,
            "keys": lambda: b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(500_000)) + b"}",
            "number": lambda: b"9" * 1_000_000,
            "exponent": lambda: b"1e999999999",
            "blanks": lambda: b" " * (32 * MIB) + b"1",
            "escapes": lambda: b'"' + b"\\u0041" * 5_000_000 + b'"',
        }[kind]()
        + b"}"
    )


def gzipped(times):
    def make(data):
        for _ in range(times):
            data = gzip.compress(data)
        return data

    return body(make, ("Content-Encoding", ", ".join(["gzip"] * times)))


def rubbish(size=4096, seed=7):
    return random.Random(seed).randbytes(size)


# ---------------------------------------------------------------- bodies

PACKED = lambda coding: ("Content-Encoding", coding)
mode("plain", "nothing is wrong; what fails here is the mistake of whoever tests")
mode("gzip", "every body in gzip, as it should be", gzipped(1))
mode("gzip-thrice", "every body three times in gzip", gzipped(3))
mode("gzip-60", "sixty codings, each gzip", gzipped(60))
mode("gzip-bomb", "1 MB of gzip that is 1 GB of JSON", body(lambda _: bomb("gzip"), PACKED("gzip")))
mode("gzip-bomb-nested", "gzip in gzip that is 1 GB of JSON", body(lambda _: gzip.compress(bomb("gzip")), PACKED("gzip, gzip")))
mode("deflate-bomb", "1 MB of deflate that is 1 GB of JSON", body(lambda _: bomb("zlib"), PACKED("deflate")))
mode("deflate", "every body in deflate with zlib's header", body(zlib.compress, PACKED("deflate")))
mode("deflate-raw", "every body in deflate without zlib's header", body(lambda data: zlib.compress(data)[2:-4], PACKED("deflate")))
mode("gzip-short", "gzip that ends in the middle", body(lambda data: gzip.compress(data)[:-9], PACKED("gzip")))
mode("gzip-wrong-sum", "gzip with a wrong checksum", body(lambda data: gzip.compress(data)[:-8] + b"\0" * 8, PACKED("gzip")))
mode("gzip-tail", "gzip with bytes behind its end", body(lambda data: gzip.compress(data) + rubbish(), PACKED("gzip")))
mode("gzip-not", "Content-Encoding: gzip over plain JSON", body(lambda data: data, PACKED("gzip")))
for coding in ("gzip", "br", "deflate", "zstd", "compress", "x" * 5000, "identity, chunked"):
    short = re.sub(r"\W+", "-", coding)[:12]
    mode(f"coding-{short}-rubbish", f"Content-Encoding: {coding[:20]} over 4 KiB of rubbish", body(lambda _: rubbish(), PACKED(coding)))

ENDLESS = lambda: chunk(b" " * 65536)
mode("endless", "chunks without end, as fast as they are read", forever(CHUNKED, ENDLESS))
mode("endless-text", "one JSON string without end", forever(CHUNKED + chunk(b'{"schemas":["'), lambda: chunk(b"a" * 65536)))
mode("endless-array", "one JSON array without end", forever(CHUNKED + chunk(b'{"Resources":['), lambda: chunk(b'{"id":"1"},' * 6000)))
mode("endless-unframed", "a body without length and without end", forever(HEAD + b"\r\n", b" " * 65536))
mode("drip", "a body of 600 bytes, one each second", forever(HEAD + b"Content-Length: 600\r\n\r\n", b" ", 1.0))
mode("drip-chunks", "one byte in a chunk each second", forever(CHUNKED, chunk(b" "), 1.0))
mode("drip-fast", "one byte each 10 ms", forever(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.01))


async def silent(*_):
    await asyncio.sleep(3600)


async def cut(writer, data, count, then=None):
    writer.write(data[:count] if count >= 0 else data[: len(data) // 2])
    await writer.drain()
    if then:
        await then()


mode("body-short", "half of the body, then the end", written(lambda writer, data: cut(writer, data, len(data) - 20)))
mode("body-short-silent", "half of the body, then nothing", written(lambda writer, data: cut(writer, data, len(data) - 20, silent)))
mode("body-none-silent", "the head alone, then nothing", written(lambda writer, data: cut(writer, data, data.find(b"\r\n\r\n") + 4, silent)))


def longer(extra):
    def twist(server, request, response):
        async def raw(_, writer):
            writer.write(server.encode(response) + extra)
            await writer.drain()
            await asyncio.sleep(0.01)

        return Response(raw=raw, close=False)

    return twist


mode("body-long", "more bytes than Content-Length says, and the connection stays open", longer(b"x" * 500))
mode("two-answers", "two answers to each request on a connection that stays open", longer(HEAD + b"Content-Length: 2\r\n\r\n{}"))
for name, what, data in (
    ("sign", "a chunk of size -5", b"-5\r\nhello\r\n0\r\n\r\n"),
    ("word", "a chunk of size `zz`", b"zz\r\nhello\r\n0\r\n\r\n"),
    ("huge", "a chunk of size 2^64 - 1", b"ffffffffffffffff\r\nhello"),
    ("overflow", "a chunk size of 100 digits", b"f" * 100 + b"\r\nhello"),
    ("digits", "a chunk size of 1 MB of zeros", b"0" * MIB + b"5\r\nhello\r\n0\r\n\r\n"),
    ("no-crlf", "chunks without CR and LF", b"5hello5hello0"),
    ("no-end", "chunks without the last one, then the end", chunk(RIGHT)),
    ("rubbish", "rubbish for chunks", rubbish()),
    ("long-extension", "a chunk extension of 1 MB", b"2;" + b"a" * MIB + b"\r\n{}\r\n0\r\n\r\n"),
    ("trailers", "50,000 trailer fields", chunk(RIGHT) + b"0\r\n" + b"X-T: 1\r\n" * 50_000 + b"\r\n"),
    ("lf", "chunks with LF alone", b"2\n{}\n0\n\n"),
):
    mode(f"chunk-{name}", what, put(CHUNKED + data))
mode(
    "chunk-one-byte",
    "the right body in chunks of one byte",
    written(
        lambda writer, data: cut(
            writer,
            (both := CHUNKED + b"".join(chunk(data[n : n + 1]) for n in range(data.find(b"\r\n\r\n") + 4, len(data))) + b"0\r\n\r\n"),
            len(both),
        )
    ),
)

for name, what in (
    ("text", "a text of 64 MiB"),
    ("values", "an array of 5 million numbers"),
    ("objects", "an array of 2 million objects"),
    ("deep", "10,000 arrays in each other"),
    ("abyss", "a million objects in each other"),
    ("keys", "an object of 500,000 members"),
    ("number", "a number of a million digits"),
    ("exponent", "the number 1e999999999"),
    ("blanks", "32 MiB of blanks"),
    ("escapes", "a text of 5 million escapes"),
):
    mode(f"json-{name}", f"{what} in every body", body(lambda _, name=name: big(name)))
for name, what, make in (
    ("truncated", "JSON that ends in the middle", lambda data: data[: len(data) // 2]),
    ("twice", "two JSON values", lambda data: data + data),
    (
        "same-keys",
        "every body with `id`, `active` and `totalResults` twice",
        lambda data: data[:1] + b'"id":"other","active":false,"totalResults":9,' + data[1:] if data[:1] == b"{" and data[1:2] != b"}" else data,
    ),
    ("null", "null", lambda _: b"null"),
    ("true", "true", lambda _: b"true"),
    ("array", "an empty array", lambda _: b"[]"),
    ("string", "a text", lambda _: b'"text"'),
    ("empty-object", "an empty object", lambda _: b"{}"),
    ("nothing", "no byte", lambda _: b""),
    ("nan", "NaN", lambda _: b'{"totalResults":NaN,"Resources":Infinity}'),
    ("comment", "JSON with a comment", lambda data: b"/* hello */" + data),
    ("quotes", "JSON with single quotes", lambda data: data.replace(b'"', b"'")),
    ("invalid-utf8", "bytes that are not UTF-8 in every text", lambda data: data.replace(b'":"', b'":"\xff\xc0\x80')),
    ("overlong-utf8", "overlong UTF-8 in every text", lambda data: data.replace(b'":"', b'":"\xc0\xaf')),
    ("utf16", "UTF-16", lambda data: data.decode().encode("utf-16")),
    ("utf32", "UTF-32", lambda data: data.decode().encode("utf-32")),
    ("utf7", "UTF-7", lambda data: data.decode().encode("utf-7")),
    ("nul", "NULs between the texts", lambda data: data.replace(b":", b":\0")),
    ("nul-only", "64 KiB of NULs", lambda _: b"\0" * 65536),
    ("bom", "a byte order mark before the JSON", lambda data: b"\xef\xbb\xbf" + data),
    ("nul-escaped", "an escaped NUL in every text", lambda data: data.replace(b'":"', b'":"\\u0000')),
    ("surrogate", "half of a surrogate pair in every text", lambda data: data.replace(b'":"', b'":"\\ud800')),
    ("rubbish", "64 KiB of rubbish", lambda _: rubbish(65536)),
):
    mode(f"body-{name}", f"{what} in place of the body" if len(what) < 14 else what, body(make))
XML = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "%s"><!ENTITY c "&b;&b;&b;&b;&b;">]><scim>&c;]]&gt;</scim>' % (b"x" * 1000)
HTML = b"<!doctype html><html><script>alert(document.domain)</script><h1>502 Bad Gateway</h1></html>" + b"<p>padding</p>" * 500
mode("body-xml", "XML with entities", body(lambda _: XML, ("Content-Type", "application/xml")))
mode("body-html", "an HTML page with a script", body(lambda _: HTML, ("Content-Type", "text/html")))
mode("body-html-as-json", "an HTML page that says it is JSON", body(lambda _: HTML))

# Each text at each place where a service may put one.
TEXTS = {
    "workflow": ("workflow commands of GitHub", "\n::add-mask::hostile\n::error file=a::hostile\n::stop-commands::hostile\n"),
    "azure": ("logging commands of Azure Pipelines", "\n##[error]hostile\n##vso[task.setvariable variable=a]hostile\n##[group]x\n"),
    "ansi": ("terminal sequences", "\x1b[2J\x1b[31mhostile\x1b]0;title\x07\x1b]8;;http://127.0.0.1/\x07\x1b[6n\x9b31m"),
    "return": ("carriage returns and backspaces", "hostile\r\b\b\x0b\x0c\x7f\x85\u2028\u2029"),
    "bidi": ("controls of writing direction", "\u202e\u2066hostile\u2069\u202d\u200f"),
    "noncharacter": ("U+FFFE, U+FFFF and U+0001", "\ufffe\uffff\x01hostile"),
    "script": ("HTML with a script", "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><!--"),
    "cdata": ("the end of a CDATA section and of comments", "]]>--><x/>&amp;&#0;&undefined;"),
    "markdown": ("Markdown", "\n# hostile\n| a | b |\n```\n[x](javascript:alert(1)) ![y](http://127.0.0.1/z)\n"),
    "combining": ("1,000 combining marks", "a" + "\u0301" * 1000),
    "tap": ("lines of TAP", "\nok 1 - hostile\nBail out! hostile\n1..0\n"),
    "format": ("format strings", "{}{0}{:?}%s%n${HOME}$(id)`id`{{7*7}}"),
    "long": ("100 KB", "hostile " * 12_500),
}
for short, (what, text) in TEXTS.items():
    mode(f"text-{short}", f"{what} behind every text of every answer", value(lambda _, __, one, text=text: strings(one, lambda old: old + text)))
    mode(
        f"key-{short}",
        f"{what} as names of members in every object",
        value(lambda _, __, one, text=text: one | {text: text} if isinstance(one, dict) else one),
    )
    mode(
        f"detail-{short}",
        f"{what} in the detail of an error, for every write",
        only(WRITES, lambda _, __, ___, text=text: error(400, text, text[:300])),
    )


# ---------------------------------------------------------------- heads


def head(data):
    """Bytes of a head, then the right answer behind its status line."""

    async def write(writer, right):
        writer.write(data() + right.split(b"\r\n", 1)[1] if callable(data) else data + right.split(b"\r\n", 1)[1])
        await writer.drain()

    return written(write)


OK = b"HTTP/1.1 200 OK\r\n"
mode("head-many-fields", "100,000 header fields", head(lambda: OK + b"".join(b"X-%d: y\r\n" % n for n in range(100_000))))
mode("head-200-fields", "200 header fields", head(lambda: OK + b"".join(b"X-%d: y\r\n" % n for n in range(200))))
mode("head-long-field", "a header field of 10 MB", head(lambda: OK + b"X-Long: " + b"y" * (10 * MIB) + b"\r\n"))
mode("head-long-name", "the name of a header field of 1 MB", head(lambda: OK + b"X" * MIB + b": y\r\n"))
mode("head-long-reason", "a reason phrase of 1 MB", head(lambda: b"HTTP/1.1 200 " + b"y" * MIB + b"\r\n"))
mode("head-endless", "header fields without end", forever(OK, lambda: b"X-A: b\r\n" * 8000))
mode("head-drip", "a byte of the head each second", forever(OK, b"X", 1.0))
mode("head-bare", "no status line", head(b""))
for name, line in (
    ("no-code", b"HTTP/1.1\r\n"),
    ("999", b"HTTP/1.1 999 Nine\r\n"),
    ("000", b"HTTP/1.1 000 Zero\r\n"),
    ("099", b"HTTP/1.1 099 x\r\n"),
    ("1000", b"HTTP/1.1 1000 x\r\n"),
    ("minus", b"HTTP/1.1 -200 x\r\n"),
    ("word", b"HTTP/1.1 abc x\r\n"),
    ("http10", b"HTTP/1.0 200 OK\r\n"),
    ("http3", b"HTTP/3.7 200 OK\r\n"),
    ("icy", b"ICY 200 OK\r\n"),
    ("lower", b"http/1.1 200 OK\r\n"),
    ("600", b"HTTP/1.1 600 x\r\n"),
    ("no-reason", b"HTTP/1.1 200\r\n"),
    ("ansi", b"HTTP/1.1 200 \x1b[31mred\x07\r\n"),
    ("latin1", b"HTTP/1.1 200 \xe9\xff\r\n"),
    ("workflow", b"HTTP/1.1 418 ::add-mask::hostile\r\n"),
    ("101", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"),
):
    mode(f"line-{name}", f"the status line {line.decode('latin-1').splitlines()[0]!r}", head(line))
for name, what, lines in (
    ("folded", "folded header fields", b"X-Fold: a\r\n b\r\n\tc\r\n"),
    ("two-lengths", "two different Content-Lengths", b"Content-Length: 3\r\n"),
    ("length-and-chunked", "Content-Length and Transfer-Encoding", b"Transfer-Encoding: chunked\r\n"),
    ("no-colon", "a line without colon", b"hello\r\n"),
    ("nul", "a NUL in a header field", b"X-Nul: a\0b\r\n"),
    ("blank-name", "a blank in the name of a header field", b"X Nul : a\r\n"),
    ("empty-name", "a header field without name", b": a\r\n"),
    ("ansi", "terminal sequences in header fields", b'X-E: \x1b[2J\x07\r\nETag: "\x1b[31m"\r\n'),
    ("cr", "a CR in a header field", b"X-A: a\rX-B: b\r\n"),
    ("latin1", "bytes above 127 in header fields", b'X-\xff: \xfe\xff\r\nETag: W/"\xff"\r\n'),
    ("unknown-transfer", "Transfer-Encoding: rot13", b"Transfer-Encoding: rot13\r\n"),
    ("gzip-transfer", "Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n"),
    ("many-types", "1,000 Content-Types", b"Content-Type: text/html\r\n" * 50),
    ("cookies", "50 cookies", b"Set-Cookie: a=b; Domain=.; Path=/\r\n" * 50),
    ("workflow", "workflow commands in header fields", b"ETag: ::add-mask::hostile\r\nWarning: ##[error]hostile\r\n"),
    ("date", "a Date that is none", b"Date: yesterday\r\nLast-Modified: \xff\r\n"),
    ("keep-alive", "Keep-Alive with rubbish", b"Keep-Alive: timeout=-1, max=9999999999999999999999\r\n"),
    ("upgrade", "an offer of another protocol", b'Upgrade: h2c, websocket\r\nAlt-Svc: h3=":1"\r\n'),
    ("close", "Connection: close, and it stays open", b"Connection: close\r\n"),
):
    mode(f"field-{name}", what, head(OK + lines))
for name, length in (
    ("minus", "-5"),
    ("huge", str(2**63)),
    ("overflow", str(2**70)),
    ("word", "many"),
    ("hex", "0x10"),
    ("list", "5, 5"),
    ("zero", "0"),
    ("plus", "+10"),
    ("empty", ""),
    ("4gb", str(2**32)),
    ("absent", None),
):
    mode(
        f"length-{name}", f"Content-Length: {length}", lambda _, __, response, length=length: dataclasses.replace(response, length=length, close=True)
    )
mode("line-cr-only", "lines that end with CR alone", written(lambda writer, data: cut(writer, data.replace(b"\r\n", b"\r"), len(data))))
mode("line-lf-only", "lines that end with LF alone", written(lambda writer, data: cut(writer, data.replace(b"\r\n", b"\n"), len(data))))
mode("interim-forever", "100 Continue without end", forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.001))
mode("interim-slow", "102 Processing each 100 ms without end", forever(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.1))
mode(
    "interim-hints",
    "103 with 10 fields before each answer",
    written(lambda writer, data: cut(writer, (both := b"HTTP/1.1 103 Early Hints\r\n" + b"Link: </x>\r\n" * 10 + b"\r\n" + data), len(both))),
)
mode("204-with-body", "204 with a body", put(b"HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n" + b"x" * 50))
mode("304", "304 to everything", put(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'))
for name, kind in (
    ("none", None),
    ("empty", ""),
    ("rubbish", ";;;=/"),
    ("html", "text/html"),
    ("charset", "application/scim+json; charset=ebcdic"),
    ("long", "a/" + "b" * 60000),
):
    mode(f"type-{name}", f"Content-Type: {str(kind)[:30]}", lambda _, __, response, kind=kind: response.with_field("Content-Type", kind))


# ---------------------------------------------------------------- connections


def accepting(name, what, act, **more):
    """What meets the connection before a request is read; with @late and the like, what meets the request."""
    mode(name, what, lambda server, request, _: Response(raw=act), accept=act, **more)


async def reset(_, writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def says(data, wait=0.2):
    async def act(_, writer):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(wait)

    return act


mode("never-accepts", "a port that listens and never accepts", before="never-accepts")
mode("nobody", "a port on which nobody listens", before="nobody")
accepting("silent", "accepts, reads and says nothing", silent)
accepting("hang-up", "accepts and closes", says(b"", 0))
accepting("reset", "accepts and resets", reset)
accepting("answer-first", "answers before a request is read, then closes", says(HEAD + b"Content-Length: %d\r\n\r\n" % len(RIGHT) + RIGHT))
accepting("answer-first-many", "a hundred answers before a request is read", says((HEAD + b"Content-Length: %d\r\n\r\n" % len(RIGHT) + RIGHT) * 100))
for name, what, data in (
    ("http2", "the frames with which HTTP/2 begins", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\x40\0\0\0\0\x02\0\0\0\0" * 2),
    ("h2-preface", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("ssh", "SSH's banner", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ("smtp", "SMTP's greeting", b"220 mail.example ESMTP\r\n"),
    ("tls-alert", "a TLS alert", b"\x15\x03\x01\x00\x02\x02\x28"),
    ("tls-hello", "a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rubbish(500)),
    ("rubbish", "1 MB of rubbish", rubbish(MIB)),
    ("request", "a request in place of an answer", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("telnet", "telnet options", b"\xff\xfd\x18\xff\xfd\x20"),
):
    accepting(f"speaks-{name}", f"{what}, then the end", says(data))
for count in (1, 5, 12, 20, 60, 150, -1):
    mode(
        f"close-at-{'half' if count < 0 else count}",
        f"{'half of the' if count < 0 else f'{count} bytes of an'} answer, then the end",
        written(lambda writer, data, count=count: cut(writer, data, count)),
    )


def reset_at(server, request, response):
    async def raw(reader, writer):
        await cut(writer, server.encode(response), 60)
        await asyncio.sleep(0.01)
        await reset(reader, writer)

    return Response(raw=raw)


mode("reset-at-60", "60 bytes of an answer, then a reset", reset_at)
mode(
    "close-each",
    "each answer is right, and each connection ends behind it without a word",
    lambda _, __, response: dataclasses.replace(response, close=True),
)
mode("done-then-reset", "does each write, then resets the connection without an answer", only(WRITES, lambda *_: Response(raw=reset)))
mode("done-then-silent", "does each write, then says nothing", only(WRITES, lambda *_: Response(raw=silent)), wall=120)
mode("second-reset", "resets every second request", lambda server, request, response: Response(raw=reset) if request.number % 2 else response)


# ---------------------------------------------------------------- status codes

here = lambda server, request: server.origin + request.target
there = lambda server, request: server.other + request.target
for code in (
    100,
    102,
    200,
    201,
    202,
    204,
    205,
    206,
    300,
    400,
    401,
    403,
    404,
    405,
    407,
    408,
    409,
    410,
    412,
    413,
    415,
    418,
    421,
    422,
    500,
    501,
    502,
    503,
    504,
    511,
    599,
):
    mode(f"always-{code}", f"{code} to everything", status(code, value={} if 200 <= code < 300 and code != 204 else None))
    if code >= 400:
        mode(f"writes-{code}", f"{code} to every write, without doing it", before=("refuse", code))
mode("ok-errors", "200 with the body of an error to everything", status(200, value=error(404, "no").value))
for code in (301, 302, 303, 307, 308):
    mode(f"redirect-{code}-self", f"{code} to the same URL", status(code, ("Location", here)))
    mode(f"redirect-{code}-other", f"{code} to another port", status(code, ("Location", there)))
mode("redirect-longer", "307 to a URL that is longer each time", status(307, ("Location", lambda server, request: here(server, request) + "/a")))
mode("redirect-file", "302 to file:///etc/passwd", status(302, ("Location", "file:///etc/passwd")))
mode(
    "redirect-foreign",
    "307 of every write to a foreign user",
    only(WRITES, status(307, ("Location", lambda server, _: f"{server.base}/Users/{server.victim}"))),
)
for name, when in (
    ("hour", "3600"),
    ("past", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ("future", "Wed, 21 Oct 2099 07:28:00 GMT"),
    ("rubbish", "soon"),
    ("one", "1"),
    ("zero", "0"),
    ("minus", "-1"),
    ("huge", "9" * 40),
    ("fraction", "0.001"),
    ("nan", "NaN"),
    ("none", None),
):
    for code in (429, 503):
        fields = [("Retry-After", when)] if when is not None else []
        mode(f"{code}-{name}", f"{code} to everything, Retry-After: {str(when)[:30]}", status(code, *fields))
    mode(
        f"429-{name}-some",
        f"429 to every fifth request, Retry-After: {str(when)[:30]}",
        wall=120,
        twist=lambda server, request, response, fields=tuple(fields): (
            response if request.number % 5 else status(429, *fields)(server, request, response)
        ),
    )
mode("alternating", "every second answer is 503", lambda server, request, response: response if request.number % 2 else error(503, "later"))
mode("401-late", "401 to everything after 60 requests", lambda server, request, response: response if request.number < 60 else error(401, "expired"))


# ---------------------------------------------------------------- ids, locations, lists


def twisted_id(make):
    return resources(lambda server, request, one: one | {"id": make(server, one)})


IDS = {
    "empty": "",
    "blank": " ",
    "dot": ".",
    "dot-dot": "..",
    "up": "../Users",
    "up-twice": "../../scim/v2/Users",
    "percent-up": "%2e%2e",
    "percent-slash": "..%2FUsers",
    "slash": "/",
    "slashes": "//",
    "backslash": "..\\Users",
    "query": "?filter=id%20pr",
    "question": "?",
    "hash": "#",
    "semicolon": ";a=b",
    "star": "*",
    "nul": "\0",
    "controls": "\r\n\t\x1b[2J\x7f",
    "header": "x HTTP/1.1\r\nHost: other\r\n\r\nDELETE /scim/v2/Users",
    "bidi": "\u202eabc",
    "unicode": "ü\U0001f600",
    "surrogate": "\ud800",
    "100kb": "a" * 100_000,
    "workflow": "\n::add-mask::hostile",
    "number": 42,
    "zero": 0,
    "float": 1.5,
    "huge": 2**70,
    "true": True,
    "null": None,
    "array": ["a"],
    "object": {"a": "b"},
    "same": "same-for-all",
}
for name, identity in IDS.items():
    mode(f"id-{name}", f"every id is {ascii(identity)[:40]}", twisted_id(lambda _, __, identity=identity: identity))
mode("id-other-origin", "every id is a URL of another origin", twisted_id(lambda server, one: f"{server.other}/scim/v2/Users/{one['id']}"))
mode(
    "id-scheme-less",
    "every id is //host/path of another origin",
    twisted_id(lambda server, one: f"//{server.other.split('//')[1]}/Users/{one['id']}"),
)
mode("id-foreign", "what is created gets the id of a foreign user", before="foreign-id")
mode("id-foreign-group", "every id is that of a foreign group", twisted_id(lambda server, _: server.victim_group))
mode("id-missing", "no resource has an id", resources(lambda _, __, one: {key: item for key, item in one.items() if key != "id"}))
mode("id-changes", "the id is another one with each answer", twisted_id(lambda server, one: f"{one['id']}-{server.count}"))
mode("id-upper", "the id is spelt in capitals", twisted_id(lambda _, one: one["id"].upper()))

LOCATIONS = {
    "other": lambda server, one: f"{server.other}/scim/v2/Users/{one['id']}",
    "relative": lambda _, one: f"Users/{one['id']}",
    "up": lambda *_: "../..",
    "root": lambda *_: "/",
    "script": lambda *_: "javascript:alert(1)",
    "empty": lambda *_: "",
    "collection": lambda server, _: f"{server.base}/Users",
    "file": lambda *_: "file:///etc/passwd",
    "foreign": lambda server, _: f"{server.base}/Users/{server.victim}",
    "userinfo": lambda server, one: server.origin.replace("//", "//a:b@") + f"/scim/v2/Users/{one['id']}",
    "lookalike": lambda server, one: f"{server.origin}.victim.example/Users/{one['id']}",
    "backslash": lambda server, one: server.origin + f"\\@{server.other[7:]}/Users/{one['id']}",
    "long": lambda server, one: f"{server.base}/Users/" + "a" * MIB,
    "ansi": lambda *_: "\x1b[31mred",
    "number": lambda *_: 7,
    "object": lambda *_: {"a": 1},
}
for name, make in LOCATIONS.items():

    def located(server, request, response, make=make):
        if not (isinstance(response.value, dict) and isinstance(response.value.get("meta"), dict) and "id" in response.value):
            return response
        where = make(server, response.value)
        response = dataclasses.replace(response, value=response.value | {"meta": response.value["meta"] | {"location": where}})
        return response.with_field("Location", re.sub(r"[\r\n]", "", str(where)))

    mode(f"location-{name}", f"Location and meta.location are wrong: {name}", located)
mode(
    "ref-other",
    "every $ref names another origin",
    resources(
        lambda server, _, one: one
        | {"members": [{"value": "a", "$ref": server.other + "/scim/v2/Users/a"}], "manager": {"$ref": server.other + "/x"}}
    ),
)
mode(
    "endpoint-other",
    "resource types name endpoints of another origin",
    value(lambda server, request, one: json.loads(json.dumps(one).replace('"endpoint": "/', f'"endpoint": "{server.other}/scim/v2/'))),
)
mode(
    "endpoint-up",
    "resource types name endpoints outside the base",
    value(lambda server, request, one: json.loads(json.dumps(one).replace('"endpoint": "/', '"endpoint": "/../../'))),
)

for field in ("totalResults", "itemsPerPage", "startIndex"):
    for name, wrong in (
        ("minus", -1),
        ("zero", 0),
        ("2-63", 2**63),
        ("1e308", 1e308),
        ("text", "many"),
        ("digits", "3"),
        ("null", None),
        ("array", [1]),
        ("half", 1.5),
        ("million", 1_000_000),
    ):
        mode(f"{field}-{name}", f"{field} is {wrong!r}", lists(lambda _, __, one, field=field, wrong=wrong: one | {field: wrong}))
for name, wrong in (
    ("null", None),
    ("object", {}),
    ("text", "none"),
    ("nulls", [None] * 3),
    ("numbers", [1, 2]),
    ("arrays", [[[]]]),
    ("empties", [{}] * 3),
    ("number", 7),
):
    mode(f"resources-{name}", f"Resources is {wrong!r}", lists(lambda _, __, one, wrong=wrong: one | {"Resources": wrong}))


def foreigners(count):
    @lru_cache
    def people(server):
        return [{"schemas": [USER], "id": f"f{n}", "userName": f"foreign{n}@victim.example", "active": True} for n in range(count)]

    return people


MANY = foreigners(5000)


def endless(server, request, document):
    """A page full of users, whatever page is asked for, of a list that never ends."""
    start = request.query.get("startIndex", "1")
    start = int(start) if start.isdigit() else 1
    page = [{"schemas": [USER], "id": f"e{start + n}", "userName": f"endless{start + n}@victim.example"} for n in range(50)]
    return document | {"Resources": page, "totalResults": start + 1000, "itemsPerPage": 50, "startIndex": start}


mode("list-endless", "a list that has another page behind each", lists(endless))
mode(
    "list-same-page",
    "the first page, whatever page is asked for",
    lists(lambda server, request, one: one | {"Resources": MANY(server)[:2], "totalResults": 5000, "itemsPerPage": 2, "startIndex": 1}),
)
mode(
    "list-empty-pages",
    "5000 results, and every page is empty",
    lists(lambda _, __, one: one | {"Resources": [], "totalResults": 5000, "itemsPerPage": 0}),
)
mode(
    "list-foreign",
    "5,000 foreign users, whatever the filter",
    lists(lambda server, _, one: one | {"Resources": MANY(server), "totalResults": 5000, "itemsPerPage": 5000}),
)
mode(
    "list-foreign-first",
    "a foreign resource first, whatever the filter",
    lists(
        lambda server, request, one: one
        | {
            "Resources": [next(iter(server.service.kinds[request.path[1:]].values())), *one["Resources"]][:100],
            "totalResults": one["totalResults"] + 1,
        }
    ),
)
mode(
    "list-one-foreign",
    "one foreign resource, whatever the filter",
    lists(
        lambda server, request, one: one
        | {
            "Resources": [server.service.before[request.path[1:]][server.victim if request.path == "/Users" else server.victim_group]],
            "totalResults": 1,
            "itemsPerPage": 1,
        }
    ),
)
mode("list-100000", "100,000 entries in one page", lists(lambda _, __, one: one | {"Resources": [{"id": "a"}] * 100_000, "totalResults": 100_000}))
mode(
    "list-cursor-self",
    "a cursor that leads to itself",
    lists(lambda _, __, one: one | {"nextCursor": "again", "previousCursor": "again", "totalResults": 10}),
)
mode(
    "list-cursor-hostile",
    "a cursor with a CR, a LF and a URL",
    lists(lambda server, _, one: one | {"nextCursor": f"a\r\nHost: b\r\n&x={server.other}#"}),
)
mode("list-cursor-long", "a cursor of 1 MB", lists(lambda *_: {"schemas": [LIST], "nextCursor": "c" * MIB, "Resources": [], "totalResults": 9}))
mode("list-nothing", "every list is empty", lists(lambda _, __, one: one | {"Resources": [], "totalResults": 0, "itemsPerPage": 0}))
mode("list-recursive", "a list whose entries are lists", lists(lambda _, __, one: one | {"Resources": [copy.deepcopy(one)] * 3}))


# ---------------------------------------------------------------- lies


def pretend(server, request, response):
    """What is created is shown and not kept."""
    if request.method == "POST" and response.status == 201:
        server.forget(response.value["id"])
    return response


mode("creates-nothing", "201 for everything, and nothing is kept", pretend)
mode(
    "creates-other",
    "creates what was asked for, and answers with a foreign user",
    only(
        ["POST"],
        lambda server, request, response: (
            response if response.status != 201 else server.service.show(server.service.before["Users"][server.victim], 201)
        ),
    ),
)
mode(
    "creates-and-409",
    "creates, and answers 409",
    only(["POST"], lambda _, __, response: error(409, "there is one", "uniqueness") if response.status == 201 else response),
)
mode(
    "creates-and-500",
    "creates, and answers 500",
    only(["POST"], lambda _, __, response: error(500, "failed") if response.status == 201 else response),
)
mode(
    "creates-empty",
    "creates, and answers 201 without a body",
    only(["POST"], lambda _, __, response: Response(201) if response.status == 201 else response),
)
mode(
    "creates-renamed",
    "what is created has the name of a foreign user",
    only(["POST"], value(lambda _, __, one: one | {"userName": "foreign0@victim.example", "displayName": "foreign group 0"})),
)
mode("deletes-nothing", "204 for DELETE, and nothing is deleted", before="keep")
mode("deletes-403", "403 for DELETE", before=("refuse-delete", 403))
mode("deletes-500", "500 for DELETE", before=("refuse-delete", 500))
mode("deletes-429", "429 for DELETE, Retry-After: 1", before=("refuse-delete", 429), wall=120)
mode("deletes-silent", "no answer to DELETE", before=("refuse-delete", None), wall=180)
mode("deletes-all", "DELETE of one deletes every user and group", before="delete-all")
mode(
    "forgets",
    "who was read once is gone",
    lambda server, request, response: (server.forget(request.path.split("/")[-1]), response)[1] if request.method == "GET" else response,
)
mode(
    "reads-other",
    "every GET of a user gives a foreign user",
    only(
        ["GET"],
        lambda server, request, response: (
            response
            if request.path.count("/") < 2 or not request.path.startswith("/Users")
            else server.service.show(server.service.before["Users"][server.victim])
        ),
    ),
)
mode("patch-nothing", "PATCH and PUT change nothing and say 200", before="no-change")
mode("everything-true", "every value is true", value(lambda _, __, one: {key: True for key in one} if isinstance(one, dict) else True))
mode("everything-null", "every value is null", value(lambda _, __, one: {key: None for key in one} if isinstance(one, dict) else None))
mode(
    "everything-text",
    "every value is a text",
    value(lambda _, __, one: {key: json.dumps(item) for key, item in one.items()} if isinstance(one, dict) else "text"),
)
mode(
    "everything-wrapped",
    "every value is in an array",
    value(lambda _, __, one: {key: [item] for key, item in one.items()} if isinstance(one, dict) else one),
)

# Each way to write what was sent at each place where it can come back.
FORMS = {
    "plain": lambda data: data,
    "base64": lambda data: base64.b64encode(data.encode()).decode(),
    "hex": lambda data: data.encode().hex(),
    "HEX": lambda data: data.encode().hex().upper(),
    "percent": lambda data: urllib.parse.quote(data, safe=""),
    "percent-all": lambda data: "".join(f"%{byte:02X}" for byte in data.encode()),
    "escaped": lambda data: "".join(f"\\u{ord(one):04x}" for one in data),
    "url64": lambda data: base64.urlsafe_b64encode(data.encode()).decode().rstrip("="),
    "html": lambda data: "".join(f"&#{ord(one)};" for one in data),
    "decoded": lambda data: data,
}


def sent(request, form):
    """Authorization and X-Api-Key as they came, in a form; `decoded` looks into Basic."""
    whole = request.field("authorization")
    if form == "decoded" and whole.startswith("Basic "):
        whole = base64.b64decode(whole[6:]).decode("utf-8", "replace")
    return FORMS[form](f"{whole} {request.field('x-api-key')}")


def echo(place, form):
    def twist(_, request, response):
        if place == "header":
            return response.with_field("X-Echo", sent(request, form)).with_field("ETag", f'"{sent(request, form)}"')
        if place == "reason":
            return dataclasses.replace(response, reason=sent(request, form))
        if place == "detail":
            return error(400, f"bad request with {sent(request, form)}", "invalidValue") if request.method in WRITES else response
        if place == "key":
            return dataclasses.replace(response, value=response.value | {sent(request, form): 1}) if isinstance(response.value, dict) else response
        if place == "html":
            return dataclasses.replace(response, status=500, value=None, body=f"<html><pre>{sent(request, form)}</pre>".encode()).with_field(
                "Content-Type", "text/html"
            )
        return (
            dataclasses.replace(response, value=strings(response.value, lambda old: f"{old} {sent(request, form)}")) if response.value else response
        )

    return twist


for place in ("texts", "header", "reason", "detail", "key", "html"):
    for form in FORMS:
        mode(f"echo-{place}-{form}", f"credentials come back in {place} as {form}", echo(place, form))


# ---------------------------------------------------------------- time

mode("slow", "each answer takes a second", lambda _, __, response: dataclasses.replace(response, pause=1.0), wall=300)
mode(
    "slow-first",
    "the first answer takes ten seconds",
    lambda _, request, response: dataclasses.replace(response, pause=10.0 if request.number < 2 else 0),
)
mode("slow-writes", "each write takes 1.9 s", only(WRITES, lambda _, __, response: dataclasses.replace(response, pause=1.9)), wall=400)
mode(
    "slower",
    "each answer takes 5 ms more than the one before",
    lambda _, request, response: dataclasses.replace(response, pause=request.number * 0.005),
    wall=300,
)
mode(
    "stalls",
    "one answer in twenty takes five seconds",
    lambda server, _, response: dataclasses.replace(response, pause=5.0 if server.random.random() < 0.05 else 0),
    wall=240,
)
for name, stamp in (
    ("future", "2099-01-01T00:00:00Z"),
    ("past", "1970-01-01T00:00:00Z"),
    ("ancient", "-0044-03-15T00:00:00Z"),
    ("far", "99999-01-01T00:00:00Z"),
    ("leap", "2016-12-31T23:59:60Z"),
    ("rubbish", "now"),
    ("number", 1),
    ("offset", "2026-01-01T00:00:00+99:99"),
):
    mode(
        f"clock-{name}",
        f"created and lastModified are {stamp}",
        resources(lambda _, __, one, stamp=stamp: one | {"meta": one["meta"] | {"created": stamp, "lastModified": stamp}}),
    )


# ---------------------------------------------------------------- the server

WHEN = {
    "late": lambda request: request.number >= 40,
    "third": lambda request: request.number % 3 == 2,
    "writes": lambda request: request.method in WRITES,
}


class Server:
    def __init__(self, chosen, when, log, seed):
        self.mode, self.when, self.log = chosen, when, log
        self.random, self.count, self.loop = random.Random(seed), 0, asyncio.get_running_loop()

    def ready(self, port, other):
        self.origin, self.other = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}"
        self.base = self.origin + "/scim/v2"
        self.service = Service(self.base)
        self.victim, self.victim_group = (next(iter(self.service.kinds[kind])) for kind in ("Users", "Groups"))

    def forget(self, identity):
        for kind in self.service.kinds.values():
            if identity in self.service.created:
                kind.pop(identity, None)

    def encode(self, response):
        data = b"" if response.status == 204 else response.bytes()
        lines = [f"HTTP/1.1 {response.status} {response.reason}"]
        if not any(name == "Content-Type" for name, _ in response.fields) and data:
            lines.append("Content-Type: application/scim+json")
        lines += [f"{name}: {content}" for name, content in response.fields if content is not None]
        if response.length == "right":
            if response.status != 204:
                lines.append(f"Content-Length: {len(data)}")
        elif response.length is not None:
            lines.append(f"Content-Length: {response.length}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + data

    def instead(self, request):
        """What takes the place of the service's own answer, for modes that change what it does."""
        what = self.mode.before
        if isinstance(what, tuple) and what[0] == "refuse" and request.method in WRITES:
            return error(what[1], "refused")
        if request.method == "DELETE" and isinstance(what, tuple) and what[0] == "refuse-delete":
            if what[1] is None:
                return Response(raw=silent)
            return error(what[1], "refused").with_field("Retry-After", "1" if what[1] == 429 else None)
        if request.method == "DELETE" and what == "keep":
            return Response(204)
        if request.method in ("PUT", "PATCH") and what == "no-change":
            return self.service.answer(dataclasses.replace(request, method="GET"))
        response = self.service.answer(request)
        if request.method == "DELETE" and what == "delete-all" and response.status == 204:
            for kind in self.service.kinds.values():
                kind.clear()
        if what == "foreign-id" and request.method == "POST" and response.status == 201:
            victim = self.victim if request.path == "/Users" else self.victim_group
            response.value["id"] = victim
            response.fields = [("Location", f"{self.base}{request.path}/{victim}")]
        return response

    def write_log(self, entry):
        self.log.write(json.dumps(entry) + "\n")
        self.log.flush()

    async def read(self, reader):
        """One request, or None at the end of the connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return None
        first, *lines = head.split("\r\n")[:-2]
        fields = [tuple(part.strip() for part in line.partition(":")[::2]) for line in lines]
        method, target = (first.split(" ") + ["", ""])[:2]
        request = Request(method, target, fields, b"", self.count)
        self.count += 1
        if request.field("transfer-encoding"):
            data = b""
            while size := int((await reader.readline()).split(b";")[0] or b"0", 16):
                data += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            length = request.field("content-length")
            data = await reader.readexactly(int(length)) if length.isdigit() else b""
        return dataclasses.replace(request, body=data)

    async def serve(self, reader, writer):
        try:
            if self.mode.accept and self.when is None:
                await self.mode.accept(reader, writer)
                return
            while request := await self.read(reader):
                if not await self.exchange(request, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    async def exchange(self, request, reader, writer):
        began = time.monotonic()
        trespass = self.service.trespass(request)
        sent_value = request.value() if request.method in WRITES else None
        naming = "displayName" if request.path.startswith("/Groups") else "userName"
        names = [sent_value[naming]] if isinstance(sent_value, dict) and isinstance(sent_value.get(naming), str) else []
        response = self.instead(request) if self.when is None or self.when(request) else self.service.answer(request)
        if self.mode.twist and response.raw is None and (self.when is None or self.when(request)):
            response = self.mode.twist(self, request, response)
        try:
            if response.pause:
                await asyncio.sleep(response.pause)
            if response.raw:
                await response.raw(reader, writer)
                return response.close is False and self.mode.name in ("body-long", "two-answers")
            data = self.encode(response)
            if request.method == "HEAD":
                data = data.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
            writer.write(data)
            await writer.drain()
            return not response.close
        finally:
            self.write_log(
                {
                    "port": "main",
                    "method": request.method,
                    "target": request.target[:2000],
                    "fields": [name for name, _ in request.fields],
                    "bytes": len(request.body),
                    "seconds": round(time.monotonic() - began, 3),
                    "names": names,
                    "trespass": trespass,
                }
            )

    async def serve_other(self, reader, writer):
        """The other origin: whatever comes is logged whole."""
        try:
            data = await asyncio.wait_for(reader.read(65536), 5)
            self.write_log({"port": "other", "request": data.decode("latin-1")})
            writer.write(HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(RIGHT) + RIGHT)
            await writer.drain()
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()


def listen():
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    return made


def known(name):
    """A mode and when it acts, of NAME or NAME@WHEN."""
    first, _, when = name.partition("@")
    if first not in MODES or (when and when not in WHEN):
        sys.exit(f"there is no mode {name}; `target.py --list` shows them")
    return MODES[first], WHEN.get(when)


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", default="plain")
    parser.add_argument("--list", nargs="?", const="*", metavar="GLOB")
    parser.add_argument("--log", default="/dev/null")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.list:
        for one in fnmatch.filter(MODES, options.list):
            print(f"{one:26} {MODES[one].what}")
        return
    chosen, when = known(options.mode)
    with open(options.log, "a") as log:
        server = Server(chosen, when, log, options.seed)
        main_socket, other_socket = listen(), listen()
        port = main_socket.getsockname()[1]
        server.ready(port, other_socket.getsockname()[1])
        await asyncio.start_server(server.serve_other, sock=other_socket)
        if chosen.before == "never-accepts":
            main_socket.listen(0)
            # What waits in the queue of a port is connected already; one that waits there fills it.
            waiting = [socket.socket() for _ in range(2)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
        elif chosen.before == "nobody":
            main_socket.close()
        else:
            await asyncio.start_server(server.serve, sock=main_socket, backlog=200, limit=4 * MIB)
        print(json.dumps({"url": server.base, "other": server.other, "mode": options.mode}), flush=True)
        end = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            server.loop.add_signal_handler(number, end.set)
        await end.wait()


if __name__ == "__main__":
    asyncio.run(main())
