"""The desk: what it permits, what it takes, and what a new claim finds of an older one, or of a process that was killed."""

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from ccapi_client.batch import deciding
from ccapi_client.batch.desk import Claim, Idempotency, Outcome, Problem, Report, Seen, Shard
from ccapi_client.batch.ledger import Ledger
from ccapi_client.batch.moves import FROM, key_of
from ccapi_client.batch.pace import Pace

from .desks import ALL, FINE, Time, desk_of, ledger_of, send, states

pytestmark = pytest.mark.anyio


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = ledger_of(tmp_path / "x.ccapi", 5)
    yield ledger
    ledger.close()


async def test_each_row_is_handed_out_once_whatever_becomes_of_it(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    found, outcomes = [], iter(["job", "done", "refused", "saved", "doubtful"])
    while page := await desk.work(claim, 1):
        for work in page:
            found.append((work.row, work.id, work.operation, work.state, work.attempt))
            await send(desk, claim, work.row, next(outcomes))  # type: ignore[arg-type]
    assert found == [(row, str(row), "createImage", "planned", 0) for row in range(1, 6)]
    assert states(ledger) == {"1": "job", "2": "done", "3": "planned", "4": "saved", "5": "sending"}


async def test_what_is_paid_for_comes_before_what_is_to_be_sent(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, idempotency="replay")
    claim = await desk.claim(ALL)
    await send(desk, claim, 5, "done", answer="{}")
    await send(desk, claim, 4, "job", job="job-4")
    await desk.permit(claim, 3)
    desk = desk_of(ledger, idempotency="replay")
    claim = await desk.claim(ALL)
    work = await desk.work(claim, 10)
    assert [(each.row, each.state) for each in work] == [
        (5, "done"),
        (4, "job"),
        (3, "sending"),
        (1, "planned"),
        (2, "planned"),
    ]
    assert (work[0].answer, work[1].job) == ("{}", "job-4")
    assert await desk.work(claim, 10) == []


async def test_sending_is_committed_before_go_is_said(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    permit = await desk.permit(claim, 2)
    assert (permit.decision, permit.is_again) == ("go", False)
    assert permit.key == key_of(ledger.id, 2, 0)
    with closing(Ledger(ledger.path, read_only=True)) as another:
        assert another.read("SELECT state FROM item WHERE row=2") == [("sending",)]


async def test_the_key_follows_from_run_row_and_attempt(ledger: Ledger, tmp_path: Path, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    refused = await desk.permit(claim, 1)
    await desk.report(claim, Report(1, 0, "refused", permit=refused.number, seen=FINE))
    first = await desk.permit(claim, 1)
    assert first.key == refused.key
    await desk.report(claim, Report(1, 0, "failed", permit=first.number, seen=FINE))
    assert deciding.retry(ledger, None) == 1
    second = await desk.permit(claim, 1)
    other = ledger_of(tmp_path / "y.ccapi", 1)
    keys = {first.key, second.key, (await desk.permit(claim, 2)).key, key_of(other.id, 1, 0)}
    assert len(keys) == 4
    assert (second.attempt, second.is_again) == (1, False)
    assert all(key.isascii() and len(key) < 100 for key in keys)
    other.close()


@pytest.mark.parametrize("idempotency", ["replay", "reject"])
async def test_the_same_key_is_sent_again(ledger: Ledger, idempotency: Idempotency, anyio_backend: str) -> None:
    desk = desk_of(ledger, idempotency=idempotency)
    claim = await desk.claim(ALL)
    before = await desk.permit(claim, 1)
    desk = desk_of(ledger, idempotency=idempotency)
    claim = await desk.claim(ALL)
    again = await desk.permit(claim, 1)
    assert (again.decision, again.key, again.attempt, again.is_again) == ("go", before.key, 0, True)
    assert await desk.report(claim, Report(1, 0, "doubtful", permit=again.number, seen=FINE))
    assert (await desk.permit(claim, 1)).key == before.key


async def test_without_honored_keys_nothing_is_sent_again(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    await desk.permit(claim, 1)
    assert (await desk.permit(claim, 1)).decision == "stale"
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    assert states(ledger)["1"] == "unknown"
    assert [work.row for work in await desk.work(claim, 10)] == [2, 3, 4, 5]
    assert (await desk.permit(claim, 1)).decision == "stale"


async def test_a_key_that_may_be_forgotten_is_not_sent_again(ledger: Ledger, anyio_backend: str) -> None:
    time = Time()
    desk = desk_of(ledger, time=time, idempotency="replay", key_ttl=100)
    claim = await desk.claim(ALL)
    await desk.permit(claim, 1)
    time.now += 60
    await desk.permit(claim, 2)
    time.now += 60
    assert (await desk.permit(claim, 1)).decision == "stale"
    await desk.permit(claim, 3)
    assert states(ledger) == {"1": "unknown", "2": "sending", "3": "sending", "4": "planned", "5": "planned"}
    time.now += 60
    await desk_of(ledger, time=time, idempotency="replay", key_ttl=100).claim(ALL)
    assert states(ledger) == {"1": "unknown", "2": "unknown", "3": "sending", "4": "planned", "5": "planned"}
    (error,) = ledger.read("SELECT error FROM item WHERE row=2")[0]
    assert "key_expired" in error


async def test_a_service_that_honors_keys_can_tell_of_what_was_unknown(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    await desk.permit(claim, 1)
    await send(desk, claim, 2, "unknown", problem=Problem("executed", "its key was used"))
    desk = desk_of(ledger)
    await desk.claim(ALL)
    assert states(ledger)["1"] == "unknown"
    desk = desk_of(ledger, idempotency="replay")
    claim = await desk.claim(ALL)
    assert states(ledger) == {"1": "sending", "2": "unknown", "3": "planned", "4": "planned", "5": "planned"}
    assert (await desk.permit(claim, 1)).key == key_of(ledger.id, 1, 0)


@pytest.mark.parametrize("outcome", [*FROM, "doubtful", "polled"])
async def test_an_older_claim_can_t_send_and_may_report_only_what_nobody_else_has(
    ledger: Ledger, outcome: Outcome, anyio_backend: str
) -> None:
    desk = desk_of(ledger)
    older = await desk.claim(ALL)
    permit = await desk.permit(older, 1)
    newer = await desk.claim(ALL)
    assert older != newer
    for call in (desk.permit(older, 2), desk.poll_permit(older)):
        assert (await call).decision == "stale"
    assert await desk.work(older, 5) == []
    report = Report(1, 0, outcome, permit=permit.number, seen=FINE, job="job-1", answer="{}", problem=None)
    is_taken = await desk.report(older, report)
    assert is_taken == (outcome in ("job", "done", "saved"))
    assert states(ledger)["1"] == (outcome if is_taken else "unknown")
    assert [work.row for work in await desk.work(newer, 5) if work.state == "planned"] == [2, 3, 4, 5]


async def test_a_claim_of_one_shard_leaves_the_others(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    first, second = await desk.claim(Shard(1, 2)), await desk.claim(Shard(3, 5))
    assert [work.row for work in [*await desk.work(first, 1), *await desk.work(second, 1)]] == [1, 3]
    await desk.permit(first, 1)
    await desk.permit(second, 3)
    again = await desk.claim(Shard(1, 2))
    assert states(ledger) == {"1": "unknown", "2": "planned", "3": "sending", "4": "planned", "5": "planned"}
    assert [work.row for work in await desk.work(again, 9)] == [2]
    assert [work.row for work in await desk.work(second, 9)] == [4, 5]
    assert await desk.report(second, Report(3, 0, "saved"))


async def test_a_late_report_of_an_attempt_that_ended_changes_nothing(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    await send(desk, claim, 1, "failed")
    deciding.retry(ledger, None)
    await desk.permit(claim, 1)
    assert not await desk.report(claim, Report(1, 0, "job", job="job-0"))
    await send(desk, claim, 2, "saved", answer='{"n": 1}')
    assert not await desk.report(claim, Report(2, 0, "failed", problem=Problem("x", "y")))
    assert not await desk.report(claim, Report(2, 0, "done", answer='{"n": 2}'))
    assert ledger.read("SELECT state, answer FROM item WHERE row=2") == [("saved", '{"n": 1}')]
    assert states(ledger)["1"] == "sending"


async def test_permits_of_a_claim_that_ends_are_given_back(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, pace=Pace(None, 2), patience=0.01)
    dead = await desk.claim(Shard(1, 2))
    assert [(await desk.permit(dead, row)).decision for row in (1, 2)] == ["go", "go"]
    claim = await desk.claim(Shard(3, 5))
    assert (await desk.permit(claim, 3)).decision == "wait"
    await desk.release(dead)
    assert (await desk.permit(claim, 3)).decision == "go"
    assert desk.pace.in_flight == 1


async def test_who_waits_for_a_permit_gets_it_when_another_ends(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, pace=Pace(None, 1))
    claim = await desk.claim(ALL)
    order: list[int] = []

    async def one(row: int) -> None:
        permit = await desk.permit(claim, row)
        order.append(row)
        await anyio.lowlevel.checkpoint()
        await desk.report(claim, Report(row, 0, "saved", permit=permit.number, seen=FINE))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for row in range(1, 6):
                group.start_soon(one, row)
    assert sorted(order) == [1, 2, 3, 4, 5]
    assert set(states(ledger).values()) == {"saved"}


@pytest.mark.parametrize("code", ["authentication", "unreachable", "output", "billing", "max_cost", "max_failures"])
async def test_what_stops_a_run(ledger: Ledger, code: str, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    await send(desk, claim, 1, "refused", stop=Problem(code, "why"))
    assert desk.stopped == Problem(code, "why")
    assert (await desk.permit(claim, 2)).decision == "stop"
    assert await desk.work(claim, 5) == []
    is_polled = code in ("billing", "max_cost", "max_failures")
    assert (await desk.poll_permit(claim)).decision == ("go" if is_polled else "stop")


async def test_jobs_are_saved_after_the_money_is_spent(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    await send(desk, await desk.claim(ALL), 4, "job", job="job-4")
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    desk.stop(Problem("billing", "no money"))
    assert [work.row for work in await desk.work(claim, 5)] == [4]
    assert await desk.work(claim, 5) == []


async def test_who_waits_learns_of_a_stop(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, pace=Pace(None, 1))
    claim = await desk.claim(ALL)
    first = await desk.permit(claim, 1)
    decisions: list[str] = []

    async def wait() -> None:
        decisions.append((await desk.permit(claim, 2)).decision)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            stop = Problem("authentication", "the key is wrong")
            await desk.report(claim, Report(1, 0, "refused", permit=first.number, seen=FINE, stop=stop))
    assert decisions == ["stop"]


async def test_a_service_that_is_not_there_stops_the_run(ledger: Ledger, anyio_backend: str) -> None:
    time = Time()
    desk = desk_of(ledger, time=time)
    claim = await desk.claim(ALL)
    silent = Seen(came=False, is_refused=True)
    started = time.now
    while desk.stopped is None:
        assert time.now < started + 1000
        await send(desk, claim, 1, "refused", seen=silent)
        time.now += 0.001
    assert desk.stopped.code == "unreachable"
    assert 25 < time.now - started < 65


@pytest.mark.parametrize(("bad", "is_stopped"), [(10, False), (11, True)])
async def test_failures_stop_the_run_once_twenty_rows_have_ended(
    tmp_path: Path, bad: int, is_stopped: bool, anyio_backend: str
) -> None:
    ledger = ledger_of(tmp_path / "many.ccapi", 30)
    desk = desk_of(ledger, max_failures=0.5)
    claim = await desk.claim(ALL)
    outcomes: list[Outcome] = [*["failed"] * bad, *["saved"] * (20 - bad)]  # type: ignore[list-item]
    for row, outcome in enumerate(outcomes, 1):
        assert desk.stopped is None
        await send(desk, claim, row, outcome)
    assert (desk.stopped is not None) == is_stopped
    if desk.stopped:
        assert desk.stopped.code == "max_failures"
        assert "11 of 20 rows" in desk.stopped.message
    ledger.close()


async def test_the_budget_is_kept(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, prices={"": 1.0}, max_cost=2.0)
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 1, "refused", is_free=True)
    assert desk.budget.spent == 0
    await send(desk, claim, 1, "saved")
    await send(desk, claim, 2, "unknown")  # it may have been billed
    assert (await desk.permit(claim, 3)).decision == "stop"
    assert desk.stopped
    assert desk.stopped.code == "max_cost"
    assert ledger.read("SELECT cost FROM item ORDER BY row") == [(1.0,), (1.0,), (0.0,), (0.0,), (0.0,)]
    assert desk.pace.in_flight == 0


async def test_what_is_retried_counts_once(ledger: Ledger, anyio_backend: str) -> None:
    time = Time()
    desk = desk_of(ledger, time=time, prices={"": 1.0}, max_cost=2.0, idempotency="replay")
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 1, "saved")
    await send(desk, claim, 2, "doubtful")  # all of the limit is spent
    await send(desk, claim, 2, "doubtful")
    assert desk.budget.spent == 2
    # A process that was killed, and the one after it.
    desk = desk_of(ledger, time=time, prices={"": 1.0}, max_cost=2.0, spent=2.0, idempotency="replay")
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 2, "saved")
    assert (await desk.permit(claim, 3)).decision == "stop"
    assert desk.budget.spent == 2
    assert ledger.read("SELECT cost FROM item WHERE row<4 ORDER BY row") == [(1.0,), (1.0,), (0.0,)]


async def test_what_is_in_flight_may_turn_out_to_cost_less(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, prices={"": 1.0}, max_cost=1.0)
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    first, decisions = await desk.permit(claim, 1), list[str]()

    async def ask(row: int) -> None:
        decisions.append((permit := await desk.permit(claim, row)).decision)
        if permit.decision == "wait":
            await ask(row)
        elif permit.decision == "go":
            await desk.report(claim, Report(row, 0, "saved", permit=permit.number, seen=FINE))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for row in (2, 3, 4):
                group.start_soon(ask, row)
            await anyio.wait_all_tasks_blocked()  # none wakes the others
            assert (decisions, desk.stopped) == ([], None)
            await desk.report(claim, Report(1, first.attempt, "refused", permit=first.number, seen=FINE, is_free=True))
    assert sorted(set(decisions)) == ["go", "stop", "wait"]
    assert decisions.count("go") == 1
    assert ledger.read("SELECT total(cost) FROM item") == [(1.0,)]


@pytest.mark.parametrize("later", [0.1, 10.0])
async def test_a_row_costs_what_it_was_counted_with(ledger: Ledger, later: float, anyio_backend: str) -> None:
    """Also where it is retried after its price has changed."""
    time = Time()
    desk = desk_of(ledger, time=time, prices={"": 1.0}, idempotency="replay")
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 1, "doubtful")
    await send(desk, claim, 2, "doubtful")
    desk = desk_of(ledger, time=time, prices={"": later}, spent=2.0, idempotency="replay")
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 1, "failed", is_free=True)
    await send(desk, claim, 2, "saved")
    assert desk.budget.spent == 1
    assert ledger.read("SELECT cost FROM item WHERE row<3 ORDER BY row") == [(0.0,), (1.0,)]


async def test_a_report_that_comes_twice_is_given_back_once(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger, prices={"": 1.0})
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    permit = await desk.permit(claim, 1)
    report = Report(1, permit.attempt, "refused", permit=permit.number, is_free=True)
    assert [await desk.report(claim, report) for _ in range(2)] == [True, False]
    assert desk.budget.spent == 0


@pytest.mark.parametrize("prices", [None, {"x/y": 1.0}])
async def test_what_was_sent_without_a_price_is_noted_unless_it_was_free(
    ledger: Ledger, prices: dict[str, float] | None, anyio_backend: str
) -> None:
    desk = desk_of(ledger, prices=prices)
    claim = await desk.claim(ALL)
    await desk.work(claim, 5)
    await send(desk, claim, 1, "refused", is_free=True)
    await send(desk, claim, 2, "saved")
    await send(desk, claim, 3, "failed", is_free=True)
    await send(desk, claim, 4, "job")
    await desk.report(claim, Report(4, 0, "failed", problem=Problem("x", "y"), is_free=True))
    assert ledger.read("SELECT unpriced FROM item ORDER BY row") == [(0,), (1,), (0,), (1,), (0,)]


async def test_what_ends_is_told(ledger: Ledger, anyio_backend: str) -> None:
    told: list[tuple[int, str]] = []
    desk = desk_of(ledger, on_ended=lambda row, state: told.append((row, state)))
    claim = await desk.claim(ALL)
    for row, outcome in enumerate(("job", "saved", "failed", "unknown", "refused"), 1):
        await send(desk, claim, row, outcome)  # type: ignore[arg-type]
    assert told == [(2, "saved"), (3, "failed"), (4, "unknown")]
    assert desk.ended == {"saved": 1, "failed": 1, "unknown": 1, "lost": 0}


async def test_paths_are_kept_from_the_folder_of_the_ledger(ledger: Ledger, anyio_backend: str) -> None:
    desk = desk_of(ledger)
    claim = await desk.claim(ALL)
    inside = str(ledger.path.parent / "out" / "1.png")
    await send(desk, claim, 1, "saved", paths=(inside, "/elsewhere/2.png", "s3://bucket/3.png"))
    (paths,) = ledger.read("SELECT paths FROM item WHERE row=1")[0]
    assert paths == '["out/1.png", "/elsewhere/2.png", "s3://bucket/3.png"]'


async def test_nobody_waits_for_long(ledger: Ledger, anyio_backend: str) -> None:
    """A call for a permit that is cancelled, or gives up, has taken none."""
    desk = desk_of(ledger, pace=Pace(None, 1), patience=math.inf)
    claim = await desk.claim(ALL)
    first = await desk.permit(claim, 1)
    with anyio.move_on_after(0.01):
        await desk.permit(claim, 2)
    await desk.report(claim, Report(1, 0, "saved", permit=first.number, seen=FINE))
    assert desk.pace.in_flight == 0
    assert states(ledger)["2"] == "planned"
    with anyio.fail_after(5):
        assert (await desk.permit(claim, 3)).decision == "go"


def test_a_claim_is_plain() -> None:
    assert Claim(Shard(1, 2), "a") == Claim(Shard(1, 2), "a") != Claim(Shard(1, 2), "b")
