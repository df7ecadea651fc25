"""Files that an answer holds or names: where their bytes are, which address may be asked, what a download has so far.

Decides, and does no I/O: `files` fetches and writes.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import unquote, unquote_to_bytes

import attrs
import httpx

from . import models
from .body import malformed
from .errors import InvalidRequestError, MalformedResponseError
from .options import Options, is_address
from .response import status_error
from .wire import AnyAnswer, Request, origin, shown

MAX_BYTES = 256 * 1024 * 1024
"""The largest file that `download` and `save` take, unless told otherwise, in bytes."""
MAX_REDIRECTS = 5
FILE = (200, 206)
"""The statuses that come with a file, or with a part of it."""
REDIRECT = (301, 302, 303, 307, 308)
TAIL = 64
"""How much of a file has to come again after a cut, in bytes."""
SLICE = 1024 * 1024
"""How much of a text in base64 is decoded at a time, in characters; a multiple of four."""

if TYPE_CHECKING:  # loading the models takes a while, and not everyone saves files
    OneFile = models.ImageDatum | models.AudioSpeechResponse | str
    """What is one file: a picture of an answer, a speech, or a URL (https, http, data)."""
    SomeFiles = models.MultimodalImageGenerationResponse | models.LegacyImageGenerationResponse
    """What is a file for each of its pictures."""


def is_some(source: OneFile | SomeFiles) -> TypeGuard[SomeFiles]:
    """Whether a source is a file for each of its pictures."""
    return isinstance(source, models.MultimodalImageGenerationResponse | models.LegacyImageGenerationResponse)


@attrs.frozen
class Part:
    """One file of a source.

    Attributes:
        name: What to call it where no name is given, without an extension.
        url: Where it is, https or http; None where the source holds it.
        encoded: The file itself, in base64.
        content: The file itself.
    """

    name: str
    url: str | None = None
    encoded: str = attrs.field(default="", repr=False)
    content: bytes = attrs.field(default=b"", repr=False)

    def pieces(self, max_bytes: int) -> Iterator[bytes]:
        """The content that the source holds, a piece at a time, so that no second copy of a large file is made.

        Raises:
            InvalidRequestError: It is larger than `max_bytes`, or not base64.
        """
        size = len(self.encoded) // 4 * 3 - self.encoded.count("=", -2)
        if max(len(self.content), size) > max_bytes:
            raise InvalidRequestError(f"source: the file is larger than max_bytes, {max_bytes} bytes")
        if self.content:
            yield self.content
        for start in range(0, len(self.encoded), SLICE):
            piece = self.encoded[start : start + SLICE]
            try:
                if "=" in piece[:-2]:
                    raise ValueError("padding before the end")
                yield base64.b64decode(piece, validate=True)
            except ValueError:
                raise InvalidRequestError("source: what it holds is not base64") from None


def parts_of(source: OneFile | SomeFiles) -> list[Part]:
    """The files of a source.

    Raises:
        InvalidRequestError: It is no source, or has no file.
    """
    if is_some(source):
        name = source.id or "image"
        if not source.data:
            status = (
                f"its status is {source.status}"
                if isinstance(source, models.MultimodalImageGenerationResponse)
                else name
            )
            raise InvalidRequestError(f"source: it has no pictures: {status}; wait_for_image_job gives a completed job")
        names = [name if len(source.data) == 1 else f"{name}-{number}" for number in range(len(source.data))]
        return [_datum(each, name) for each, name in zip(source.data, names, strict=True)]
    if isinstance(source, models.ImageDatum):
        return [_part(source.url, source.b64_json, "")]
    if isinstance(source, models.AudioSpeechResponse):
        return [_part(source.url, source.b64_json, source.id or "speech")]
    if isinstance(source, str):
        return [_part(source, None, "")]
    raise InvalidRequestError(
        f"source: an answer with pictures or speech, one of its pictures, or a URL is expected, not {type(source).__name__}"
    )


def _datum(datum: object, name: str) -> Part:
    """One of the data of a response; some services send a URL in its place."""
    if isinstance(datum, models.ImageDatum):
        return _part(datum.url, datum.b64_json, name)
    return _part(datum, None, name)


def _part(url: object, encoded: object, name: str) -> Part:
    if isinstance(encoded, str) and encoded:
        return Part(name or "file", encoded=encoded)
    if not isinstance(url, str) or not url:
        raise InvalidRequestError("source: an empty URL" if url == "" else "source: it has neither url nor b64_json")
    scheme = url.partition(":")[0].lower()
    if scheme == "data":
        head, comma, data = url.partition(",")
        if not comma:
            raise InvalidRequestError("source: a data: URL without a comma has no data")
        if head.lower().endswith(";base64"):
            return Part(name or "file", encoded=unquote(data))
        return Part(name or "file", content=unquote_to_bytes(data))
    if scheme not in ("https", "http"):
        raise InvalidRequestError(f"source: a URL of https, http or data is expected, not of {scheme[:20]!r}")
    return Part(name or _name_in(url), url=url)


def _name_in(url: str) -> str:
    """The last part of a URL's path, without its extension."""
    path = unquote(re.split(r"[?#]", url.partition("://")[2])[0]).partition("/")[2]
    return os.path.splitext(re.split(r"[/\\]", path)[-1])[0]


def safe_name(name: str) -> str:
    """A name as part of a file's name: nothing in it can lead out of a folder, hide the file or name a device."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-_")[:80].rstrip(".-_")
    is_device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe, re.IGNORECASE)
    return f"file-{safe}" if is_device else safe or "file"


def known_addresses(host: str) -> list[str]:
    """The addresses of a host that need no look-up: an IP address however it is written, and this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]


NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that stand for IPv4 ones (RFC 6052): public hosts have them where there is IPv6 alone."""


def is_private(addresses: Iterable[str]) -> bool:
    """Whether one of these addresses is not of the public internet: this machine, a private network."""
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        if address in NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if not address.is_global or address.is_multicast or address.is_reserved:
            return True
    return False


class Fetch:
    """One download: which request is next, and how much of the file has come.

    What is missing after a cut is asked for by a range, with the end of what has come: that has to be the same again, and
    so has the ETag, where the service gave one.
    """

    def __init__(self, url: str, max_bytes: int, options: Options) -> None:
        self._options, self._max_bytes = options, max_bytes
        self._url, self._redirects, self._is_trusted = url, 0, True
        self._response: AnyAnswer | None = None
        self._total: int | None = None
        self._tag: str | None = None
        self._received = self._seen = 0
        self._tail = b""  # the end of what has come
        self._expected = b""  # what has to come again

    def request(self) -> Request:
        """Asks for what is missing."""
        # Unpacked, so that lengths and ranges count what is written.
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self._received:
            headers["range"] = f"bytes={self._received - len(self._expected)}-"
            if self._tag:
                headers["if-range"] = self._tag
        return self._options.request("GET", self._url, is_trusted=self._is_trusted, headers=headers)

    def looked_up_in(self, request: Request) -> str | None:
        """The host whose addresses have to be public ones; None on the client's own origin."""
        return None if origin(request.url) == origin(self._options.base_url) else request.url.host

    def refused(self, request: Request) -> Exception:
        """The error for an address that is not public, as the client's own is."""
        reason = f"{shown(request.url)} is an address of this machine or of a private network: not asked"
        return malformed(self._response, reason) if self._response else InvalidRequestError(f"source: {reason}")

    def redirected(self, response: AnyAnswer) -> bool:
        """Whether the file is elsewhere; the next request goes there.

        Raises:
            MalformedResponseError: It goes on for too long, from https to http, or to no address of either.
        """
        location = response.headers.get("location")
        if location is None or response.status_code not in REDIRECT:
            return False
        self._redirects += 1
        if self._redirects > MAX_REDIRECTS:
            raise malformed(response, f"more than {MAX_REDIRECTS} redirects")
        try:
            target = response.request.url.join(location)
            host = target.host  # read here, for httpx decodes it only now
        except (ValueError, httpx.InvalidURL):
            raise malformed(response, "a redirect to what is no address") from None
        if target.scheme not in ("https", "http") or not host:
            raise malformed(response, f"a redirect to no address of https or http, but of {target.scheme!r}")
        if (response.request.url.scheme, target.scheme) == ("https", "http"):
            raise malformed(response, f"a redirect from https to http: {shown(target)}")
        if not is_address(str(target)):
            raise malformed(response, "a redirect to what is no address")
        self._is_trusted = self._is_trusted and origin(response.request.url) == origin(self._options.base_url)
        self._url, self._response = str(target), response
        return True

    def begin(self, response: AnyAnswer) -> bool:
        """Looks at the head of an answer: whether it gives the file anew, rather than what is missing.

        Raises:
            APIStatusError: The address does not give the file.
            MalformedResponseError: It gives something else, or too much.
        """
        self._response = response
        if response.is_success and response.status_code not in FILE:
            raise self._bad(f"{shown(response.request.url)} gives no file, but status {response.status_code}")
        if not response.is_success:
            raise status_error(response)
        if response.headers.get("content-type", "").lower().startswith("text/html"):
            raise self._bad(f"{shown(response.request.url)} gives a web page, not a file")
        start, length = self._range(response)
        is_whole = start == 0
        if is_whole:
            self._received, self._tail, self._expected = 0, b"", b""
            self._total, self._tag = length, _strong_tag(response)
        elif start != self._received - len(self._expected) or length != self._total:
            raise self._bad(f"{shown(response.request.url)} gives another part than was asked for, or of another file")
        elif self._tag and _strong_tag(response) not in (None, self._tag):
            raise self._bad(f"{shown(response.request.url)} gives a part of another file")
        self._check_size(self._total or 0)
        return is_whole

    def take(self, piece: bytes) -> bytes:
        """What is new in the next piece of the file.

        Raises:
            MalformedResponseError: It is too much, or not what had come before.
        """
        again = piece[: len(self._expected)]
        if again != self._expected[: len(again)]:
            raise self._bad("the file has changed while it was downloaded")
        self._expected, piece = self._expected[len(again) :], piece[len(again) :]
        self._received += len(piece)
        self._tail = (self._tail + piece[-TAIL:])[-TAIL:]
        self._check_size(self._received)
        return piece

    def finish(self) -> None:
        """Holds what has come against the length that was declared.

        Raises:
            MalformedResponseError: More has come.
            httpx.RemoteProtocolError: Less has come.
        """
        if self._total is not None and self._received < self._total:
            raise httpx.RemoteProtocolError(f"{self._received} of {self._total} bytes have come")
        if self._total is not None and self._received > self._total:
            raise self._bad(f"{self._received} bytes have come, but {self._total} were declared")

    def cut(self) -> bool:
        """Prepares for asking for the rest; says whether something has come since the last time."""
        has_grown, self._seen = self._received > self._seen, self._received
        if self._total is None:
            self._received = 0  # of a file of unknown length nobody knows what is missing
        self._expected = self._tail[-(self._received // 2 or 1) :] if self._received else b""
        return has_grown

    def _range(self, response: AnyAnswer) -> tuple[int, int | None]:
        """Where in the file an answer begins, and how long the file is, in bytes."""
        if response.status_code == 200:
            is_plain = response.headers.get("content-encoding", "identity") == "identity"
            length = response.headers.get("content-length", "")
            return 0, int(length) if is_plain and re.fullmatch(r"\d{1,18}", length, re.ASCII) else None
        found = re.fullmatch(r"bytes (\d{1,18})-\d+/(\d{1,18})", response.headers.get("content-range", ""), re.ASCII)
        if found is None:
            raise self._bad(f"{shown(response.request.url)} gives a part without saying which (Content-Range)")
        return int(found[1]), int(found[2])

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise self._bad(f"the file is larger than max_bytes, {self._max_bytes} bytes")

    def _bad(self, reason: str) -> MalformedResponseError:
        assert self._response is not None  # noqa: S101 - an answer is at fault
        return malformed(self._response, reason)


def _strong_tag(response: AnyAnswer) -> str | None:
    """What tells a file from any other at the same address (RFC 9110, section 8.8.3), as no date does."""
    tag: str | None = response.headers.get("etag")
    return tag if tag and not tag.startswith("W/") else None
