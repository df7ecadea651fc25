"""Short films: real files, of the size and length that were requested."""

import base64
import io
import sys
from itertools import pairwise
from typing import Any

import av
import pytest
from ccapi_sandbox.film import Film, check, film
from ccapi_sandbox.paint import Recipe, start_of
from PIL import Image, ImageChops, ImageStat

from ..conftest import chromium


def film_of(prompt: str = "a fox", seed: int = 7, start: bytes | None = None, **more: float) -> Film:
    size = SIZE | more
    recipe = Recipe(prompt, seed, int(size["width"]), int(size["height"]), "PNG", start)
    return Film(recipe, size["seconds"], int(size["fps"]))


SIZE = {"width": 64, "height": 48, "seconds": 1.5, "fps": 8}


def frames(file: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(file), "r") as container:
        decoded: list[Any] = list(container.decode(video=0))  # in part without types
        return [each.to_image() for each in decoded]


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(
    ("width", "height", "seconds", "fps", "count"),
    [(64, 48, 1.5, 8, 12), (320, 180, 2, 24, 48), (48, 64, 0.5, 60, 30), (16, 16, 0.01, 1, 1)],
)
def test_a_film_is_as_requested(width: int, height: int, seconds: float, fps: int, count: int) -> None:
    made = film_of(width=width, height=height, seconds=seconds, fps=fps)
    assert (made.count, made.pixels) == (count, count * width * height)
    file = film(made)
    with av.open(io.BytesIO(file), "r") as container:
        (stream,) = container.streams
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", width, height)
        assert stream.average_rate == fps
        assert container.duration == round(count / fps * av.time_base)
    assert len(frames(file)) == count


def test_the_same_recipe_gives_the_same_bytes() -> None:
    usual = film(film_of())
    assert film(film_of()) == usual
    others = [film_of("an owl"), film_of(seed=8), film_of(seconds=1), film_of(fps=9), film_of(width=66)]
    assert len({usual, *map(film, others)}) == 6


@pytest.mark.parametrize("seed", [7, 8])
def test_it_moves_and_shows_one_place(seed: int) -> None:
    shown = frames(film(film_of(seed=seed, width=160, height=90)))
    steps = [difference(one, other) for one, other in pairwise(shown)]
    assert all(step > 0.5 for step in steps)
    assert max(steps) < difference(shown[0], frames(film(film_of("an owl", seed, width=160, height=90)))[0])


def test_it_starts_from_a_picture() -> None:
    red = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(red, "PNG")
    plain = film_of()
    picture = start_of([red.getvalue()], plain.canvas)
    redness = [ImageStat.Stat(frames(film(each))[0]).mean[0] for each in (plain, film_of(start=picture))]
    assert redness[1] > redness[0] + 20


def test_without_pyav_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    monkeypatch.setitem(sys.modules, "av", None)
    for use in (check, lambda: film(film_of())):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'ccapi-client\[sandbox-video\]'"):
            use()


def test_it_plays_in_a_browser() -> None:
    source = "data:video/mp4;base64," + base64.b64encode(film(film_of(width=320, height=180))).decode()
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f'<video id="film" muted src="{source}"></video>')
        page.wait_for_function("film.readyState >= 2 || film.error")
        assert page.evaluate("[film.error, film.duration, film.videoWidth, film.videoHeight]") == [None, 1.5, 320, 180]
        page.evaluate("film.play()")
        page.wait_for_function("film.ended")
