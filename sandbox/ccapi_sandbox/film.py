"""Films the picture of a recipe: a camera moves over it. The same recipe always gives the same film, H.264 in MP4.

There is no video model, as there is no image model: `paint` says what is real. Here it is the size, the length, the
frames in a second, and that a film is no still. PyAV encodes; it is an extra of its own, since it is large.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from .installing import how_to_install
from .paint import Recipe, caption, picture_of

MAX_SIDE = 1920
"""The longest side of a film, in pixels."""
MAX_SECONDS = 20.0
"""The longest film, in seconds."""
MAX_FPS = 60
"""The most frames in a second."""
MAX_PIXELS = 150_000_000
"""The most pixels of all frames of a film together: 5 seconds of 1280x720, which take a processor some 5 seconds."""
ROOM = 1.25
"""How much wider and higher the picture is than what the camera sees of it."""


@dataclass(frozen=True)
class Film:
    """Everything that a film depends on.

    Attributes:
        recipe: What is filmed, in the size of the film. A `start` has the size of `canvas`.
        seconds: How long it is.
        fps: How many frames a second has.
    """

    recipe: Recipe
    seconds: float
    fps: int

    @property
    def canvas(self) -> tuple[int, int]:
        """The width and height of the picture that the camera moves over, in pixels."""
        return math.ceil(self.recipe.width * ROOM), math.ceil(self.recipe.height * ROOM)

    @property
    def count(self) -> int:
        """How many frames it has."""
        return max(1, round(self.seconds * self.fps))

    @property
    def pixels(self) -> int:
        """How many pixels have to be made."""
        return self.recipe.width * self.recipe.height * self.count


def check() -> None:
    """Checks that films can be made here.

    Raises:
        ModuleNotFoundError: PyAV is missing; the message says how to install it.
    """
    try:
        import av  # noqa: F401
    except ModuleNotFoundError as error:
        message = f"the sandbox makes videos with PyAV: {how_to_install('sandbox-video')} ({error})"
        raise ModuleNotFoundError(message, name=error.name) from None


def film(recipe: Film) -> bytes:
    """The film of a recipe, as a file. Its width and height are even, as H.264 needs them.

    Raises:
        ModuleNotFoundError: PyAV is missing.
    """
    check()
    import av

    frame: Any = av.VideoFrame  # in part without types
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        # One thread: another number of threads gives other bytes, and the sandbox has threads of its own.
        stream = container.add_stream("libx264", recipe.fps, {"preset": "veryfast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = recipe.recipe.width, recipe.recipe.height, "yuv420p"
        for picture in _frames(recipe):
            container.mux(stream.encode(frame.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()


def _frames(recipe: Film) -> Iterator[Image.Image]:
    """The frames: the camera goes from one side to the other, and comes a little closer."""
    size = width, height = recipe.recipe.width, recipe.recipe.height
    across, down = recipe.canvas
    still = picture_of(replace(recipe.recipe, width=across, height=down)).convert("RGB")
    text = Image.new("RGBA", size)
    caption(text, recipe.recipe.prompt)
    top = (text.getbbox() or (0, 0))[1]
    text = text.crop((0, top, width, height))
    for number in range(recipe.count):
        done = number / recipe.count
        zoom = 1 - 0.1 * done
        left = (across - width * zoom) * (1 - done if recipe.recipe.seed % 2 else done)
        upper = (down - height * zoom) / 2
        box = (left, upper, left + width * zoom, upper + height * zoom)
        picture = still.resize(size, Image.Resampling.BILINEAR, box)
        picture.paste(text, (0, top), text)
        yield picture
