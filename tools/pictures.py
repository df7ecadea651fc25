"""Makes the pictures of the README and of the guide: `python tools/pictures.py [NAME…]` writes docs/guide/pictures/.

Each shows what it says: commands run in a terminal, pages are opened in Chromium, and all of it is made by a sandbox.
"""

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ccapi_sandbox
from ccapi_client import CCAPI, media
from ccapi_sandbox import Sandbox
from chromium import chromium
from PIL import Image, ImageDraw
from playwright.sync_api import Page
from terminal import Terminal

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "guide" / "pictures"
ROWS = """\
id,place,hour
dunes-dawn,dunes,at dawn
dunes-night,dunes,by night
fjord-dawn,a fjord,at dawn
fjord-night,a fjord,by night
moor-fog,a moor,in the fog
moor-night,a moor,by night
vineyard-dawn,vineyards,at dawn
vineyard-autumn,vineyards,in autumn
"""
BATCH = "ccapi batch run rows.csv -o out/ --set 'text={place} {hour}' --max-cost 1"
QUESTION = "What is a fjord, in one sentence?"
REDRAWN = r"\r\x1b\[2K\x1b\[1A"
"""What a program prints before it draws lines anew."""
MANY = """\
from ccapi_client import CCAPI

with CCAPI() as client:
    jobs = [client.generate_images(contents=[{"text": f"hills, take {number}"}]) for number in range(12)]
    for outcome in client.wait_for_image_jobs(jobs, progress=True):
        client.save(outcome.completed(), "pictures/")
"""


@dataclass(frozen=True)
class Studio:
    """Where pictures are made: a sandbox, and a folder for what is to be thrown away."""

    sandbox: Sandbox
    folder: Path

    def client(self) -> CCAPI:
        return CCAPI(self.sandbox.api_key, base_url=self.sandbox.base_url)

    def terminal(self) -> Terminal:
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        place = {"CCAPI_BASE_URL": self.sandbox.base_url, "CCAPI_API_KEY": self.sandbox.api_key}
        return Terminal(self.folder, {**place, "PATH": programs})

    @contextmanager
    def page(self, width: int, height: int) -> Iterator[Page]:
        with chromium() as browser:
            # The sandbox's pages execute no text as a script; what waits for something in them is such a text.
            yield browser.new_page(viewport={"width": width, "height": height}, bypass_csp=True)


def webp(image: Image.Image | bytes, quality: int = 80) -> bytes:
    """An image, or a file of one, as WebP."""
    opened = Image.open(io.BytesIO(image)) if isinstance(image, bytes) else image
    file = io.BytesIO()
    opened.save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()


def row(images: list[Image.Image], gap: int = 12) -> Image.Image:
    """Images side by side, with room between them."""
    whole = Image.new("RGBA", (sum(each.width + gap for each in images) - gap, images[0].height))
    left = 0
    for each in images:
        whole.paste(each, (left, 0))
        left += each.width + gap
    return whole


def terminal(studio: Studio) -> bytes:
    """A session on the command line."""
    session = studio.terminal()
    (studio.folder / "rows.csv").write_text(ROWS)
    session.run('ccapi image "hills before a storm" --aspect-ratio 21:9 --preview -o hills.png')
    session.run(f'ccapi chat "{QUESTION}" --temperature 0')
    session.run(BATCH)
    session.run("ccapi batch report out/")
    return session.svg("ccapi").encode()


def sheet(studio: Studio) -> bytes:
    """The contact sheet of a batch."""
    session = studio.terminal()
    (studio.folder / "rows.csv").write_text(ROWS)
    session.run(BATCH)
    session.run("ccapi batch report out/")
    with studio.page(1160, 200) as page:
        page.goto((studio.folder / "out" / "sheet.html").as_uri())
        page.set_viewport_size({"width": 1160, "height": int(page.evaluate("document.documentElement.scrollHeight"))})
        page.wait_for_function("[...document.images].every((each) => each.naturalWidth)")
        return webp(page.screenshot())


def painted(studio: Studio) -> bytes:
    """A picture, a mask, and the picture repainted where the mask is white."""
    with studio.client() as client:
        size = {"width": 360, "height": 270, "seed": 7}
        first = client.generate_images_and_wait(contents="hills in summer", parameters=size)
        photo = Image.open(io.BytesIO(client.download(first)[0])).convert("RGB")
        mask = Image.new("RGB", photo.size)
        ImageDraw.Draw(mask).ellipse((120, 40, 330, 200), fill="white")
        piece = media.image(photo, mask=mask, text="the same in winter")
        second = client.generate_images_and_wait(contents=piece, parameters=size)
        return webp(row([photo, mask, Image.open(io.BytesIO(client.download(second)[0])).convert("RGB")]))


def progress(studio: Studio) -> bytes:
    """The bars of many jobs, while they run."""
    (studio.folder / "many.py").write_text(MANY)
    with ccapi_sandbox.running(job_seconds=(1.0, 20.0)) as slow:
        session = Studio(slow, studio.folder).terminal()
        session.run("python many.py", until=rf"2 of 12 finished.*?(?={REDRAWN})")
        return session.svg("python").encode()


def first_page(studio: Studio) -> bytes:
    """The sandbox's first page, where a chat and a picture were tried."""
    studio.sandbox.reset()
    with studio.page(1000, 1250) as page:
        page.goto(studio.sandbox.base_url.removesuffix("v1"))
        page.wait_for_function("document.getElementById('version').textContent")
        page.fill("#chat-form [name=text]", QUESTION)
        for name in ("chat", "picture"):
            page.click(f"#{name}-form button")
        page.wait_for_function("document.getElementById('picture').naturalWidth > 0", timeout=60_000)
        page.wait_for_function("document.querySelector('#chat-form .progress').textContent === 'Done.'", timeout=60_000)
        page.wait_for_function("document.querySelectorAll('#requests tr').length > 1")
        return webp(page.screenshot())


def film(studio: Studio) -> bytes:
    """Frames of a video, a half of a second apart."""
    with studio.client() as client:
        job = client.generate_video_and_wait(prompt="hills before a storm", duration=2, width=320, height=180, seed=7)
        path = client.save(job, studio.folder / "film.mp4")
    with av.open(str(path), "r") as container:
        frames: list[Any] = [*container.decode(video=0)]  # in part without types
    return webp(row([frame.to_image() for frame in frames[:: len(frames) // 3][:3]], gap=8))


PICTURES: dict[str, Callable[[Studio], bytes]] = {
    "film.webp": film,
    "first-page.webp": first_page,
    "painted.webp": painted,
    "progress.svg": progress,
    "sheet.webp": sheet,
    "terminal.svg": terminal,
}
"""What makes each file."""


def main(names: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in names or PICTURES:
        with ccapi_sandbox.running(job_seconds=(0.5, 3.0)) as sandbox, tempfile.TemporaryDirectory() as folder:
            made = PICTURES[name](Studio(sandbox, Path(folder)))
        (FOLDER / name).write_bytes(made)
        print(f"{name}: {len(made):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
