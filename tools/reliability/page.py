"""The page docs/reliability.md: one table for each part, between two markers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
FAILS = "FAILS"


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        what: What was done.
        result: What came of it, the same in each run; `FAILS` and why where it is something else.
        figures: What differs from run to run.
    """

    what: str
    result: str
    figures: str = ""

    @property
    def fails(self) -> bool:
        return self.result.startswith(FAILS)


def table(versions: str, rows: Iterable[Row]) -> str:
    """What stands between the markers of a part."""
    lines = [f"| {each.what} | {each.result} | {each.figures} |" for each in rows]
    return "\n".join(
        [f"Versions: {versions}", "", "| what happens | what comes of it | figures |", "|---|---|---|", *lines]
    )


def put(text: str, part: str, inside: str) -> str:
    """The page with a new table of a part.

    Raises:
        ValueError: The page has no markers for it.
    """
    start, end = markers(part)
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"docs/reliability.md: {start} and {end} have to be there once each")
    head, _, rest = text.partition(start)
    return f"{head}{start}\n{inside}\n{end}{rest.partition(end)[2]}"


def part_of(text: str, part: str) -> str:
    """What stands between the markers of a part; empty where there is nothing."""
    start, end = markers(part)
    return text.partition(start)[2].partition(end)[0].strip()


def markers(part: str) -> tuple[str, str]:
    return f"<!-- {part} -->", f"<!-- /{part} -->"


def lasting(inside: str) -> list[str]:
    """What of a table is the same in each run: not the versions of what the machine has, and no figures."""
    rows = [line for line in inside.splitlines() if line.startswith("|")]
    return [re.sub(r"\|[^|]*\|$", "|", line) for line in rows]
