"""Downloads a file. `Fetch` is the account of one download and does no I/O; both clients download by `write`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, BinaryIO

from .. import _checks
from .._http.body import MAX_ERROR_BYTES, malformed
from .._http.envelope import reason_in
from .._http.options import Options
from .._http.reading import media_type, status_error
from .._http.redaction import redacted
from .._http.sender import Sender
from .._http.target import is_header_value
from .._http.wire import Kind, Request, Response, TransportError
from ..errors import InvalidRequestError, MalformedResponseError
from .formats import is_text
from .reachable import is_private, known_addresses
from .source import Part, parts_of

if TYPE_CHECKING:
    from .source import OneFile, SomeFiles

MAX_BYTES = 256 * 1024 * 1024
"""The default of the largest file that `download` gives, in bytes: it is in memory."""
MAX_REDIRECTS = 5
FILE = (200, 206)
"""The statuses of responses that hold a file, or a part of it."""
REDIRECT = (301, 302, 303, 307, 308)
TAIL = 64
"""How much of what was received is requested once more when a download is resumed, in bytes."""


def checked_parts(source: OneFile | SomeFiles, max_bytes: int) -> list[Part]:
    """The files of a source; checks the limit first."""
    _checks.argument("max_bytes", max_bytes, _checks.whole(1))
    return parts_of(source)


def is_file(response: Response) -> bool:
    """Whether the body of a response is a file."""
    return response.status_code in FILE


async def write(sender: Sender, part: Part, out: BinaryIO, max_bytes: int) -> None:
    """Writes a file to `out`: the bytes in the source, or those at its URL. A download that breaks off is resumed.

    Raises:
        CCAPIError: There is no such file, or it can't be downloaded.
    """
    if part.url is None:
        await sender.offload(lambda: out.writelines(part.pieces(max_bytes)))
        if part.is_media and (text := _text_of(out)):
            raise part.wrong(f"its content {_problem(text)}")
        return
    fetch = Fetch(part.url, max_bytes, sender.options)
    request = fetch.request()
    report = request.report
    if report is None:
        await _written(sender, part, out, fetch, request)
    else:
        with report.start(request, sender.clock):
            await _written(sender, part, out, fetch, request)


async def _written(sender: Sender, part: Part, out: BinaryIO, fetch: Fetch, request: Request) -> None:
    call, report = sender.new_call(request), request.report
    while True:
        request = fetch.request()
        request.report = report  # one for the whole download
        await _check_reachable(sender, fetch, request, sender.left(call.end))
        response = await sender.send(request, stream_if=is_file, within=sender.left(call.end))
        try:
            if fetch.redirected(response):
                continue
            if fetch.begin(response):
                out.seek(0)
                out.truncate()
            while (received := await response.body.piece()) is not None:
                out.write(fetch.take(received))
            fetch.finish()
            fetch.check_content(out, is_media=part.is_media)
            return
        except TransportError as error:
            if fetch.cut():
                call.started = sender.clock()  # `max_elapsed` limits a download that is stuck, not one that is long
            delay = call.failed(error, sender.clock(), sender.chance())
        finally:
            await response.body.close()
        await sender.sleep(delay)


def _text_of(out: BinaryIO) -> bytes:
    """The start of a file that is JSON or a web page; empty where it is neither."""
    out.seek(0)
    start = out.read(MAX_ERROR_BYTES)
    return start if is_text(start) else b""


def _problem(text: bytes) -> str:
    """What is wrong with a picture, sound or video that is text; quotes the error that the text may be."""
    error = reason_in(text) if text.lstrip().startswith(b"{") else {}
    reason = error.get("message") or error.get("code")
    return f"is text, not a picture, sound or video{f': {reason}' if reason else ''}"


async def _check_reachable(sender: Sender, fetch: Fetch, request: Request, left: float) -> None:
    """Refuses an address of this machine or of a private network, unless the API itself has one.

    Raises:
        InvalidRequestError: The source names such an address.
        MalformedResponseError: A redirect leads to one.
    """
    host = fetch.looked_up_in(request)
    least = min(left, math.inf if request.timeout.connect is None else request.timeout.connect)
    seconds = None if least == math.inf else max(least, 0.0)
    if host is None or not is_private(await _addresses(sender, host, seconds)):
        return
    if not is_private(await _addresses(sender, sender.options.base_url.host, seconds)):
        raise fetch.refused(request)


async def _addresses(sender: Sender, host: str, seconds: float | None) -> list[str]:
    return known_addresses(host) or await sender.connections.addresses(host, seconds)


class Fetch:
    """The account of one download: which request is next, and how much of the file was received.

    After a break, the next request is for the range that is missing and for the last bytes that were received. Those
    have to be the same as before, and so has the ETag, where the service sent one; else the file has changed.
    """

    def __init__(self, url: str, max_bytes: int, options: Options) -> None:
        self._options, self._max_bytes = options, max_bytes
        self._url, self._redirects, self._is_trusted = url, 0, True
        self._response: Response | None = None
        self._total: int | None = None
        self._tag: str | None = None
        self._received = self._seen = 0
        self._tail = b""  # the last bytes that were received
        self._expected = b""  # those that the next response has to start with

    def request(self) -> Request:
        """The request for what is missing."""
        # Not compressed, so that lengths and ranges count the bytes that are written.
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self._received:
            headers["range"] = f"bytes={self._received - len(self._expected)}-"
            if self._tag and is_header_value(self._tag):  # of others, what is received is compared all the same
                headers["if-range"] = self._tag
        return self._options.request("GET", self._url, is_trusted=self._is_trusted, headers=headers)

    def looked_up_in(self, request: Request) -> str | None:
        """The host whose addresses have to be public; None where the request goes to the client's own origin."""
        return None if request.url.origin == self._options.base_url.origin else request.url.host

    def refused(self, request: Request) -> Exception:
        """The error for an address that is not public although the API's is."""
        reason = f"{request.url.redacted} is an address of this machine or of a private network: not requested"
        return malformed(self._response, reason) if self._response else InvalidRequestError(f"source: {reason}")

    def redirected(self, response: Response) -> bool:
        """Whether a response is a redirect; if so, the next request goes to its target.

        Raises:
            MalformedResponseError: There were too many redirects, or this one leads from https to http, or to neither.
        """
        location = response.headers.get("location")
        if location is None or response.status_code not in REDIRECT:
            return False
        self._redirects += 1
        if self._redirects > MAX_REDIRECTS:
            raise malformed(response, f"more than {MAX_REDIRECTS} redirects")
        try:
            target = response.request.url.join(location)
        except ValueError:
            raise malformed(response, "a redirect to something that is not a URL of https or http") from None
        if (response.request.url.scheme, target.scheme) == ("https", "http"):
            raise malformed(response, f"a redirect from https to http: {target.redacted}")
        self._is_trusted = self._is_trusted and response.request.url.origin == self._options.base_url.origin
        self._url, self._response = str(target), response
        return True

    def begin(self, response: Response) -> bool:
        """Takes the head of a response; says whether its body is the file from the start, rather than the missing part.

        Raises:
            APIStatusError: The response is an error.
            MalformedResponseError: The response holds something else, or too much.
        """
        self._response = response
        if response.is_success and response.status_code not in FILE:
            raise self._bad(
                f"{response.request.url.redacted} responds with status {response.status_code}, which brings no file"
            )
        if not response.is_success:
            raise status_error(response)
        if response.headers.get("content-type", "").lower().startswith("text/html"):
            raise self._bad(f"{response.request.url.redacted} responds with a web page, not a file")
        start, length = self._range(response)
        is_whole = start == 0
        if is_whole:
            self._received, self._tail, self._expected = 0, b"", b""
            self._total, self._tag = length, _strong_tag(response)
        elif start != self._received - len(self._expected) or length != self._total:
            raise self._bad(
                f"{response.request.url.redacted} responds with another part than was requested, or of another file"
            )
        elif self._tag and _strong_tag(response) not in (None, self._tag):
            raise self._bad(f"{response.request.url.redacted} responds with a part of another file")
        self._check_size(self._total or 0)
        return is_whole

    def take(self, piece: bytes) -> bytes:
        """The bytes of the next piece that were not received before.

        Raises:
            MalformedResponseError: The file is too large, or not the one that was received before.
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
        """Compares how much was received with the length that was declared.

        Raises:
            MalformedResponseError: More was received.
            TransportError: Less was received.
        """
        if self._total is not None and self._received < self._total:
            raise TransportError(Kind.RECEIVING, f"{self._received} of {self._total} bytes were received")
        if self._total is not None and self._received > self._total:
            raise self._bad(f"{self._received} bytes were received, but {self._total} were declared")

    def check_content(self, out: BinaryIO, *, is_media: bool) -> None:
        """Rejects a response that isn't a picture, sound or video, where one has to come or is announced.

        Raises:
            MalformedResponseError: It is empty, or JSON, for instance an error, or a web page.
        """
        assert self._response is not None  # noqa: S101 - it was received
        is_media = is_media or media_type(self._response).startswith(("image/", "audio/", "video/"))
        if is_media and not self._received:
            raise self._bad(f"{self._response.request.url.redacted} responds with an empty file")
        if is_media and (text := _text_of(out)):
            request = self._response.request
            error = self._bad(redacted(f"what {request.url.redacted} responds with {_problem(text)}", request))
            error.body = redacted(text, request)
            raise error

    def cut(self) -> bool:
        """Prepares the request for the rest; says whether anything was received since the last break."""
        has_grown, self._seen = self._received > self._seen, self._received
        if self._total is None:
            self._received = 0  # what is missing of a file of unknown length is not known
        self._expected = self._tail[-(self._received // 2 or 1) :] if self._received else b""
        return has_grown

    def _range(self, response: Response) -> tuple[int, int | None]:
        """Where in the file a response starts, and the length of the file, both in bytes."""
        if response.status_code == 200:
            is_plain = response.headers.get("content-encoding", "identity") == "identity"
            length = response.headers.get("content-length", "")
            return 0, int(length) if is_plain and re.fullmatch(r"\d{1,18}", length, re.ASCII) else None
        found = re.fullmatch(r"bytes (\d{1,18})-\d+/(\d{1,18})", response.headers.get("content-range", ""), re.ASCII)
        if found is None:
            raise self._bad(
                f"{response.request.url.redacted} responds with a part without saying which (Content-Range)"
            )
        return int(found[1]), int(found[2])

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise self._bad(f"the file is larger than max_bytes, {self._max_bytes} bytes")

    def _bad(self, reason: str) -> MalformedResponseError:
        assert self._response is not None  # noqa: S101 - only a response can be wrong
        return malformed(self._response, reason)


def _strong_tag(response: Response) -> str | None:
    """The ETag, where it is a strong one (RFC 9110, section 8.8.3): a date does not tell a file from any other."""
    tag: str | None = response.headers.get("etag")
    return tag if tag and tag.isascii() and not tag.startswith("W/") else None
