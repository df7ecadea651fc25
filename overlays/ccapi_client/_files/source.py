"""The files that a response contains or links to: where their bytes are, and what to call them. No I/O."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import unquote, unquote_to_bytes

import attrs
from ccapi_openapi.api import job_operations
from ccapi_openapi.model import Model
from ccapi_openapi.operations import JobContract, at

from .. import models
from .._unicode import is_unicode
from ..errors import CCAPIError, InvalidRequestError, MalformedResponseError
from .formats import is_named_as_media

SLICE = 1024 * 1024
"""How many characters of base64 are decoded at a time; a multiple of four."""

if TYPE_CHECKING:  # the models take a while to import, and not every program saves files
    from ccapi_openapi.api import JobOfFile, JobOfFiles
    from ccapi_openapi.response import ResponseInfo

    OneFile = models.ImageDatum | models.AudioSpeechResponse | JobOfFile | str
    """A source of one file: a picture of a response, speech, a job with one file, or a URL (https, http, data)."""
    SomeFiles = JobOfFiles | models.LegacyImageGenerationResponse | Mapping[str, Any]
    """A source of several files; a dict is what `to_dict()` of a response, or of one picture, gave."""


def is_some(source: OneFile | SomeFiles) -> TypeGuard[SomeFiles]:
    """Whether a source has several files."""
    job = job_of(source)
    return job.is_list if job else isinstance(source, Mapping | models.LegacyImageGenerationResponse)


def job_of(source: object) -> JobContract | None:
    """What the contract says of the kind of job that a source is; None where it is none."""
    return next((each.job for each in job_operations() if each.job.tells(source)), None)


@attrs.frozen
class Part:
    """One file of a source.

    Attributes:
        name: Its name where the caller gives none, without an extension.
        url: Its URL, of https or http; None where the source contains the file.
        encoded: The file itself, in base64.
        content: The file itself.
        is_media: Whether it has to be a picture, a sound or a video.
        response: The response that the source was made of; None where it was made by hand.
    """

    name: str
    url: str | None = attrs.field(default=None, repr=False)  # its query may be a signature
    encoded: str = attrs.field(default="", repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    is_media: bool = True
    response: ResponseInfo | None = attrs.field(default=None, repr=False)

    def wrong(self, why: str) -> CCAPIError:
        """The error for a file that is none."""
        return _wrong(why, self.response)

    def pieces(self, max_bytes: int) -> Iterator[bytes]:
        """The content, piece by piece, so that a large file is not in memory twice.

        Raises:
            InvalidRequestError: The content is larger than `max_bytes`, or not base64.
            MalformedResponseError: The content of a response is not base64.
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
                raise self.wrong("its content is not base64") from None


def _wrong(why: str, response: ResponseInfo | None) -> CCAPIError:
    """The error for a source without a file: that of a response is the service's, and may be billed."""
    if response is None:
        return InvalidRequestError(f"source: {why}")
    error = MalformedResponseError(
        f"the response is not what the contract says: {why}",
        status_code=response.status_code,
        request_id=response.request_id,
    )
    error.may_be_billed, error.response = True, response
    return error


def parts_of(source: OneFile | SomeFiles) -> list[Part]:
    """The files of a source.

    Raises:
        InvalidRequestError: It is not a source, or it has no file, as a job that isn't completed.
        MalformedResponseError: It is a response that should have a file.
    """
    if not isinstance(source, Model) or source.response is None:
        return _parts_of(source)
    response, job = source.response, job_of(source)
    if job and job.end(source) != "completed":
        return _parts_of(source)
    try:
        return [attrs.evolve(each, response=response) for each in _parts_of(source)]
    except InvalidRequestError as error:
        found = ", ".join(name for name, value in source.to_dict().items() if value is not None)[:200]
        why = f"{str(error).removeprefix('source: ')}; its fields: {found or 'none'}"
    raise _wrong(why, response)


def _parts_of(source: OneFile | SomeFiles) -> list[Part]:
    if isinstance(source, Mapping):
        for kind in (each.job for each in job_operations() if not each.job.is_list):
            if url := at(source, kind.result):
                return _named([url], source.get(kind.id) or kind.kind.partition(" ")[0])
        if "data" not in source and (source.get("url") or source.get("b64_json")):
            return [_part(source.get("url"), source.get("b64_json"), str(source.get("id") or ""))]
        return _parts_of(_response_of(source))
    if job := job_of(source):
        result = at(source, job.result)
        if not result or (job.is_list and not isinstance(result, list)):
            is_completed = isinstance(source, Model) and job.end(source) == "completed"
            advice = "" if is_completed else f"; {job.waited_for_by} gives a completed job"
            raise InvalidRequestError(f"source: it has no files: its status is {at(source, job.status)}{advice}")
        return _named(result if job.is_list else [result], at(source, (job.id,)) or job.kind.partition(" ")[0])
    if isinstance(source, models.LegacyImageGenerationResponse):
        if not isinstance(source.data, list) or not source.data:
            raise InvalidRequestError("source: it has no files")
        return _named(source.data, source.id or "image")
    if isinstance(source, models.ImageDatum):
        return [_part(source.url, source.b64_json, "")]
    if isinstance(source, models.AudioSpeechResponse):
        return [_part(source.url, source.b64_json, str(source.id or "speech"))]
    if isinstance(source, str):
        return [_part(source, None, "", is_media=False)]
    raise InvalidRequestError(
        f"source: a response with files, one of its pictures, or a URL is expected, not {type(source).__name__}"
    )


def _named(found: list[Any], name: object) -> list[Part]:
    """Several files, which have one name and, where they are more than one, a number."""
    names = [f"{name}" if len(found) == 1 else f"{name}-{number}" for number in range(len(found))]
    return [_datum(each, name) for each, name in zip(found, names, strict=True)]


def _response_of(document: Mapping[str, Any]) -> models.LegacyImageGenerationResponse:
    """The response with pictures that a dict was made of; those of jobs have all that the others have."""
    if not isinstance(document.get("data"), list) or not document["data"]:
        status = f"its status is {document['status']}" if "status" in document else "there is no data"
        raise InvalidRequestError(f"source: a dict of a response with pictures is expected: {status}")
    return models.LegacyImageGenerationResponse.from_dict(document)


def _datum(datum: object, name: str) -> Part:
    """One item of the `data` of a response; some services send a URL in place of an object."""
    if isinstance(datum, models.ImageDatum):
        return _part(datum.url, datum.b64_json, name)
    return _part(datum, None, name)


def _part(url: object, encoded: object, name: str, *, is_media: bool = True) -> Part:
    if isinstance(encoded, str) and encoded:
        return Part(name or "file", encoded=encoded)
    if not isinstance(url, str) or not url:
        raise InvalidRequestError(
            "source: the URL is empty" if url == "" else "source: it has neither url nor b64_json"
        )
    if not is_unicode(url):
        raise InvalidRequestError("source: the URL contains half of a surrogate pair, which is not Unicode text")
    scheme = url.partition(":")[0].lower()
    if scheme == "data":
        head, comma, data = url.partition(",")
        if not comma:
            raise InvalidRequestError("source: a data: URL without a comma has no data")
        is_media = is_media or head.lower().startswith(("data:image/", "data:audio/", "data:video/"))
        if head.lower().endswith(";base64"):
            return Part(name or "file", encoded=unquote(data), is_media=is_media)
        return Part(name or "file", content=unquote_to_bytes(data), is_media=is_media)
    if scheme not in ("https", "http"):
        # Of a text without a scheme, nothing is shown: it may be a URL whose query is secret.
        found = f", not of {scheme!r}" if re.match(r"[a-z][a-z0-9+.-]{0,19}:", url, re.IGNORECASE) else ""
        raise InvalidRequestError(f"source: a URL of https, http or data is expected{found}")
    return Part(name or _name_in(url), url=url, is_media=is_media or is_named_as_media(_last_segment(url)))


def _name_in(url: str) -> str:
    """The last part of a URL's path, without its extension."""
    return os.path.splitext(_last_segment(url))[0]


def _last_segment(url: str) -> str:
    """The last part of a URL's path."""
    path = unquote(re.split(r"[?#]", url.partition("://")[2])[0]).partition("/")[2]
    return re.split(r"[/\\]", path)[-1]


def safe_name(name: str) -> str:
    """A file name, made of a name from a URL or an id: it can't leave the folder, be hidden or name a device."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-_")[:80].rstrip(".-_")
    is_device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe, re.IGNORECASE)
    return f"file-{safe}" if is_device else safe or "file"
