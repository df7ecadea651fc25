"""`ccapi video`: makes a video from a prompt, by a job."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidRequestError
from ..media import image as picture_input
from .app import command as make
from .bars import Bars
from .image import size_of, submitted
from .options import body_of, options_of, schema_of
from .session import Session, check_output

EXAMPLES = """
ccapi video "a lighthouse in a storm" -o lighthouse.mp4
ccapi video "the waves begin to move" --input photo.png --duration 1
ccapi video "a fox" --no-wait    prints the job's id, for: ccapi job ID --wait
"""

BODY = body_of("generateVideo")
METADATA = schema_of(BODY["properties"]["metadata"])["properties"]


def video(session: Session, **values: Any) -> None:
    """Makes a video from a text, or from a text and a picture, and prints its path.

    After Ctrl-C, says how to get the video of a job that keeps running.
    """
    asyncio.run(_make(session, **values))


async def _make(
    session: Session,
    prompt: str,
    output: str,
    input: str | None,
    size: str | None,
    no_wait: bool,
    wait_timeout: float | None,
    open_it: bool,
    preview: bool,
    **fields: Any,
) -> None:
    check_output(output)
    metadata = {name: value for name in METADATA if (value := fields.pop(name)) is not None}
    if size:
        for other in ("width", "height"):
            if fields[other] is not None:
                raise InvalidRequestError(f"--size: it sets the same as --{other}; use one of them")
        fields["width"], fields["height"] = size_of(size)
    if input:
        picture = picture_input(input).image
        fields["image"] = picture and (picture.url or picture.data)
    bars = Bars(session)
    async with session.async_client() as client:
        with bars:
            bar = bars.start(prompt)
            key = session.idempotency_key()
            request = client.generate_video(prompt=prompt, metadata=metadata or None, idempotency_key=key, **fields)
            task, is_interrupted = await submitted(asyncio.ensure_future(request))
            with session.resumable(task.task_id, output, "video"):
                if is_interrupted:
                    raise asyncio.CancelledError
                path = None
                if not no_wait:
                    job = await client.wait_for_video_job(
                        task, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update)
                    )
                    path = await client.save(job, output)
            bars.done(bar)
    _tell(session, {"prompt": prompt, "id": task.task_id}, path, open_it=open_it, preview=preview)


def _tell(session: Session, made: dict[str, Any], path: Path | None, *, open_it: bool, preview: bool) -> None:
    if session.as_json:
        session.result(made | ({"path": str(path)} if path else {}))
    elif path is None:
        session.show(made["id"])
    if path:
        session.saved(path, open_it=open_it, preview=preview)


command = make(
    video,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["prompt"], metavar="PROMPT"),
        click.Option(["-o", "--output"], default="./", metavar="PATH", help="A file, or a folder (default: this one)."),
        click.Option(["--input"], metavar="PICTURE", help="A picture to start from, a file or a URL."),
        click.Option(["--size"], metavar="WxH", help="Width and height in pixels, for instance 640x360."),
        click.Option(["--no-wait"], is_flag=True, help="Print the job's id at once, and do not wait for the video."),
        click.Option(
            ["--wait-timeout"],
            type=click.FloatRange(min=0.001),
            metavar="SECONDS",
            help="How long to wait for the job (default: 600).",
        ),
        click.Option(["--open", "open_it"], is_flag=True, help="Play it in the program that opens such files."),
        click.Option(["--preview"], is_flag=True, help="Show its first frame in the terminal."),
        *options_of(BODY["properties"], leave_out=("prompt", "image", "metadata")),
        *options_of(METADATA),
    ],
)
