"""What was wrong with calls, by what came of them and by the ledger of the sandbox. Decides; does no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ccapi_sandbox.ledger import Entry
from ccapi_sandbox.scenarios import Scenario
from ccapi_sandbox.verdicts import Seen, problems

from .calls import Outcome
from .plans import ANSWERED, ON_ANY, Plan

LONGEST = 90.0
"""After how many seconds a call has hung: the longest that is planned takes two or three, on a machine that has time for it."""


def entries_of(ledger: Mapping[str, Any]) -> list[Entry]:
    """The requests of the ledger's JSON."""
    return [Entry(**each) for each in ledger["entries"]]


def wrongs(plans: Iterable[Plan], outcomes: Sequence[Outcome], requests: Iterable[Entry]) -> Iterator[str]:
    """What was wrong, in plain English."""
    by_key: dict[str | None, list[Entry]] = {}
    for request in requests:
        by_key.setdefault(request.idempotency_key, []).append(request)
    by_plan = {each.plan.number: each for each in outcomes}
    known: set[str | None] = {None}
    for plan in plans:
        known |= set(plan.keys)
        if plan.number not in by_plan:
            yield f"call {plan.number} ({plan.kind}, {plan.fault}): lost, nothing came of it"
            continue
        of_call = [by_key.get(key, []) for key in plan.keys]
        for wrong in _of(by_plan[plan.number], of_call):
            yield f"call {plan.number} ({plan.kind}, {plan.fault}): {wrong}"
    if len(by_plan) != len(outcomes):
        yield f"{len(outcomes)} outcomes of {len(by_plan)} calls"
    for key in by_key.keys() - known:
        yield f"a request that nobody planned: {key}"


def _of(outcome: Outcome, requests: Sequence[Sequence[Entry]]) -> Iterator[str]:
    ending = outcome.plan.ending
    if outcome.name not in ending.outcomes:
        yield f"{outcome.name} is not explained: {' or '.join(ending.outcomes)} was to come ({outcome.why})"
    if outcome.seconds > LONGEST:
        yield f"it took {outcome.seconds:.1f} s"
    scenario = Scenario(
        name=f"image/{outcome.plan.kind}",
        happens="",
        expected="",
        outcome="either",
        faults=(outcome.plan.fault or ON_ANY,),
    )
    for of_key in requests:
        executed = sum(each.executed for each in of_key)
        if executed not in ending.executed:
            yield f"executed {executed} times"
        if executed and outcome.name != ANSWERED and not outcome.may_be_billed:
            yield "said not to be billed, but executed"
        if of_key:
            seen = Seen(
                requests=of_key, elsewhere=(), result={}, ended="", file=None, picture=b"", api_key="not searched for"
            )
            yield from problems(scenario, seen)


def errors_by_kind(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many calls raised which error."""
    return Counter(each.name for each in outcomes if each.name[:1].isupper())


def survived(outcomes: Iterable[Outcome], requests: Iterable[Entry]) -> int:
    """How many calls were answered though a request of theirs had a fault."""
    hit = {each.idempotency_key for each in requests if each.fault}
    return sum(each.name == ANSWERED and not hit.isdisjoint(each.plan.keys) for each in outcomes)
