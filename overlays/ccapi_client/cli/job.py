"""`ccapi job`: shows a job of any kind, or waits until it has finished."""

from __future__ import annotations

from typing import Any

import click
from ccapi_openapi.api import job_operations
from ccapi_openapi.operations import JobContract, at

from ..client import CCAPI
from ..errors import NotFoundError
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
    """Shows a job as it is now; with --wait, waits until it has finished and saves its files.

    An id does not say what kind of job it is, so one kind after the other is looked up.
    """
    if output:
        check_output(output)
    client = session.client
    if wait:
        bars = Bars(session)
        with bars, session.resumable(id, output, "files"):
            bar = bars.start(id)
            contract, found = _wait(client, id, timeout=wait_timeout, on_update=lambda update: bars.update(bar, update))
            saved = client.save(found, output or "./")
    else:
        contract, found = _look_up(client, id)
        saved = client.save(found, output) if output else []
    paths = saved if isinstance(saved, list) else [saved]
    if session.as_json:
        session.result({**found.to_dict(), "paths": [str(path) for path in paths]})
    for path in paths:
        session.saved(path, open_it=open_it, preview=preview)
    if not paths and not session.as_json:
        _tell(session, contract, found)
    if contract.end(found) not in (None, "completed"):
        raise click.exceptions.Exit(JOB_FAILED)


def _look_up(client: CCAPI, id: str) -> tuple[JobContract, Any]:
    """A job as it is now, and what the contract says of its kind.

    Raises:
        NotFoundError: There is no such job of any kind.
    """
    missing: NotFoundError | None = None
    for operation in job_operations():
        poll = operation.job.waited_for_by.replace("wait_for_", "get_", 1)
        try:
            return operation.job, getattr(client, poll)(id)
        except NotFoundError as error:
            missing = missing or error
    assert missing is not None  # noqa: S101 - there are kinds of jobs
    raise missing


def _wait(client: CCAPI, id: str, **options: Any) -> tuple[JobContract, Any]:
    """The completed job; one that is not found at all may be too new, and is waited for as the first kind is."""
    given: Any
    try:
        contract, given = _look_up(client, id)
    except NotFoundError:
        contract, given = job_operations()[0].job, id
    return contract, getattr(client, contract.waited_for_by)(given, **options)


def _tell(session: Session, contract: JobContract, found: Any) -> None:
    # Where the error does not match the contract, it is shown as the service sent it.
    error = at(found, contract.error)
    reason = getattr(error, "message", error)
    reason = f": {reason}" if reason else ""
    session.show(plain_line(f"{found[contract.id]}: {at(found, contract.status)}{reason}"))
    left, progress = at(found, contract.estimate), at(found, contract.progress)
    if contract.end(found) is not None:
        if at(found, contract.result):
            session.tell("[dim]-o PATH saves its files[/dim]")
    elif isinstance(left, int | float):
        session.tell(f"[dim]about {left:g} s left; --wait waits for it[/dim]")
    elif isinstance(progress, int | float):
        session.tell(f"[dim]{progress:g} % are done; --wait waits for it[/dim]")


command = make(
    job,
    examples=EXAMPLES,
    params=[
        click.Argument(["id"], metavar="ID"),
        click.Option(["--wait"], is_flag=True, help="Wait until it has finished, and save its files."),
        click.Option(["-o", "--output"], metavar="PATH", help="Save its files to this file or folder."),
        click.Option(
            ["--wait-timeout"],
            type=click.FloatRange(min=0.001),
            metavar="SECONDS",
            help="How long to wait (default: 600).",
        ),
        click.Option(["--open", "open_it"], is_flag=True, help="Show them in the program that opens such files."),
        click.Option(["--preview"], is_flag=True, help="Show them in the terminal; of a video, its first frame."),
    ],
)
