"""What mitmproxy does to an exchange, as the header `X-Mitm` of the request says. Runs in mitmproxy's own environment."""

# The package is there when the session runs, so type checkers can't see it.
# mypy: ignore-errors
# pyright: basic, reportMissingImports=false

import asyncio
import gzip
import json
import os
import time
import zlib
from collections import Counter
from functools import cache
from pathlib import Path

from mitmproxy import http

SANDBOX = int(os.environ["RELIABILITY_SANDBOX"])
LOG = Path(os.environ["RELIABILITY_LOG"])
PAGE = b"<!doctype html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
ENCODINGS = ("gzip", "br", "zstd", "deflate")

tries = Counter()


@cache
def bomb():
    """Half a gigabyte of spaces, behind half a megabyte."""
    packer, spaces = zlib.compressobj(wbits=31), b" " * (1 << 20)
    return b"".join(packer.compress(spaces) for _ in range(512)) + packer.flush()


def note(seen):
    with LOG.open("a") as log:
        log.write(json.dumps(seen) + "\n")


def request_id(flow):
    return flow.request.headers.get("idempotency-key", flow.request.path)


def answered(flow, status, body=b"", **headers):
    flow.response = http.Response.make(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


async def request(flow):
    what, _, argument = flow.request.headers.pop("x-mitm", "").partition("=")
    flow.metadata["what"], flow.metadata["argument"] = what, argument
    has_key = "sandbox" in flow.request.headers.get("authorization", "")
    note({"host": flow.request.pretty_host, "has_key": has_key, "what": what})
    if flow.request.pretty_host.endswith(".test"):  # came through the forward proxy: the sandbox has no TLS of its own
        flow.request.scheme, flow.request.host, flow.request.port = "http", "127.0.0.1", SANDBOX
    flow.request.headers["host"] = f"127.0.0.1:{SANDBOX}"
    if what == "429":
        tries[request_id(flow)] += 1
        if tries[request_id(flow)] <= int(argument):
            answered(flow, 429, PAGE, content_type="text/html", retry_after_ms="50")
    elif what == "status":
        answered(flow, int(argument), PAGE, content_type="text/html")
    elif what == "html":
        answered(flow, 200, PAGE, content_type="text/html")
    elif what == "kill-request":
        flow.kill()
    elif what == "kill-once":
        tries[argument] += 1
        if tries[argument] == 1:
            flow.kill()
    elif what == "delay-request":
        await asyncio.sleep(float(argument))


def responseheaders(flow):
    what, argument = flow.metadata.get("what"), flow.metadata.get("argument")
    if what == "stream":
        flow.response.stream = streams[argument](flow)


streams = {}
"""How the bytes of a stream are changed while they pass: functions that return a function of a piece."""


def stream(function):
    streams[function.__name__] = function
    return function


@stream
def as_it_is(flow):
    return lambda piece: piece


@stream
def bytewise(flow):
    return lambda piece: [piece[at : at + 1] for at in range(len(piece))]


@stream
def crlf(flow):
    return lambda piece: piece.replace(b"\n", b"\r\n")


@stream
def cr(flow):
    return lambda piece: piece.replace(b"\n", b"\r")


@stream
def comments(flow):
    return lambda piece: (
        b": keep-alive\n\n" + piece.replace(b"data: ", b": ping\nevent: message\nid: 7\nretry: 10\ndata:")
    )


@stream
def bom(flow):
    return lambda piece: b"\xef\xbb\xbf" + piece if not tries_once(flow) else piece


@stream
def no_done(flow):
    return lambda piece: piece.replace(b"data: [DONE]", b": gone")


@stream
def truncated(flow):
    def passed(piece):
        flow.metadata["count"] = flow.metadata.get("count", 0) + len(piece)
        return piece if flow.metadata["count"] < 700 else []  # an empty piece would end the chunks

    return passed


@stream
def garbage(flow):
    return lambda piece: piece.replace(b'{"id"', b'{"id', 1) if tries_twice(flow) else piece


@stream
def html(flow):
    return lambda piece: PAGE


def tries_once(flow):
    found = flow.metadata.get("once", False)
    flow.metadata["once"] = True
    return found


def tries_twice(flow):
    flow.metadata["pieces"] = flow.metadata.get("pieces", 0) + 1
    return flow.metadata["pieces"] == 3


async def response(flow):
    what, argument = flow.metadata.get("what"), flow.metadata.get("argument")
    found = flow.response
    if what == "kill-response":
        flow.kill()
    elif what == "delay-response":
        await asyncio.sleep(float(argument))
    elif what == "replaced":
        found.status_code, found.content = int(argument), PAGE
        found.headers["content-type"] = "text/html"
    elif what == "empty":
        found.content = b""
    elif what == "too-long":  # says more than there is: the rest never comes
        found.headers["content-length"] = str(len(found.raw_content) + 10)
    elif what == "too-short":  # says less than there is: the rest is left over
        found.headers["content-length"] = str(len(found.raw_content) - 10)
    elif what == "two-lengths":
        del found.headers["content-length"]
        found.headers.add("content-length", str(len(found.raw_content)))
        found.headers.add("content-length", str(len(found.raw_content) - 5))
    elif what == "length-and-chunks":
        found.headers["transfer-encoding"] = "chunked"
        found.headers["content-length"] = "5"
    elif what == "bad-length":
        found.headers["content-length"] = "-1"
    elif what == "encoded":
        found.encode(argument)
    elif what == "not-gzip":
        found.headers["content-encoding"] = "gzip"
    elif what == "gzip-cut":
        found.raw_content = gzip.compress(found.content)[:-8]
        found.headers["content-encoding"] = "gzip"
        found.headers["content-length"] = str(len(found.raw_content))
    elif what == "gzip-twice":
        found.raw_content = gzip.compress(gzip.compress(found.content))
        found.headers["content-encoding"] = "gzip, gzip"
        found.headers["content-length"] = str(len(found.raw_content))
    elif what == "raw-deflate":
        packer = zlib.compressobj(wbits=-15)
        found.raw_content = packer.compress(found.content) + packer.flush()
        found.headers["content-encoding"] = "deflate"
        found.headers["content-length"] = str(len(found.raw_content))
    elif what == "bomb":
        found.raw_content = bomb()
        found.headers["content-encoding"] = "gzip"
        found.headers["content-length"] = str(len(found.raw_content))
    elif what == "headers":
        for number in range(int(argument)):
            found.headers[f"x-flood-{number}"] = "x" * 20
    elif what == "long-header":
        found.headers["x-flood"] = "x" * int(argument)
    elif what == "odd-headers":
        found.headers["x-latin"] = "caf\xe9"
        found.headers["x-empty"] = ""
        found.headers.add("set-cookie", "a=1; Path=/")
        found.headers.add("set-cookie", "b=2; Domain=.test")
        found.headers["retry-after"] = "-5"
        found.headers["content-type"] = "text/plain"
    flow.metadata["ended"] = time.time()
