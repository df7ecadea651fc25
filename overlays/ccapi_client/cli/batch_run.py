"""`ccapi batch run`: plans a request for each row of an input, sends what is planned, and shows how far it is."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from ..batch import Counts, Item
from ..batch.adding import OnChange
from ..batch.deciding import use_sandbox
from ..batch.money import PriceList
from ..batch.operations import DEFAULT, operations
from ..errors import CCAPIError, InvalidRequestError
from ..policies import PollPolicy
from .app import command as make
from .batch_costs import keep_limit, prices_of, tell_estimate
from .batch_parts import LEDGER, batch_error_codes, client_elsewhere, copied, name_options, opened, shown
from .batch_progress import Line
from .failures import JOB_FAILED, TIMED_OUT
from .options import WAIT_TIMEOUT, Pair
from .output import number_of
from .plain import plain_json
from .session import Session
from .values import FILE, FOLDER, Number, Whole

EXAMPLES = """
ccapi batch run prompts.txt -o out/
ccapi batch run rows.csv -o out/ --set 'text=a {color} fox' --dry-run
ccapi batch run requests.jsonl -o out/ --per-minute 300 --idempotency replay
ccapi batch run -o out/       go on where it ended
"""
UNKNOWN = 7


def run(session: Session, **values: Any) -> None:
    """Sends a request for each row of ROWS, waits for jobs, and saves their files.

    ROWS is a .txt with a text in each line, a .csv, a .tsv or a .jsonl, also one in the shape of OpenAI's batches; `-`
    is the text of standard input. The same command again goes on where the last one ended, and sends nothing twice.
    Prints the path of each file; with --json, a document for each row as it ends, and one at the end.
    """
    asyncio.run(_run(session, **values))


async def _run(
    session: Session,
    rows: str | None,
    output: str,
    ledger: str | None,
    operation: str,
    sets: tuple[tuple[str, str], ...],
    id: str | None,
    on_change: OnChange,
    price: tuple[tuple[str, float], ...],
    dry_run: bool,
    wait_timeout: float | None,
    scheduler: str | None,
    **limits: Any,
) -> None:
    if "://" in output and not (scheduler and ledger):
        raise InvalidRequestError("-o: a URL goes with --scheduler, and needs a --ledger FILE")
    path = Path(ledger) if ledger else Path(output) / LEDGER
    if rows is None and not path.exists():
        raise InvalidRequestError(f"ROWS: what is to be sent? There is no ledger at {path} to go on with")
    if rows not in (None, "-") and not Path(str(rows)).exists():
        raise InvalidRequestError(f"ROWS: {rows} can't be read: there is no such file")
    template = _template(rows, sets)
    with copied(path) if dry_run else opened(path) as batch:
        if rows is not None:
            added = batch.add(rows, operation=operation, template=template, id=id, on_change=on_change)
            kept = f", {added.changed:,} changed" if added.changed else ""
            session.tell(f"{number_of(added.new, 'new row')}, {added.same:,} there already{kept}")
        if dry_run and session.connection.use_sandbox:  # what an ended sandbox had in hand is planned anew
            use_sandbox(batch._ledger, "")
        is_kept = limits["max_cost"] is None
        limit = keep_limit(batch, limits["max_cost"], price)
        limits["max_cost"] = max_cost = limit.max_cost
        has_limit = max_cost is not None
        is_needed = has_limit and not dry_run and all(isinstance(each, str) for each in limit.prices.values())
        prices = await prices_of(session, is_needed=is_needed) if dry_run or has_limit or price else None
        if is_kept and has_limit:
            currency = PriceList(prices, limit.prices).currency
            session.tell(
                f"the limit of {max_cost:g} {currency} from the earlier run applies; change it with --max-cost, "
                "where inf is none"
            )
        if dry_run:
            tell_estimate(session, batch, prices, max_cost)
            return
        poll = PollPolicy() if wait_timeout is None else PollPolicy(timeout=wait_timeout)
        place, has_answers = shlex.quote(ledger or output), False
        async with session.async_client() as client:
            limits = {"output": output, "prices": prices, **limits}
            if scheduler is None:
                running = batch.run(client.with_options(poll=poll), **limits)
            else:
                from ..batch import dask

                if session.connection.verbose:
                    session.tell("each worker shows its requests on its own standard error")
                running = dask.run(batch, scheduler, client_elsewhere(session, poll), **limits)
            if session.connection.use_sandbox:  # the settings are taken: a wrong one leaves the ledger as it was
                use_sandbox(batch._ledger, str(session.account.base_url))
            with Line(session, running, limits["max_cost"]) as line:
                try:
                    async with running:
                        async for item in running:
                            has_answers |= item.state == "saved" and not (item.paths or item.urls)
                            with line.above():
                                _tell_item(session, item)
                            line.update()
                except asyncio.CancelledError:
                    session.add_hint("the same command goes on from there")
                    raise
                except CCAPIError as error:
                    name_options(error)
                    if session.as_json:
                        session.partial_result({"event": "end", **attrs.asdict(batch.counts())}, error)
                    raise
                finally:
                    line.close()
        if has_answers:
            session.tell(f"to get the responses: ccapi batch export {place} results.jsonl")
        _finish(session, batch.counts(), place)


def _template(rows: str | None, sets: tuple[tuple[str, str], ...]) -> Mapping[str, Any] | None:
    """The fields that were set; of lines of text, with the text in its place."""
    if not sets:
        return None
    is_text = rows is not None and (rows == "-" or rows.lower().endswith(".txt"))
    return {**({"text": "{text}"} if is_text else {}), **dict(sets)}


def _tell_item(session: Session, item: Item) -> None:
    if session.as_json:
        document = {
            "event": "row",
            "id": item.id,
            "state": item.state,
            "paths": [*map(str, item.paths), *item.urls],
            "job_id": item.job_id,
            "error": None if item.error is None else attrs.asdict(item.error),
        }
        click.echo(plain_json(json.dumps(document, ensure_ascii=False)))
        return
    for path in item.paths:
        session.show(shown(path))
    for url in item.urls:
        session.show(url)


def _finish(session: Session, counts: Counts, place: str) -> None:
    if session.as_json:
        click.echo(json.dumps({"event": "end", **attrs.asdict(counts)}))
    if counts.unknown:
        code, what = UNKNOWN, f"the outcome of {number_of(counts.unknown, 'row')} is unknown"
    elif counts.failed or counts.lost:
        code, what = JOB_FAILED, f"{number_of(counts.failed + counts.lost, 'row')} failed"
    elif counts.left:
        code, what = TIMED_OUT, f"{number_of(counts.left, 'row')} not finished; the same command waits again"
    else:
        return
    session.tell(f"{what}; `ccapi batch status {place}` says more")
    raise click.exceptions.Exit(code)


def _operations(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [each.name for each in operations().values() if each.name.startswith(incomplete)]


def _limit(name: str, metavar: str, help: str, kind: Any = None) -> click.Option:
    return click.Option([f"--{name}"], type=kind or Number(min=0, min_open=True), metavar=metavar, help=help)


command = make(
    batch_error_codes(run),
    examples=EXAMPLES,
    refuses={
        "idempotency_key": "each row is sent with a key of its own",
        "retries": "what may be retried follows from --idempotency",
    },
    params=[
        click.Argument(["rows"], type=FILE, metavar="[ROWS]", required=False),
        click.Option(
            ["-o", "--output"],
            type=FOLDER,
            default="./",
            metavar="FOLDER",
            help="The folder for the files and the ledger (default: the current one).",
        ),
        click.Option(
            ["--ledger"],
            type=FILE,
            metavar="FILE",
            help=f"The file that keeps the state of the batch (default: FOLDER/{LEDGER}).",
        ),
        click.Option(
            ["--operation"],
            default=DEFAULT,
            metavar="NAME",
            shell_complete=_operations,
            help=f"The method to call: {', '.join(each.name for each in operations().values())} (default: {DEFAULT}).",
        ),
        click.Option(
            ["--set", "sets"],
            multiple=True,
            type=Pair(click.STRING),
            metavar="FIELD=VALUE",
            help="A field of the request, as text or parameters.seed, with {column} for what a row has there.",
        ),
        click.Option(["--id"], metavar="TEXT", help="The id of a row, with {column}; files are named by it."),
        click.Option(
            ["--on-change"],
            type=click.Choice(["error", "keep", "replace"]),
            default="error",
            help="What to do about a row that was planned with another content (default: error).",
        ),
        _limit(
            "per-minute",
            "N",
            "How many requests and polls to send a minute at most; by default as many as the service accepts.",
        ),
        click.Option(
            ["--in-flight"],
            type=Whole(1),
            default=64,
            help="How many rows to have in flight at most (default: 64).",
        ),
        _limit(
            "max-cost",
            "N",
            "What the whole batch may cost, in the currency of the prices; later runs keep it until another is given, "
            "or inf for none.",
        ),
        click.Option(
            ["--price"],
            multiple=True,
            type=Pair(Number(min=0, max=1e12)),
            metavar="MODEL=N",
            help="What a request to a model costs, in place of the catalog's price; repeatable.",
        ),
        click.Option(
            ["--max-failures"],
            type=Number(0, 1),
            default=0.05,
            help=(
                "The share of rows that may end failed, unknown or lost before the run stops; checked from the 20th "
                "row that ends (default: 0.05)."
            ),
        ),
        click.Option(
            ["--idempotency"],
            type=click.Choice(["never", "replay", "reject"]),
            default="never",
            help=(
                "What the service does with a key that it has seen: replay the first response, or reject the request. "
                "never: that isn't known, so no request is retried (default)."
            ),
        ),
        click.Option(
            ["--key-ttl"],
            type=Number(min=0),
            default=72_000,
            metavar="SECONDS",
            help="How long the service remembers a key (default: 72000).",
        ),
        WAIT_TIMEOUT,
        click.Option(
            ["--scheduler"],
            metavar="ADDRESS",
            help="Have the workers of a Dask scheduler on this machine do it, as tcp://host:8786; they need the key.",
        ),
        click.Option(
            ["--dry-run"], is_flag=True, help="Only show the first request, how many there are, and the cost."
        ),
    ],
)
