"""Makes of a response what the contract calls by its names: other names, labels that are missing, JSON for its text.

Which these are says the contract: `x-also-named`, `x-if-missing`, `x-json-text`. No I/O.
"""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple, get_args

from ccapi_openapi.model import Label, Model, fields_of, for_each_model, types_of


class _Plan(NamedTuple):
    """What to look at in an object: its own labels, and the fields that lead to others."""

    labels: tuple[Label, ...]
    inner: tuple[tuple[str, _Plan], ...]


def labelled(document: Any, model: type[Model]) -> Any:
    """The document of a response, by the names of the contract. It is changed in its place."""
    if isinstance(document, dict):
        _label(document, _plan_of(model))
    return document


def _label(document: dict[str, Any], plan: _Plan) -> None:
    labels, inner = plan
    for label in labels:
        value = document.get(label.name)
        if not value and (value is None or value == ""):
            _fill_in(document, label)
        elif label.is_json_text and isinstance(value, dict | list):
            document[label.name] = json.dumps(value, ensure_ascii=False)
    for name, below in inner:
        value = document.get(name)
        if not value:
            continue
        for item in value if type(value) is list else (value,):
            if type(item) is dict:
                _label(item, below)


def _fill_in(document: dict[str, Any], label: Label) -> None:
    for name in label.also_named:
        if document.get(name):
            document[label.name] = document.pop(name)
            return
    for beside, value in label.if_missing:
        if beside is None or document.get(beside):
            document[label.name] = copy.copy(value)
            return


@for_each_model
def _plan_of(model: Any) -> _Plan:
    types, inner = types_of(model), []
    for field in fields_of(model):
        for kind in _models_in(types[field.argument]):
            plan = _plan_of(kind)
            if plan.labels or plan.inner:
                inner.append((field.name, plan))
    return _Plan(model._labels, tuple(inner))


def _models_in(kind: Any) -> list[type[Model]]:
    if isinstance(kind, type) and issubclass(kind, Model):
        return [kind]
    return [model for option in get_args(kind) for model in _models_in(option)]
