"""`ccapi models`: lists the models and their prices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ..models import ModelSummary
from .app import command as make
from .options import operation, options_of
from .output import show_table
from .session import Session

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


def show_models(models: Iterable[ModelSummary]) -> None:
    """Prints models as a table."""
    rows = []
    for model in models:
        details = model.to_dict().get("ccapi") or {}
        rows.append((model.id, details.get("type") or "", details.get("display_name") or "", _prices(details)))
    show_table(("MODEL", "TYPE", "NAME", "PRICE"), rows)


def _prices(details: dict[str, Any]) -> str:
    prices = dict(details.get("pricing") or {})
    currency = prices.pop("currency", "")
    return ", ".join(
        f"{value} {currency} {name.replace('_', ' ')}".replace("  ", " ") for name, value in prices.items()
    )


command = make(
    models,
    examples=EXAMPLES,
    params=[
        click.Option(["--limit"], type=click.IntRange(min=1), help="The largest number of models to list."),
        *options_of(FILTERS, leave_out=("limit", "offset")),
    ],
)
