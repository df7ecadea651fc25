"""`ccapi image`: makes pictures from prompts. Each prompt is a job; all jobs run at once."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import click

from ..errors import InvalidRequestError
from ..media import text as text_input
from ..models import MultimodalInputContent
from .app import command as make
from .bars import Bars
from .destination import HELP, Destination, names_of
from .failures import document
from .inputs import picture_of
from .making import OPTIONS, Made, Maker, check_no_wait, set_size
from .options import body_of, options_of, schema_of
from .session import Session
from .values import FILE

EXAMPLES = """
ccapi image "a lighthouse in a storm, oil painting"
ccapi image "a fox" -n 2 --aspect-ratio 16:9 --seed 7 -o foxes/
ccapi image "in winter" --input photo.png --mask mask.png -o winter.png
ccapi image "a fox" "an owl" "a bear" --json | jq -r '.[].paths[]'
ccapi image "a fox" -o - | convert - fox.pdf
ccapi image "a fox" "an owl" --no-wait        prints the ids of the jobs
"""

BODY = body_of("generateImages")
PARAMETERS = schema_of(BODY["properties"]["parameters"])["properties"]


def image(session: Session, **values: Any) -> None:
    """Makes pictures from a text, or from texts and pictures: each PROMPT is a job, and all run at once.

    Prints the path of each picture; in a folder, pictures are named by their prompts. After Ctrl-C, says how to get the
    pictures of jobs that keep running.
    """
    asyncio.run(_make_all(session, **values))


async def _make_all(
    session: Session,
    prompts: tuple[str, ...],
    output: str | None,
    inputs: tuple[str, ...],
    mask: str | None,
    size: str | None,
    no_wait: bool,
    wait_timeout: float | None,
    open_it: bool,
    preview: bool,
    **fields: Any,
) -> None:
    files = Destination(session, output, open_it=open_it, preview=preview)
    if no_wait:
        # A picture may come in the response itself: -o, --open and --preview are for that.
        check_no_wait(session, {"--wait-timeout": wait_timeout is not None})
        files.refuse("--no-wait", no_wait, "prints ids there")
    parameters = _parameters({name: fields.pop(name) for name in PARAMETERS}, size)
    files.check_count(len(prompts) * ((parameters or {}).get("num_images") or 1))
    if mask and not inputs:
        raise InvalidRequestError("--mask: it says which part of a picture to repaint, so --input is needed too")
    contents = [MultimodalInputContent(image=picture_of("--input", each)) for each in inputs]
    if mask:
        contents[0].mask = picture_of("--mask", mask)
    texts = [text_input(prompt) for prompt in prompts]
    key = session.idempotency_key("" if len(prompts) == 1 else "each PROMPT is a request of its own")
    async with session.async_client() as client:
        with files:
            bars = Bars(session)
            maker = Maker(session, client, bars, files, "pictures", no_wait, wait_timeout)
            with maker.telling_if_interrupted(), bars:
                jobs = [
                    maker.make(
                        prompt,
                        partial(
                            client.generate_images,
                            contents=[text, *contents],
                            parameters=parameters,
                            idempotency_key=key,
                            **fields,
                        ),
                        name,
                        number if len(prompts) > 1 else None,
                    )
                    for number, (prompt, text, name) in enumerate(zip(prompts, texts, names_of(prompts), strict=True))
                ]
                # Every job ends before an error is shown, so that pictures that were paid for are saved.
                made = await asyncio.gather(*jobs, return_exceptions=True)
            ends = list(zip(prompts, made, strict=True))
            done = [each for each in made if isinstance(each, Made)]
            if session.as_json and (done or len(prompts) > 1):
                session.result([_document(prompt, end) for prompt, end in ends])
            for each in done:
                maker.tell(each)
    failed = [(prompt, end) for prompt, end in ends if isinstance(end, BaseException)]
    place = "{}: " if len(prompts) > 1 else ""
    for prompt, error in failed[1:]:
        session.tell_error(error, place.format(prompt))
    for prompt, error in failed:
        session.place = place.format(prompt)
        raise error
    files.finish()


def _document(prompt: str, end: Made | BaseException) -> dict[str, Any]:
    if isinstance(end, BaseException):
        return {"prompt": prompt, "error": document(end), "paths": []}
    return {"prompt": prompt, "id": end.id, "model": end.model, "paths": list(map(str, end.paths))}


def _parameters(given: dict[str, Any], size: str | None) -> dict[str, Any] | None:
    """The parameters that have a value; None where none has."""
    parameters = {name: value for name, value in given.items() if value is not None}
    set_size(parameters, size)
    return parameters or None


command = make(
    image,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["prompts"], metavar="PROMPT...", nargs=-1, required=True),
        click.Option(["-o", "--output"], type=FILE, metavar="PATH", help=HELP),
        click.Option(
            ["--input", "inputs"],
            type=FILE,
            multiple=True,
            metavar="PICTURE",
            help="A picture to start from, a file or a URL; repeatable.",
        ),
        click.Option(
            ["--mask"],
            type=FILE,
            metavar="PICTURE",
            help="A picture that is white where the input is to be repainted, a file or a URL.",
        ),
        click.Option(["--size"], metavar="WxH", help="Width and height in pixels, for instance 1024x1024."),
        *OPTIONS,
        click.Option(
            ["--open", "open_it"], is_flag=True, help="Show the pictures in the program that opens such files."
        ),
        click.Option(["--preview"], is_flag=True, help="Show the pictures in the terminal."),
        *options_of(PARAMETERS, short={"num_images": "-n"}),
        *options_of(BODY["properties"], leave_out=("contents", "parameters")),
    ],
)
