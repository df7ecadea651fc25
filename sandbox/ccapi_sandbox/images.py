"""The image operations: they read the request, paint the pictures and return them or their job."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from . import catalog, fetching, paint, unhonored
from .errors import ApiError
from .faults import JOBS
from .gateway import Answer, Call, Gateway
from .jobs import ImageJob
from .paint import MAX_SIDE, Format, Recipe

MAX_IMAGES = 10
FORMATS: dict[str, Format] = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
"""The formats that a request may name, as Pillow names them."""
DEFAULT_SIZE = "1024x1024"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_PIXELS = 100_000_000
"""The most pixels of a request: those of all pictures that are sent, and of each that is made, twice where it starts
from one that was sent."""
MAX_URL = 2048
"""The longest URL of a webhook, in characters."""
AREA = 1024 * 1024
"""The area of a picture, in pixels, if the request sets no width and no height."""


@dataclass(frozen=True)
class Sent:
    """A picture of a request.

    Attributes:
        kind: `image` or `mask`.
        file: Its file.
        size: Its width and height, in pixels.
        pixels: How many pixels were read for it, and painted if the sandbox made it.
    """

    kind: str
    file: bytes
    size: tuple[int, int]
    pixels: int


async def create_image(gateway: Gateway, call: Call) -> Answer:
    """`createImage`: pictures from a prompt, at once."""
    body = call.body
    unhonored.refuse(unhonored.IMAGE_OF_OPENAI, body, call.defaults)
    model = catalog.model(catalog.ImageModel, body.get("model", catalog.DEFAULT_IMAGE_MODEL))
    if model.outcome != "completed":
        raise ApiError.bad_request(f"model: {model.id} only serves generateImages", field="model")
    size, kind = body.get("size", "auto"), body.get("output_format")
    width, height = pair("size", DEFAULT_SIZE if size == "auto" else size, "x")
    limit("size", max(width, height), MAX_SIDE)
    count = limit("n", body.get("n", 1), MAX_IMAGES)
    _check_pixels("n", count * width * height)
    quality = _one_of("quality", body.get("quality") or "auto", paint.QUALITIES)
    style = _one_of("style", body.get("style", ""), paint.STYLES)
    is_transparent = _one_of("background", body.get("background") or "auto", paint.BACKGROUNDS) == "transparent"
    file_format: Format = "PNG" if is_transparent else model.format
    if kind:
        file_format = FORMATS[_one_of("output_format", kind, FORMATS)]
    if is_transparent and file_format == "JPEG":
        raise ApiError.bad_request("background: jpeg can't be transparent; use png or webp", field="background")
    look = Recipe(body["prompt"], 0, width, height, file_format, None, None, 0.5, quality, style, is_transparent)
    recipes = [replace(look, seed=seed) for seed in range(count)]
    inline = body.get("response_format") == "b64_json"
    response_id = gateway.new_id("img")
    document = {"id": response_id, "created": int(gateway.now()), "model": model.id, "provider": model.provider}
    data = await gateway.data(response_id, recipes, inline, call.origin)
    return Answer(document | {"data": data}, cost=count * model.price)


async def generate_images(gateway: Gateway, call: Call) -> Answer:
    """`generateImages`: pictures from texts and pictures, at once or as a job, depending on the model."""
    body = call.body
    unhonored.refuse(unhonored.IMAGE, body, call.defaults)
    contents, parameters = body["contents"], body.get("parameters", {})
    model = catalog.model(catalog.ImageModel, body.get("model", catalog.DEFAULT_JOB_MODEL))
    limit("contents", len(contents), MAX_IMAGES, "entries are more than")
    prompt = "\n".join(content["text"] for content in contents if "text" in content)
    webhook_url = _webhook(gateway, body.get("webhook_url"))
    count = limit("parameters.num_images", parameters.get("num_images", 1), MAX_IMAGES)
    sent = await _pictures(gateway, call, contents)
    sources, masks = ([each for each in sent if each.kind == kind] for kind in ("image", "mask"))
    if masks and len(sources) != 1:
        raise ApiError.bad_request("contents: a mask requires exactly one image", field="contents")
    if not (prompt or sources):
        raise ApiError.bad_request("contents: a text or an image is required", field="contents")
    width, height = size = _size(parameters, sources)
    _check_pixels(
        "parameters.num_images" if count > 1 else "contents",
        sum(each.pixels for each in sent) + count * width * height * (2 if sources else 1),
    )
    start = await gateway.work(paint.start_of, [each.file for each in sources], size) if sources else None
    mask = await gateway.work(paint.mask_of, masks[0].file, size) if masks else None
    seed = int(parameters.get("seed", 0))
    outcome = JOBS.get(call.fault.kind, model.outcome) if call.fault else model.outcome
    cost = 0.0 if outcome in ("failed", "cancelled") else count * model.price
    job = ImageJob(
        id=gateway.new_id("job"),
        created=gateway.now(),
        seconds=gateway.next_job_seconds() if model.is_async else 0.0,
        model=model,
        outcome=outcome,
        operation=_operation(len(sources), bool(masks)),
        recipes=tuple(
            Recipe(
                prompt,
                seed + number,
                width,
                height,
                model.format,
                start,
                mask,
                parameters.get("strength", 0.5),
                parameters.get("quality", "standard"),
            )
            for number in range(count)
        ),
        inline=parameters.get("response_format") == "b64_json",
        ending=call.ending,
    )
    if model.is_async:
        has_extras = bool(call.fault and call.fault.kind == "extra-fields")
        gateway.accept(job, call.origin, webhook_url, has_extras)
        return Answer(await gateway.job_document(job, call.origin), 202, job.hint(gateway.now()), cost=cost)
    return Answer(await gateway.job_document(job, call.origin), cost=cost)


async def get_image_job(gateway: Gateway, call: Call) -> Answer:
    """`getImageJob`: a job as it is now."""
    job = gateway.jobs.get(call.path["id"])
    if not isinstance(job, ImageJob):
        raise ApiError.not_found(f"There is no image job {call.path['id']!r}.")
    return Answer(await gateway.job_document(job, call.origin))


def _check_pixels(field: str, pixels: int) -> None:
    if pixels > MAX_PIXELS:
        reason = f"{pixels} pixels to read and paint are more than {MAX_PIXELS}, the maximum here"
        raise ApiError.bad_request(f"{field}: {reason}; request fewer or smaller pictures", field=field)


def _one_of(field: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        there = ", ".join(filter(None, known))
        raise ApiError.bad_request(f"{field}: no {value[:100]!r} here; there are {there}", field=field)
    return value


def _operation(sources: int, masked: bool) -> str:
    if masked:
        return "inpainting"
    return ("text-to-image", "image-to-image")[sources] if sources < 2 else "remix"


def _size(parameters: Mapping[str, Any], sources: Sequence[Sent]) -> tuple[int, int]:
    width, height = parameters.get("width"), parameters.get("height")
    across, down = pair("parameters.aspect_ratio", parameters.get("aspect_ratio", "1:1"), ":")
    ratio = across / down
    if not 1 / 16 <= ratio <= 16:
        raise ApiError.bad_request("parameters.aspect_ratio: from 1:16 to 16:1", field="parameters.aspect_ratio")
    if width is None and height is None:
        if sources and "aspect_ratio" not in parameters:
            return sources[0].size
        width = round(math.sqrt(AREA * ratio))
    width = width if width is not None else max(1, round((height or 0) * ratio))
    height = height if height is not None else max(1, round(width / ratio))
    return (
        limit("parameters.width", width, MAX_SIDE),
        limit("parameters.height", height, MAX_SIDE),
    )


def pair(field: str, text: str, separator: str) -> tuple[int, int]:
    """Two whole numbers above 0, as in `1024x1024` and `16:9`.

    Raises:
        ApiError: 400 for anything else.
    """
    found = re.fullmatch(rf"([1-9][0-9]{{0,5}}){separator}([1-9][0-9]{{0,5}})", text, re.ASCII)
    if found is None:
        example = {"x": "1024x1024", ":": "16:9"}[separator]
        raise ApiError.bad_request(f"{field}: two numbers are expected, as in {example}", field=field)
    return int(found[1]), int(found[2])


def limit(field: str, value: float, most: int, than: str = "is more than") -> int:
    """A whole number of a request.

    Raises:
        ApiError: 400 if it is more than `most`.
    """
    if value > most:
        raise ApiError.bad_request(f"{field}: {value} {than} {most}, the maximum here", field=field)
    return int(value)  # JSON Schema's integers may be written 2.0


def _webhook(gateway: Gateway, url: str | None) -> str | None:
    """The webhook's URL, which has to be on this machine; None if there is none."""
    if url is None:
        return None
    gateway.webhooks.check()
    try:
        parsed = httpx.URL(url if len(url) <= MAX_URL else "")
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or parsed.host not in LOOPBACK or not 0 < (parsed.port or 80) < 65536:
        reason = f"the sandbox only calls this machine, by http or https: {', '.join(LOOPBACK)}"
        raise ApiError.bad_request(
            f"webhook_url: {reason}, and a URL has at most {MAX_URL} characters", field="webhook_url"
        )
    return url


async def _pictures(gateway: Gateway, call: Call, contents: Sequence[Mapping[str, Any]]) -> list[Sent]:
    """The pictures of a request, in their order.

    Raises:
        ApiError: 400 if one can't be read, or if they have too many pixels.
    """
    sent: list[Sent] = []
    for index, content in enumerate(contents):
        for kind in ("image", "mask"):
            if kind in content:
                field = f"contents[{index}].{kind}"
                sent.append(await picture(gateway, call, content[kind], kind, field))
                _check_pixels(field, sum(each.pixels for each in sent))
    return sent


async def picture(gateway: Gateway, call: Call, given: Mapping[str, Any], kind: str, field: str) -> Sent:
    """A picture, which the request holds or names by its URL.

    Raises:
        ApiError: 400 if it can't be read.
    """
    encoded, url, pixels = given.get("data"), given.get("url", ""), 0
    if encoded is None and not url:
        raise ApiError.bad_request(f"{field}: data or url is required", field=field)
    if url.startswith("data:"):
        encoded = url.partition(";base64,")[2]
    try:
        if encoded is not None:
            file = await gateway.work(base64.b64decode, encoded, validate=True)
        elif url.startswith(f"{call.origin}/files/"):
            kept = gateway.files.get(urlsplit(url).path.rsplit("/", 1)[-1])
            if kept is None:
                raise ApiError.bad_request(f"{field}.url: there is no such file", field=f"{field}.url")
            file, pixels = await gateway.work(kept.make), kept.pixels
        else:
            file = await fetching.fetched(gateway, url, field)
        width, height = await gateway.work(paint.size_of, file)
    except ValueError as error:
        raise ApiError.bad_request(f"{field}: {error}", field=field) from None
    return Sent(kind, file, (width, height), pixels + width * height)
