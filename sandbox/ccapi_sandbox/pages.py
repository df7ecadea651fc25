"""The sandbox's pages for people: the first page, the reference, the ledger. They work without a network."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import catalog
from .contract import ROOT, Contract
from .errors import ApiError
from .faults import HEADER, KINDS
from .gateway import Gateway
from .settings import API_KEY
from .speak import VOICES

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the pages: they may only load what the sandbox serves, and no page may frame them."""
SHOWN = 20
"""How many of the last requests the first page shows."""
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""The names of this machine, as a request's `Host` has them."""


def is_local(host: str) -> bool:
    """Whether a `Host` is one of `LOCAL_NAMES`, with a port or without."""
    return re.sub(r":\d+$", "", host) in LOCAL_NAMES


def authenticate(request: Request, api_key: str) -> None:
    """Checks the key of a request.

    Raises:
        ApiError: 401 if it is missing or wrong.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(key.encode(), api_key.encode()):
        raise ApiError.unauthorized()


def routes(contract: Contract, gateway: Gateway) -> Sequence[BaseRoute]:
    """The pages' routes."""

    async def status(request: Request) -> Response:
        entries = gateway.ledger.latest(SHOWN)
        settings, is_here = gateway.settings, is_local(request.headers.get("host", ""))
        return JSONResponse(
            {
                "version": contract.document["info"]["version"],
                "base_url": f"{str(request.base_url).rstrip('/')}{ROOT}",
                # Only the default key, which is public, and only on this machine. The user types in any other.
                "api_key": API_KEY if settings.api_key == API_KEY and is_here else None,
                "chat": gateway.chat.name,
                "voices": list(VOICES),
                "models": [{"id": each.id, "type": each.type, "name": each.display_name} for each in catalog.MODELS],
                "faults": {"header": HEADER, "kinds": KINDS},
                # Other machines need the key to see them, in the ledger.
                "requests": []
                if settings.allow_remote
                else [
                    {
                        "time": each.time,
                        "method": each.method,
                        "path": each.path,
                        "status": each.status,
                        "billed": each.billed,
                        "fault": each.fault,
                    }
                    for each in entries
                ],
            }
        )

    async def ledger(request: Request) -> Response:
        if gateway.settings.allow_remote:
            authenticate(request, gateway.settings.api_key)
        return StreamingResponse(gateway.ledger.pieces(), media_type="application/json")

    async def document(request: Request) -> Response:
        return JSONResponse({**contract.document, "servers": [{"url": ROOT, "description": "This sandbox"}]})

    return [
        Route("/", _page("index.html")),
        Route("/docs", _page("docs.html")),
        Route("/openapi.json", document),
        Route("/sandbox/status", status),
        Route("/sandbox/ledger", ledger),
        Mount("/static/swagger-ui", StaticFiles(packages=[("swagger_ui", "static")])),
        Mount("/static", StaticFiles(packages=[("ccapi_sandbox", "static")])),
    ]


class NoSniff:
    """Adds `X-Content-Type-Options: nosniff` to every response, so that no browser takes a file for a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-content-type-options", b"nosniff")]}
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    text = files("ccapi_sandbox").joinpath("static", name).read_text("utf-8")

    async def page(request: Request) -> Response:
        return HTMLResponse(text, headers={"content-security-policy": POLICY})

    return page
