"""What the fuzzer found is tried again, and inputs near it: whatever comes, the targets of tools/fuzz hold.

Most inputs of tests/corpus were found by `nox -s fuzz -- --keep`: together they reach all that it reached.
"""

import logging
import re
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ccapi_client import CCAPI, APIConnectionError
from fuzz import bounds, targets
from fuzz.__main__ import CORPUS, KEPT
from fuzz.bounds import counted
from fuzz.choices import Choices
from fuzz.contract import near, operations
from fuzz.service import API, KEY, MOST, Broken, Scripted, held, messages, responding
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reliability.page import PAGE, part_of

from .carriers import ASYNC_CARRIERS, Carrier, on

INPUTS = {name: sorted((CORPUS / name).iterdir()) for name in TARGETS}
TARGET = pytest.mark.parametrize("name", TARGETS)
EXAMPLES = {"events": 300, "encodings": 300, "batches": 60, "wire": 60}
"""How many inputs are tried of a target; 100 of the others."""
MEMORY, MEMORY_A_BYTE = 8_000_000, 2_000
"""How many bytes an input may take: whatever it says, and more for each of its bytes."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Logs nothing: what is logged of an input is not what is tried, and takes a while."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, paths in INPUTS.items() for path in paths],
    ids=lambda each: each.name if isinstance(each, Path) else each,
)
def test_what_was_found_holds(name: str, path: Path) -> None:
    counted(TARGETS[name], path.read_bytes())


@st.composite
def edited(draw: st.DrawFn, inputs: list[bytes]) -> bytes:
    """An input of the corpus in which some places are others, or end in another input."""
    data = draw(st.sampled_from(inputs))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 20)))
        data = data[:start] + draw(st.binary(max_size=4)) + data[end:]
    if draw(st.booleans()):
        other = draw(st.sampled_from(inputs))
        data = data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other))) :]
    return data


@TARGET
def test_what_is_near_it_holds(name: str) -> None:
    inputs = [path.read_bytes() for path in INPUTS[name]]

    @settings(max_examples=EXAMPLES.get(name, 100), suppress_health_check=[HealthCheck.data_too_large], database=None)
    @given(edited(inputs) | st.binary(max_size=200))
    def hold(data: bytes) -> None:
        counted(TARGETS[name], data)

    hold()


@TARGET
def test_memory_is_bounded(name: str) -> None:
    """The longest inputs, and the same ten times as long."""
    for path in sorted(INPUTS[name], key=lambda path: path.stat().st_size)[-3:]:
        data = path.read_bytes()
        for each in (data, data + data[len(data) // 2 :] * 18):
            TARGETS[name](each)  # what it loads for the first time is not what an input takes
            tracemalloc.start()
            try:
                counted(TARGETS[name], each)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert peak < MEMORY + MEMORY_A_BYTE * len(each)


@on(ASYNC_CARRIERS)
def test_every_carrier_holds_over_the_wire(carrier: Carrier) -> None:
    for path in INPUTS["wire"]:
        with responding(path.read_bytes()[2:]) as url:
            # What an asynchronous client raises comes out of the call, not of what awaits it.
            held(lambda: carrier.call(KEY, lambda client: client.list_models(), base_url=url, retry=targets.ONCE))


def test_each_target_has_a_corpus_that_is_small() -> None:
    assert {path.name for path in CORPUS.iterdir()} == TARGETS.keys()
    sizes = [path.stat().st_size for paths in INPUTS.values() for path in paths]
    assert all(0 < len(paths) <= KEPT + 10 for paths in INPUTS.values())
    assert sum(sizes) < 500_000


def test_the_page_has_every_target() -> None:
    lines = [line for line in part_of(PAGE.read_text("utf-8"), "fuzz").splitlines() if line.startswith("| `")]
    assert [re.match(r"\| `(\w+)`: ", line)[1] for line in lines] == list(TARGETS)  # type: ignore[index]


# That they fail where something does not hold.


def test_an_error_of_somebody_else_does_not_hold() -> None:
    def work() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        held(work)


def test_the_key_in_an_error_or_a_result_does_not_hold() -> None:
    def work() -> None:
        raise APIConnectionError(f"this is {KEY}")

    with pytest.raises(Broken, match="shows the key"):
        held(work)


def test_an_error_that_is_another_in_a_pickle_does_not_hold() -> None:
    class OtherError(APIConnectionError):
        def __reduce__(self) -> Any:
            return APIConnectionError, ("other",)

    def work() -> None:
        raise OtherError("this")

    with pytest.raises(Broken, match="a pickle"):
        held(work)


def test_too_many_steps_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def target(data: bytes) -> None:
        for each in data:
            abs(each)

    before = sys.getprofile()
    assert counted(target, bytes(10)) >= 10
    monkeypatch.setattr(bounds, "STEPS", 5)
    monkeypatch.setattr(bounds, "STEPS_A_BYTE", 0)
    with pytest.raises(Broken, match="steps for 10 bytes"):
        counted(target, bytes(10))
    assert sys.getprofile() is before


def test_the_key_elsewhere_and_endless_requests_do_not_hold() -> None:
    service = Scripted(messages(b"200"))
    with service.made() as client:
        with pytest.raises(Broken, match="the key went to x\\.example"):
            client.download(f"https://x.example/{KEY}")
        service.requests *= MOST
        with pytest.raises(Broken, match="requests"):
            client.list_models()


def test_a_request_to_a_private_address_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccapi_client._files.download.is_private", lambda addresses: False)
    with pytest.raises(Broken, match="a request went to"):
        TARGETS["downloads"](b"\0\nhttp://10.0.0.1/a\n200\n\nx")


def lossy(decoder: type) -> type:
    class Lossy(decoder):  # type: ignore[misc]
        def feed(self, piece: bytes) -> Any:
            return list(super().feed(piece))[1:]

    return Lossy


@pytest.mark.parametrize(("name", "decoder"), [("events", "Decoder"), ("encodings", "Unpacker")])
def test_a_decoder_that_loses_something_does_not_hold(name: str, decoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, decoder, lossy(getattr(targets, decoder)))
    with pytest.raises(Broken):
        for path in INPUTS[name]:
            TARGETS[name](path.read_bytes())


def refused(client: CCAPI, *arguments: Any, **options: Any) -> Any:
    raise LookupError("as if")


@pytest.mark.parametrize(
    ("name", "method"),
    [
        *(("responses", "create_chat_completion"), ("models", "list_models"), ("arguments", "create_speech")),
        *(("downloads", "download"), ("downloads", "save"), ("headers", "list_models"), ("wire", "list_models")),
    ],
)
def test_a_method_that_raises_something_else_does_not_hold(
    name: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CCAPI, method, refused)
    with pytest.raises(LookupError):
        for path in INPUTS[name]:
            TARGETS[name](path.read_bytes())


def test_a_row_that_raises_something_else_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "plan", refused)
    with pytest.raises(LookupError):
        TARGETS["batches"](INPUTS["batches"][0].read_bytes())


def test_without_choices_a_document_fits() -> None:
    for operation in operations():
        body = near(Choices(b""), operation.response)
        with Scripted(messages(b"200\n\n" + body.encode())).made() as client:
            assert held(targets.called(client, operation)) is not None


def test_messages_are_read() -> None:
    first, second = messages(b"429 3 cut\nretry-after: 1\nbad header: x\n\nabcdef\n\x1e\n200\n\nx")
    assert (first.status, first.headers, first.pieces) == (429, [(b"retry-after", b"1")], [b"abc", b"def"])
    assert (type(first.end).__name__, second.pieces, second.end) == ("ReadError", [b"x"], None)
    assert API.startswith("https://")
