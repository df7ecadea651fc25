"""`ccapi spec`: prints the contract, for other teams' generators."""

from __future__ import annotations

import click

from .app import command as make
from .options import contract, contract_text, tools
from .session import Session

EXAMPLES = """
ccapi spec > openapi.yaml
ccapi spec --for openapi-generator > openapi.yaml
ccapi spec --json | jq '.paths | keys'
"""


def spec(session: Session, *, tool: str | None) -> None:
    """Prints the contract of this client, an OpenAPI 3.1 document, as YAML, or as JSON with --json."""
    if session.as_json:
        session.result(contract(tool))
    else:
        click.echo(contract_text(tool), nl=False)


command = make(
    spec,
    examples=EXAMPLES,
    params=[
        click.Option(
            ["--for", "tool"],
            type=click.Choice(tools()),
            help="Print the contract in the form that this generator can read.",
        )
    ],
    connects=False,
)
