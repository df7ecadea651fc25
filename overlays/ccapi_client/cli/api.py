"""`ccapi api`: calls any operation of the contract, also one that no command is for."""

from __future__ import annotations

import base64
import json
import sys
from contextlib import nullcontext

import click
from ccapi_openapi.operations import CallOptions

from .._client import sender_of
from .._http.blocking import run
from .._http.plain import METHODS, plain_request, plain_result
from .._http.reading import media_type, status_error
from .._http.sender import Sender
from .._http.wire import Request, Response
from ..errors import InvalidRequestError, NotFoundError
from .app import command as make
from .fields import Filled, Route, fill, operations, path_near, route_of
from .inputs import STDIN, json_in
from .options import Pair
from .output import show_table
from .plain import plain_json
from .session import Session
from .values import FILE

EXAMPLES = """
ccapi api                           lists the operations
ccapi api listModels -F type=image -F limit=2
ccapi api GET /images/jobs/job-4d2e
ccapi api createImage -F prompt="a fox" -F n=2
ccapi api generateImages -F 'contents[0].text=a fox' -F parameters.seed=7
ccapi api generateImages --input request.json
"""


def api(session: Session, operation: tuple[str, ...], fields: tuple[tuple[str, str], ...], source: str | None) -> None:
    """Calls an operation of the contract, by its id or by METHOD PATH, and prints the JSON of its response.

    A path that the contract does not list is requested as it is. The events of a stream are printed as they come, a
    line each. A response that is a file goes to standard output; on a terminal, it is saved in this folder.
    """
    if not operation:
        if fields or source:
            raise InvalidRequestError("OPERATION: it is missing; `ccapi api` alone lists the operations")
        _list(session)
        return
    route = route_of(operation)
    if route.method not in METHODS:
        raise InvalidRequestError(f"METHOD: one of {', '.join(METHODS)} is expected, not {route.method!r}")
    filled = fill(route, fields, None if source is None else json_in("--input", source), is_stdin_taken=source == STDIN)
    if route.method == "GET" and filled.body is not None:
        raise InvalidRequestError("--input: a GET has no body; give its parameters by -F")
    try:
        _call(session, route, filled)
    except NotFoundError:
        if near := path_near(route):
            session.add_hint(f"the contract has no such path; did you mean {near}?")
        raise


def _call(session: Session, route: Route, filled: Filled) -> None:
    key = session.idempotency_key("a GET costs nothing" if route.method == "GET" else "")
    if isinstance(filled.body, dict) and filled.body.get("stream") is True:
        _stream(session, route.method, filled, key)
        return
    sender = sender_of(session.client)
    call = CallOptions(idempotency_key=key)
    request = plain_request(sender.options, route.method, filled.path, filled.body, filled.query, call)
    with nullcontext() if route.method == "GET" else session.billed():
        response = run(_sent(sender, request))
    if _is_json(response):
        data = plain_result(response).data
        if data is not None:
            session.result(data)
        return
    kind = media_type(response) or "application/octet-stream"
    encoded = base64.b64encode(response.content).decode()
    if session.as_json:
        session.result({"content_type": kind, "b64_json": encoded})
        return
    if not sys.stdout.isatty():
        click.echo(response.content, nl=False)
        return
    # A terminal shows no file; and it may have cost something, so it is not thrown away.
    session.saved(session.client.save(f"data:{kind};base64,{encoded}", "./"))


async def _sent(sender: Sender, request: Request) -> Response:
    with request.report.start(request, sender.clock) if request.report else nullcontext():
        response = await sender.send(request)
        if not response.is_success:
            raise status_error(response)
    return response


def _is_json(response: Response) -> bool:
    """Whether a response is to be read as JSON: it says so; or it says nothing or looks like it, and is JSON."""
    kind = media_type(response)
    if "json" in kind or not response.content:
        return True
    if kind and response.content.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(response.content)
    except (ValueError, RecursionError):  # a file, which may be billed, so it is not thrown away
        return False
    return True


def _stream(session: Session, method: str, filled: Filled, key: str | None) -> None:
    streamed = session.client.stream_request(
        method, filled.path, json=filled.body, params=filled.query, idempotency_key=key
    )
    with session.billed(streamed), streamed as events:
        for event in events:
            click.echo(plain_json(json.dumps(event, ensure_ascii=False)))


def _list(session: Session) -> None:
    found = [(name, method, path, each.get("summary", "")) for name, method, path, each in operations()]
    if session.as_json:
        names = ("operation", "method", "path", "summary")
        session.result([dict(zip(names, each, strict=True)) for each in found])
        return
    show_table(("OPERATION", "METHOD", "PATH", "SUMMARY"), found)


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name, *_ in operations() if name.startswith(incomplete)]


command = make(
    api,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["operation"], nargs=-1, metavar="[OPERATION | METHOD PATH]", shell_complete=_complete),
        click.Option(
            ["-F", "--field", "fields"],
            multiple=True,
            type=Pair(click.STRING),
            metavar="NAME=VALUE",
            help="A field of the body, or a parameter of the path or the query, as `seed=7`, `messages[0].role=user` "
            "or `input[]=text`; `@FILE` as VALUE reads a text file, `@-` standard input. Repeatable.",
        ),
        click.Option(
            ["--input", "source"],
            type=FILE,
            metavar="FILE",
            help="A JSON file to send as the body, or `-` for standard input.",
        ),
    ],
)
