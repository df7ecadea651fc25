"""Random plans of whole conversations with faults at each step: what a client promises holds for all of them.

In the gate the same few plans each time; `nox -s soak` plays others for minutes.
"""

from collections.abc import Iterator

import pytest

from .carriers import CARRIERS, Carrier, on
from .plan_checks import Place, a_place


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with a_place() as found:
        yield found


@on(CARRIERS)
def test_what_is_promised_holds_whatever_fails(carrier: Carrier, place: Place) -> None:
    place.try_plans(carrier, 40)
    print(place.figures, place.kinds, place.errors)
