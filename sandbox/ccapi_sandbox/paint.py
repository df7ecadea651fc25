"""Paints the picture of a recipe, as a file. The same recipe always gives the same picture.

There is no image model: the prompt and the seed are hashed, and the hash decides on colors, hills and a sun. What
matters to a program under development is real: the file format and the size, source pictures are used, and another
prompt gives another picture.
"""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Sequence
from colorsys import hls_to_rgb
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

MAX_SIDE = 4096
"""The longest side of a picture that is made or sent, in pixels."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""The formats of pictures that are sent, as Pillow names them. EPS is left out, since its files are programs."""

Format = Literal["PNG", "JPEG", "WEBP"]
"""The formats of pictures that are made, as Pillow names them."""

Rgb = tuple[int, int, int]

QUALITIES = {"auto": 0, "low": -2, "medium": 0, "standard": 0, "high": 6, "hd": 6}
"""How many more hills a picture has for each quality."""
STYLES = {"": 0.55, "natural": 0.25, "vivid": 0.95}
"""How saturated a picture's colors are for each style."""
BACKGROUNDS = ("auto", "opaque", "transparent")
"""What may be behind the hills; by `auto`, the sky."""


@dataclass(frozen=True)
class Recipe:
    """Everything that a picture depends on.

    Attributes:
        prompt: What the picture should show. It is also the caption.
        seed: The seed of the random numbers.
        width: In pixels.
        height: In pixels.
        format: As Pillow names it.
        start: The picture to start from, as `start_of` made it; None for no picture.
        mask: A picture that is white where `start` is repainted, as `mask_of` made it.
        strength: How far the picture departs from `start`, 0 to 1.
        quality: One of `QUALITIES`.
        style: One of `STYLES`.
        is_transparent: Whether there is nothing behind the hills. JPEG can't have that.
    """

    prompt: str
    seed: int
    width: int
    height: int
    format: Format
    start: bytes | None = None
    mask: bytes | None = None
    strength: float = 0.5
    quality: str = "auto"
    style: str = ""
    is_transparent: bool = False

    @property
    def weight(self) -> int:
        """The size of the prompt and the files, in bytes."""
        return len(self.prompt) + len(self.start or b"") + len(self.mask or b"")

    @property
    def pixels(self) -> int:
        """How many pixels have to be read and painted."""
        return self.width * self.height * (2 if self.start else 1)


def paint(recipe: Recipe) -> bytes:
    """The picture of a recipe, as a file."""
    picture = picture_of(recipe)
    caption(picture, recipe.prompt)
    return _saved(picture, recipe.format, quality=90)


def picture_of(recipe: Recipe) -> Image.Image:
    """The picture of a recipe, without its caption."""
    picture = _landscape(recipe)
    if recipe.start:
        start = Image.open(io.BytesIO(recipe.start))
        if recipe.mask:
            picture = Image.composite(picture, start, Image.open(io.BytesIO(recipe.mask)))
        else:
            picture = Image.blend(start, picture, recipe.strength)
    return picture


def size_of(file: bytes) -> tuple[int, int]:
    """Width and height of a picture, in pixels.

    Raises:
        ValueError: The file is not a picture, or the picture is larger than `MAX_SIDE`.
    """
    return _open(file).size


def start_of(sources: Sequence[bytes], size: tuple[int, int]) -> bytes:
    """Pictures side by side in one of this size, as a file, so that they are read once, however many are painted."""
    canvas = Image.new("RGB", size)
    edges = [round(size[0] * number / len(sources)) for number in range(len(sources) + 1)]
    for source, left, right in zip(sources, edges, edges[1:], strict=False):
        canvas.paste(ImageOps.fit(_open(source).convert("RGB"), (max(right - left, 1), size[1])), (left, 0))
    return _saved(canvas, "PNG", compress_level=1)


def mask_of(source: bytes, size: tuple[int, int]) -> bytes:
    """A mask in this size, as a file."""
    return _saved(ImageOps.fit(_open(source).convert("RGB").convert("L"), size), "PNG", compress_level=1)


def _saved(picture: Image.Image, format: Format, **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def _open(file: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(file), formats=FORMATS)  # reads the head only
        if max(picture.size) > MAX_SIDE:
            raise ValueError(f"a picture of {picture.width}x{picture.height} pixels; {MAX_SIDE} a side are the most")
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        return picture
    except Image.DecompressionBombError:
        raise ValueError(f"too large a picture; {MAX_SIDE} pixels a side are the most") from None
    except ValueError:
        raise
    except Exception:  # noqa: BLE001 - Pillow raises all kinds of errors for a broken file
        raise ValueError(f"not a picture that can be read: {', '.join(FORMATS)}") from None


def _landscape(recipe: Recipe) -> Image.Image:
    seed = hashlib.sha256(f"{recipe.seed}\n{recipe.prompt}".encode()).digest()
    dice = random.Random(seed)  # noqa: S311 - no secret
    width, height = size = (recipe.width, recipe.height)
    hue, saturation = dice.random(), STYLES[recipe.style]
    colors = _color(hue, 0.25, saturation), _color(hue + dice.uniform(0.08, 0.3), 0.8, saturation)
    sky = ImageOps.colorize(Image.linear_gradient("L"), *colors).resize(size)
    draw = ImageDraw.Draw(sky)
    radius = min(size) * dice.uniform(0.06, 0.16)
    x, y = width * dice.uniform(0.15, 0.85), height * dice.uniform(0.15, 0.45)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_color(hue + 0.5, 0.9, saturation))
    picture = sky.filter(ImageFilter.GaussianBlur(radius / 12))
    del draw, sky
    if recipe.is_transparent:
        picture = Image.new("RGBA", size)
    draw = ImageDraw.Draw(picture)
    layers = dice.randint(4, 7) + QUALITIES[recipe.quality]
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = height * (0.45 + 0.45 * depth)
        waves = [(dice.uniform(0.5, 6), dice.uniform(0, math.tau), height * dice.uniform(0.01, 0.06)) for _ in range(4)]
        crest = [
            (x, base + sum(reach * math.sin(math.tau * often * x / width + shift) for often, shift, reach in waves))
            for x in range(0, width + 8, 4)
        ]
        color = _color(hue + 0.12 * depth, 0.55 - 0.42 * depth, saturation)
        draw.polygon([(0, height), *crest, (width + 8, height)], fill=color)
    return picture


def _color(hue: float, lightness: float, saturation: float) -> Rgb:
    red, green, blue = hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def caption(picture: Image.Image, text: str) -> None:
    """Writes a text into the lower left corner of a picture, as much of it as there is room for."""
    height = max(picture.height // 36, 8)
    font = ImageFont.load_default(height)
    draw = ImageDraw.Draw(picture)
    line = " ".join(text[:1000].split())[:200]
    while line and draw.textlength(line, font) > picture.width - 2 * height:
        line = line[:-2].rstrip("…") + "…" if len(line) > 2 else ""
    draw.text((height, picture.height - 2 * height), line, fill="white", font=font, stroke_width=1, stroke_fill="black")
