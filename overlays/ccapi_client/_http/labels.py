"""Makes of a response what the contract calls by its names: other names, labels that are missing, JSON for its text.

Which these are says the contract: `x-also-named`, `x-if-missing`, `x-json-text`. No I/O.
"""

from __future__ import annotations

import copy
import json
from typing import Any, get_args

from ccapi_openapi.model import Label, Model, fields_of, for_each_model, types_of

_Plan = tuple[tuple[tuple[str, bool, Label], ...], tuple[tuple[str, Any], ...]]
"""What to look at in an object: its own labels, and the fields that lead to others, each with the plan of these.

Plain tuples, because each chunk of a stream is looked at.
"""


def labelled(document: Any, model: type[Model]) -> Any:
    """The document of a response, by the names of the contract. It is changed in its place."""
    if isinstance(document, dict):
        _label(document, _plan_of(model))
    return document


def _label(document: dict[str, Any], plan: _Plan) -> None:
    labels, inner = plan
    for name, is_json_text, label in labels:
        value = document.get(name)
        if value is None or value == "":
            _fill_in(document, label)
        elif is_json_text and isinstance(value, dict | list):
            document[name] = json.dumps(value, ensure_ascii=False)
    for name, below in inner:
        value = document.get(name)
        if type(value) is dict:
            _label(value, below)
        elif type(value) is list:
            for item in value:
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
            if any(plan):
                inner.append((field.name, plan))
    return tuple((label.name, label.is_json_text, label) for label in model._labels), tuple(inner)


def _models_in(kind: Any) -> list[type[Model]]:
    if isinstance(kind, type) and issubclass(kind, Model):
        return [kind]
    return [model for option in get_args(kind) for model in _models_in(option)]
