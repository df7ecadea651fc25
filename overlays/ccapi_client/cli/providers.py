"""`ccapi providers`: lists the providers, or the models of one."""

from __future__ import annotations

import click
from rich.table import Table

from .app import command as make
from .models import table
from .plain import plain_line
from .session import Session

EXAMPLES = """
ccapi providers
ccapi providers openai
"""


def providers(session: Session, name: str | None) -> None:
    """Lists the providers; with NAME, lists the models of that provider."""
    if name is not None:
        detail = session.client.get_provider(name)
        if session.as_json:
            session.result(detail.to_dict())
            return
        session.out.print(table(detail.models or []))
        return
    found = session.client.list_providers().data
    if session.as_json:
        session.result([provider.to_dict() for provider in found])
        return
    rows = Table(box=None, pad_edge=False)
    for column in ("PROVIDER", "NAME", "MODELS"):
        rows.add_column(column, no_wrap=column == "PROVIDER")
    for provider in found:
        document = provider.to_dict()
        rows.add_row(*(plain_line(document.get(key) or "") for key in ("name", "display_name", "model_count")))
    session.out.print(rows)


command = make(providers, examples=EXAMPLES, params=[click.Argument(["name"], required=False)])
