"""The operations that a batch can send: every POST of the contract, by its method, its operationId or its path."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from functools import cache
from typing import Any

from ccapi_openapi import api
from ccapi_openapi.operations import Operation

from ..errors import InvalidRequestError

DEFAULT = "generate_images"


@cache
def operations() -> dict[str, Operation[Any]]:
    """The operations by their operationIds."""
    found: dict[str, Operation[Any]] = {}
    for module in pkgutil.iter_modules(api.__path__):
        for name, make in vars(importlib.import_module(f"{api.__name__}.{module.name}")).items():
            if name.endswith("_operation"):
                operation = make()
                if operation.method == "POST":  # its streamed and its parsed form come after it
                    found.setdefault(operation.path, operation)
    return {_camel_case(operation.name): operation for operation in found.values()}


@cache
def operation_named(name: str) -> tuple[str, Operation[Any]]:
    """The operationId and the operation of a name: `create_image`, `createImage` or `/v1/images/generations`.

    Raises:
        InvalidRequestError: There is none.
    """
    found = operations()
    if _camel_case(name) in found:
        return _camel_case(name), found[_camel_case(name)]
    for each, operation in found.items():
        if re.sub(r"^(https?://[^/]+)?(/v\d+)?(?=/)", "", name) == operation.path:
            return each, operation
    names = [each.name for each in found.values()]
    near = difflib.get_close_matches(name, [*names, *found], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    raise InvalidRequestError(f"operation: {name!r} can't be sent in a batch; {hint}")


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
