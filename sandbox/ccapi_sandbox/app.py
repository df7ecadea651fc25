"""The sandbox as an ASGI app: it routes and checks by the contract, and reports errors in the contract's envelope."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import control, faulty, pages, reading, unhandled
from .contract import ROOT, Contract, Operation
from .errors import ApiError
from .executing import executed
from .extras import Extras
from .faults import HEADER, Fault
from .gateway import Call, Gateway
from .handlers import HANDLERS
from .ledger import Entry
from .settings import Settings

logger = logging.getLogger("ccapi_sandbox")

THREAD_BODY = 16 * 1024
"""A body longer than this, in bytes, is parsed and checked in a thread."""
MAX_URL, MAX_KEY = 4096, 255
"""The longest path and query together, and `Idempotency-Key`, in characters: the ledger keeps the path and the key."""

ERROR_CODES = {
    404: ("invalid_request_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
    413: ("invalid_request_error", "too_large"),
}


class Service:
    """Executes requests: checks the key, applies limits and faults, checks the body, then calls the handler."""

    def __init__(self, contract: Contract, gateway: Gateway) -> None:
        self._contract, self._gateway, self._settings = contract, gateway, gateway.settings
        self._bodies = reading.Bodies()

    def endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that serves an operation."""

        async def serve(request: Request) -> Response:
            if request.method != operation.method:  # a HEAD, which Starlette routes as a GET
                raise HTTPException(405, headers={"Allow": operation.method})
            # For the whole request: what it does after a reset is lost with the rest.
            gateway = self._gateway.as_it_is()
            entry = Entry(
                time=gateway.now(),
                method=request.method,
                path=request.url.path,
                operation=operation.id,
                idempotency_key=request.headers.get("idempotency-key"),
                request_id=_new_request_id(),
            )
            is_lost = False
            try:
                await _admit(request, entry.idempotency_key, gateway.settings.api_key)
                gateway.ledger.add(entry)
                response = await self._serve(gateway, operation, request, entry)
                is_lost = entry.fault == "stall" and not isinstance(response, faulty.EventStream)
            except Exception as error:  # caught here, so that the ledger has a status and the client a response
                if not isinstance(error, ApiError):
                    logger.exception("%s failed", operation.id)
                # A request without the key is refused before its fault is known.
                has_more = "extra-fields" in (entry.fault, request.headers.get(HEADER))
                response = _failure(error, Extras() if has_more else None)
            response.headers["x-request-id"] = entry.request_id
            response.headers.update(gateway.limits.headers())
            if not is_lost:  # else the client went away without a response
                entry.status = response.status_code
            gateway.ledger.finish(entry)
            return response

        return serve

    async def _serve(self, gateway: Gateway, operation: Operation, request: Request, entry: Entry) -> Response:
        async with self._bodies.body(request) as body:
            fault, problem = None, ""
            try:
                fault = gateway.faults.of(
                    request.headers.get(HEADER), entry.idempotency_key, f"{request.method} {entry.path}"
                )
            except ValueError as error:
                problem = str(error)
            entry.fault = fault.kind if fault else None  # set before the limits, whose 429 may have extra fields too
            gateway.limits.take()
            if problem:
                raise ApiError.bad_request(f"{HEADER}: {problem}", field=HEADER)
            if fault and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            instead = faulty.before(fault) if fault else None
            if instead is not None:
                return instead
            if request.method == "POST":
                gateway.limits.check_balance()
            response = await self._execute(gateway, operation, request, body, fault, entry)
        if fault and fault.kind == "stall" and not isinstance(response, faulty.EventStream):
            await faulty.until_gone(request)
        return faulty.after(fault, response) if fault else response

    async def _execute(
        self,
        gateway: Gateway,
        operation: Operation,
        request: Request,
        body: bytearray,
        fault: Fault | None,
        entry: Entry,
    ) -> Response:
        query = self._contract.query(operation, request)
        # A long body takes a while. In a thread, it doesn't block other requests.
        is_long = len(body) > THREAD_BODY
        read = partial(self._document, operation, request, body)
        document = await gateway.work(read) if is_long else read()
        if operation.has_json:
            gateway.ledger.keep(entry, body)
        origin = str(request.base_url).rstrip("/")
        accept = request.headers.get("accept", "*/*")
        call = Call(document, request.path_params, query, origin, operation.defaults, fault, accept=accept)
        handler = HANDLERS.get(operation.id) or unhandled.handler(self._contract, operation)
        answer = await executed(gateway, operation, call, entry, handler)
        if answer.chunks is not None:
            if fault and fault.executed:
                async for _ in answer.chunks:
                    pass
                if answer.close:
                    await answer.close()
                return JSONResponse(None)  # `faulty.after` replaces it with an error
            violation_of = self._contract.chunk_violation if self._settings.strict else _fine
            return faulty.EventStream(answer.chunks, fault, violation_of, answer.close, answer.headers)
        response: Response
        if answer.file is not None:
            response = Response(answer.file.make(), answer.status, answer.headers, answer.file.media_type or None)
        else:
            extras = fault and fault.kind == "extra-fields"
            document = Extras().into(answer.document) if extras else answer.document
            response = JSONResponse(document, answer.status, dict(answer.headers))
        is_checked = self._settings.strict and not answer.is_as_given
        violation = self._contract.violation(operation, request, response) if is_checked else None
        if violation:
            raise ApiError(500, "api_error", "contract_violation", f"{operation.id}: {violation}")
        return response

    def _document(self, operation: Operation, request: Request, body: bytearray) -> Any:
        """The JSON of a body that keeps the limits and the contract; an empty object for a body of another kind."""
        if not operation.has_json:
            return {}
        if operation.has_body:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                reason = f"application/json is expected, not {kind[:100]!r}"
                raise ApiError.bad_request(f"Content-Type: {reason}", field="Content-Type")
            if not body:
                raise ApiError.bad_request("the body: required, but missing")
        document = reading.document_of(body)
        self._contract.check_body(operation, document)
        return document


def _fine(document: dict[str, Any]) -> str | None:
    return None


async def _admit(request: Request, idempotency_key: str | None, api_key: str) -> None:
    """Rejects a request that is not even recorded.

    Raises:
        ApiError: 401 without the key, 414 for a URL that is too long, 400 for an `Idempotency-Key` that is too long.
    """
    try:
        pages.authenticate(request, api_key)
        if len(request.url.path) + len(request.url.query) > MAX_URL:
            raise ApiError(414, "invalid_request_error", "too_long", f"The URL has more than {MAX_URL} characters.")
        if len(idempotency_key or "") > MAX_KEY:
            reason = f"it has more than {MAX_KEY} characters, the maximum here"
            raise ApiError.bad_request(f"Idempotency-Key: {reason}", field="Idempotency-Key")
    except ApiError:
        await reading.drop(request)
        raise


async def _failed(request: Request, error: Exception) -> Response:
    return _failure(error)


def _failure(error: Exception, extras: Extras | None = None) -> Response:
    """The response for an error, in the contract's envelope."""
    headers: Mapping[str, str] = {}
    if isinstance(error, ApiError):
        status, envelope, headers = error.status, error.envelope, error.headers
    else:
        status, message = 500, "The sandbox failed; its log says why."
        if isinstance(error, HTTPException):
            status, message, headers = error.status_code, error.detail, error.headers or {}  # `Allow`, of a 405
        envelope = ApiError(status, *ERROR_CODES.get(status, ("api_error", "internal_error")), message).envelope
    envelope = extras.into(envelope) if extras else envelope
    return JSONResponse(envelope, status, {"x-request-id": _new_request_id(), **headers})


def _new_request_id() -> str:
    return f"req-{secrets.token_hex(8)}"


class _Rest(Convertor[str]):
    """The rest of a path, with its slashes. The id of a model has one, which arrives decoded even if it was encoded."""

    regex = ".+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("ccapi_rest", _Rest())


class OnlyLocal:
    """Rejects requests whose `Host` is not this machine, so that a web page can't get in by DNS rebinding."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or rejects it with a 403."""
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if not pages.is_local(host):
                names = ", ".join(pages.LOCAL_NAMES)
                option = "--allow-remote (allow_remote=True)"
                message = f"The sandbox only serves requests to {names}; with {option}, to any Host."
                error = ApiError(403, "invalid_request_error", "forbidden", message)
                await _failure(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def create_app(settings: Settings) -> tuple[Starlette, Gateway]:
    """The sandbox's app and its state."""
    contract = Contract()
    operations = list(contract.operations())
    paths = {operation.id: ROOT + operation.path for operation in operations}
    gateway = Gateway(settings, paths["getImageJob"], contract.document_violation)
    service = Service(contract, gateway)
    endpoints = {operation.id: service.endpoint(operation) for operation in operations}

    async def missing(request: Request, error: Exception) -> Response:
        return _failure(contract.missing(request) if getattr(error, "detail", "") == "Not Found" else error)

    async def file(request: Request) -> Response:
        found = gateway.files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404, "There is no such file.")
        return Response(await gateway.work(found.make), media_type=found.media_type)

    @asynccontextmanager
    async def lifespan(app: ASGIApp) -> AsyncIterator[None]:
        gateway.loop = asyncio.get_running_loop()
        yield
        await gateway.close()

    app = Starlette(
        routes=[
            *(Route(paths[each.id], endpoints[each.id], methods=[each.method]) for each in operations),
            # Last: a path that ends in a parameter must not match the longer paths of other operations.
            *(
                Route(re.sub(r"\}$", ":ccapi_rest}", paths[each.id]), endpoints[each.id], methods=[each.method])
                for each in operations
                if paths[each.id].endswith("}")
            ),
            Route("/files/{name}", file),
            *control.routes(gateway),
            *pages.routes(contract, gateway),
        ],
        exception_handlers={ApiError: _failed, 404: missing, HTTPException: _failed, Exception: _failed},
        lifespan=lifespan,
        middleware=[Middleware(pages.NoSniff), *([] if settings.allow_remote else [Middleware(OnlyLocal)])],
    )
    return app, gateway
