"""`ccapi models`: lists the models and their prices."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from ..models import ModelSummary
from .app import command as make
from .options import operation, options_of
from .plain import plain_line
from .session import Session

EXAMPLES = """
ccapi models
ccapi models --type image
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
    session.out.print(table(found))


def table(models: list[ModelSummary]) -> Table:
    """The models as a table."""
    found = Table(box=None, pad_edge=False)
    for column in ("MODEL", "TYPE", "NAME", "PRICE"):
        found.add_column(column, no_wrap=column == "MODEL")  # so that ids are not wrapped
    for model in models:
        details = model.to_dict().get("ccapi") or {}
        cells = (model.id, details.get("type") or "", details.get("display_name") or "", _prices(details))
        found.add_row(*map(plain_line, cells))
    return found


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
