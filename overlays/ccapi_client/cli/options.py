"""Makes options from the contract: each field of a request becomes an option with its name, choices and description.

So the next build has an option for a field that is added to `openapi.yaml`, without a change here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import click

from .._checks import LONGEST
from .values import Json, Number, TextOrJson, Whole


def contract_text(tool: str | None = None) -> str:
    """The contract as YAML; for a generator that can't read it, in the form that the generator can read."""
    return files("ccapi_openapi").joinpath(f"openapi.{tool}.yaml" if tool else "openapi.yaml").read_text("utf-8")


def tools() -> list[str]:
    """The generators for which the contract has a form of its own."""
    names = [path.name for path in files("ccapi_openapi").iterdir() if path.name.startswith("openapi.")]
    return sorted(name.split(".")[1] for name in names if name.count(".") == 2)


@cache
def contract(tool: str | None = None) -> dict[str, Any]:
    """The contract as a document."""
    import yaml

    text = contract_text(tool)
    document: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return document


def operation(id: str) -> dict[str, Any]:
    """The operation with an operationId."""
    each = (item for path in contract()["paths"].values() for item in path.values())
    return next(item for item in each if isinstance(item, dict) and item.get("operationId") == id)


def body_of(id: str) -> dict[str, Any]:
    """The schema of an operation's body."""
    return schema_of(operation(id)["requestBody"]["content"]["application/json"]["schema"])


def schema_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its reference resolved; its own keywords override those of the referenced schema."""
    if "$ref" not in schema:
        return dict(schema)
    found = contract()
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**schema_of(found), **{name: value for name, value in schema.items() if name != "$ref"}}


def options_of(
    fields: Mapping[str, Mapping[str, Any]], *, leave_out: Collection[str] = (), short: Mapping[str, str] | None = None
) -> list[click.Parameter]:
    """An option for each field of a schema.

    Args:
        fields: Name → schema.
        leave_out: Fields without an option, because the command sets them in another way.
        short: Field → short form of its option, as `-n`; that of `model` is `-m`.
    """
    short = {"model": "-m", **(short or {})}
    return [
        _option(name, schema_of(schema), short.get(name)) for name, schema in fields.items() if name not in leave_out
    ]


def example_of(schema: Mapping[str, Any], field: str) -> str:
    """The contract's first example for a field, which is the default of the command."""
    return str(schema["properties"][field]["examples"][0])


class Pair(click.ParamType[Any]):
    """A name and a value, as NAME=VALUE."""

    name = "pair"

    def __init__(self, kind: click.ParamType[Any]) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name and the value."""
        name, equals, text = value.partition("=") if isinstance(value, str) else ("", "", "")
        if not equals:
            self.fail(f"NAME=VALUE is expected, not {value!r}", param, ctx)
        return name.strip(), self._kind.convert(text, param, ctx)


WAIT_TIMEOUT = click.Option(
    ["--wait-timeout"],
    type=Number(0.001, LONGEST),
    metavar="SECONDS",
    help="How long to wait for a job (default: 600).",
)


def _option(name: str, schema: dict[str, Any], short: str | None) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    names = [*([short] if short else []), f"{flag}/--no-{flag[2:]}" if schema.get("type") == "boolean" else flag]
    is_list = schema.get("type") == "array" and schema_of(schema["items"]).get("type") == "string"
    kind = type_of(schema_of(schema["items"]) if is_list else schema)
    return click.Option(
        [*names, name],
        type=kind,
        multiple=is_list,
        default=None,
        callback=(lambda context, option, values: list(values) or None) if is_list else None,
        help=_help(schema),
    )


def type_of(schema: Mapping[str, Any]) -> click.ParamType[Any]:
    """What converts the text of an option into what a schema says."""
    if "enum" in schema:
        return click.Choice([str(value) for value in schema["enum"]])
    kind = schema.get("type")
    if isinstance(kind, list):  # the other one is null, which no option sends
        kind = next(each for each in kind if each != "null")
    least, most = schema.get("minimum"), schema.get("maximum")
    is_bounded = least is not None or most is not None
    if kind == "integer":
        return Whole(least, most) if is_bounded else click.INT
    if kind == "number":
        return Number(least, most) if is_bounded else click.FLOAT
    if kind == "boolean":
        return click.BOOL
    if kind == "string":
        return click.STRING
    kinds = {schema_of(each).get("type") for each in schema.get("anyOf", ())}
    if "string" not in kinds:
        return Json()
    return TextOrJson(objects="object" in kinds) if kinds & {"object", "array"} else click.STRING


def _help(schema: Mapping[str, Any]) -> str:
    return " ".join(str(schema.get("description", "")).split())
