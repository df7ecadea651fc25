"""The contract as the sandbox reads it: its operations, and whether a request or a response conforms to them.

Nothing about the API is written here: openapi-core and its validator check everything against the document.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from typing import Any
from urllib.parse import quote

import yaml
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from openapi_core.unmarshalling.request.unmarshallers import V31RequestParametersUnmarshaller
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from starlette.requests import Request
from starlette.responses import Response

from .errors import ApiError, field_of

ROOT = "/v1"
"""The path that the operations are served under, as on every server that the contract names."""
LET_THROUGH = ("api-version",)
"""Query parameters of gateways in front of the service. They have no effect here."""


class MissingContractError(RuntimeError):
    """The contract's file is missing, so there is nothing to serve."""


@dataclass(frozen=True)
class Operation:
    """An operation of the contract: what to route, and to which handler."""

    id: str
    method: str
    path: str
    has_body: bool
    """Whether a request has a body."""
    has_json: bool
    """Whether the body is JSON, if there is one."""
    has_parameters: bool
    """Whether a request has parameters besides its path."""
    query: tuple[str, ...]
    """The names of its query parameters."""
    defaults: Mapping[str, Any]
    """The contract's defaults for fields of its body, by their paths, such as `parameters.quality`."""


MOST_PROBLEMS = 100
"""How many violations to find at most, before the first of them is reported."""
MOST_NESTED = 3
"""How deep to look for defaults: a schema may contain itself."""
STREAM_SCHEMA = "/components/schemas/ChatCompletionChunk"
"""The schema of each event of a stream; openapi-core does not read event streams."""


def _any_of(
    validator: Any, schemas: list[dict[str, Any]], instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    # jsonschema's own collects every violation of every schema, which a long list has as many of as it has entries.
    if not any(validator.evolve(schema=each).is_valid(instance) for each in schemas):
        yield ValidationError(f"{reprlib.repr(instance)} is not valid under any of the given schemas")


Validator: Any = extend(OAS31Validator, {"anyOf": _any_of})  # type: ignore[no-untyped-call]


class Contract:
    """The contract that the distribution carries."""

    def __init__(self) -> None:
        try:
            text = files("ccapi_openapi").joinpath("openapi.yaml").read_text("utf-8")
        except (ModuleNotFoundError, FileNotFoundError):
            # A type of its own: it is neither a missing package of the extra nor a port that is taken.
            raise MissingContractError(
                "there is no ccapi_openapi/openapi.yaml, the contract to serve: the distribution carries it, "
                "and `nox -s generate` writes it in a checkout"
            ) from None
        self.document: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        # The sandbox is the server, whatever the host and the port of a request.
        served = SchemaPath.from_dict(self.document | {"servers": [{"url": ROOT}]})
        config = Config(
            # The project's lint checks the document; a second check would take most of the time to start.
            spec_validator_cls=None,  # type: ignore[arg-type]  # its types do not have it, `check_spec` does
            request_unmarshaller_cls=V31RequestParametersUnmarshaller,  # the body has a check of its own
            extra_media_type_deserializers=dict.fromkeys(self._files(), _as_text),
        )
        self._openapi = OpenAPI(served, config)
        self._chunk = self._validator({"$ref": f"#{STREAM_SCHEMA}"})
        self._bodies = {
            operation["operationId"]: self._validator(self._schema(operation))
            for item in self.document["paths"].values()
            for operation in item.values()
            if "operationId" in operation
        }

        self._results = {
            operation["operationId"]: self._validator(content["application/json"]["schema"])
            for item in self.document["paths"].values()
            for operation in item.values()
            if "operationId" in operation
            and "application/json"
            in (content := self.resolved(operation["responses"].get("200", {})).get("content", {}))
        }

    def _validator(self, schema: dict[str, Any] | bool) -> Any:
        found = {"allOf": [schema]} if isinstance(schema, bool) else schema
        return Validator(self.document | found, format_checker=oas31_format_checker)

    def _schema(self, operation: dict[str, Any]) -> dict[str, Any]:
        """The schema of a request's body; an empty one if there is no body."""
        schema: dict[str, Any] = self._content(operation).get("application/json", {}).get("schema", {})
        return schema

    def _content(self, operation: dict[str, Any]) -> dict[str, Any]:
        """The content of a request's body, by its media types."""
        content: dict[str, Any] = self.resolved(operation.get("requestBody", {})).get("content", {})
        return content

    def missing(self, request: Request) -> ApiError:
        """The error for a path that the contract does not have: it lists those that there are."""
        there = ", ".join(f"{each.method} {ROOT}{each.path}" for each in self.operations())
        return ApiError.not_found(f"The sandbox has no {request.method} {request.url.path[:200]}. It has: {there}.")

    def responses(self, operation: Operation) -> dict[str, dict[str, Any]]:
        """The responses of an operation, by their statuses."""
        found = self.document["paths"][operation.path][operation.method.lower()].get("responses", {})
        return {status: self.resolved(response) for status, response in found.items()}

    def operations(self) -> Iterator[Operation]:
        """Every operation, in the order of the document."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if "operationId" in operation:
                    shared = [*item.get("parameters", ()), *operation.get("parameters", ())]
                    parameters = [self.resolved(each) for each in shared]
                    yield Operation(
                        operation["operationId"],
                        method.upper(),
                        path,
                        has_body="requestBody" in operation,
                        has_json="application/json" in self._content(operation) or "requestBody" not in operation,
                        has_parameters=any(each["in"] != "path" for each in parameters),
                        query=tuple(each["name"] for each in parameters if each["in"] == "query"),
                        defaults=dict(self._defaults(self._schema(operation))),
                    )

    def _files(self) -> Iterator[str]:
        """The media types of responses that are not JSON."""
        for item in self.document["paths"].values():
            for operation in item.values():
                for response in operation.get("responses", {}).values() if isinstance(operation, dict) else ():
                    yield from (kind for kind in self.resolved(response).get("content", {}) if "json" not in kind)

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        """The target of a node's `$ref`, with the fields beside the `$ref`; the node itself if it has none."""
        if "$ref" not in node:
            return node
        target: Any = self.document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return self.resolved(target) | {name: value for name, value in node.items() if name != "$ref"}

    def _defaults(self, schema: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
        # Only into objects: a field in an entry of a list has no path before the entry exists.
        for name, each in self.resolved(schema).get("properties", {}).items():
            found = self.resolved(each)
            if "x-default" in found:
                yield before + name, found["x-default"]
            if before.count(".") < MOST_NESTED:
                yield from self._defaults(found, f"{before}{name}.")

    def check_body(self, operation: Operation, document: Any) -> None:
        """Checks the body of a request.

        openapi-core would find every violation and make an object of every value. That takes a hundred times as long.

        Raises:
            ApiError: 400 with the name of the field that violates the contract.
        """
        problems = islice(self._bodies[operation.id].iter_errors(document), MOST_PROBLEMS)
        for problem in sorted(problems, key=lambda each: list(map(str, each.absolute_path))):
            field, message = _describe(problem)
            raise ApiError.bad_request(message, **({"field": field} if field else {}))

    def query(self, operation: Operation, request: Request) -> dict[str, Any]:
        """The query parameters of a request, in the types of the contract.

        A parameter that the contract does not list is rejected, because it is usually a mistake. The service may
        accept it. Those of `LET_THROUGH` are not: the query of a client's base URL goes with every request.

        Raises:
            ApiError: 400 with the name of the parameter that violates the contract.
        """
        for name in request.query_params:
            if name not in operation.query and name not in LET_THROUGH:
                there = f"there are {', '.join(operation.query)}" if operation.query else "there are none here"
                raise ApiError.bad_request(f"{name}: no such query parameter; {there}", field=name)
        if not operation.has_parameters:
            return {}
        result = self._openapi.unmarshal_request(_Request(operation, request))
        for error in result.errors:
            raise _as_api_error(error)
        return dict(result.parameters.query)

    def chunk_violation(self, chunk: Any) -> str | None:
        """How a chunk of a stream violates the contract; None if it does not."""
        for problem in self._chunk.iter_errors(chunk):
            return _describe(problem)[1]
        return None

    def document_violation(self, operation_id: str, document: Any) -> str | None:
        """How the JSON of a successful response violates the contract; None if it does not."""
        for problem in self._results[operation_id].iter_errors(document):
            return _describe(problem)[1]
        return None

    def violation(self, operation: Operation, request: Request, response: Response) -> str | None:
        """How a response violates the contract; None if it does not."""
        if response.media_type == "text/event-stream":  # which openapi-core does not read
            return None
        try:
            self._openapi.validate_response(_Request(operation, request), StarletteOpenAPIResponse(response))
        except OpenAPIError as error:
            return "; ".join([str(error), *(_describe(each)[1] for each in _schema_errors(error))])
        return None


def _as_text(content: bytes, **parameters: str) -> str:
    # The contract's type of a file is a string, and openapi-core does not accept bytes as one.
    return content.decode("latin-1")


class _Request(StarletteOpenAPIRequest):
    """A request with its path encoded: openapi-core would read a slash in a parameter as the start of a segment."""

    def __init__(self, operation: Operation, request: Request) -> None:
        super().__init__(request, b"")
        values = {name: quote(str(value), safe="") for name, value in request.path_params.items()}
        self._path = ROOT + operation.path.format(**values)

    @property
    def path(self) -> str:
        """The path, with every parameter encoded."""
        return self._path


def _as_api_error(error: Exception) -> ApiError:
    problems = _schema_errors(error)
    reason = problems[0].message if problems else str(error.__cause__ or error)
    name = str(getattr(error, "name", ""))
    return ApiError.bad_request(f"{name}: {reason}", field=name)


def _schema_errors(error: BaseException) -> list[ValidationError]:
    cause = error.__cause__
    return list(getattr(cause, "schema_errors", None) or [])


def _describe(problem: ValidationError) -> tuple[str, str]:
    """The field that a JSON Schema error is about, as `contents[0].text`, and a message that starts with it."""
    steps = list(problem.absolute_path)
    instance: Any = problem.instance
    schema: Any = problem.schema
    if problem.validator == "required":
        steps.append(next(name for name in schema["required"] if name not in instance))
        reason = "required, but missing"
    elif problem.validator == "additionalProperties":
        steps.append(next(name for name in instance if name not in schema["properties"]))
        reason = f"no such field; the fields are {', '.join(schema['properties'])}"
    else:
        shown = json.dumps(instance)
        reason = problem.message if len(shown) < 200 else f"not valid by {problem.validator}"
    field = field_of(steps)
    return field, f"{field}: {reason}" if field else reason
