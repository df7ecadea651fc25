"""What is done with a program: each scenario by every carrier, one line of the table for all of them."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.carriers import CARRIERS, Carrier

from .page import FAILS, Row
from .traffic import Figures

P = TypeVar("P")
Steps = Callable[[P, Carrier], Awaitable[Figures]]


@dataclass(frozen=True)
class Scenario(Generic[P]):
    """One line of the table.

    Attributes:
        what: What happens.
        result: What comes of it; the steps raise an `AssertionError` where it is something else.
        steps: Makes the calls by one carrier; returns figures, which are summed up over the carriers.
        is_quick: Whether the gate runs it too.
    """

    what: str
    result: str
    steps: Steps[P]
    is_quick: bool

    def __str__(self) -> str:
        return self.steps.__name__ if hasattr(self.steps, "__name__") else self.what

    def run(self, place: P, carrier: Carrier) -> Figures:
        """Runs it by one carrier, which the environment names."""
        found: Figures = carrier.drive(lambda: self.steps(place, carrier))
        return found

    def row(self, place: P, carriers: Iterable[Carrier] = CARRIERS) -> Row:
        """Runs it by every carrier."""
        figures: Counter[str] = Counter()
        for carrier in carriers:
            os.environ["CCAPI_CARRIER"] = carrier.name
            try:
                figures.update(self.run(place, carrier))
            except Exception as error:  # noqa: BLE001 - whatever it is, the row says it
                traceback.print_exception(error)
                why = " ".join(str(error).split()).replace("|", "/")[:300]
                return Row(self.what, f"{FAILS} by {carrier}: {type(error).__name__}: {why}")
        text = ", ".join(f"{count:,} {name}" for name, count in figures.items())
        return Row(self.what, self.result, text)


class Scenarios(Generic[P]):
    """Those of one program, in the order of the table."""

    def __init__(self) -> None:
        self.all: list[Scenario[P]] = []

    def add(self, what: str, result: str, *, quick: bool = False) -> Callable[[Steps[P]], Steps[P]]:
        """Makes a coroutine function a scenario."""

        def added(steps: Steps[P]) -> Steps[P]:
            self.all.append(Scenario(what, result, steps, quick))
            return steps

        return added

    @property
    def quick(self) -> list[Scenario[P]]:
        return [each for each in self.all if each.is_quick]
