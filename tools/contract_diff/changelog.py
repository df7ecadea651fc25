"""The list of changes in the changelog."""

import re
import textwrap
from collections.abc import Sequence

from .changes import READ_ONLY_BY_PEOPLE, Change

HEADING = "### Contract"
WIDTH = 120


def entry(text: str) -> str:
    # A code span that is broken over lines, or at a hyphen, is hard to search for.
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def listed(changes: Sequence[Change]) -> list[str]:
    """A line for each change; those that nobody has to act on share one."""
    lines = [
        entry(f"{str(change.severity).capitalize()}: `{change.place}`{way(change)} {change.what}.")
        for change in changes
        if change.verdict != READ_ONLY_BY_PEOPLE
    ]
    cosmetic = dict.fromkeys(f"`{change.place}`" for change in changes if change.verdict == READ_ONLY_BY_PEOPLE)
    return [*lines, *([entry(f"Cosmetic: {', '.join(cosmetic)}.")] if cosmetic else [])]


def way(change: Change) -> str:
    return f" ({change.flow.value})" if change.flow else ""


def with_changes(changelog: str, changes: Sequence[Change], version: str, *, keeps: bool = False) -> str:
    """The changelog with the changes in its top section, in place of those that stood there.

    Where the top section has been released, a new one of the version is put above it; without changes, nothing is.
    With `keeps`, those that stood there stay: the changes are then of the last commit, and not of all since a release.
    """
    sections = re.split(r"(?m)^(?=## )", changelog)
    if len(sections) == 1 or "unreleased" not in sections[1].partition("\n")[0]:
        if not changes:
            return changelog
        sections.insert(1, f"## {version} (unreleased)\n")
        if not sections[0].endswith("\n\n"):
            sections[0] = sections[0].rstrip("\n") + "\n\n" if sections[0] else ""
    parts = re.split(r"(?m)^(?=### )", sections[1])
    kept = "".join(part for part in parts if part.partition("\n")[0].strip() != HEADING).rstrip("\n")
    before = "".join(part.partition("\n")[2] for part in parts if part.partition("\n")[0].strip() == HEADING)
    stays = re.findall(r"(?m)^- .*(?:\n  .*)*", before) if keeps else []
    lines = [*stays, *(line for line in listed(changes) if line not in stays)]
    block = "\n".join(["", "", HEADING, "", *lines]) if lines else ""
    sections[1] = f"{kept}{block}\n" + ("\n" if len(sections) > 2 else "")
    return "".join(sections)
