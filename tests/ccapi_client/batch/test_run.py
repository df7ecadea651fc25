"""A run, against the sandbox: by both clients, with what goes wrong on the way, stopped and taken up again."""

import itertools
import json
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import ccapi_sandbox
import httpx
import pytest
from ccapi_client import (
    CCAPI,
    AsyncCCAPI,
    ConfigurationError,
    InvalidRequestError,
    PollPolicy,
    media,
)
from ccapi_client._files.drafts import draft
from ccapi_client.batch import Batch, BatchError, BatchStoppedError, Item, Progress
from ccapi_client.batch.estimating import Unpriced, price_sent
from ccapi_client.batch.ledger import Ledger, own_error
from ccapi_client.batch.money import PriceList
from ccapi_client.batch.moves import start
from ccapi_client.batch.row import again_after
from ccapi_client.models import ModelSummary
from ccapi_sandbox import Sandbox
from PIL import Image

from ...conftest import QUICK
from ...scripted import ClientClass

SMALL = {"width": 16, "height": 16}
AT_ONCE = "black-forest-labs/flux-schnell"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with ccapi_sandbox.running(job_seconds=0.1, strict=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    return server


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    with Batch.open(tmp_path / "x.ccapi") as batch:
        yield batch


def foxes(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"text": f"fox {number}", "parameters": SMALL, **fields} for number in range(count)]


def run(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, *, headers: dict[str, str] | None = None, **options: Any
) -> list[Item]:
    """The rows that ended, by either client."""
    items, _ = run_and_progress(client_class, sandbox, batch, headers=headers, **options)
    return items


def run_and_progress(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, *, headers: dict[str, str] | None = None, **options: Any
) -> tuple[list[Item], Progress | None]:
    """The same, and how far the run was in the end."""
    options = {"output": batch._ledger.path.parent / "out", "max_failures": 1.0, **options}
    settings: dict[str, Any] = {"base_url": sandbox.base_url, "poll": QUICK, "headers": headers, "timeout": 30}
    if client_class is CCAPI:
        with CCAPI(sandbox.api_key, **settings) as client:
            running = batch.run(client, **options)
            return list(running), running.progress

    async def all_rows() -> tuple[list[Item], Progress | None]:
        async with AsyncCCAPI(sandbox.api_key, **settings) as client:
            running = batch.run(client, **options)
            return [item async for item in running], running.progress

    return anyio.run(all_rows)


def executed(sandbox: Sandbox) -> Counter[str]:
    """How often the requests of each operation were executed."""
    return Counter(each.operation for each in sandbox.requests if each.executed and each.method == "POST")


def states(batch: Batch) -> dict[str, str]:
    return {item.id: item.state for item in batch.items()}


def test_everything_is_executed_once_and_saved(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, tmp_path: Path
) -> None:
    batch.add(foxes(5))
    batch.add(foxes(2, model=AT_ONCE), id="at-once-{text}", template={"text": "{text}", "model": AT_ONCE})
    batch.add([{"id": "many", "text": "a fox", "parameters": {**SMALL, "num_images": 2}}])
    batch.add([{"id": "old", "prompt": "a fox", "size": "16x16"}], operation="createImage")
    batch.add([{"id": "chat", "model": "sandbox/babble", "text": "hello"}], operation="createChatCompletion")
    batch.add([{"id": "../talk.wav", "model": "openai/tts-1", "text": "hi", "response_format": "b64_json"}],
              operation="createSpeech")  # fmt: skip
    items = run(client_class, sandbox, batch)
    assert {item.state for item in items} == {"saved"}
    assert executed(sandbox) == {
        "generateImages": 8,
        "createImage": 1,
        "createChatCompletion": 1,
        "createSpeech": 1,
    }
    by_id = {item.id: item for item in batch.items()}
    assert sorted(by_id) == sorted(item.id for item in items)
    names = {name: [path.name for path in item.paths] for name, item in by_id.items()}
    assert (names["1"], names["many"], names["old"], names["chat"]) == (
        ["1.png"],
        ["many.0.png", "many.1.png"],
        ["old.jpg"],
        [],
    )
    (talk,) = by_id["../talk.wav"].paths
    assert talk.parent == tmp_path / "out"
    assert talk.name.startswith("talk-wav-")
    assert {path for item in items for path in item.paths} == set((tmp_path / "out").iterdir())
    assert all(path.stat().st_size > 50 for path in (tmp_path / "out").iterdir())
    assert by_id["chat"].result["choices"][0].message.content  # type: ignore[index]
    assert by_id["1"].result["status"] == "completed"  # type: ignore[index]
    assert "b64_json" not in json.dumps(by_id["../talk.wav"].response)
    assert run(client_class, sandbox, batch) == []
    assert sum(executed(sandbox).values()) == 11


def test_pictures_are_read_when_they_are_sent(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        Image.new("RGB", (16, 16), "red" if name == "a" else "blue").save(tmp_path / f"{name}.png")
    batch.add([{"id": name, "text": "in winter", "image": str(tmp_path / f"{name}.png")} for name in "abc"])
    Image.new("RGB", (16, 16), "green").save(tmp_path / "b.png")
    (tmp_path / "c.png").unlink()
    run(client_class, sandbox, batch)
    assert states(batch) == {"a": "saved", "b": "failed", "c": "failed"}
    reasons = [item.error.message for item in batch.items(["failed"]) if item.error]
    assert "the picture has changed since the row was planned" in reasons[0]
    assert "can't be read" in reasons[1]
    sent = next(each.body for each in sandbox.requests if each.method == "POST")
    picture = media.image(tmp_path / "a.png").image
    assert picture
    assert sent["contents"][0] == {"text": "in winter", "image": picture.to_dict()}
    assert executed(sandbox) == {"generateImages": 1}


FAULTS: list[tuple[str, str, str, int]] = [
    # what goes wrong; the state then, where keys are not honored and where they are; how often it was executed
    ("429;times=2", "saved", "saved", 1),
    ("503;retry-after=0;times=1", "saved", "saved", 1),
    ("500", "unknown", "unknown", 0),
    ("500;executed=true;times=2", "unknown", "saved", 1),
    ("cut-body;times=2", "unknown", "saved", 1),
    ("400", "failed", "failed", 0),
    ("403", "failed", "failed", 0),
    ("422", "failed", "failed", 0),
    ("job-failed", "failed", "failed", 1),
    ("job-cancelled", "failed", "failed", 1),
    ("unknown-status", "saved", "saved", 1),
]


@pytest.mark.parametrize(("fault", "never", "replay", "times"), FAULTS)
@pytest.mark.parametrize("mode", ["never", "replay"])
def test_what_goes_wrong(
    fault: str, never: str, replay: str, times: int, mode: str, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccapi_client.batch.row.again_after", lambda sends, chance: 0.001)
    policy: Any = "replay" if mode == "replay" else "ignore"
    with ccapi_sandbox.running(job_seconds=0.05, idempotency=policy) as sandbox:
        batch.add(foxes(1))
        run(CCAPI, sandbox, batch, idempotency=mode, headers={"X-Sandbox-Fault": fault})
        assert states(batch) == {"1": never if mode == "never" else replay}
        assert executed(sandbox)["generateImages"] == times
        (item,) = batch.items()
        assert (item.error is None) == (item.state == "saved")


def test_rows_that_are_unknown_are_counted_and_given_once(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch
) -> None:
    batch.add(foxes(3))
    with batch._ledger.transaction() as connection:
        for row in (1, 2):  # by a process that was killed then
            start(connection, row, now=time.time(), oldest=0, cost=0)
    items, progress = run_and_progress(client_class, sandbox, batch)
    assert [(item.row, item.state) for item in items] == [(1, "unknown"), (2, "unknown"), (3, "saved")]
    assert progress
    assert (progress.saved, progress.unknown, progress.left) == (1, 2, 0)
    items, progress = run_and_progress(client_class, sandbox, batch, idempotency="replay")
    assert sorted((item.row, item.state) for item in items) == [(1, "saved"), (2, "saved")]
    assert progress
    assert (progress.total, progress.saved, progress.unknown, progress.left) == (3, 3, 0, 0)


def test_what_a_crash_left_unknown_does_not_stop_a_run(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(30))
    with batch._ledger.transaction() as connection:
        for row in range(1, 26):
            start(connection, row, now=time.time(), oldest=0, cost=0)
    assert len(run(CCAPI, sandbox, batch, max_failures=0)) == 30


def test_a_wait_before_the_same_key_is_sent_again() -> None:
    assert [again_after(sends, 1.0) for sends in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert again_after(3, 0.0) == 1


@pytest.mark.parametrize(("fault", "code"), [("401", "authentication"), ("billing", "billing")])
def test_what_stops_a_run(client_class: ClientClass, sandbox: Sandbox, batch: Batch, fault: str, code: str) -> None:
    batch.add(foxes(30))
    with pytest.raises(BatchStoppedError, match="30 rows are left: the same again goes on from there") as caught:
        run(client_class, sandbox, batch, headers={"X-Sandbox-Fault": fault}, in_flight=4)
    assert (caught.value.code, caught.value.left) == (code, 30)
    assert len(sandbox.requests) <= 4
    assert len(run(client_class, sandbox, batch)) == 30
    assert executed(sandbox) == {"generateImages": 30}


def test_running_out_of_credit_fails_nothing(batch: Batch) -> None:
    with ccapi_sandbox.running(job_seconds=0.1, balance=0.039 * 10) as sandbox:
        batch.add(foxes(40))
        with pytest.raises(BatchStoppedError) as caught:
            run(CCAPI, sandbox, batch, in_flight=4)
        assert caught.value.code == "billing"
        counts = batch.counts()
        assert counts.saved == executed(sandbox)["generateImages"] >= 10
        assert counts.saved + counts.planned == 40


def test_too_many_failures_stop_a_run(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(100, model="sandbox/job-failed"))
    with pytest.raises(BatchStoppedError, match="more than max_failures, 10%") as caught:
        run(client_class, sandbox, batch, in_flight=4, max_failures=0.1)
    assert caught.value.code == "max_failures"
    assert 20 <= batch.counts().failed <= 24
    assert executed(sandbox)["generateImages"] <= 24
    assert batch.retry() == batch.counts().planned - caught.value.left
    assert next(batch.items()).attempt == 1


def test_a_service_that_is_not_there(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    with ccapi_sandbox.running() as gone:
        pass
    monkeypatch.setattr("ccapi_client.batch.pace.FIRST_PAUSE", 0.001)
    batch.add(foxes(3))
    with pytest.raises(BatchStoppedError, match="could not be reached") as caught:
        run(CCAPI, gone, batch)
    assert caught.value.code == "unreachable"
    assert set(states(batch).values()) == {"planned"}


def test_the_limit_on_costs(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(20, model=AT_ONCE))
    assert batch.estimate().cost is None
    assert batch.estimate().unpriced == {AT_ONCE: 20}
    estimate = batch.estimate({AT_ONCE: 0.003})
    assert estimate.items == 20
    assert estimate.cost == pytest.approx(0.06)
    with pytest.raises(BatchStoppedError, match=r"max_cost, 0\.03, would be exceeded; 10 rows are left") as caught:
        run(client_class, sandbox, batch, max_cost=0.03)
    assert (caught.value.code, batch.counts().saved) == ("max_cost", 10)
    assert sum(each.billed for each in sandbox.requests) == pytest.approx(0.03)
    with pytest.raises(BatchStoppedError):
        run(client_class, sandbox, batch, max_cost=0.03)
    assert executed(sandbox) == {"generateImages": 10}
    run(client_class, sandbox, batch, max_cost=10)
    assert batch.counts().saved == 20
    assert sum(item.cost for item in batch.items()) == pytest.approx(0.06)


def test_the_limit_on_costs_holds_for_later_runs(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(4, model=AT_ONCE))
    assert batch.max_cost is None
    with pytest.raises(InvalidRequestError, match="is not known for the model"):
        run(client_class, sandbox, batch, max_cost=0.003, prices={})
    assert batch.max_cost == 0.003  # the run that comes after the mistake has it
    with pytest.raises(BatchStoppedError):
        run(client_class, sandbox, batch)
    for _ in range(2):
        with Batch.open(batch._ledger.path, read_only=True) as reader:
            assert reader.max_cost == 0.003
        with pytest.raises(BatchStoppedError, match=r"max_cost, 0\.003, would be exceeded"):
            run(client_class, sandbox, batch)
    assert executed(sandbox) == {"generateImages": 1}
    with pytest.raises(BatchStoppedError):
        run(client_class, sandbox, batch, max_cost=0.009)
    with pytest.raises(BatchStoppedError, match=r"max_cost, 0\.009, would be exceeded"):
        run(client_class, sandbox, batch)
    assert executed(sandbox) == {"generateImages": 3}


def test_a_limit_is_kept_with_the_prices_it_was_given_for(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch
) -> None:
    batch.add(foxes(3, model=AT_ONCE))
    with pytest.raises(BatchStoppedError):
        run(client_class, sandbox, batch, max_cost=1, prices={AT_ONCE: 0.7})
    with pytest.raises(BatchStoppedError, match=r"max_cost, 1\.0, would be"):
        run(client_class, sandbox, batch)
    assert batch.estimate().cost == pytest.approx(1.4)
    with pytest.raises(BatchStoppedError):
        run(client_class, sandbox, batch, prices={AT_ONCE: 0.2})
    assert batch.counts().saved == 2
    assert sum(item.cost for item in batch.items()) == pytest.approx(0.9)
    assert batch.estimate().cost == pytest.approx(0.2)
    assert batch.estimate({AT_ONCE: 0.3}).cost == pytest.approx(0.3)


def test_a_limit_counts_what_was_sent_without_one(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(2, model=AT_ONCE))
    batch.add([{"id": "free", "text": "an owl", "model": "no/model"}])
    run(client_class, sandbox, batch)
    batch.retry(["free"])
    run(client_class, sandbox, batch)
    assert [item.cost for item in batch.items()] == [0, 0, 0]
    batch.add([{"id": "more", "text": "a bear", "model": AT_ONCE}])
    with pytest.raises(InvalidRequestError, match=f"not known for the model: {AT_ONCE}"):
        run(client_class, sandbox, batch, max_cost=0.5, prices={})
    with pytest.raises(BatchStoppedError, match=r"max_cost, 0\.5, would be"):
        run(client_class, sandbox, batch, max_cost=0.5, prices={AT_ONCE: 0.2, "no/model": 5})
    assert [item.cost for item in batch.items()] == [0.2, 0.2, 0, 0]


def test_each_time_that_a_row_is_sent_counts(sandbox: Sandbox, batch: Batch) -> None:
    def send(text: str, model: str, **options: Any) -> None:
        row = {"id": "a", "text": text, "parameters": SMALL, "model": model}
        batch.add([row], on_change="replace")
        run(CCAPI, sandbox, batch, **options)

    def cost() -> float:
        return sum(item.cost for item in batch.items())

    send("a fox", AT_ONCE)
    send("an owl", AT_ONCE)
    run(CCAPI, sandbox, batch, max_cost=5, prices={AT_ONCE: 0.2})
    assert cost() == pytest.approx(0.4)
    send("a bear", AT_ONCE)
    assert cost() == pytest.approx(0.6)
    send("a wolf", "imaginepro/nano-banana", max_cost=float("inf"))
    assert cost() == pytest.approx(0.6)
    run(CCAPI, sandbox, batch, max_cost=5, prices={"imaginepro/nano-banana": 0.1})
    assert cost() == pytest.approx(0.7)


def test_what_a_replaced_row_sent_counts_by_its_own_model(sandbox: Sandbox, batch: Batch) -> None:
    """Its dear requests had no price when they were sent; the cheap one that replaced it has one from the start."""

    def send(text: str, model: str) -> None:
        batch.add([{"id": "a", "text": text, "model": model}], on_change="replace")
        run(CCAPI, sandbox, batch)

    send("a fox", AT_ONCE)
    batch._ledger.change(lambda connection: connection.execute("UPDATE item SET state='lost'"))
    batch.retry()
    run(CCAPI, sandbox, batch)
    send("an owl", AT_ONCE)
    send("an owl", "imaginepro/nano-banana")
    assert executed(sandbox) == {"generateImages": 4}
    cheap = {"imaginepro/nano-banana": 0.1}
    with pytest.raises(InvalidRequestError, match=f"not known for the model: {AT_ONCE}; name its price"):
        run(CCAPI, sandbox, batch, max_cost=9, prices=cheap)
    assert [item.cost for item in batch.items()] == [0]
    for _ in range(2):
        run(CCAPI, sandbox, batch, max_cost=9, prices={**cheap, AT_ONCE: 0.5})
        assert [item.cost for item in batch.items()] == [pytest.approx(3 * 0.5 + 0.1)]


def test_what_was_sent_and_has_no_price_yet_needs_one_for_a_limit(sandbox: Sandbox, batch: Batch) -> None:
    for text in ("hello", "good morning"):
        chat = {"id": "a", "model": "sandbox/babble", "text": text}
        batch.add([chat], operation="createChatCompletion", on_change="replace")
        run(CCAPI, sandbox, batch)
    prices = [ModelSummary.from_dict({"id": "sandbox/babble", "ccapi": {"pricing": {"per_1k_tokens": 0.5}}})]
    # The response to the first one is gone, and neither has a bound that could still be set.
    with pytest.raises(InvalidRequestError, match=r"not known for the model: sandbox/babble; name its price in prices"):
        run(CCAPI, sandbox, batch, max_cost=9, prices=prices)
    run(CCAPI, sandbox, batch, max_cost=9, prices={"sandbox/babble": 2})
    assert [item.cost for item in batch.items()] == [4]


def test_a_price_for_what_was_sent_reaches_each_of_many_rows(batch: Batch) -> None:
    batch.add(foxes(1001))
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='saved', unpriced=1")
    price_sent(batch._ledger, PriceList({"": 0.5}), Unpriced())
    assert sum(item.cost for item in batch.items()) == 500.5


def test_of_several_attempts_without_a_price_each_counts_as_much_as_it_takes_at_most(batch: Batch) -> None:
    """The response tells the tokens of the last one alone; that one is what its reservation is for."""
    batch.add([{"model": "x/y", "text": "hello", "max_tokens": 1000}], operation="createChatCompletion")
    answer = json.dumps({"status_code": 200, "body": {"usage": {"total_tokens": 10}}})
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='saved', unpriced=2, answer=?", (answer,))
    prices = PriceList([ModelSummary.from_dict({"id": "x/y", "ccapi": {"pricing": {"per_1k_tokens": 1}}})])
    price_sent(batch._ledger, prices, Unpriced())
    ((cost, reserved),) = batch._ledger.read("SELECT cost, reserved FROM item")
    assert 1 < reserved < 1.1
    assert cost == pytest.approx(2 * reserved)


def test_an_estimate_leaves_out_what_was_sent(batch: Batch) -> None:
    batch.add(foxes(7))
    with batch._ledger.transaction() as connection:
        for row, state in enumerate(("sending", "unknown", "job", "done", "saved", "failed"), 1):
            connection.execute("UPDATE item SET state=? WHERE row=?", (state, row))
    estimate = batch.estimate({"": 0.5})
    assert (estimate.items, estimate.cost) == (1, 0.5)


@pytest.mark.parametrize(
    ("pricing", "body", "cost"),
    [
        ({"per_image": 0.5}, {"prompt": "a fox"}, 0.5),
        ({"per_image": 0.5}, {"prompt": "a fox", "n": 3}, 1.5),
        ({"per_image": 0.5}, {"contents": [], "parameters": {"num_images": 3}}, 1.5),
        ({"per_1k_characters": 0.5}, {"input": "x" * 3000}, 1.5),
        ({"per_second": 0.5}, {"prompt": "a fox", "duration": 3}, 1.5),
        ({"per_second": 0.5}, {"prompt": "a fox", "seconds": 3}, 1.5),
        ({"per_second": 0.5}, {"prompt": "a fox"}, None),
        ({"per_second": 0.5, "per_request": 1}, {"prompt": "a fox"}, None),
        ({"per_second": 0.5, "per_request": 1}, {"prompt": "a fox", "duration": 3}, 2.5),
        ({"per_second": 0.5}, {"prompt": "a fox", "duration": 3, "n": 2}, 3),
        ({"per_video": 0.5}, {"prompt": "a fox", "duration": 3}, 0.5),
        ({"per_video": 0.5}, {"prompt": "a fox", "n": 3}, 1.5),
        ({"per_1k_tokens": 0.5}, {"messages": [], "max_tokens": 1000}, 0.501),
        ({"per_1k_tokens": 0.5}, {"messages": [], "max_completion_tokens": 1000}, 0.501),
        ({"per_1k_tokens": 0.5}, {"messages": [], "max_tokens": 1000, "n": 3}, 1.501),
        ({"per_1k_tokens": 0.5}, {"messages": ["é" * 996], "max_tokens": 1000}, 1.498),
        ({"per_1k_tokens": 0.5}, {"messages": [], "max_tokens": 1000, "tools": ["x" * 994]}, 1.0),
        ({"per_1k_tokens": 0.5}, {"messages": [], "max_tokens": 1000, "response_format": {}}, 0.502),
        ({"per_fox": 0.5}, {"prompt": "a fox"}, None),
        ({"per_fox": None, "per_request": 1}, {"prompt": "a fox"}, 1),
    ],
)
def test_what_a_request_costs_at_most(pricing: dict[str, Any], body: dict[str, Any], cost: float | None) -> None:
    prices = PriceList([ModelSummary.from_dict({"id": "x/y", "ccapi": {"pricing": pricing}})])
    assert prices.cost({"model": "x/y", **body}) == (cost if cost is None else pytest.approx(cost))


def test_what_to_do_about_a_price_that_is_not_known() -> None:
    def fix(pricing: dict[str, Any], **body: Any) -> str:
        prices = PriceList([ModelSummary.from_dict({"id": "x/y", "ccapi": {"pricing": pricing}})])
        return prices.unknown(body)[body.get("model", "")]

    assert fix({"per_1k_tokens": 0.5}, model="x/y").startswith("set max_tokens")
    assert fix({"per_1k_tokens": 0.5, "per_second": 1}, model="x/y", max_tokens=9).startswith("name its price")
    assert fix({}, model="x/y").startswith("name its price")
    assert fix({"per_1k_tokens": 0.5}, model="x/z").startswith("name its price")
    assert fix({}) == "name the model in the rows"


def test_a_chat_that_names_several_models_costs_what_the_dearest_of_them_does() -> None:
    prices = PriceList({"x/y": 1, "x/z": 3, "": 9})
    assert prices.cost({"models": ["x/y", "x/z"], "messages": []}) == 3
    assert prices.cost({"models": ["x/y", "x/a"], "messages": []}) is None
    assert list(prices.unknown({"models": ["x/y", "x/a"], "messages": []})) == ["x/a"]
    tokens = PriceList(
        [
            ModelSummary.from_dict({"id": name, "ccapi": {"pricing": {"per_1k_tokens": price}}})
            for name, price in (("a", 1), ("b", 2))
        ],
        {"c": {"per_request": 1}},
    )
    assert tokens.cost_of_tokens({"models": ["a", "b"]}, 500) == 1
    assert tokens.cost_of_tokens({"models": ["a", "c"]}, 500) is None


def test_prices_of_two_currencies_are_not_added_up(sandbox: Sandbox, batch: Batch) -> None:
    prices = [
        ModelSummary.from_dict({"id": model, "ccapi": {"pricing": {"currency": currency, "per_request": 2}}})
        for model, currency in ((AT_ONCE, "EUR"), ("a/b", "USD"))
    ]
    batch.add([{"text": "a fox", "model": model, "id": model} for model in (AT_ONCE, "a/b")])
    estimate = batch.estimate(prices)
    assert (estimate.cost, estimate.unpriced, estimate.currency) == (None, {"a/b": 1}, "EUR")
    with pytest.raises(InvalidRequestError, match="not known for the model: a/b; name its price"):
        run(CCAPI, sandbox, batch, max_cost=9, prices=prices)
    assert executed(sandbox) == {}


def test_chats_without_a_bound_cost_what_they_took(sandbox: Sandbox, batch: Batch) -> None:
    batch.add([{"model": "sandbox/babble", "text": "hello"}], operation="createChatCompletion")
    run(CCAPI, sandbox, batch)
    prices = [ModelSummary.from_dict({"id": "sandbox/babble", "ccapi": {"pricing": {"per_1k_tokens": 0.5}}})]
    run(CCAPI, sandbox, batch, max_cost=9, prices=prices)
    (item,) = batch.items()
    assert item.cost == pytest.approx(item.result["usage"].total_tokens * 0.0005)  # type: ignore[index]


def test_tokens_have_a_price_where_the_request_has_none(sandbox: Sandbox, batch: Batch) -> None:
    """They are counted once, also by a limit that comes later."""
    batch.add([{"model": "sandbox/babble", "text": "hello"}], operation="createChatCompletion")
    prices = [ModelSummary.from_dict({"id": "sandbox/babble", "ccapi": {"pricing": {"per_1k_tokens": 0.5}}})]
    for max_cost in (None, 9):
        run(CCAPI, sandbox, batch, prices=prices, max_cost=max_cost)
        (item,) = batch.items()
        assert item.cost == pytest.approx(item.result["usage"].total_tokens * 0.0005)  # type: ignore[index]


def test_each_part_of_a_price_counts_and_none_is_below_zero() -> None:
    pricing = {"per_request": 1, "per_1k_tokens": 0.5, "per_image": 2}
    prices = PriceList([ModelSummary.from_dict({"id": "x", "ccapi": {"pricing": pricing}})])
    chat = {"model": "x", "messages": [], "max_tokens": 998, "n": -1}
    assert prices.cost({**chat, "n": 1}) == 1 + 0.5 + 2
    assert prices.cost_of_tokens({**chat, "n": 1}, 100) == 1 + 0.05 + 2
    assert prices.cost(chat) == 1


@pytest.mark.parametrize("goes", ["between runs", "between attempts"])
def test_a_picture_that_is_gone_does_not_undo_what_was_sent(
    sandbox: Sandbox, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goes: str
) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (8, 8)).save(photo)
    batch.add([{"text": "a fox", "image": photo, "model": AT_ONCE, "parameters": SMALL}])
    fault = {"X-Sandbox-Fault": "500;executed=true"}

    def again(sends: int, chance: float) -> float:
        photo.unlink()
        return 0.0

    if goes == "between runs":
        run(CCAPI, sandbox, batch, prices={AT_ONCE: 0.5}, headers=fault)
        photo.unlink()
    else:
        monkeypatch.setattr("ccapi_client.batch.row.again_after", again)
    run(CCAPI, sandbox, batch, prices={AT_ONCE: 0.5}, headers=fault, idempotency="replay")
    (item,) = batch.items()
    assert (item.state, item.cost) == ("unknown", 0.5)


def test_a_person_ends_a_job_and_names_one_only_where_there_are_jobs(batch: Batch) -> None:
    batch.add([{"id": "chat", "model": "x", "text": "hello"}], operation="createChatCompletion")
    batch.add([{"id": "fox", "text": "a fox"}])
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='unknown' WHERE id='chat'")
        connection.execute("UPDATE item SET state='job', job='job-1' WHERE id='fox'")
    with pytest.raises(InvalidRequestError, match='createChatCompletion has no jobs: "resend" or "drop" is expected'):
        batch.resolve(["chat"], "job-1")
    assert batch.resolve(None, "drop") == 1  # a job goes on, unless it is named
    assert batch.resolve(["fox"], "job-2") == 1
    assert batch.resolve(["fox"], "drop") == 1
    assert states(batch) == {"chat": "failed", "fox": "failed"}


BOTH = (
    r"not known for the model: the service's default, x/y; name the model in the rows; name its price in prices "
    r"\(--price\); the ledger keeps the limit, and max_cost=inf removes it"
)


def test_a_chat_without_a_bound_needs_one_for_a_limit(sandbox: Sandbox, batch: Batch) -> None:
    prices = [ModelSummary.from_dict({"id": "sandbox/babble", "ccapi": {"pricing": {"per_1k_tokens": 0.5}}})]
    batch.add([{"model": "sandbox/babble", "text": "hello"}], operation="createChatCompletion")
    with pytest.raises(
        InvalidRequestError, match="model: sandbox/babble; set max_tokens in the rows, as a price is for"
    ):
        run(CCAPI, sandbox, batch, max_cost=9, prices=prices)
    chat = {"model": "sandbox/babble", "text": "hello", "max_tokens": 100}
    assert batch.add([chat], operation="createChatCompletion").changed == 1
    run(CCAPI, sandbox, batch, prices=prices)
    assert states(batch) == {"1": "saved"}


def test_without_a_price_a_limit_on_costs_is_refused(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add([{"text": "a fox"}, {"text": "a fox", "model": "x/y", "id": "b"}])
    with pytest.raises(InvalidRequestError, match=BOTH):
        run(client_class, sandbox, batch, max_cost=5)
    assert executed(sandbox) == {}
    run(client_class, sandbox, batch, max_cost=5, prices={"": 1, "x/y": 1})
    assert batch.counts().planned == 0


def test_chats_cost_what_their_tokens_cost(sandbox: Sandbox, batch: Batch) -> None:
    pricing = {"currency": "EUR", "per_1k_tokens": 0.5}
    prices = [ModelSummary.from_dict({"id": "sandbox/babble", "ccapi": {"pricing": pricing}})]
    chat = {"model": "sandbox/babble", "text": "hello"}
    batch.add([chat], operation="createChatCompletion")
    assert batch.estimate(prices).unpriced == {"sandbox/babble": 1}
    batch.add([{**chat, "max_tokens": 1000}], operation="createChatCompletion", on_change="replace")
    estimate = batch.estimate(prices)
    assert estimate.cost
    assert (estimate.currency, 0.5 < estimate.cost < 0.55) == ("EUR", True)
    run(CCAPI, sandbox, batch, max_cost=1, prices=prices)
    (item,) = batch.items()
    tokens = item.result["usage"].total_tokens  # type: ignore[index]
    assert 0 < tokens < 900
    assert item.cost == pytest.approx(tokens * 0.5 / 1000)


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf"), True, "1"])
def test_a_price_that_would_switch_a_limit_off_is_refused(batch: Batch, sandbox: Sandbox, price: Any) -> None:
    batch.add(foxes(1, model="x/y"))
    with pytest.raises(InvalidRequestError, match="prices: a number of 0 or more is expected for 'x/y'"):
        run(CCAPI, sandbox, batch, prices={"x/y": price}, max_cost=1)
    assert executed(sandbox) == {}


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf")])
def test_a_price_of_the_catalog_that_would_switch_a_limit_off_is_refused(batch: Batch, price: float) -> None:
    model = ModelSummary.from_dict({"id": "x/y", "ccapi": {"pricing": {"currency": "USD"}}}).to_dict()
    model["ccapi"]["pricing"]["per_request"] = price
    with pytest.raises(InvalidRequestError, match="prices: a number of 0 or more is expected for 'x/y'"):
        batch.estimate([ModelSummary.from_dict(model)])


def test_another_address_is_refused(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(1))
    run(CCAPI, sandbox, batch)
    with (
        ccapi_sandbox.running() as other,
        pytest.raises(
            ConfigurationError, match=r"sent to http://127.0.0.1:\d+/v1.*, not to .*; use the same address, or"
        ),
    ):
        run(CCAPI, other, batch)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_flight": 0}, "in_flight: a whole number from 1 to 10,000"),
        ({"max_failures": 2}, "max_failures: a number from 0 to 1"),
        ({"per_minute": 0}, "per_minute: a number from"),
        ({"max_cost": -1}, "max_cost: a number from"),
        ({"in_flight": 10**10}, "in_flight: a whole number from 1 to 10,000 is expected"),
        ({"idempotency": "maybe"}, 'idempotency: "never", "replay" or "reject" is expected'),
        ({"key_ttl": "long"}, "key_ttl: a number of seconds"),
    ],
)
def test_options_are_checked(sandbox: Sandbox, batch: Batch, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run(CCAPI, sandbox, batch, **options)
    with pytest.raises(ConfigurationError, match="client: a CCAPI or an AsyncCCAPI is expected, not str"):
        batch.run("key", output=None)  # type: ignore[call-overload]


def test_a_blocking_client_with_a_transport_of_its_own_is_refused(batch: Batch) -> None:
    batch.add(foxes(1))
    with (
        CCAPI("k", transport=httpx.MockTransport(lambda request: httpx.Response(500))) as client,
        pytest.raises(ConfigurationError, match="transport"),
    ):
        list(batch.run(client, output=None))


def test_an_output_that_can_t_be_written(sandbox: Sandbox, batch: Batch, tmp_path: Path) -> None:
    batch.add(foxes(2))
    (tmp_path / "file").write_text("")
    with pytest.raises(BatchError, match=r"output: .* can't be made"):
        run(CCAPI, sandbox, batch, output=tmp_path / "file" / "deep")
    assert executed(sandbox) == {}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.png").mkdir()
    with pytest.raises(BatchStoppedError, match="the files can't be saved: Is a directory") as caught:
        run(CCAPI, sandbox, batch)
    assert caught.value.code == "output"
    assert states(batch)["1"] == "done"
    (tmp_path / "out" / "1.png").rmdir()
    run(CCAPI, sandbox, batch)
    assert set(states(batch).values()) == {"saved"}
    assert executed(sandbox) == {"generateImages": 2}


def test_what_killed_runs_began_to_write_is_removed(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    abandoned = out / f".gone-row.{'0' * 32}.part"
    others = {out / ".hidden", out / "notes.part"}
    for path in (abandoned, *others):
        path.touch()
    batch.add(foxes(1, model=AT_ONCE))
    with draft(out, "somebody's", 0o666) as in_use:
        run(client_class, sandbox, batch)
        assert set(out.iterdir()) == others | {in_use.path, out / "1.webp"}


def test_nothing_more_is_sent_once_the_ledger_s_disk_is_full(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.add(foxes(50, model=AT_ONCE))
    spare, commit = batch._ledger._spare, Ledger.transaction
    commits = itertools.count()

    @contextmanager
    def transaction(ledger: Ledger) -> Iterator[sqlite3.Connection]:
        if next(commits) > 10 and spare.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise own_error(ledger.path, error) from error
        with commit(ledger) as connection:
            yield connection

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "transaction", transaction)
        with pytest.raises(
            BatchStoppedError, match=r"the disk of the ledger is full: free some room; \d+ rows are"
        ) as caught:
            run(client_class, sandbox, batch, in_flight=4)
    counts = batch.counts()
    assert (caught.value.code, caught.value.left) == ("ledger", counts.left)
    assert (counts.unknown, counts.sending) == (0, 0)
    assert counts.planned >= 30
    spare.touch()  # as opening it again does
    run(client_class, sandbox, batch)
    assert batch.counts().saved == 50
    assert executed(sandbox) == {"generateImages": 50}


def test_results_may_stay_in_the_ledger(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(1, model=AT_ONCE))
    (item,) = run(client_class, sandbox, batch, output=None)
    assert (item.state, item.paths) == ("saved", ())
    assert item.response
    assert item.response["body"]["data"][0]["url"].startswith("http")


def test_jobs_are_taken_up_by_their_ids(client_class: ClientClass, sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(3))
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        jobs = [client.generate_images(contents=[{"text": "a fox"}], parameters=SMALL).id for _ in range(2)]
    with batch._ledger.transaction() as connection:
        for row in (1, 2):
            start(connection, row, now=0, oldest=0, cost=0)
        connection.execute("UPDATE item SET state='unknown' WHERE row<=2")
    assert batch.resolve(["1"], jobs[0]) == 1
    assert batch.resolve(["2"], jobs[1]) == 1
    run(client_class, sandbox, batch)
    assert set(states(batch).values()) == {"saved"}
    assert [item.job_id for item in batch.items()][:2] == jobs
    assert executed(sandbox) == {"generateImages": 3}


def test_a_job_that_is_gone_is_lost_and_can_be_made_again(
    client_class: ClientClass, sandbox: Sandbox, batch: Batch
) -> None:
    batch.add(foxes(1))
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='job', job='job-gone'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ccapi_client._jobs.waiting.GRACE", 0.0)
        (item,) = run(client_class, sandbox, batch)
    assert item.state == "lost"
    assert batch.retry() == 1
    (item,) = run(client_class, sandbox, batch)
    assert (item.state, item.attempt) == ("saved", 1)


def test_files_that_are_gone_are_lost(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(1, model=AT_ONCE))
    answer = {"status_code": 200, "body": {"id": "x", "status": "completed", "data": [{"url": ""}]}}
    answer["body"]["data"][0]["url"] = f"{sandbox.base_url.removesuffix('/v1')}/files/gone.png"  # type: ignore[index]
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='done', answer=?", (json.dumps(answer),))
    (item,) = run(CCAPI, sandbox, batch)
    assert (item.state, item.error and item.error.code) == ("lost", "file_gone")
    assert executed(sandbox) == {}


def test_a_job_that_takes_longer_than_the_wait_stays_a_job(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(1, model="sandbox/job-never-ends"))
    batch.add([{"id": "b", "text": "a fox", "parameters": SMALL, "model": AT_ONCE}])
    poll = PollPolicy(initial=0.02, max_interval=0.05, timeout=0.5)
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=poll) as client:
        items = list(batch.run(client, output=None))
    assert [item.id for item in items] == ["b"]
    assert states(batch) == {"1": "job", "b": "saved"}
    assert executed(sandbox) == {"generateImages": 2}


def test_what_is_dropped_stays_dropped(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(4))
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='unknown'")
    assert batch.resolve(["1", "2"], "drop") == 2
    assert batch.resolve(["3"], "resend") == 1
    assert states(batch) == {"1": "failed", "2": "failed", "3": "planned", "4": "unknown"}
    assert batch.retry() == 0
    assert batch.retry(["2"]) == 1
    for call, message in [
        (partial(batch.retry, ["4"]), "the row '4' is unknown: only failed and lost rows are retried"),
        (partial(batch.retry, ["x"]), "there is no row 'x'"),
        (
            partial(batch.resolve, ["1"], "drop"),
            "the row '1' is failed: only rows whose outcome is unknown are resolved",
        ),
        (partial(batch.resolve, ["4"], ""), '"resend", "drop", or'),
    ]:
        with pytest.raises(InvalidRequestError, match=message):
            call()
    assert batch.resolve(None, "drop") == 1
    with pytest.raises(InvalidRequestError, match="for 0 rows"):
        batch.resolve([], "job-1")


def test_a_job_that_was_mistyped_is_corrected(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(2))
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='unknown'")
    batch.resolve(["1"], "job-typo")
    batch.resolve(["2"], "drop")
    run(CCAPI, sandbox, batch, output=None, max_failures=1)
    assert states(batch) == {"1": "lost", "2": "failed"}
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        for each in ("1", "2"):
            assert batch.resolve([each], client.generate_images(contents=[{"text": "a fox"}], parameters=SMALL).id) == 1
    run(CCAPI, sandbox, batch, output=None)
    assert states(batch) == {"1": "saved", "2": "saved"}
    assert executed(sandbox) == {"generateImages": 2}


def test_a_lost_row_gets_another_job_and_not_the_one_it_had(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(1))
    old = json.dumps({"status_code": 200, "body": {"id": "job-old", "status": "completed", "data": [{"url": "x"}]}})
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='lost', job='job-old', answer=?", (old,))
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        job = client.generate_images(contents=[{"text": "a fox"}], parameters=SMALL).id
    batch.resolve(["1"], str(job))
    run(CCAPI, sandbox, batch)
    assert [(item.state, item.job_id) for item in batch.items()] == [("saved", job)]


def test_a_job_has_one_row(batch: Batch) -> None:
    batch.add(foxes(2))
    with batch._ledger.transaction() as connection:
        connection.execute("UPDATE item SET state='unknown'")
    for _ in range(2):  # its own once more is fine
        assert batch.resolve(["1"], "job-1") == 1
        with batch._ledger.transaction() as connection:
            connection.execute("UPDATE item SET state='unknown' WHERE row=1")
    with pytest.raises(InvalidRequestError, match="'job-1' is the job of the row '1'; a job has one row"):
        batch.resolve(["2"], "job-1")
    assert states(batch) == {"1": "unknown", "2": "unknown"}


def test_a_rate_that_is_given_is_kept(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(10, model=AT_ONCE))
    run(CCAPI, sandbox, batch, per_minute=600, output=None)
    times = sorted(each.time for each in sandbox.requests)
    assert times[-1] - times[0] >= 0.5


def test_at_most_so_many_are_in_flight(batch: Batch) -> None:
    with ccapi_sandbox.running(delay_after=0.1) as sandbox:
        batch.add(foxes(12, model=AT_ONCE))
        run(CCAPI, sandbox, batch, in_flight=3, output=None)
        times = sorted(each.time for each in sandbox.requests if each.method == "POST")
        assert all(later - earlier >= 0.09 for earlier, later in zip(times, times[3:], strict=False))


# Leaving early


async def close(run: Any) -> None:
    await run.aclose()


async def drop(run: Any) -> None:
    pass


@pytest.mark.anyio
@pytest.mark.parametrize("leave", [close, drop])
async def test_leaving_early_keeps_what_was_sent(
    sandbox: Sandbox, batch: Batch, leave: Callable[[Any], Any], anyio_backend: str
) -> None:
    batch.add(foxes(50, model=AT_ONCE))
    async with AsyncCCAPI(sandbox.api_key, base_url=sandbox.base_url, poll=QUICK) as client:
        running = batch.run(client, output=None, in_flight=4)
        async for _ in running:
            break
        await leave(running)
        del running
        with anyio.fail_after(10):
            while batch._is_running:
                await anyio.sleep(0.01)  # until the task has ended
        counts = batch.counts()
        assert counts.unknown == counts.sending == 0
        assert executed(sandbox)["generateImages"] == counts.saved + counts.done < 50
        async for _ in batch.run(client, output=None):
            pass
    assert batch.counts().saved == 50
    assert executed(sandbox)["generateImages"] == 50


def test_leaving_early_with_the_blocking_client(sandbox: Sandbox, batch: Batch) -> None:
    batch.add(foxes(50, model=AT_ONCE))
    with CCAPI(sandbox.api_key, base_url=sandbox.base_url) as client:
        with batch.run(client, output=None, in_flight=4) as running:
            assert running.progress is None
            first = next(running)
            assert first.state == "saved"
            progress = running.progress
            assert progress
            assert (progress.total, progress.left + progress.saved) == (50, 50)
            with pytest.raises(BatchError, match="this batch is running"):
                batch.add(["a fox"])
            with pytest.raises(BatchError, match="this batch is running"):
                next(batch.run(client, output=None))
        counts = batch.counts()
        assert counts.unknown == counts.sending == 0
        assert executed(sandbox)["generateImages"] == counts.saved + counts.done < 50
        assert len(list(batch.run(client, output=None))) == 50 - counts.saved
    assert executed(sandbox)["generateImages"] == 50


def test_nothing_secret_is_in_the_ledger_or_the_log(
    sandbox: Sandbox, batch: Batch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    with ccapi_sandbox.running(api_key="sk-secret-1", job_seconds=0) as other:
        batch.add(foxes(2))
        run(CCAPI, other, batch)
    batch.close()
    assert b"sk-secret-1" not in (tmp_path / "x.ccapi").read_bytes()
    assert "sk-secret-1" not in caplog.text


def test_videos(client_class: ClientClass, sandbox: Sandbox, tmp_path: Path) -> None:
    """Another kind of job, whose result is one file."""
    film = {"duration": 0.5, "width": 64, "height": 48, "fps": 8}
    with Batch.open(tmp_path / "b.ccapi") as batch:
        batch.add([{"prompt": prompt, **film} for prompt in ("a fox", "an owl")], operation="generateVideo")
        items = run(client_class, sandbox, batch)
    assert [item.state for item in items] == ["saved", "saved"]
    assert sorted(path.name for item in items for path in item.paths) == ["1.mp4", "2.mp4"]
    assert executed(sandbox) == {"generateVideo": 2}
