"""What has to hold of the conversations of a plan, whatever the faults were; and the plans that are tried."""

import pickle
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from ccapi_client import StreamError
from hypothesis import HealthCheck, Phase, given, seed, settings

from .carriers import Carrier
from .conversations import OLD, Conversation, Party, said_of
from .fault_plans import GOOD, PLANS, Plan
from .fault_server import serving
from .plan_server import Elsewhere, PlanServer, changed, file_of, texts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
LATE = 1.0
"""How much later than its limit a call may end, in seconds."""


def nothing_is_executed_twice(party: Party) -> None:
    for name, count in party.server.executed.items():
        assert count == 1, f"{name} was executed {count} times: {party.server.done[name]}"
    for talk in party.talks:
        if talk.error and not talk.error.may_be_billed and not _is_of_a_get(talk):
            assert not party.server.executed[talk.name], f"{talk.name} was executed, but not billed: {talk.error!r}"


def _is_of_a_get(talk: Conversation) -> bool:
    """Whether what failed was a poll or a download, which are not billed."""
    return any(each.method == "GET" for each in talk.events)


def each_result_is_delivered_once(party: Party) -> None:
    for talk in party.talks:
        _delivered_once(party, talk)
        done = party.server.done[talk.name]
        if not (talk.error or talk.foreign or talk.was_canceled):
            assert talk.result is not None, f"{talk.name} gave nothing"
        if all(each.name in GOOD for each in done) and not (talk.was_canceled or talk.talk.is_hasty):
            assert talk.error is None, f"{talk.name} failed without a reason: {talk.error!r} after {done}"


def _delivered_once(party: Party, talk: Conversation) -> None:
    name, kind = talk.name, talk.talk.kind
    texts = texts_of(name, talk.talk) if kind == "stream" else []
    whole = "".join(texts)
    got = "".join(talk.texts)
    assert whole.startswith(got), f"{name} streamed {talk.texts}"
    if isinstance(talk.error, StreamError):
        assert whole.startswith(talk.error.text), f"{name} kept {talk.error.text!r}"
        assert talk.error.text.startswith(got), f"{name} lost a part of {talk.texts}: {talk.error.text!r}"
    file = file_of(name, talk.talk)
    files = [file, changed(file)] if any(each.name == "changed" for each in party.server.done[name]) else [file]
    if talk.result is not None:
        expected: dict[str, list[Any]] = {"stream": [whole], "image": files}
        if kind.endswith("_job"):
            expected[kind] = [party.folder / f"{name}.png"]
        assert talk.result in expected.get(kind, [name]), f"{name} gave {talk.result!r}"
        assert kind != "stream" or got == whole, f"{name} streamed {talk.texts}"
    path = party.folder / f"{name}.png"
    if path.exists():
        there = path.read_bytes()
        assert there in (OLD, *files), f"{path.name} has {len(there)} other bytes"
        assert talk.result is None or there != OLD, f"{path.name} was not saved"
    states = [(each.status, each.progress) for each in talk.updates]
    assert all(one != two for one, two in pairwise(states)), f"{name} received an update twice: {states}"
    posts = [each for each in talk.events if each.method == "POST"]
    has_sent = party.server.done[name] and kind != "models"
    assert len(posts) == 1 if has_sent and not talk.was_canceled else len(posts) < 2, f"{name} reported {talk.events}"


def no_call_is_late(party: Party) -> None:
    for talk in party.talks:
        assert max(talk.late, default=0) <= LATE, f"{talk.name} was {max(talk.late):.1f} s late: {talk.error!r}"


def nothing_is_left(party: Party) -> None:
    assert not party.left, f"the client leaves {party.left}"
    expected = {f"{talk.name}.png" for talk in party.talks if talk.talk.kind.endswith("_job")}
    there = {path.name for path in party.folder.iterdir()}
    assert there <= expected, f"there are files that nobody wanted: {there - expected}"


def the_key_is_nowhere_else(party: Party) -> None:
    server, elsewhere, key = party.server, party.server.elsewhere, party.key
    for head in server.heads:
        lines = [line for line in head.decode("latin-1").split("\r\n") if key in line]
        assert lines == [f"authorization: Bearer {key}"] or lines == [f"Authorization: Bearer {key}"], (
            f"a request has the key in {lines}"
        )
    places: dict[str, list[str]] = {
        "a body": [each.decode("latin-1") for each in server.bodies],
        "a request to another origin": [each.decode("latin-1") for each in (*elsewhere.heads, *elsewhere.bodies)],
        "a log": party.lines,
        "a file": [path.read_bytes().decode("latin-1") for path in party.folder.iterdir()],
    }
    for talk in party.talks:
        shown = (*talk.retries, *talk.events, *talk.updates, *talk.outcomes, *talk.given, talk.result)
        places[f"what {talk.name} shows"] = [f"{each!r} {pickle.dumps(each)!r}" for each in shown]
        if talk.error:
            # What the service repeats is in the variables of whoever reads it, and nowhere else.
            repeats = any(each.repeats_the_key for each in server.done[talk.name])
            places[f"the error of {talk.name}"] = said_of(talk.error, with_frames=not repeats)
    for place, lines in places.items():
        found = [line[:300] for line in lines if key in line]
        assert found == [], f"{place} has the key: {found}"


def only_our_errors_come_out(party: Party) -> None:
    for talk in party.talks:
        if talk.foreign:
            raise AssertionError(f"{talk.name} raised {talk.foreign!r}") from talk.foreign
    assert not party.server.problems, party.server.problems


CHECKS: tuple[Callable[[Party], None], ...] = (
    only_our_errors_come_out,
    nothing_is_executed_twice,
    each_result_is_delivered_once,
    nothing_is_left,
    the_key_is_nowhere_else,
)


@attrs.frozen
class Place:
    """Where plans are played.

    Attributes:
        server: The service.
        closed_port: A port that refuses every connection.
        figures: What has been done so far.
        kinds: How often which fault happened.
        errors: How often which error came out.
    """

    server: PlanServer
    closed_port: int
    figures: Counter[str] = attrs.field(factory=Counter)
    kinds: Counter[str] = attrs.field(factory=Counter)
    errors: Counter[str] = attrs.field(factory=Counter)

    def play(self, plan: Plan, carrier: Carrier) -> None:
        """Leads the conversations of a plan, and checks all that has to hold.

        Raises:
            AssertionError: Something does not.
        """
        party = self._played(plan, carrier)
        for _ in range(2):  # a machine may be busy: who is late has to be late each time
            if party.is_late(LATE):
                party = self._played(plan, carrier)
        no_call_is_late(party)
        self._count(party)

    def _played(self, plan: Plan, carrier: Carrier) -> Party:
        with TemporaryDirectory() as folder:
            party = Party(plan, carrier, self.server, self.closed_port, Path(folder))
            party.hold()
            for check in CHECKS:
                check(party)
        return party

    def _count(self, party: Party) -> None:
        done = [fault for faults in self.server.done.values() for fault in faults]
        ends = [type(talk.error).__name__ for talk in party.talks if talk.error]
        self.figures.update(
            plans=1,
            conversations=len(party.talks),
            requests=len(done),
            faults=sum(each.name != "ok" for each in done),
            executed=self.server.executed.total(),
            canceled=sum(talk.was_canceled for talk in party.talks),
            delivered=sum(talk.result is not None for talk in party.talks),
        )
        self.kinds.update(each.kind for each in done)
        self.errors.update(ends)

    def try_plans(self, carrier: Carrier, examples: int, start: int) -> None:
        """Plays so many plans that are drawn from a seed; shrinks one that fails."""

        @seed(start)
        @given(PLANS)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=SLOW,
        )
        def played(plan: Plan) -> None:
            self.play(plan, carrier)

        played()


@contextmanager
def a_place() -> Iterator[Place]:
    """The service, the other origin, and a port that is closed for as long."""
    with socket.socket() as bound, serving(Elsewhere()) as elsewhere, serving(PlanServer(elsewhere)) as server:
        bound.bind(("127.0.0.1", 0))
        yield Place(server, bound.getsockname()[1])
