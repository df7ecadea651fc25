"""`ccapi image`: from prompts to picture files, a job each, all at once."""

from __future__ import annotations

import asyncio
import re
import shlex
import time
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ..errors import InvalidRequestError
from ..media import image as picture_input
from ..media import text as text_input
from ..waiting import JobUpdate
from .app import command as make
from .options import body_of, options_of, schema_of
from .session import Session

EXAMPLES = """
ccapi image "a lighthouse in a storm, oil painting"
ccapi image "a fox" -n 2 --aspect-ratio 16:9 --seed 7 -o foxes/
ccapi image "the same in winter" --input photo.png --mask mask.png -o winter.png
ccapi image "a fox" "an owl" "a bear" --json | jq -r '.[].paths[]'
"""

BODY = body_of("generateImages")
PARAMETERS = schema_of(BODY["properties"]["parameters"])["properties"]


class Bars:
    """A progress bar for each job, driven by its status and by how long the service thinks that it takes."""

    def __init__(self, session: Session) -> None:
        shows = session.err.is_terminal and not (session.quiet or session.as_json)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=session.err, transient=True, disable=not shows)

    def start(self, prompt: str) -> TaskID:
        """A bar for a prompt."""
        name = prompt if len(prompt) <= 40 else f"{prompt[:39]}…"
        return self.progress.add_task(name, total=None, status="submitting")

    def update(self, bar: TaskID, update: JobUpdate) -> None:
        """Shows a state."""
        total = None if update.estimate is None else update.elapsed + update.estimate
        self.progress.update(bar, status=update.status, completed=update.elapsed, total=total)

    async def follow_the_clock(self) -> None:
        """Lets the bars grow between the states."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            for task in self.progress.tasks:
                if task.total is not None and not task.finished:
                    self.progress.advance(task.id, min(now - last, max(0.0, task.total * 0.99 - task.completed)))
            last = now

    def done(self, bar: TaskID) -> None:
        """Fills a bar."""
        self.progress.update(bar, status="completed", total=1, completed=1)


def image(session: Session, **values: Any) -> None:
    """Makes pictures from a text, or from texts and pictures: each PROMPT is a job, and all run at once.

    Prints the path of each picture. Interrupted with Ctrl-C, it says how to get the pictures of jobs that go on.
    """
    asyncio.run(_make_all(session, **values))


async def _make_all(
    session: Session,
    prompts: tuple[str, ...],
    output: str,
    inputs: tuple[str, ...],
    mask: str | None,
    size: str | None,
    wait_timeout: float | None,
    open_it: bool,
    preview: bool,
    **fields: Any,
) -> None:
    given = {name: fields.pop(name) for name in PARAMETERS}
    parameters = {name: value for name, value in given.items() if value is not None}
    if size:
        parameters["width"], parameters["height"] = _size(size)
    contents = [picture_input(each, mask=mask if number == 0 else None) for number, each in enumerate(inputs)]
    if mask and not inputs:
        raise InvalidRequestError("--mask: it says which part of a picture to paint anew: give --input too")
    bars = Bars(session)
    async with session.async_client() as client:

        async def make_one(prompt: str, number: int) -> dict[str, Any]:
            bar = bars.start(prompt)
            job = await client.generate_images(
                contents=[text_input(prompt), *contents], parameters=parameters or None, **fields
            )
            path = output if len(prompts) == 1 else _numbered(output, number)
            resume = f"ccapi job {job.id} --wait -o {shlex.quote(path)}"
            with session.hint(f"{job.id}: to get its pictures, run: {resume}"):
                job = await client.wait_for_image_job(
                    job, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update)
                )
                paths = await client.save(job, path)
            bars.done(bar)
            return {
                "prompt": prompt,
                "id": job.id,
                "model": job.to_dict().get("model"),
                "paths": [str(p) for p in paths],
            }

        with bars.progress:
            ticker = asyncio.create_task(bars.follow_the_clock())
            try:
                made = await _all([make_one(prompt, number) for number, prompt in enumerate(prompts)])
            finally:
                ticker.cancel()
    if session.as_json:
        session.result(made)
    for path in [path for each in made for path in each["paths"]]:
        if not session.as_json:
            click.echo(path)
        show(session, path, open_it=open_it, preview=preview)


async def _all(each: list[Any]) -> list[Any]:
    """The results of all, or the first error once all have ended: a picture that was paid for is still saved."""
    found = await asyncio.gather(*each, return_exceptions=True)
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def show(session: Session, path: str, *, open_it: bool, preview: bool) -> None:
    """Shows a picture, in the terminal or in the program that opens such files."""
    if preview and session.err.is_terminal:
        try:
            from textual_image.renderable import Image
        except ModuleNotFoundError:
            session.tell("[dim]--preview needs textual-image: pip install 'ccapi-client\\[cli]'[/dim]")
        else:
            session.err.print(Image(path, width=60))
    if open_it:
        click.launch(path)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text)
    if not found:
        raise InvalidRequestError(f"--size: width and height are expected, as in 1024x1024, not {text!r}")
    return int(found[1]), int(found[2])


def _numbered(output: str, number: int) -> str:
    """The path of one of several jobs: a folder stays as it is, a file gets its number."""
    if output.endswith("/") or Path(output).is_dir():
        return output
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


command = make(
    image,
    examples=EXAMPLES,
    params=[
        click.Argument(["prompts"], metavar="PROMPT...", nargs=-1, required=True),
        click.Option(["-o", "--output"], default="./", metavar="PATH", help="A file, or a folder (default: this one)."),
        click.Option(
            ["--input", "inputs"],
            multiple=True,
            metavar="PICTURE",
            help="A picture to start from: a file or a URL; repeatable.",
        ),
        click.Option(
            ["--mask"], metavar="PICTURE", help="Which part of the input to paint anew, white: a file or a URL."
        ),
        click.Option(["--size"], metavar="WxH", help="Width and height in pixels, as 1024x1024."),
        click.Option(
            ["--wait-timeout"],
            type=click.FloatRange(min=0),
            metavar="SECONDS",
            help="How long to wait for a job (default: 600).",
        ),
        click.Option(
            ["--open", "open_it"], is_flag=True, help="Show the pictures in the program that opens such files."
        ),
        click.Option(["--preview"], is_flag=True, help="Show the pictures in the terminal."),
        *options_of(PARAMETERS, short={"num_images": "-n"}),
        *options_of(BODY["properties"], leave_out=("contents", "parameters")),
    ],
)
