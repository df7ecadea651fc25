"""How pictures look by `quality`, `style` and `background`, and what of `create_image` is refused."""

import io
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI
from ccapi_sandbox.paint import BACKGROUNDS, QUALITIES, STYLES, Recipe, paint
from PIL import Image, ImageChops, ImageStat


def painted(client: CCAPI, **more: Any) -> Image.Image:
    made = client.create_image(prompt="a fox", size="64x64", **more)
    return Image.open(io.BytesIO(client.download(made.data[0])))


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one.convert("RGBA"), other.convert("RGBA")).getbbox(alpha_only=False) is not None


def saturation(picture: Image.Image) -> float:
    return float(ImageStat.Stat(picture.convert("HSV")).mean[1])


def test_what_changes_nothing(client: CCAPI) -> None:
    usual = painted(client)
    for more in ({"quality": "auto"}, {"quality": "standard"}, {"background": "opaque"}, {"background": "auto"}):
        assert not differ(usual, painted(client, **more))


@pytest.mark.parametrize("quality", ["low", "high", "hd"])
def test_quality_shows(client: CCAPI, quality: str) -> None:
    usual = painted(client, output_format="png")
    assert differ(usual, painted(client, quality=quality, output_format="png"))


def test_quality_of_a_job_shows(client: CCAPI) -> None:
    made = []
    for more in ({}, {"quality": "standard"}, {"quality": "hd"}):
        parameters = {"width": 64, "height": 64, **more}
        model = "black-forest-labs/flux-schnell"
        job = client.generate_images(contents=[{"text": "a fox"}], model=model, parameters=parameters)
        made.append(client.download((job.data or [])[0]))
    usual, same, better = made
    assert usual == same != better


def test_style_shows(client: CCAPI) -> None:
    natural, usual, vivid = (
        saturation(painted(client, output_format="png", **more))
        for more in ({"style": "natural"}, {}, {"style": "vivid"})
    )
    assert natural + 20 < usual < vivid - 20


@pytest.mark.parametrize(("format", "expected"), [({}, "PNG"), ({"output_format": "webp"}, "WEBP")])
def test_a_transparent_background(client: CCAPI, format: dict[str, str], expected: str) -> None:
    made = painted(client, background="transparent", **format)
    assert (made.format, made.mode) == (expected, "RGBA")
    assert made.getpixel((32, 0)) == (0, 0, 0, 0)
    assert made.getchannel("A").getextrema() == (0, 255)


def test_the_sizes_of_openai(client: CCAPI) -> None:
    sizes = {"auto": (1024, 1024), "1536x1024": (1536, 1024), "1024x1792": (1024, 1792)}
    for size, expected in sizes.items():
        made = client.create_image(prompt="x", size=size)
        assert Image.open(io.BytesIO(client.download(made.data[0]))).size == expected


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("quality", QUALITIES),
        ("style", STYLES),
        ("background", BACKGROUNDS),
        ("output_format", ("png", "jpeg", "webp")),
    ],
)
def test_an_unknown_value_tells_the_known_ones(http: httpx.Client, field: str, known: Any) -> None:
    response = http.post("/images/generations", json={"prompt": "x", field: "cubist" * 100})
    error = response.json()["error"]
    assert (response.status_code, error["details"]) == (400, {"field": field})
    assert all(each in error["message"] for each in known)
    assert len(error["message"]) < 400


def test_the_same_look_gives_the_same_picture() -> None:
    for quality in QUALITIES:
        for style in STYLES:
            recipe = Recipe("x", 1, 16, 16, "PNG", quality=quality, style=style, is_transparent=True)
            assert paint(recipe) == paint(recipe)
