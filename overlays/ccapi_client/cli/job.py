"""`ccapi job`: shows an image job, or waits until it has finished."""

from __future__ import annotations

import click
from ccapi_openapi.api.images import get_image_job_operation

from .app import command as make
from .bars import Bars
from .plain import plain_line
from .session import JOB_FAILED, Session, check_output

EXAMPLES = """
ccapi job job-4d2e
ccapi job job-4d2e --wait -o lighthouse.png
"""


def job(
    session: Session, id: str, wait: bool, output: str | None, wait_timeout: float | None, open_it: bool, preview: bool
) -> None:
    """Shows an image job as it is now; with --wait, waits until it has finished and saves its pictures."""
    if output:
        check_output(output)
    client = session.client
    if wait:
        bars = Bars(session)
        with bars, session.resumable(id, output):
            bar = bars.start(id)
            found = client.wait_for_image_job(
                id, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update)
            )
            paths = client.save(found, output or "./")
    else:
        found = client.get_image_job(id)
        paths = client.save(found, output) if output else []
    contract = get_image_job_operation().job
    if session.as_json:
        session.result({**found.to_dict(), "paths": [str(path) for path in paths]})
    for path in paths:
        session.saved(path, open_it=open_it, preview=preview)
    if not paths and not session.as_json:
        # Where the error does not match the contract, it is shown as the service sent it.
        reason = getattr(found.error, "message", found.error)
        reason = f": {reason}" if reason else ""
        session.show(plain_line(f"{found.id}: {found.status}{reason}"))
        if contract.end(found) is None and isinstance(found.estimated_time, int | float):
            session.tell(f"[dim]about {found.estimated_time:g} s left; --wait waits for it[/dim]")
        elif found.data:
            session.tell("[dim]-o PATH saves its pictures[/dim]")
    if contract.end(found) not in (None, "completed"):
        raise click.exceptions.Exit(JOB_FAILED)


command = make(
    job,
    examples=EXAMPLES,
    params=[
        click.Argument(["id"], metavar="ID"),
        click.Option(["--wait"], is_flag=True, help="Wait until it has finished, and save its pictures."),
        click.Option(["-o", "--output"], metavar="PATH", help="Save its pictures to this file or folder."),
        click.Option(
            ["--wait-timeout"],
            type=click.FloatRange(min=0.001),
            metavar="SECONDS",
            help="How long to wait (default: 600).",
        ),
        click.Option(
            ["--open", "open_it"], is_flag=True, help="Show the pictures in the program that opens such files."
        ),
        click.Option(["--preview"], is_flag=True, help="Show the pictures in the terminal."),
    ],
)
