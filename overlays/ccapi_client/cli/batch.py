"""`ccapi batch`: thousands of requests that survive a crash. `batch_run` runs them; here is all that comes after."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import attrs
import click

from ..batch import Batch, Counts, Item, deciding
from ..batch.desk import STATES
from .app import HelpfulGroup
from .app import command as make
from .batch_parts import batch_error_codes, ledger_in, shown, to_run
from .batch_run import command as run_command
from .output import number_of
from .plain import plain_line
from .session import Session
from .values import FILE, FOLDER

EXAMPLES = """
ccapi batch run prompts.txt -o out/       a line, a picture
ccapi batch run rows.csv -o out/ --set 'text=a {color} fox' --dry-run
ccapi batch status out/
ccapi batch report out/
ccapi batch export out/ results.jsonl
"""
SHOWN = 10
"""How many rows of a kind are listed."""
ADVICE = {
    "failed": "`ccapi batch retry {0}` plans them again, and `{1}` sends them, which costs again",
    "unknown": (
        "they may have been executed, and billed, but their responses are lost: see `ccapi batch resolve --help`; "
        "only where the service honors keys, `{1} --idempotency replay` finds out; elsewhere it is billed twice"
    ),
    "lost": (
        "they were executed, and their results are gone: `ccapi batch retry {0}` plans them again, and `{1}` sends "
        "them, which costs again; a row whose job was named by a wrong id gets another one by "
        "`ccapi batch resolve {0} --id ID --job JOB`"
    ),
}


def status(session: Session, place: str) -> None:
    """Shows how far a batch is, what failed, and what to do about it; also while another process runs it."""
    with open_batch(place, read_only=True) as batch:
        counts = batch.counts()
        shown = SHOWN if not session.as_json else None
        dropped, max_cost = deciding.dropped(batch._ledger), batch.max_cost
        worst = {state: list(islice(batch.items([state]), shown)) for state in ADVICE}
    if session.as_json:
        numbers = {state: getattr(counts, state) for state in STATES}
        session.result(
            {**numbers, "max_cost": max_cost, "rows": [_document(item) for found in worst.values() for item in found]}
        )
        return
    session.show(summary(counts))
    if max_cost is not None:
        session.tell(f"the limit for the whole batch is {max_cost:g}; change it with `{to_run(place)} --max-cost`")
    for state, found in worst.items():
        for item in found:
            reason = f": {item.error.message}" if item.error else ""
            session.show(plain_line(f"  {state} {item.id}{reason}{_trace(item)}"))
        if len(found) < getattr(counts, state):
            session.show(f"  … {getattr(counts, state) - len(found):,} more")
        count = dropped if state == "failed" else 0
        if count < getattr(counts, state):
            session.tell(f"{state}: {ADVICE[state].format(shlex.quote(place), to_run(place))}")
        if count:
            session.tell(
                f"rows that were dropped stay so, unless `ccapi batch retry {shlex.quote(place)} --id ID` names one"
            )


def _document(item: Item) -> dict[str, Any]:
    """What is known of a row that is not saved, so that it can be found at the service."""
    return {
        "id": item.id,
        "state": item.state,
        "job_id": item.job_id,
        "idempotency_key": item.idempotency_key,
        "sent": item.sent.isoformat(timespec="seconds") if item.sent else None,
        "error": None if item.error is None else attrs.asdict(item.error),
    }


def _trace(item: Item) -> str:
    """By what a row whose outcome is unknown can be found at the service."""
    if item.state != "unknown" or item.sent is None:
        return ""
    return f" (sent {item.sent:%Y-%m-%d %H:%M:%S} UTC, Idempotency-Key {item.idempotency_key})"


def summary(counts: Counts) -> str:
    """How many rows there are, by their states."""
    parts = [f"{getattr(counts, state):,} {state}" for state in STATES if getattr(counts, state)]
    return f"{number_of(counts.total, 'row')}: {', '.join(parts) or 'none'}"


def retry(session: Session, place: str, ids: tuple[str, ...]) -> None:
    """Plans anew what failed or was lost, which costs again; then `ccapi batch run` sends it."""
    with open_batch(place) as batch:
        count = batch.retry(ids or None)
        counts = batch.counts()
    none = "those that failed were dropped: name one by --id" if counts.failed else "none failed, and none is lost"
    _tell_planned(session, count, counts, none, place)


def resolve(
    session: Session, place: str, ids: tuple[str, ...], resend: bool, drop: bool, job_id: str | None, every: bool
) -> None:
    """Decides about rows whose outcome is unknown: they were sent, and no response came.

    First look at the service's own pages, by time and by `Idempotency-Key`, for what was executed. Then: --drop what
    you don't need, --resend what was not executed (else it is billed twice), and give the --job of what was.
    """
    chosen = [*(["resend"] if resend else []), *(["drop"] if drop else []), *([job_id] if job_id else [])]
    if len(chosen) != 1:
        raise click.UsageError("one of --resend, --drop and --job is expected")
    if bool(ids) == every:
        raise click.UsageError("--id for each row, or --all, is expected")
    with open_batch(place) as batch:
        named = batch.counts().unknown if every else len(set(ids))
        if job_id and named != 1:
            raise click.UsageError(f"--job: it is for a single row, and here {_is(named)} {number_of(named, 'row')}")
        count = batch.resolve(None if every else ids, chosen[0])
        counts = batch.counts()
    if drop:
        _tell(session, {"dropped": count}, f"{number_of(count, 'row')} {_is(count)} dropped")
    elif not resend:
        _tell(
            session,
            {"jobs": count},
            f"{number_of(count, 'row')} waits for its job; to get what it makes: {to_run(place)}",
        )
    else:
        _tell_planned(session, count, counts, "no row has an unknown outcome", place)


def _tell_planned(session: Session, count: int, counts: Counts, none: str, place: str) -> None:
    text = f"{number_of(count, 'row')} {_is(count)} planned{'' if count else f': {none}'}"
    todo = f"; to send what is planned: {to_run(place)}" if counts.planned else ""
    _tell(session, {"planned": count}, f"{text}{todo}")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _tell(session: Session, document: dict[str, int], text: str) -> None:
    if session.as_json:
        session.result(document)
    else:
        session.show(text)


def export(session: Session, place: str, target: str) -> None:
    """Writes the results into a file, in the order of the input.

    TARGET is a .jsonl in the shape of OpenAI's batches, with errors.jsonl beside it, or a .csv.
    """
    with open_batch(place, read_only=True) as batch:
        done = batch.export(target)
    if session.as_json:
        session.result({"results": done.results, "errors": done.errors, "paths": list(map(str, done.paths))})
        return
    for path in done.paths:
        session.show(shown(path))
    session.tell(f"{number_of(done.results, 'result')}, {number_of(done.errors, 'error')}")


def report(session: Session, place: str, target: str | None, open_it: bool) -> None:
    """Writes a contact sheet: one HTML file with all pictures, and what was requested."""
    with open_batch(place, read_only=True) as batch:
        path = batch.report(target or ledger_in(place).parent / "sheet.html")
    if session.as_json:
        session.result({"path": str(path)})
    else:
        session.show(shown(path))
    if open_it:
        click.launch(str(path))


def open_batch(place: str, *, read_only: bool = False) -> Batch:
    """The batch of a folder, or of a ledger."""
    path = ledger_in(place)
    return Batch.open(path, read_only=read_only or not os.path.exists(path))  # what is only read is not made


SUMMARIES = {
    "run": "Send a request for each row, and save what comes back.",
    "status": "Show how far a batch is, and what failed.",
    "retry": "Plan failed and lost rows again.",
    "resolve": "Decide about rows whose outcome is unknown.",
    "export": "Write the results into a .jsonl or a .csv.",
    "report": "Write a contact sheet: one HTML file with all pictures.",
}


PLACE = partial(click.Argument, ["place"], type=FOLDER, metavar="FOLDER")
IDS = partial(click.Option, ["--id", "ids"], multiple=True, metavar="ID", help="A row, by its id; repeatable.")


def _own(run: Callable[..., Any], examples: str, *params: click.Parameter) -> click.Command:
    return make(batch_error_codes(run), examples=examples, params=[PLACE(), *params], connects=False)


command = HelpfulGroup(
    name="batch",
    summaries=SUMMARIES,
    examples=EXAMPLES,
    help="Sends thousands of requests. What is finished stays finished, and nothing is sent twice.",
    commands={
        "run": run_command,
        "status": _own(status, "ccapi batch status out/"),
        "retry": _own(retry, "ccapi batch retry out/\nccapi batch retry out/ --id fox-7", IDS()),
        "resolve": _own(
            resolve,
            "ccapi batch resolve out/ --drop --all\nccapi batch resolve out/ --id fox-7 --job job-4d2e",
            IDS(),
            click.Option(["--resend"], is_flag=True, help="Send it again; billed again where it was executed."),
            click.Option(["--drop"], is_flag=True, help="Don't send it again; it counts as failed."),
            click.Option(["--job", "job_id"], metavar="JOB", help="It is this job: wait for it, and save its files."),
            click.Option(["--all", "every"], is_flag=True, help="All rows whose outcome is unknown."),
        ),
        "export": _own(
            export,
            "ccapi batch export out/ results.jsonl\nccapi batch export out/ results.csv",
            click.Argument(["target"], type=FILE, metavar="TARGET"),
        ),
        "report": _own(
            report,
            "ccapi batch report out/ --open",
            click.Argument(["target"], type=FILE, metavar="[TARGET]", required=False),
            click.Option(["--open", "open_it"], is_flag=True, help="Show it in the browser."),
        ),
    },
)
