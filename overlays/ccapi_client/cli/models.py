"""`ccapi models`: lists the models and their prices."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import click

from .._http.hints import hint
from ..errors import CCAPIError
from ..models import ModelSummary
from .app import command as make
from .options import operation, options_of
from .output import show_table
from .session import Session
from .values import Whole

EXAMPLES = """
ccapi models
ccapi models --type image
ccapi models | cut -f1
ccapi models --provider openai --json | jq -r '.[].id'
"""

FILTERS = {
    each["name"]: {**each["schema"], "description": each["description"]}
    for each in operation("listModels")["parameters"]
}


def models(session: Session, limit: int | None, **filters: Any) -> None:
    """Lists the models with their types and prices; all of them, unless --limit is given."""
    found: list[ModelSummary] = []
    for model in session.client.iter_models(**filters):
        if limit is not None and len(found) >= limit:
            break
        found.append(model)
    if session.as_json:
        session.result([model.to_dict() for model in found])
        return
    show_models(found)
    if not found and session.tells:
        with suppress(CCAPIError):  # the table is printed already
            _tell_why(session, **filters)


def _tell_why(session: Session, type: str | None = None, provider: str | None = None, **filters: Any) -> None:
    """Says which providers and types there are: the contract lists none, and a service may have any."""
    names = [each.name or "" for each in session.client.list_providers().data] if provider is not None else []
    if provider is not None and provider not in names:
        session.tell(f"no provider is called {provider!r}; {hint(provider, names, 'providers')}")
    elif type is not None:
        filters |= {"provider": provider} if provider is not None else {}
        found = [_details(model).get("type") for model in session.client.iter_models(**filters)]
        types = {each for each in found if each and isinstance(each, str)}
        session.tell(f"no model is of the type {type!r}; {hint(type, sorted(types), 'types')}")


def show_models(models: Iterable[ModelSummary]) -> None:
    """Prints models as a table."""
    rows = []
    for model in models:
        details = _details(model)
        rows.append((model.id, details.get("type") or "", details.get("display_name") or "", _prices(details)))
    show_table(("MODEL", "TYPE", "NAME", "PRICE"), rows)


def _details(model: ModelSummary) -> dict[str, Any]:
    return _object(model.to_dict().get("ccapi"))


def _object(value: Any) -> dict[str, Any]:
    """An object; an empty one in place of what a service sends that is none."""
    return value if isinstance(value, dict) else {}


def _prices(details: dict[str, Any]) -> str:
    prices = dict(_object(details.get("pricing")))
    currency = prices.pop("currency", "")
    return ", ".join(
        f"{value} {currency} {name.replace('_', ' ')}".replace("  ", " ").replace(" per ", "/")
        for name, value in prices.items()
    )


command = make(
    models,
    examples=EXAMPLES,
    params=[
        click.Option(["--limit"], type=Whole(min=1), help="The largest number of models to list."),
        *options_of(FILTERS, leave_out=("limit", "offset")),
    ],
)
