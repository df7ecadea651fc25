"""Responds to the operations that have no function in `handlers`: with their own example, or one of their schema.

So a new operation of the contract is served from the start. The header `X-Sandbox-Answer` says what it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .contract import Contract, Operation
from .errors import ApiError
from .examples import NoExampleError, example
from .gateway import Answer, Call, File, Gateway, Handler

HEADER = "X-Sandbox-Answer"
"""`example` if the contract has an example of the response, `schema` if it was made from the schema."""


def handler(contract: Contract, operation: Operation) -> Handler:
    """The function that responds to an operation."""

    async def respond(gateway: Gateway, call: Call) -> Answer:
        try:
            return _answer(contract, operation)
        except NoExampleError as error:
            message = f"The sandbox does not execute {operation.id}, and made no example of its response: {error}"
            raise ApiError(501, "api_error", "not_implemented", message) from None

    return respond


def _answer(contract: Contract, operation: Operation) -> Answer:
    responses = contract.responses(operation)
    code = min((each for each in responses if each.startswith("2")), default="default")
    response = responses.get(code, {})
    status = int(code) if code.isdecimal() else 200
    headers = {
        name: str(_example(contract, header)[0])
        for name, header in response.get("headers", {}).items()
        if contract.resolved(header).get("required")
    }
    content: Mapping[str, Any] = response.get("content", {})
    kind = min(content, key=lambda each: "json" not in each, default=None)
    if kind is None:
        return Answer(None, status, headers, file=File("", lambda: b""))
    document, source = _example(contract, content[kind])
    headers[HEADER] = source
    if "json" in kind:
        return Answer(document, status, headers)
    text = document if isinstance(document, str) else json.dumps(document)
    if kind == "text/event-stream":
        text = f"data: {text}\n\ndata: [DONE]\n\n"
    return Answer(None, status, headers, file=File(kind.replace("*", "octet-stream"), text.encode))


def _example(contract: Contract, node: dict[str, Any]) -> tuple[Any, str]:
    """An example of a media type or a header, and where it is from."""
    node = contract.resolved(node)
    if "example" in node:
        return node["example"], "example"
    for each in node.get("examples", {}).values():
        found = contract.resolved(each)
        if "value" in found:
            return found["value"], "example"
    return example(node.get("schema", {}), contract.document), "schema"
