"""What the methods of `Sandbox` do, over HTTP, for tests in other languages: `POST /sandbox/...`, with the key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import pages, reading
from .errors import ApiError
from .faults import parse
from .forms import bad
from .gateway import Gateway

Action = Callable[[Any], Awaitable[dict[str, Any]]]

WHERE = ("to", "times")
"""The fields beside those of a reply: which requests it is for, and how many."""


def routes(gateway: Gateway) -> Sequence[Route]:
    """The routes that control the sandbox."""
    bodies = reading.Bodies()

    async def replies(document: Any) -> dict[str, Any]:
        given = document if isinstance(document, list) else [document]
        if not all(isinstance(each, dict) for each in given):
            raise bad("replies", "an object, or a list of objects, is expected")
        parts: list[tuple[Any, Any, Any]] = [
            (
                {name: value for name, value in each.items() if name not in WHERE},
                each.get("to", "chats"),
                each.get("times"),
            )
            for each in given
        ]
        gateway.replies.extend(parts)  # which checks them
        return {"waiting": len(gateway.replies)}

    async def reset(document: Any) -> dict[str, Any]:
        _fields(document, ())
        await gateway.reset()
        return {}

    async def faults(document: Any) -> dict[str, Any]:
        (text,) = _fields(document, ("fault",))
        if not isinstance(text, str):
            raise bad("fault", "a text is expected, as in the header X-Sandbox-Fault")
        try:
            gateway.faults.fail_next(parse(text))
        except ValueError as error:
            raise bad("fault", str(error)) from None
        return {}

    async def clock(document: Any) -> dict[str, Any]:
        (seconds,) = _fields(document, ("advance",))
        gateway.clock.advance(seconds)
        return {"now": gateway.now()}

    def endpoint(act: Action) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            pages.authenticate(request, gateway.settings.api_key)
            async with bodies.body(request) as body:
                document = reading.document_of(body)
            try:
                return JSONResponse(await act(document))
            except ValueError as error:
                raise ApiError.bad_request(str(error), field=str(error).partition(":")[0]) from None

        return serve

    return [
        Route(f"/sandbox/{act.__name__}", endpoint(act), methods=["POST"]) for act in (replies, reset, faults, clock)
    ]


def _fields(document: Any, names: Sequence[str]) -> list[Any]:
    """The values of the fields of a body, which has all of them and no others."""
    if not isinstance(document, dict):
        raise bad("the body", "an object is expected")
    for name in document:
        if name not in names:
            raise bad(name, f"no such field; there {'is ' + ', '.join(names) if names else 'are none'}")
    for name in names:
        if name not in document:
            raise bad(name, "required, but missing")
    return [document[name] for name in names]
