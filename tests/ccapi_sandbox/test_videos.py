"""The sandbox's video operations."""

import base64
import io
import sys
from typing import Any

import av
import httpx
import pytest
from ccapi_sandbox import Sandbox
from PIL import Image

from ..conftest import chromium

SMALL: dict[str, Any] = {"prompt": "a fox", "duration": 0.5, "width": 64, "height": 48, "fps": 8}


def made(http: httpx.Client, sandbox: Sandbox, **more: Any) -> bytes:
    """The file of a finished video."""
    task = http.post("/video/generations", json=SMALL | more).json()
    sandbox.clock.advance(60)
    job = http.get(f"/video/generations/{task['task_id']}").json()
    response = httpx.get(job["metadata"]["url"])
    assert response.headers["content-type"] == "video/mp4"
    return response.content


def test_the_way_of_a_job(http: httpx.Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    times = [1000.0]
    monkeypatch.setattr(sandbox._gateway, "now", lambda: times[-1])
    started = http.post("/video/generations", json=SMALL)
    assert started.json()["status"] == "queued"
    assert int(started.headers["retry-after-ms"]) <= 50
    seen = []
    for age in (0, 0.04, 0.1, 0.19, 0.25):
        times.append(1000 + age)
        job = http.get(f"/video/generations/{started.json()['task_id']}").json()
        seen.append((job["status"], job["progress"]))
        assert ("metadata" in job) is ("completed_at" in job) is (job["status"] == "completed")
    statuses = ["queued", "queued", "in_progress", "in_progress", "completed"]
    assert seen == list(zip(statuses, [0, 0, 50, 95, 100], strict=True))
    assert (job["object"], job["created_at"], job["expires_at"]) == ("video", 1000, 4600)


def test_it_is_as_requested_and_the_same_again(http: httpx.Client, sandbox: Sandbox) -> None:
    usual = made(http, sandbox)
    with av.open(io.BytesIO(usual), "r") as container:
        frames = list(container.decode(video=0))
    assert (frames[0].width, frames[0].height, len(frames)) == (64, 48, 4)
    picture = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(picture, "PNG")
    encoded = base64.b64encode(picture.getvalue()).decode()
    assert made(http, sandbox) == usual
    starting = made(http, sandbox, image=encoded)
    assert starting == made(http, sandbox, image=f"data:image/png;base64,{encoded}")
    assert len({usual, starting, made(http, sandbox, seed=7), made(http, sandbox, prompt="an owl")}) == 4


def test_a_picture_of_the_sandbox_may_start_it(http: httpx.Client, sandbox: Sandbox) -> None:
    picture = http.post("/images/generations", json={"prompt": "an owl", "size": "32x32"}).json()["data"][0]["url"]
    assert made(http, sandbox, image=picture) != made(http, sandbox)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"width": 63}, "width"),
        ({"height": 14}, "height"),
        ({"width": 4096}, "width"),
        ({"fps": 0}, "fps"),
        ({"fps": 61}, "fps"),
        ({"duration": 0}, "duration"),
        ({"duration": 21}, "duration"),
        ({"duration": 20, "width": 1920, "height": 1080, "fps": 24}, "duration"),
        ({"n": 2}, "n"),
        ({"response_format": "b64_json"}, "response_format"),
        ({"metadata": {"style": "noir"}}, "metadata.style"),
        ({"image": "no picture"}, "image"),
        ({"image": "https://elsewhere.example/a.png"}, "image"),
        ({"model": "openai/tts-1"}, "model"),
    ],
)
def test_what_is_refused(http: httpx.Client, sandbox: Sandbox, more: dict[str, Any], field: str) -> None:
    response = http.post("/video/generations", json=SMALL | more)
    error = response.json()["error"]
    assert response.status_code == 400
    assert error["message"].startswith(field)
    assert sandbox.requests[-1].billed == 0


def test_without_pyav_the_error_names_the_extra(
    http: httpx.Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    response = http.post("/video/generations", json=SMALL)
    assert (response.status_code, sandbox.requests[-1].billed) == (400, 0)  # by which clients know the latter
    assert "pip install 'ccapi-client[sandbox-video]'" in response.json()["error"]["message"]


def test_what_it_costs(http: httpx.Client, sandbox: Sandbox) -> None:
    for model, billed in (("kling/kling-v1", 0.025), ("sandbox/video-failed", 0)):
        http.post("/video/generations", json=SMALL | {"model": model})
        assert sandbox.requests[-1].billed == billed
    (listed, _) = (each for each in http.get("/models?type=video").json()["data"])
    assert (listed["id"], listed["ccapi"]["pricing"]["per_second"]) == ("kling/kling-v1", 0.05)
    assert listed["ccapi"]["output_modalities"] == ["video"]


def test_it_plays_in_a_browser(http: httpx.Client, sandbox: Sandbox) -> None:
    task = http.post("/video/generations", json=SMALL | {"duration": 1, "width": 320, "height": 180}).json()
    sandbox.clock.advance(60)
    url = http.get(f"/video/generations/{task['task_id']}").json()["metadata"]["url"]
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f'<video id="film" muted src="{url}"></video>')
        page.wait_for_function("film.readyState >= 2 || film.error")
        assert page.evaluate("[film.error, film.duration, film.videoWidth, film.videoHeight]") == [None, 1, 320, 180]
        page.evaluate("film.play()")
        page.wait_for_function("film.ended")
