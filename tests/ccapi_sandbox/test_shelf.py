"""What a sandbox keeps stays bounded."""

import ccapi_sandbox.shelf
import pytest
from ccapi_sandbox.shelf import Shelf
from hypothesis import given
from hypothesis import strategies as st


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_thing_is_kept_for_an_hour() -> None:
    time = Time()
    shelf: Shelf[str] = Shelf(time)
    shelf.put("a", "A")
    time.now += 3599
    assert (shelf.get("a"), shelf.get("b")) == ("A", None)
    time.now += 1
    assert shelf.get("a") is None
    assert len(shelf) == 1
    shelf.put("b", "B")
    assert len(shelf) == 1  # what can't be had any more takes no room either
    shelf.clear()
    assert (len(shelf), shelf.get("b")) == (0, None)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 60)), max_size=40))
def test_never_too_many_and_never_too_heavy(puts: list[tuple[int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ccapi_sandbox.shelf, "MOST", 5)
        patch.setattr(ccapi_sandbox.shelf, "MOST_BYTES", 100)
        shelf: Shelf[int] = Shelf(Time())
        kept: dict[int, int] = {}
        for name, weight in puts:
            shelf.put(str(name), weight, weight)
            kept.pop(name, None)
            kept[name] = weight
            found = {each: shelf.get(str(each)) for each in kept if shelf.get(str(each)) is not None}
            assert shelf.get(str(name)) == weight
            assert len(found) == len(shelf) <= 5
            assert sum(kept[each] for each in found) <= 100 or len(found) == 1
            assert list(found) == list(kept)[-len(found) :]  # the newest
