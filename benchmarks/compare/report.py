"""From the figures of all rounds to the table, the plots and the page. No measuring here."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .lines import Comparison, Line

Rounds = Mapping[str, Sequence[Mapping[str, float] | None]]
"""For each variant its figures of each round; None where it took too long."""

UNITS = {
    "calls_per_s": ("calls", "/s"),
    "events_per_s": ("events", "/s"),
    "cpu_us": ("CPU each", "µs"),
    "cpu_us_per_request": ("CPU per request", "µs"),
    "cpu_ms_per_job": ("CPU per job", "ms"),
    "peak_mb": ("peak memory", "MB"),
    "resident_mb": ("resident memory", "MB"),
    "import_ms": ("import", "ms"),
    "answer_ms": ("first answer", "ms"),
    "seconds": ("time", "s"),
    "payloads": ("peak memory", "payloads"),
    "polls_per_job": ("polls per job", ""),
    "lag_median_s": ("lag, median", "s"),
    "lag_p95_s": ("lag, p95", "s"),
    "lag_p99_s": ("lag, p99", "s"),
    "retries": ("retries", ""),
}
"""What each figure is, and its unit."""


class Spread(NamedTuple):
    """A median, and between what it lies."""

    median: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread | None:
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def figures(rounds: Rounds, variant: str, figure: str) -> Spread | None:
    return spread([each[figure] for each in rounds[variant] if each])


def ratios(rounds: Rounds, row: Comparison) -> Spread | None:
    """The ratio of a row: of the two figures of one and the same round each time."""
    ours = rounds[row.ours]
    peers = rounds[row.peer] if row.peer else [{row.figure: 1.0}] * len(ours)
    pairs = zip(ours, peers, strict=True)
    return spread([one[row.figure] / other[row.figure] for one, other in pairs if one and other])


def number(value: float) -> str:
    """Three digits, and no more than can be told."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(ratio: Spread) -> str:
    text = f"{number(ratio.median)}×"
    return text if ratio.least == ratio.most else f"{text} ({number(ratio.least)}–{number(ratio.most)})"


def table(rows: Sequence[Sequence[str]], *head: str) -> Iterator[str]:
    """A table in Markdown; the first column is text, the others are numbers."""
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "---:|" * (len(head) - 1)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def shown(rounds: Rounds, variant: str, figure: str) -> str:
    found = figures(rounds, variant, figure)
    return f"{number(found.median)} {UNITS[figure][1]}".rstrip() if found else "too slow"


def rows_of(line: Line, rounds: Rounds) -> Iterator[list[str]]:
    for row in line.rows:
        ratio = ratios(rounds, row)
        # What was too slow to have a figure did not reach one.
        reached = row.is_reached(ratio.median) if ratio else None if row.reach is None else False
        yield [
            row.what,
            shown(rounds, row.ours, row.figure),
            f"{row.peer}: {shown(rounds, row.peer, row.figure)}" if row.peer else "–",
            times(ratio) if ratio else "–",
            "–" if row.reach is None else f"{'≥' if row.at_least else '≤'} {row.reach:g}×",
            "–" if reached is None else "yes" if reached else "**no**",
        ]


def details_of(line: Line, rounds: Rounds) -> Iterator[str]:
    names = list(dict.fromkeys(name for each in rounds.values() for one in each if one for name in one))
    rows = [[variant, *(shown(rounds, variant, name) for name in names)] for variant in rounds]
    yield from (f"### {line.title}", "", *table(rows, "", *(UNITS[name][0] for name in names)), "")


def page(lines: Mapping[str, Line], results: Mapping[str, Any]) -> str:
    """What stands between the markers of docs/benchmarks.md."""
    measured: Mapping[str, Rounds] = results["lines"]
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in results["packages"].items())
    text = [
        f"Measured on {results['date']} in {results['minutes']:.0f} minutes: {machine['cpu']}, {machine['cores']} cores,",
        f"{machine['pinned']}; {machine['system']}, Python {machine['python']},",
        f"{versions}.",
        f"Medians of {results['rounds']} rounds.",
        "",
        *table(
            [row for name, line in lines.items() for row in rows_of(line, measured[name])],
            *("what", "ours", "peer", "ratio (least–most)", "reach", "reached"),
        ),
        "",
    ]
    notes = [f"- {line.title}: {line.note}" for line in lines.values() if line.note]
    text += [*notes, ""] if notes else []
    for name, line in lines.items():
        if line.all_figures:
            text += details_of(line, measured[name])
        if line.plot:
            text += [f"### {line.title}", "", f"![{line.title}](benchmarks/{name}.svg)", ""]
    return "\n".join(text)


def written_between(document: str, text: str, marker: str = "bench") -> str:
    """A document with a text between its two markers, `<!-- bench -->` and `<!-- /bench -->`, instead of what is there."""
    start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
    before, found, rest = document.partition(start)
    _, found_too, after = rest.partition(end)
    if not (found and found_too):
        raise ValueError(f"the page lacks {start.strip()} or {end}")
    return f"{before}{start}\n{text}\n{end}{after}"


def plot(line: Line, rounds: Rounds, path: Path) -> None:
    """Draws the figures of a line over what grows, a panel for each figure."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ccapi"  # the same figures give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    assert line.plot
    axis, names = line.plot
    peers: dict[str, list[tuple[int, str]]] = {}
    for variant in rounds:
        peer, _, at = variant.rpartition("@")
        peers.setdefault(peer, []).append((int(at), variant))
    drawing, panels = pyplot.subplots(1, len(names), figsize=(4 * len(names), 3.4), layout="constrained")
    for panel, name in zip(panels, names, strict=True):
        for peer, points in peers.items():
            found = [(at, figures(rounds, variant, name)) for at, variant in points]
            known = [(at, value.median) for at, value in found if value]
            panel.loglog(*zip(*known, strict=True), marker="o", markersize=3, label=peer)
        panel.set_xlabel(axis)
        panel.set_title(", ".join(UNITS[name]), fontsize=10)
        panel.grid(alpha=0.3)
        panel.minorticks_off()
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False)
    drawing.savefig(path, metadata={"Date": None})
    pyplot.close(drawing)
