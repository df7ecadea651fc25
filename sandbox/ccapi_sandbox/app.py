"""The sandbox as an ASGI app: routes from the contract, checks both ways, errors in the contract's envelope."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import images, listing
from .contract import ROOT, Contract, Operation
from .errors import ApiError
from .gateway import Answer, Call, Gateway
from .paint import paint

Handler = Callable[[Gateway, Call], Awaitable[Answer]]

HANDLERS: dict[str, Handler] = {
    "createImage": images.create_image,
    "generateImages": images.generate_images,
    "getImageJob": images.get_image_job,
    "listModels": listing.list_models,
    "listProviders": listing.list_providers,
    "getProvider": listing.get_provider,
}

ERROR_CODES = {
    404: ("invalid_request_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
}


def create_app(*, api_key: str, job_seconds: tuple[float, float], strict: bool) -> Starlette:
    """The sandbox.

    Args:
        api_key: The one key that it takes.
        job_seconds: How long a job takes at least and at most, in seconds.
        strict: Whether an answer that is not what the contract says becomes a 500.
    """
    contract = Contract()
    paths = {operation.id: ROOT + operation.path for operation in contract.operations()}
    gateway = Gateway(job_seconds, paths["getImageJob"])

    def endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            if request.method != operation.method:  # a HEAD, which Starlette takes for a GET
                raise HTTPException(405)
            body = await request.body()
            try:
                answer = await _answer(operation, request, body)
                response: Response = JSONResponse(answer.document, answer.status, dict(answer.headers))
            except ApiError as error:
                response = JSONResponse(error.envelope, error.status)
            response.headers["x-request-id"] = f"req-{secrets.token_hex(8)}"
            violation = contract.violation(request, body, response) if strict and operation.id in HANDLERS else None
            if violation:
                broken = ApiError(500, "api_error", "contract_violation", f"{operation.id}: {violation}")
                return JSONResponse(broken.envelope, broken.status)
            return response

        async def _answer(operation: Operation, request: Request, body: bytes) -> Answer:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not secrets.compare_digest(key.encode(), api_key.encode()):
                raise ApiError.unauthorized()
            if operation.id not in HANDLERS:
                raise ApiError(501, "api_error", "not_implemented", f"The sandbox does not serve {operation.id} yet.")
            try:
                document = json.loads(body or b"{}")
                json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
                query = contract.query(request, body) if operation.has_input else {}
            except (ValueError, RecursionError):
                raise ApiError.bad_request("The body is not JSON, or nested too deeply.") from None
            call = Call(document, request.path_params, query, origin=str(request.base_url).rstrip("/"))
            return await HANDLERS[operation.id](gateway, call)

        return serve

    async def file(request: Request) -> Response:
        recipe = gateway.pictures.get(request.path_params["name"])
        if recipe is None:
            raise HTTPException(404, "There is no such file.")
        content = await run_in_threadpool(paint, recipe)
        return Response(content, media_type=f"image/{recipe.format.lower()}")

    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        kind, code = ERROR_CODES.get(status, ("api_error", "internal_error"))
        message = error.detail if isinstance(error, HTTPException) else "The sandbox failed; its log says why."
        return JSONResponse(ApiError(status, kind, code, message).envelope, status)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    routes = [
        Route(paths[operation.id], endpoint(operation), methods=[operation.method])
        for operation in contract.operations()
    ]
    return Starlette(
        routes=[*routes, Route("/files/{name}", file)],
        exception_handlers={HTTPException: failed, Exception: failed},
        lifespan=lifespan,
    )
