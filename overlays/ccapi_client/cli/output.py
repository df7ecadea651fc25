"""What goes to standard output: JSON documents and tables, for people on a terminal and for programs in pipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from .plain import plain_json, plain_line


def json_text(document: Any) -> str:
    """A JSON document, indented on a terminal alone."""
    return plain_json(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def number_of(count: int, what: str) -> str:
    """A number of things, as `1 result` or `2,000 results`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; into a pipe with tabs between its cells, and a line of its columns first.

    Args:
        columns: The names of its columns. The first one is never wrapped.
        rows: What it holds.
    """
    cells = [[plain_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in (columns, *cells):
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in cells:
        table.add_row(*row)
    Console(highlight=False, markup=False, emoji=False).print(table)
