"""Random plans of whole conversations with faults, drawn from random seeds, by every carrier; one line for each.

RELIABILITY_SECONDS says for how long by each; a plan that breaks a promise is shrunk and ends the line.
"""

from __future__ import annotations

import os
import platform
import random
import time
import traceback
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from tests.carriers import CARRIERS, Carrier
from tests.plan_checks import a_place

from .page import FAILS, Row

AT_ONCE = 10
"""How many plans are drawn from one seed: of many, most would be much like one another."""
RESULT = "every promise held"


def versions() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("httpx", "httpx2", "aiohttp", "trio", "hypothesis"))
    return f"Python {platform.python_version()}, {libraries}"


def rows(folder: Path) -> Iterator[Row]:
    seconds = float(os.environ.get("RELIABILITY_SECONDS", "100"))
    for carrier in CARRIERS:
        os.environ["CCAPI_CARRIER"] = carrier.name
        yield row(carrier, seconds)


def named(carrier: Carrier) -> str:
    """What its line is about."""
    return f"random plans, {carrier}"


def row(carrier: Carrier, seconds: float) -> Row:
    """The line of one carrier."""
    what = named(carrier)
    with a_place() as place:
        start, end, begun = 0, time.monotonic() + seconds, time.monotonic()
        try:
            while time.monotonic() < end:
                start = random.randrange(2**32)
                place.try_plans(carrier, AT_ONCE, start)
        except AssertionError as error:
            traceback.print_exception(error)
            why = " ".join(str(error).split()).replace("|", "/")[:300]
            return Row(what, f"{FAILS} from seed {start}: {why}")
        figures = ", ".join(f"{count:,} {name}" for name, count in place.figures.items())
        kinds = f"{len(place.kinds)} kinds of faults, {len(place.errors)} of errors"
        print(carrier, dict(place.kinds), dict(place.errors), flush=True)
        return Row(what, RESULT, f"{figures}; {kinds}; {time.monotonic() - begun:.0f} s")
