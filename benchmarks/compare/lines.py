"""What is compared: the lines of the table, each with what it runs, what it has to reach, and why where it doesn't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .clients import BY_HTTPX2, OURS, WITHOUT_FAST


@dataclass(frozen=True)
class Run:
    """One variant of a line: a process that measures one thing."""

    case: str
    peer: str
    options: Mapping[str, Any] = field(default_factory=dict)
    how: str = "/chat-300/v1"
    """How the server is to answer: the path that the base URL ends in."""


@dataclass(frozen=True)
class Comparison:
    """A row of the table: a figure of one variant of the line, divided by that of another."""

    what: str
    figure: str
    ours: str
    peer: str | None
    """None where the figure is a ratio already."""
    reach: float | None = None
    """What the ratio may be at most; None where nothing was agreed on."""
    at_least: bool = False
    """Whether the ratio has to be `reach` at least instead."""

    def is_reached(self, ratio: float) -> bool | None:
        if self.reach is None:
            return None
        return ratio >= self.reach if self.at_least else ratio <= self.reach


@dataclass(frozen=True)
class Line:
    """Variants that are run by turns, and what is said of them."""

    title: str
    runs: Mapping[str, Run]
    rows: tuple[Comparison, ...] = ()
    rounds: int | None = None
    """How often all variants are run; None: as often as the command says."""
    plot: tuple[str, tuple[str, ...]] | None = None
    """What the horizontal axis of a plot is, and the figures that are drawn over it; labels then end in `@` and a number."""
    all_figures: bool = False
    """Whether the page shows the figures of all variants too."""
    note: str = ""
    """Where a reach isn't reached: what the floor is, and why."""


OPENAI, OPENAI_AIOHTTP = "openai", "openai with aiohttp"


EDGE = "Against openai this is at the edge of what is to be reached, some rounds above it, some below. "
CHATS_NOTE = (
    "The floor of calls a second is aiohttp alone, less than half of pyreqwest: a call costs what aiohttp takes, and "
    "six tenths of that for checking the arguments, JSON, retries and typed models. pyreqwest was not taken, for what it "
    "does with cancelled calls, timeouts and cut connections (the guide, Speed, has the table). The floor of memory is "
    "aiohttp alone as well: what is over it is httpx, attrs and the client."
)


def chats(count: int) -> Line:
    peers = (OURS, WITHOUT_FAST, BY_HTTPX2, OPENAI, OPENAI_AIOHTTP, "httpx", "aiohttp", "pyreqwest")
    what = f"chats a second, {count} in flight"
    return Line(
        f"Asynchronous chat calls, {count} in flight",
        {peer: Run("in_flight", peer, {"count": count, "seconds": 1.5}) for peer in peers},
        (
            Comparison(what, "calls_per_s", OURS, OPENAI, 8, at_least=True),
            Comparison(what, "calls_per_s", OURS, OPENAI_AIOHTTP, 4, at_least=True),
            Comparison(what, "calls_per_s", OURS, "pyreqwest", 0.5, at_least=True),
            Comparison(f"CPU per chat, {count} in flight", "cpu_us", OURS, OPENAI),
            *([Comparison("peak memory, 512 in flight", "peak_mb", OURS, OPENAI, 0.5)] if count == 512 else []),
        ),
        all_figures=True,
        note=(EDGE if count == 64 else "") + CHATS_NOTE,
    )


def waits(jobs: int) -> Line:
    peers = ("wait_for_image_jobs", "wait_for_image_jobs, wrong estimates", "a loop for each job")
    options = {"jobs": jobs, "scale": jobs / 1250}
    ours, loops, runwayml = peers[0], peers[2], "runwayml"
    return Line(
        f"Waiting for {jobs:,} image jobs",
        {peer: Run("waiting", peer, options) for peer in peers}
        | {runwayml: Run("waiting", runwayml, {"jobs": 100, "scale": 1}, how="")},
        (
            Comparison("polls per job", "polls_per_job", ours, loops),
            Comparison("lag of a job, median", "lag_median_s", ours, loops),
            Comparison("lag of a job, 99 of 100", "lag_p99_s", ours, loops),
            Comparison("CPU of a wait", "cpu_ms_per_job", ours, loops),
            Comparison("peak memory of a wait", "peak_mb", ours, loops),
            Comparison("polls per job", "polls_per_job", ours, runwayml),
            Comparison("lag of a job, median", "lag_median_s", ours, runwayml),
        ),
        rounds=1,
        all_figures=True,
    )


IN_FLIGHT = (1, 8, 64, 512, 4096)
BODIES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
GROWING = (OURS, WITHOUT_FAST, BY_HTTPX2, OPENAI, OPENAI_AIOHTTP, "aiohttp", "pyreqwest")
CHOICES = (
    OURS,
    WITHOUT_FAST,
    BY_HTTPX2,
    "ccapi on httpx's own transport",
    "ccapi on httpx-aiohttp",
    "ccapi on httpx-aiohttp, 64 connections",
    "ccapi on pyreqwest's httpx transport",
    "httpx",
    "httpx, 64 connections",
    "httpx, no limit",
    "aiohttp",
    "aiohttp, 64 connections",
    "pyreqwest",
    "pyreqwest, 64 connections",
    "pyreqwest, HTTP/2",
)
WITH_UVLOOP = (OURS, WITHOUT_FAST, "ccapi on httpx-aiohttp", "httpx", "aiohttp", "pyreqwest")


def lines(jobs: int) -> dict[str, Line]:
    """All of them, by the name that `--only` takes."""
    return {
        "chat-64": chats(64),
        "chat-512": chats(512),
        "sequential": Line(
            "One chat after another",
            {peer: Run("one_after_another", peer, {"calls": 1000}) for peer in (OURS, BY_HTTPX2, "httpx", OPENAI)},
            (
                Comparison("CPU per chat, one after another", "cpu_us", OURS, "httpx", 1.05),
                Comparison("CPU per chat, one after another", "cpu_us", OURS, OPENAI, 0.4),
            ),
        ),
        "first": Line(
            "Until the first answer",
            {peer: Run("first", peer) for peer in (OURS, "httpx", OPENAI)},
            (
                Comparison("import", "import_ms", OURS, "httpx", 1.3),
                Comparison("import", "import_ms", OURS, OPENAI, 0.2),
                Comparison("import and first answer", "answer_ms", OURS, "httpx", 1.3),
                Comparison("import and first answer", "answer_ms", OURS, OPENAI, 0.2),
                Comparison("resident memory after the first answer", "resident_mb", OURS, OPENAI, 0.5),
            ),
            rounds=15,
            note=(
                "The floor is httpx, which the client is made of: httpx alone needs a fifth of openai's time until the "
                "first answer, attrs 8 ms on top, and the client's own modules some 18 ms. Models, anyio, asyncio and "
                "the parts of aiohttp are loaded when they are first used."
            ),
        ),
        "events": Line(
            "Streamed events",
            {peer: Run("events", peer, {"count": 20_000}, how="") for peer in (OURS, "httpx and json.loads", OPENAI)},
            (
                Comparison("CPU per streamed event", "cpu_us", OURS, "httpx and json.loads", 2),
                Comparison("CPU per streamed event", "cpu_us", OURS, OPENAI, 0.1),
                Comparison("streamed events a second", "events_per_s", OURS, OPENAI, 10, at_least=True),
            ),
            note=(
                "The floor is what the line beside it leaves out: of an event's cost, building the typed chunk takes "
                "30 %, decoding by the rules of server-sent events 14 % (any line end, any split, a limit of size), "
                "putting the answer together for `final()` and `partial` 10 %."
            ),
        ),
        "picture": Line(
            "A picture of 32 MB base64 to a file",
            {peer: Run("picture", peer, {"size": 32_000_000}, how="") for peer in (OURS, "by hand")},
            (
                Comparison("a picture of 32 MB base64 to a file: time", "seconds", OURS, "by hand", 1.2),
                Comparison(
                    "a picture of 32 MB base64 to a file: peak memory, in payloads", "payloads", OURS, None, 2.2
                ),
            ),
            rounds=15,
        ),
        "faults": Line(
            "1,000 calls, a tenth of the requests refused or cut off",
            {
                "faults": Run("faults", "faults", {"calls": 1000}, how=""),
                "no faults": Run("faults", "chat-300", {"calls": 1000}, how=""),
            },
            (
                Comparison("CPU per request sent, with faults", "cpu_us_per_request", "faults", "no faults", 1),
                Comparison("time of 1,000 calls, with faults", "seconds", "faults", "no faults"),
            ),
            note=(
                "What is over 1 is the connection that has to be made anew after each that was cut. The time is that of "
                "the waits before a request is retried, up to half a second for the first, more for the next."
            ),
        ),
        "waiting": waits(jobs),
        "growth-in-flight": Line(
            "Cost against calls in flight",
            {
                f"{peer}@{count}": Run("in_flight", peer, {"count": count, "seconds": 0.5})
                for peer in GROWING
                for count in IN_FLIGHT
            },
            (
                Comparison("CPU per chat, 4,096 in flight against 64", "cpu_us", f"{OURS}@4096", f"{OURS}@64", 1.1),
                Comparison("peak memory, 4,096 in flight against 512", "peak_mb", f"{OURS}@4096", f"{OURS}@512", 8),
            ),
            rounds=1,
            note=(
                "Nothing alone grows less: by aiohttp alone a call costs 1.7 times as much with 4,096 in flight as with "
                "64, by pyreqwest alone 1.4 times. The client has 1,000 connections at most; the other calls wait."
            ),
            plot=("calls in flight", ("calls_per_s", "cpu_us", "peak_mb")),
        ),
        "growth-body": Line(
            "Cost against the size of the answer",
            {
                f"{peer}@{size}": Run("in_flight", peer, {"count": 8, "seconds": 0.5}, how=f"/chat-{size}/v1")
                for peer in GROWING
                for size in BODIES
            },
            (
                Comparison(
                    "CPU per chat, answers of 10 MB against 1 MB", "cpu_us", f"{OURS}@10000000", f"{OURS}@1000000", 10
                ),
                Comparison(
                    "peak memory, answers of 10 MB against 1 MB", "peak_mb", f"{OURS}@10000000", f"{OURS}@1000000", 10
                ),
            ),
            rounds=1,
            note=(
                "aiohttp alone and pyreqwest alone grow as much, 15 and 16 times: texts of 10 MB, eight at a time, leave "
                "the caches of the processor."
            ),
            plot=("bytes of the answer", ("calls_per_s", "cpu_us", "peak_mb")),
        ),
        "transports": Line(
            "The choice of a transport: chats, 128 in flight",
            {peer: Run("in_flight", peer, {"count": 128, "seconds": 1}) for peer in CHOICES}
            | {
                f"{peer}, uvloop": Run("in_flight", peer, {"count": 128, "seconds": 1, "uvloop": True})
                for peer in WITH_UVLOOP
            },
            rounds=3,
            all_figures=True,
        ),
    }
