"""`ccapi providers`: lists the providers, or the models of one."""

from __future__ import annotations

import click

from .app import command as make
from .models import show_models
from .output import show_table
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
        show_models(detail.models or [])
        return
    found = session.client.list_providers().data
    if session.as_json:
        session.result([provider.to_dict() for provider in found])
        return
    keys = ("name", "display_name", "model_count")
    documents = [provider.to_dict() for provider in found]
    rows = [["" if each.get(key) is None else each[key] for key in keys] for each in documents]
    show_table(("PROVIDER", "NAME", "MODELS"), rows)


command = make(providers, examples=EXAMPLES, params=[click.Argument(["name"], required=False)])
