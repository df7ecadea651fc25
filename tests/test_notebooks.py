"""A notebook that is executed, and looked at in a browser: pictures, jobs and speech show themselves, and request nothing."""

import base64
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ccapi_client.models import (
    AudioSpeechResponse,
    ImageDatum,
    LegacyImageGenerationResponse,
    MultimodalImageGenerationResponse,
)
from PIL import Image
from playwright.sync_api import Request

from .conftest import chromium

SCRIPT = '<script>document.title = "taken over"</script>"><img src=x onerror="document.title=1">'

CELLS = {
    "setup": "import ccapi_sandbox; from ccapi_client import CCAPI, models\n"
    "kept = ccapi_sandbox.running(); sandbox = kept.__enter__()\n"
    "client = CCAPI(sandbox.api_key, base_url=sandbox.base_url)",
    "datum": 'client.create_image(prompt="a fox", size="64x48", response_format="b64_json").data[0]',
    "job": 'client.wait_for_image_job(client.generate_images(contents=[{"text": "a fox"}],\n'
    '    parameters={"num_images": 2, "width": 64, "height": 48, "response_format": "b64_json"}))',
    "linked": 'client.wait_for_image_job(client.generate_images(contents=[{"text": "a fox"}]))',
    "speech": 'client.create_speech(model="elevenlabs/eleven_turbo_v2", input="Hi.", output_format="wav",\n'
    '    response_format="b64_json")',
    "hostile": f"models.MultimodalImageGenerationResponse(id='job-1', status='completed', model={SCRIPT!r},\n"
    f"    data=[models.ImageDatum(url='https://x.example/\\'\\\"><b>', revised_prompt={SCRIPT!r})])",
    "progress": 'done = client.generate_images_and_wait(contents="a fox", progress=True)',
    "many": 'jobs = (client.generate_images(contents=[{"text": "a fox"}]) for _ in range(3))\n'
    "ended = list(client.wait_for_image_jobs(jobs, progress=True))",
    "chat": 'client.create_chat_completion(model="sandbox/babble", max_tokens=5,\n'
    '    messages=[{"role": "user", "content": "hi"}])',
}

EXECUTE = """
import json, sys
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in json.loads(sys.argv[1])])
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
page, _ = HTMLExporter(embed_images=False).from_notebook_node(notebook)
open(sys.argv[2], "w", encoding="utf-8").write(page)
json.dump([cell.outputs for cell in notebook.cells], sys.stdout)
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The page of the executed notebook, and the output of each cell: what it shows, by media type."""
    page = tmp_path_factory.mktemp("notebook") / "page.html"
    command = [sys.executable, "-c", EXECUTE, json.dumps(list(CELLS.values())), str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    outputs = dict(zip(CELLS, json.loads(done.stdout), strict=True))
    return page, {name: each[0]["data"] for name, each in outputs.items() if each}


def test_what_cells_give(notebook: tuple[Path, dict[str, Any]]) -> None:
    _, outputs = notebook
    assert outputs["datum"].keys() == {"image/jpeg", "text/plain"}
    with Image.open(io.BytesIO(base64.b64decode(outputs["datum"]["image/jpeg"]))) as image:
        assert image.size == (64, 48)
    assert outputs["job"]["text/html"].count("<img ") == 2
    assert "completed" in outputs["job"]["text/html"]
    assert "<img " not in outputs["linked"]["text/html"]
    assert outputs["linked"]["text/html"].count("<a href=") == 1
    assert "<audio " in outputs["speech"]["text/html"]
    assert outputs["chat"].keys() == {"text/plain"}
    assert re.search(r"job-\w+.*━.*completed", outputs["progress"]["text/html"])
    assert re.search(r"jobs.*━.*3 of 3 finished", outputs["many"]["text/html"])
    assert "job-" not in outputs["many"]["text/html"]


def test_how_it_looks(notebook: tuple[Path, dict[str, Any]]) -> None:
    path, _ = notebook
    requested: list[str] = []

    def note(request: Request) -> None:
        requested.append(request.url)

    with chromium() as browser:
        page = browser.new_page()
        page.on("request", note)
        # What the page loads by itself, to show formulas, is not ours.
        page.route("https://**", lambda route: route.abort())
        page.goto(path.as_uri())
        page.wait_for_function("[...document.images].every(each => each.complete)")
        widths = page.evaluate("[...document.images].map(each => each.naturalWidth)")
        page.wait_for_function("document.querySelector('audio').readyState > 0")
        assert page.evaluate("document.querySelector('audio').duration") > 0.1
        assert page.locator("audio[controls]").is_visible()
        assert widths == [64, 64, 64]
        assert page.title() not in ("taken over", "1")
        bars = page.locator(".jp-OutputArea pre", has_text="━")
        assert bars.count() == 2
        assert bars.nth(0).is_visible()
        assert "completed" in bars.nth(0).inner_text()
        assert "3 of 3 finished" in bars.nth(1).inner_text()
        links = page.locator(".jp-OutputArea a")
        assert links.count() == 2
        assert "noreferrer" in (links.nth(0).get_attribute("rel") or "")
    assert not [url for url in requested if "x.example" in url or "127.0.0.1" in url]


def encoded(kind: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (8, 6)).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def test_each_format_by_itself() -> None:
    for kind, name in (("PNG", "png"), ("JPEG", "jpeg")):
        datum = ImageDatum(b64_json=encoded(kind))
        found = getattr(datum, f"_repr_{name}_")()
        assert base64.b64encode(found).decode() == encoded(kind)
        assert datum._repr_html_() is None
        assert getattr(datum, f"_repr_{'png' if name == 'jpeg' else 'jpeg'}_")() is None
    for kind in ("GIF", "WEBP"):
        for datum in (
            ImageDatum(b64_json=encoded(kind)),
            ImageDatum(url=f"data:image/{kind.lower()};base64,{encoded(kind)}"),
        ):
            assert datum._repr_png_() is None
            assert datum._repr_html_() == (
                f'<img src="data:image/{kind.lower()};base64,{encoded(kind)}" alt="" style="max-width: 100%">'
            )


@pytest.mark.parametrize(
    "value",
    ["", "x", 'iVBORw0KGgo"><script>', encoded("PNG")[:-1], "iVBORw0KGgoAAAA!" + encoded("PNG"), "AAAA", 7, ["a"]],
)
def test_what_is_no_file_is_shown_as_any_model(value: Any) -> None:
    for model in (ImageDatum(b64_json=value), AudioSpeechResponse(b64_json=value), ImageDatum(url=value)):
        assert model._repr_html_() is None
        if isinstance(model, ImageDatum):
            assert (model._repr_png_(), model._repr_jpeg_()) == (None, None)


def test_a_url_is_a_link_without_its_query() -> None:
    for model in (
        ImageDatum(url="https://x.example/a?sig=1&b=2"),
        AudioSpeechResponse(url="https://x.example/a?sig=1&b=2"),
    ):
        assert model._repr_html_() == (
            '<a href="https://x.example/a?sig=1&amp;b=2" target="_blank" rel="noopener noreferrer">https://x.example/a</a>'
        )
    for url in ("javascript:alert(1)", "file:///etc/passwd", "data:text/html;base64,PHNjcmlwdD4="):
        assert ImageDatum(url=url)._repr_html_() is None
        assert AudioSpeechResponse(url=url)._repr_html_() is None


def test_jobs_and_responses_without_pictures_are_shown_as_any_model() -> None:
    for model in (
        MultimodalImageGenerationResponse(id="job-1", status="pending"),
        LegacyImageGenerationResponse(data=[]),
        LegacyImageGenerationResponse.from_dict({"data": ["https://x.example/a.png", None, 7]}),
    ):
        assert model._repr_html_() is None
