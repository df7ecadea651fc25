"""Desks of ledgers without a service: what tests of the ledger and of the desk work with."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from ccapi_client.batch import Batch
from ccapi_client.batch.desk import Claim, Outcome, Problem, Report, Seen, Shard
from ccapi_client.batch.ledger import Ledger
from ccapi_client.batch.local import LocalDesk
from ccapi_client.batch.money import Budget, PriceList
from ccapi_client.batch.pace import Pace

ALL = Shard(1, 1_000_000)
FINE = Seen()


def ledger_of(path: Path, count: int, **fields: Any) -> Ledger:
    """A ledger with so many planned rows, whose ids are their numbers."""
    with Batch.open(path) as batch:
        batch.add([{"prompt": f"fox {number}", **fields} for number in range(1, count + 1)], operation="createImage")
    return Ledger(path)


class Time:
    """Time that only a test, or sleeping, moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def desk_of(
    ledger: Ledger, *, time: Time | None = None, prices: Mapping[str, float] | None = None, **settings: Any
) -> LocalDesk:
    """A desk of a ledger."""
    time = time or Time()
    given: dict[str, Any] = {"pace": Pace(None, 64), "max_failures": 1.0, **settings}
    max_cost, spent = given.pop("max_cost", None), given.pop("spent", 0.0)
    budget = Budget(PriceList(prices), max_cost, spent)
    return LocalDesk(ledger=ledger, budget=budget, clock=time, wall=time, sleep=time.sleep, **given)


async def send(desk: LocalDesk, claim: Claim, row: int, outcome: Outcome, **values: Any) -> bool:
    """Has a row be permitted, sent, and reported."""
    permit = await desk.permit(claim, row)
    assert permit.decision == "go"
    problem = None if outcome in ("job", "done", "saved") else Problem("x", "it went wrong")
    report = Report(row, permit.attempt, outcome, permit=permit.number, seen=FINE, problem=problem)
    return await desk.report(claim, attrs.evolve(report, **values))


def states(ledger: Ledger) -> dict[str, str]:
    """The states of the rows by their ids."""
    return dict(ledger.read("SELECT id, state FROM item ORDER BY row"))


NEVER = math.inf
