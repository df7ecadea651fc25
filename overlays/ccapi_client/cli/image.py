"""`ccapi image`: makes pictures from prompts. Each prompt is a job; all jobs run at once."""

from __future__ import annotations

import asyncio
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import InvalidRequestError
from ..media import image as picture_input
from ..media import text as text_input
from .app import command as make
from .bars import Bars
from .options import body_of, options_of, schema_of
from .session import Session, check_output

EXAMPLES = """
ccapi image "a lighthouse in a storm, oil painting"
ccapi image "a fox" -n 2 --aspect-ratio 16:9 --seed 7 -o foxes/
ccapi image "in winter" --input photo.png --mask mask.png -o winter.png
ccapi image "a fox" "an owl" "a bear" --json | jq -r '.[].paths[]'
"""

LAST_WAIT = 10.0
"""After an interrupt, how long to wait for the response to a request that was sent already, in seconds."""
J = TypeVar("J")

BODY = body_of("generateImages")
PARAMETERS = schema_of(BODY["properties"]["parameters"])["properties"]


def image(session: Session, **values: Any) -> None:
    """Makes pictures from a text, or from texts and pictures: each PROMPT is a job, and all run at once.

    Prints the path of each picture. After Ctrl-C, says how to get the pictures of jobs that keep running.
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
    check_output(output)
    parameters = _parameters({name: fields.pop(name) for name in PARAMETERS}, size)
    if mask and not inputs:
        raise InvalidRequestError("--mask: it says which part of a picture to repaint, so --input is needed too")
    contents = [picture_input(each, mask=mask if number == 0 else None) for number, each in enumerate(inputs)]
    texts = [text_input(prompt) for prompt in prompts]
    key = session.idempotency_key("" if len(prompts) == 1 else "each PROMPT is a request of its own")
    bars = Bars(session)
    async with session.async_client() as client:

        async def make_one(number: int) -> dict[str, Any]:
            bar = bars.start(prompts[number])
            path = output if len(prompts) == 1 else _numbered(output, number)
            request = client.generate_images(
                contents=[texts[number], *contents], parameters=parameters, idempotency_key=key, **fields
            )
            job, is_interrupted = await submitted(asyncio.ensure_future(request))
            with nullcontext() if job.data else session.resumable(job.id, path):
                if is_interrupted:
                    raise asyncio.CancelledError
                job = await client.wait_for_image_job(
                    job, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update)
                )
                paths = await client.save(job, path)
            bars.done(bar)
            return {"prompt": prompts[number], "id": job.id, "model": job.model or None, "paths": list(map(str, paths))}

        with bars:
            jobs = [make_one(number) for number in range(len(prompts))]
            # Every job ends before an error is shown, so that pictures that were paid for are saved.
            made = await asyncio.gather(*jobs, return_exceptions=True)
    done = [each for each in made if isinstance(each, dict)]
    if session.as_json and done:
        session.result(done)
    for path in [path for each in done for path in each["paths"]]:
        session.saved(Path(path), open_it=open_it, preview=preview)
    failed = [(prompt, each) for prompt, each in zip(prompts, made, strict=True) if isinstance(each, BaseException)]
    for prompt, error in failed[1:]:
        session.tell_error(error, f"{prompt}: ")
    for _, error in failed:
        raise error


async def submitted(request: asyncio.Future[J]) -> tuple[J, bool]:
    """The result of a request, and whether it was interrupted. It may be billed already, so its response is awaited."""
    try:
        return await asyncio.shield(request), False
    except asyncio.CancelledError:
        return await asyncio.wait_for(request, LAST_WAIT), True


def _parameters(given: dict[str, Any], size: str | None) -> dict[str, Any] | None:
    """The parameters that have a value; None where none has."""
    parameters = {name: value for name, value in given.items() if value is not None}
    if size:
        for other in ("width", "height", "aspect_ratio"):
            if other in parameters:
                raise InvalidRequestError(f"--size: it sets the same as --{other.replace('_', '-')}; use one of them")
        parameters["width"], parameters["height"] = size_of(size)
    return parameters or None


def size_of(text: str) -> tuple[int, int]:
    """The width and height of `--size`, in pixels.

    Raises:
        InvalidRequestError: The text is something else.
    """
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text)
    if not found:
        raise InvalidRequestError(f"--size: width and height are expected, as in 1024x1024, not {text!r}")
    return int(found[1]), int(found[2])


def _numbered(output: str, number: int) -> str:
    """The path for one of several jobs: a folder as it is, a file name with the job's number."""
    if output.endswith("/") or Path(output).is_dir():
        return output
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


command = make(
    image,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["prompts"], metavar="PROMPT...", nargs=-1, required=True),
        click.Option(["-o", "--output"], default="./", metavar="PATH", help="A file, or a folder (default: this one)."),
        click.Option(
            ["--input", "inputs"],
            multiple=True,
            metavar="PICTURE",
            help="A picture to start from, a file or a URL; repeatable.",
        ),
        click.Option(
            ["--mask"],
            metavar="PICTURE",
            help="A picture that is white where the input is to be repainted, a file or a URL.",
        ),
        click.Option(["--size"], metavar="WxH", help="Width and height in pixels, for instance 1024x1024."),
        click.Option(
            ["--wait-timeout"],
            type=click.FloatRange(min=0.001),
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
