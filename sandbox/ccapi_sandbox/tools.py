"""Tool calls: the function that a request requires to be called, and the call, whose arguments follow its schema."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import create
from referencing import Registry

from . import babble
from .errors import ApiError
from .examples import NoExampleError, example

MAX_TOKENS = 128
"""The most tokens of the language model's arguments, if the request sets no limit. Beyond it, an example is given."""
SECONDS = 1.0
"""How long to check arguments by their schema, in seconds."""
VERBS = {"add", "fetch", "find", "get", "list", "lookup", "run", "search", "set", "update"}
"""Words in the names of functions of any kind: alone, they name none."""
MATCHING = ("pattern", "patternProperties", "unevaluatedProperties")
"""Keywords that match regular expressions, which may take forever. Arguments are not checked by them."""


@dataclass(frozen=True)
class Function:
    """A function of a request's `tools`.

    Attributes:
        name: Its name.
        description: What it does; may be empty.
        schema: The schema of its arguments.
        field: The field of the request that has the schema.
    """

    name: str
    description: str
    schema: dict[str, Any]
    field: str


def called(body: Mapping[str, Any]) -> Function | None:
    """The function that an answer calls; None for a text.

    Where any function will do, it is the one whose name and description share the most words with the last message of
    the user. Where none has to be called, only those count that the message names, and it must be the last of all: so
    the result of a call is answered by a text.

    Raises:
        ApiError: 400 if `tool_choice` can't be honored, or the function can't be called as the request wants it.
    """
    choice, functions = body.get("tool_choice") or "auto", list(_functions(body))
    if choice == "none":
        return None
    if choice == "auto":
        last = body["messages"][-1]
        named = [each for each in functions if last["role"] == "user" and _is_named(each, babble.text_of(last))]
        if not named:
            return None
        found = max(named, key=lambda each: _closeness(each, body["messages"]))
    elif choice == "required":
        if not functions:
            raise _bad("required, but there is no function in tools")
        found = max(functions, key=lambda each: _closeness(each, body["messages"]))  # the first, of several
    elif isinstance(choice, str):
        raise _bad(f"{choice[:100]!r} is not one of none, auto, required; or name a function")
    elif choice["type"] != "function" or "function" not in choice:
        raise _bad(f"the models here only call functions, not {choice['type'][:100]!r}")
    else:
        name = choice["function"]["name"]
        named = [each for each in functions if each.name == name]
        if not named:
            raise _bad(f"there is no function {name[:100]!r} in tools")
        found = named[0]
    if body.get("logprobs"):
        raise ApiError.bad_request("logprobs: a tool call has none", field="logprobs")
    if found.schema.get("type", "object") != "object":
        raise ApiError.bad_request(f"{found.field}: its type must be object", field=found.field)
    return found


def _functions(body: Mapping[str, Any]) -> Iterator[Function]:
    for index, tool in enumerate(body.get("tools", ())):
        if tool["type"] == "function" and "function" in tool:
            given, field = tool["function"], f"tools[{index}].function.parameters"
            yield Function(given["name"], given.get("description", ""), given.get("parameters", {}), field)


def _is_named(function: Function, text: str) -> bool:
    """Whether a text has a word of the function's name, which says more than that something is read or written."""
    return bool((_words(function.name) - VERBS) & _words(text))


def _closeness(function: Function, messages: list[Mapping[str, Any]]) -> int:
    said = next((babble.text_of(each) for each in reversed(messages) if each["role"] == "user"), "")
    return len(_words(said) & _words(f"{function.name} {function.description}"))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())) - babble.COMMON


def example_arguments(function: Function) -> dict[str, Any]:
    """Arguments that follow the schema, made from it alone.

    Raises:
        ApiError: 400 if none are found.
    """
    found: dict[str, Any] = example_of({"type": "object"} | function.schema, function.field)
    return found


def example_of(schema: dict[str, Any], field: str) -> Any:
    """An example of a schema.

    Raises:
        ApiError: 400, with the name of the field, if none is found.
    """
    try:
        found = example(schema, schema)
        if follows(found, schema):
            return found
        reason = "no example that follows it was found"
    except NoExampleError as error:
        reason = str(error)
    raise ApiError.bad_request(f"{field}: {reason}", field=field)


def prompted(request: dict[str, Any], function: Function) -> dict[str, Any] | None:
    """The request for the arguments, for the language model; None where it can't follow the schema."""
    if not function.schema.get("properties") or '"pattern"' in json.dumps(function.schema):
        return None  # there is nothing to write, or llama.cpp skips what it can't read of a regular expression
    prompt = f"Call the function {function.name} ({function.description}): give only its arguments, as JSON."
    messages = [*request["messages"], {"role": "user", "content": prompt}]
    form = {"type": "json_schema", "json_schema": {"name": "arguments", "schema": {"type": "object"} | function.schema}}
    limit = {} if {"max_tokens", "max_completion_tokens"} & request.keys() else {"max_tokens": MAX_TOKENS}
    kept = {name: value for name, value in request.items() if name not in ("stop", "logprobs", "top_logprobs")}
    return kept | limit | {"messages": messages, "response_format": form}


def follows(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value follows a schema, as far as it can be told in `SECONDS` and without `MATCHING`."""
    end = time.thread_time() + SECONDS  # of its own work: a machine that is busy with other things is no limit

    def timed(check: Callable[..., Any]) -> Callable[..., Any]:
        def checked(validator: Any, keyword: Any, instance: Any, whole: Any) -> Any:
            if time.thread_time() > end:
                raise TimeoutError
            # Beside `patternProperties`, this matches its expressions.
            if check is additional and "patternProperties" in whole:
                return ()
            return check(validator, keyword, instance, whole)

        return checked

    checks: Mapping[str, Callable[..., Any]] = Draft202012Validator.VALIDATORS
    additional = checks["additionalProperties"]
    kept = {name: timed(check) for name, check in checks.items() if name not in MATCHING}
    validator: Any = create(meta_schema=Draft202012Validator.META_SCHEMA, validators=kept)
    try:
        return bool(validator(schema, registry=Registry()).is_valid(value))  # no schema is fetched
    except Exception:  # noqa: BLE001 - a schema that isn't one raises all kinds of errors
        return False


def document(call_id: str, function: Function, text: str, usage: dict[str, Any], is_cut: bool) -> dict[str, Any]:
    """The response that calls a function with these arguments, a text of JSON."""
    call = {"id": call_id, "type": "function", "function": {"name": function.name, "arguments": text}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    reason = "length" if is_cut else "tool_calls"
    return {"choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": usage}


def pieces(text: str) -> list[str]:
    """Arguments in pieces, as a stream has them: each is what the text generator would call a token."""
    return re.findall(r"\s*[^\s]+|\s+$", text)


async def chunks(document: dict[str, Any], with_usage: bool) -> AsyncIterator[dict[str, Any]]:
    """The chunks of a response that calls a function."""
    (choice,) = document["choices"]
    (call,) = choice["message"]["tool_calls"]
    function = call["function"]
    head = {**call, "index": 0, "function": {**function, "arguments": ""}}
    deltas = [{"role": "assistant", "content": None, "tool_calls": [head]}]
    deltas += [
        {"tool_calls": [{"index": 0, "function": {"arguments": each}}]} for each in pieces(function["arguments"])
    ]
    for delta in deltas:
        yield {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if with_usage:
        yield {"choices": [], "usage": document["usage"]}


def _bad(reason: str) -> ApiError:
    return ApiError.bad_request(f"tool_choice: {reason}", field="tool_choice")
