"""The sandbox as an ASGI app: it routes and checks by the contract, and reports errors in the contract's envelope."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import chat, faulty, images, listing, pages, speech
from .contract import ROOT, Contract, Operation
from .errors import ApiError
from .extras import Extras
from .faults import HEADER, Fault
from .gateway import Answer, Call, Gateway
from .ledger import LONGEST_BODY, Entry
from .settings import Settings

Handler = Callable[[Gateway, Call], Awaitable[Answer]]

HANDLERS: dict[str, Handler] = {
    "createChatCompletion": chat.create_chat_completion,
    "createSpeech": speech.create_speech,
    "createImage": images.create_image,
    "generateImages": images.generate_images,
    "getImageJob": images.get_image_job,
    "listModels": listing.list_models,
    "getModel": listing.get_model,
    "listProviders": listing.list_providers,
    "getProvider": listing.get_provider,
}

logger = logging.getLogger("ccapi_sandbox")

LONG_BODY = 16 * 1024
"""A body longer than this, in bytes, is checked in a thread."""
MAX_BODY = 64 * 1024 * 1024
"""The largest request body, in bytes. Two pictures of the largest size that clients send fit in it, as base64."""

ERROR_CODES = {
    404: ("invalid_request_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
    413: ("invalid_request_error", "too_large"),
}


class Service:
    """Executes requests: checks the key, applies limits and faults, checks the body, then calls the handler."""

    def __init__(self, contract: Contract, gateway: Gateway) -> None:
        self._contract, self._gateway, self._settings = contract, gateway, gateway.settings

    def endpoint(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that serves an operation."""

        async def serve(request: Request) -> Response:
            if request.method != operation.method:  # a HEAD, which Starlette routes as a GET
                raise HTTPException(405, headers={"Allow": operation.method})
            entry = Entry(
                time=self._gateway.now(),
                method=request.method,
                path=request.url.path,
                operation=operation.id,
                idempotency_key=request.headers.get("idempotency-key"),
                request_id=_new_request_id(),
            )
            self._gateway.ledger.entries.append(entry)
            is_lost = False
            try:
                response = await self._serve(operation, request, entry)
                is_lost = entry.fault == "stall" and not isinstance(response, faulty.EventStream)
            except Exception as error:  # caught here, so that the ledger has a status and the client a response
                if not isinstance(error, ApiError):
                    logger.exception("%s failed", operation.id)
                # A request without the key is refused before its fault is known.
                has_more = "extra-fields" in (entry.fault, request.headers.get(HEADER))
                response = _failure(error, Extras() if has_more else None)
            response.headers["x-request-id"] = entry.request_id
            response.headers.update(self._gateway.limits.headers())
            if not is_lost:  # else the client went away without a response
                entry.status = response.status_code
            return response

        return serve

    async def _serve(self, operation: Operation, request: Request, entry: Entry) -> Response:
        gateway = self._gateway
        body = await _body(request)
        pages.authenticate(request, self._settings.api_key)
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
        response = await self._execute(operation, request, body, fault, entry)
        if fault and fault.kind == "stall" and not isinstance(response, faulty.EventStream):
            await faulty.until_gone(request)
        return faulty.after(fault, response) if fault else response

    async def _execute(
        self, operation: Operation, request: Request, body: bytes, fault: Fault | None, entry: Entry
    ) -> Response:
        try:
            document = json.loads(body or b"{}", parse_constant=_no_number)
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair can't be encoded
            # A long body takes a while to check. In a thread, it doesn't block other requests.
            check = self._contract.query
            is_long = len(body) > LONG_BODY
            query = (
                await run_in_threadpool(check, operation, request, body) if is_long else check(operation, request, body)
            )
        except (ValueError, RecursionError):
            raise ApiError.bad_request("The body is not JSON, or nested too deeply.") from None
        entry.body = document if 0 < len(body) <= LONGEST_BODY else None
        origin = str(request.base_url).rstrip("/")
        call = Call(document, request.path_params, query, origin, operation.defaults, fault)
        answer = await HANDLERS[operation.id](self._gateway, call)
        entry.executed, entry.billed, entry.model = True, answer.cost, answer.document.get("model")
        self._gateway.limits.pay(answer.cost)
        if answer.chunks is not None:
            if fault and fault.executed:
                async for _ in answer.chunks:
                    pass
                if answer.close:
                    await answer.close()
                return JSONResponse(None)  # `faulty.after` replaces it with an error
            violation_of = self._contract.chunk_violation if self._settings.strict else _fine
            return faulty.EventStream(answer.chunks, fault, violation_of, answer.close)
        response: Response
        if answer.file is not None:
            response = Response(answer.file.make(), answer.status, answer.headers, answer.file.media_type)
        else:
            extras = fault and fault.kind == "extra-fields"
            document = Extras().into(answer.document) if extras else answer.document
            response = JSONResponse(document, answer.status, dict(answer.headers))
        violation = self._contract.violation(operation, request, body, response) if self._settings.strict else None
        if violation:
            raise ApiError(500, "api_error", "contract_violation", f"{operation.id}: {violation}")
        return response


def _fine(document: dict[str, Any]) -> str | None:
    return None


def _no_number(text: str) -> float:
    # NaN and Infinity: Python accepts them, JSON doesn't have them.
    raise ValueError(f"{text} is not JSON")


async def _body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        ApiError: 413 if it is larger than `MAX_BODY`, 400 if it broke off.
    """
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY:
                raise ApiError(413, *ERROR_CODES[413], f"The body is larger than {MAX_BODY} bytes.")
    except ClientDisconnect:
        raise ApiError.bad_request("The body broke off.") from None
    return bytes(body)


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

    NAMES = ("127.0.0.1", "localhost", "[::1]")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or rejects it with a 403."""
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if re.sub(r":\d+$", "", host) not in self.NAMES:
                message = f"The sandbox only serves requests to {', '.join(self.NAMES)}."
                error = ApiError(403, "invalid_request_error", "forbidden", message)
                await _failure(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def create_app(settings: Settings) -> tuple[Starlette, Gateway]:
    """The sandbox's app and its state."""
    contract = Contract()
    operations = list(contract.operations())
    paths = {operation.id: ROOT + operation.path for operation in operations}
    gateway = Gateway(settings, paths["getImageJob"])
    service = Service(contract, gateway)
    endpoints = {operation.id: service.endpoint(operation) for operation in operations}

    async def file(request: Request) -> Response:
        found = gateway.files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404, "There is no such file.")
        return Response(await run_in_threadpool(found.make), media_type=found.media_type)

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
            *pages.routes(contract, gateway),
        ],
        exception_handlers={ApiError: _failed, HTTPException: _failed, Exception: _failed},
        lifespan=lifespan,
        middleware=[] if settings.allow_remote else [Middleware(OnlyLocal)],
    )
    return app, gateway
