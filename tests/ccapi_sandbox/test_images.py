"""Pictures and jobs of the sandbox, through the client that people use."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI
from ccapi_client.models import MultimodalImageGenerationResponse
from ccapi_sandbox import Sandbox
from ccapi_sandbox.paint import Recipe, paint
from PIL import Image, ImageChops, ImageStat


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart on the average, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3


def picture(colour: str, size: tuple[int, int] = (64, 64)) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def finished(client: CCAPI, **arguments: Any) -> tuple[MultimodalImageGenerationResponse, list[Image.Image]]:
    job = client.wait_for_image_job(client.generate_images(**arguments))
    return job, [opened(client.download(datum)) for datum in job.data or []]


@pytest.mark.parametrize(
    ("model", "file_format"),
    [
        ("imaginepro/nano-banana", "PNG"),
        ("stabilityai/stable-diffusion-xl-1024-v1-0", "JPEG"),
        ("black-forest-labs/flux-schnell", "WEBP"),
    ],
)
def test_models_give_their_format_in_the_size_asked_for(client: CCAPI, model: str, file_format: str) -> None:
    size: dict[str, Any] = {"width": 60, "height": 40, "num_images": 2}
    _, pictures = finished(client, contents=[{"text": "x"}], model=model, parameters=size)
    assert [(each.format, each.size) for each in pictures] == [(file_format, (60, 40))] * 2
    assert difference(*pictures) > 5


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({}, (1024, 1024)),
        ({"aspect_ratio": "16:9"}, (1365, 768)),
        ({"width": 90, "aspect_ratio": "3:2"}, (90, 60)),
        ({"height": 60, "aspect_ratio": "3:2"}, (90, 60)),
        ({"width": 50}, (50, 50)),
    ],
)
def test_sizes(client: CCAPI, parameters: dict[str, Any], size: tuple[int, int]) -> None:
    _, (made,) = finished(client, contents=[{"text": "x"}], parameters=parameters)
    assert made.size == size


def test_the_same_recipe_gives_the_same_picture_and_another_a_different_one() -> None:
    first = Recipe("a fox", 1, 64, 64, "PNG")
    assert paint(first) == paint(Recipe("a fox", 1, 64, 64, "PNG"))
    for other in (Recipe("a cat", 1, 64, 64, "PNG"), Recipe("a fox", 2, 64, 64, "PNG")):
        assert difference(opened(paint(first)), opened(paint(other))) > 5


def test_image_to_image_goes_as_far_as_strength_says(client: CCAPI) -> None:
    contents = [{"text": "x", "image": {"data": picture("red")}}]
    red = Image.new("RGB", (64, 64), "red")
    distances = []
    for strength in (0.1, 0.5, 0.9):
        job, (made,) = finished(client, contents=contents, parameters={"strength": strength})
        assert job.execution
        assert job.execution.operation == "image-to-image"
        assert made.size == (64, 64)
        distances.append(difference(made, red))
    assert distances == sorted(distances)
    assert distances[0] < 40 < distances[2]


def test_inpainting_paints_where_the_mask_is_white(client: CCAPI) -> None:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (32, 0, 64, 64))
    out = io.BytesIO()
    mask.save(out, "PNG")
    content = {"image": {"data": picture("red")}, "mask": {"data": base64.b64encode(out.getvalue()).decode()}}
    job, (made,) = finished(client, contents=[content])
    assert job.execution
    assert job.execution.operation == "inpainting"
    red = Image.new("RGB", (64, 64), "red")
    left, right = (0, 0, 32, 64), (32, 0, 64, 64)
    assert difference(made.crop(left), red.crop(left)) < 1
    assert difference(made.crop(right), red.crop(right)) > 20


def test_a_remix_uses_every_picture(client: CCAPI) -> None:
    contents = [{"image": {"data": picture("red")}}, {"image": {"url": f"data:image/png;base64,{picture('blue')}"}}]
    job, (made,) = finished(client, contents=contents, parameters={"strength": 0})
    assert job.execution
    assert job.execution.operation == "remix"
    assert made.getpixel((10, 10)) == (255, 0, 0)
    assert made.getpixel((50, 10)) == (0, 0, 255)


def test_a_picture_that_it_made_can_be_worked_on(client: CCAPI) -> None:
    first, (before,) = finished(client, contents=[{"text": "x"}], parameters={"width": 40, "height": 30})
    assert first.data
    _, (after,) = finished(client, contents=[{"image": {"url": first.data[0].url}}], parameters={"strength": 0})
    assert after.size == before.size
    assert difference(before, after) < 1


@pytest.mark.parametrize(("kind", "file_format"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
@pytest.mark.parametrize("inline", [False, True])
def test_the_format_that_a_request_names(http: httpx.Client, kind: str, file_format: str, inline: bool) -> None:
    body = {"prompt": "x", "size": "40x30", "output_format": kind, "response_format": "b64_json" if inline else "url"}
    (datum,) = http.post("/images/generations", json=body).json()["data"]
    file = base64.b64decode(datum["b64_json"]) if inline else httpx.get(datum["url"]).content
    made = opened(file)
    assert (made.format, made.size) == (file_format, (40, 30))
    if not inline:
        assert datum["url"].endswith(f".{kind}")


def test_an_automatic_size_is_the_one_of_no_size(http: httpx.Client) -> None:
    bodies: list[dict[str, str]] = [{"prompt": "x"}, {"prompt": "x", "size": "auto"}]
    urls = [http.post("/images/generations", json=body).json()["data"][0]["url"] for body in bodies]
    usual, automatic = (opened(httpx.get(url).content) for url in urls)
    assert usual.size == automatic.size == (1024, 1024)


def test_pictures_inside_the_answer(client: CCAPI) -> None:
    inline: dict[str, Any] = {"response_format": "b64_json", "width": 32, "height": 32, "seed": 5}
    job, (made,) = finished(client, contents=[{"text": "x"}], parameters=inline)
    assert job.data
    assert not job.data[0].url
    assert job.data[0].seed == 5
    assert made.size == (32, 32)


def test_a_job_tells_how_long_it_takes_and_where_to_poll(sandbox: Sandbox, client: CCAPI) -> None:
    job = client.generate_images(contents=[{"text": "x"}])
    assert job.status == "pending"
    assert job.estimated_time
    assert 0 < job.estimated_time <= 0.2
    assert job.poll_url == f"{sandbox.base_url}/images/jobs/{job.id}"
    done = client.wait_for_image_job(job)
    assert not done.poll_url


def test_a_synchronous_model_answers_at_once(client: CCAPI) -> None:
    job = client.generate_images(contents=[{"text": "x"}], model="black-forest-labs/flux-schnell")
    assert (job.status, bool(job.data)) == ("completed", True)


def test_the_webhook_is_called_once_when_the_job_has_ended() -> None:
    received: list[Any] = []
    arrived = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with (
            ccapi_sandbox.running(job_seconds=0.05, strict=True) as sandbox,
            CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client,
        ):
            hook = f"http://127.0.0.1:{server.server_port}/done"
            job = client.generate_images(contents=[{"text": "x"}], webhook_url=hook)
            assert arrived.wait(10)
        server.shutdown()
    assert [(each["id"], each["status"]) for each in received] == [(job.id, "completed")]
    assert received[0]["data"][0]["url"]


def test_a_long_prompt_is_no_burden() -> None:
    assert paint(Recipe("word " * 20_000, 1, 64, 64, "PNG"))
