"""`ccapi video`: makes a video from a prompt, by a job."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import click

from .app import command as make
from .bars import Bars
from .destination import HELP, Destination, names_of
from .inputs import picture_of
from .making import OPTIONS, Maker, check_no_wait, set_size
from .options import body_of, options_of, schema_of
from .session import Session
from .values import FILE

EXAMPLES = """
ccapi video "a lighthouse in a storm" -o lighthouse.mp4
ccapi video "the waves begin to move" --input photo.png --duration 1
ccapi video "a fox" -o - | ffplay -
ccapi video "a fox" --no-wait    prints the job's id, for: ccapi job ID --wait
"""

BODY = body_of("generateVideo")
METADATA = schema_of(BODY["properties"]["metadata"])["properties"]


def video(session: Session, **values: Any) -> None:
    """Makes a video from a text, or from a text and a picture, and prints its path.

    In a folder, the video is named by its prompt. After Ctrl-C, says how to get the video of a job that keeps running.
    """
    asyncio.run(_make(session, **values))


async def _make(
    session: Session,
    prompt: str,
    output: str | None,
    input: str | None,
    size: str | None,
    no_wait: bool,
    wait_timeout: float | None,
    open_it: bool,
    preview: bool,
    **fields: Any,
) -> None:
    files = Destination(session, output, open_it=open_it, preview=preview)
    if no_wait:
        given = {"-o": output is not None, "--wait-timeout": wait_timeout is not None}
        check_no_wait(session, {**given, "--open": open_it, "--preview": preview})
    metadata = {name: value for name in METADATA if (value := fields.pop(name)) is not None}
    set_size(fields, size)
    if input:
        picture = picture_of("--input", input)
        fields["image"] = picture.url or picture.data
    async with session.async_client() as client:
        with files:
            bars = Bars(session)
            maker = Maker(session, client, bars, files, "video", no_wait, wait_timeout)
            with maker.telling_if_interrupted(), bars:
                key = session.idempotency_key()
                fields |= {"prompt": prompt, "metadata": metadata or None, "idempotency_key": key}
                request = partial(client.generate_video, **fields)
                made = await maker.make(prompt, request, names_of([prompt])[0])
            if session.as_json:
                path = {"path": str(made.paths[0])} if made.paths else {}
                session.result({"prompt": prompt, "id": made.id, **path})
            maker.tell(made)


command = make(
    video,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["prompt"], metavar="PROMPT"),
        click.Option(["-o", "--output"], type=FILE, metavar="PATH", help=HELP),
        click.Option(["--input"], type=FILE, metavar="PICTURE", help="A picture to start from, a file or a URL."),
        click.Option(["--size"], metavar="WxH", help="Width and height in pixels, for instance 640x360."),
        *OPTIONS,
        click.Option(["--open", "open_it"], is_flag=True, help="Play it in the program that opens such files."),
        click.Option(["--preview"], is_flag=True, help="Show its first frame in the terminal."),
        *options_of(BODY["properties"], leave_out=("prompt", "image", "metadata")),
        *options_of(METADATA),
    ],
)
