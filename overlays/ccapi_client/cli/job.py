"""`ccapi job`: an image job as it is now, or once it has ended."""

from __future__ import annotations

import shlex
from typing import Any

import click

from ..waiting import FINAL
from .app import command as make
from .image import Bars, show
from .session import Session

EXAMPLES = """
ccapi job job-4d2e
ccapi job job-4d2e --wait -o lighthouse.png
"""


def job(
    session: Session, id: str, wait: bool, output: str | None, wait_timeout: float | None, open_it: bool, preview: bool
) -> None:
    """Shows an image job as it is now; with --wait, waits until it has ended and saves its pictures."""
    client = session.client
    if wait:
        bars = Bars(session)
        resume = f"ccapi job {id} --wait{f' -o {shlex.quote(output)}' if output else ''}"
        with bars.progress, session.hint(f"{id}: to go on waiting, run: {resume}"):
            bar = bars.start(id)
            found = client.wait_for_image_job(
                id, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update)
            )
    else:
        found = client.get_image_job(id)
    paths: list[Any] = client.save(found, output or "./") if found.data and (wait or output) else []
    if session.as_json:
        session.result({**found.to_dict(), "paths": [str(path) for path in paths]})
        return
    if not paths:
        session.out.print(f"{found.id}: {found.status}", markup=False)
        if found.status not in FINAL and found.estimated_time:
            session.tell(f"[dim]about {found.estimated_time:g} s left; --wait waits for it[/dim]")
        elif found.data:
            session.tell("[dim]-o PATH saves its pictures[/dim]")
    for path in paths:
        click.echo(path)
        show(session, str(path), open_it=open_it, preview=preview)


command = make(
    job,
    examples=EXAMPLES,
    params=[
        click.Argument(["id"], metavar="ID"),
        click.Option(["--wait"], is_flag=True, help="Wait until it has ended, and save its pictures."),
        click.Option(["-o", "--output"], metavar="PATH", help="Save its pictures to this file or folder."),
        click.Option(
            ["--wait-timeout"], type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait (default: 600)."
        ),
        click.Option(
            ["--open", "open_it"], is_flag=True, help="Show the pictures in the program that opens such files."
        ),
        click.Option(["--preview"], is_flag=True, help="Show the pictures in the terminal."),
    ],
)
