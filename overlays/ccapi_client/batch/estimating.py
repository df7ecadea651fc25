"""What a batch costs before it is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from .ledger import Ledger
from .money import PriceList


@attrs.frozen
class Estimate:
    """What is still to be sent, and what it costs.

    Attributes:
        items: How many rows are still to be sent.
        cost: What they cost at most; None if the price of a row isn't known.
        unpriced: How many rows have no price, by their models; `""` is for rows that name no model.
        currency: The currency of the prices.
    """

    items: int
    cost: float | None
    unpriced: Mapping[str, int]
    currency: str


def estimate(ledger: Ledger, prices: PriceList) -> Estimate:
    """What the rows cost that are still to be sent."""
    items, cost, unpriced = 0, 0.0, dict[str, int]()
    for work in unsent(ledger.read):
        items += 1
        body = json.loads(work)
        price = prices.cost(body)
        if price is None:
            model = str(body.get("model") or "")
            unpriced[model] = unpriced.get(model, 0) + 1
        else:
            cost += price
    return Estimate(items, None if unpriced else cost, unpriced, prices.currency)


def unsent(read: Callable[..., list[tuple[Any, ...]]]) -> Iterator[str]:
    """The bodies of the rows that are still to be sent, page by page."""
    row = 0
    while page := read("SELECT row, body FROM item WHERE state='planned' AND row>? ORDER BY row LIMIT 1000", row):
        yield from (body for _, body in page)
        row = page[-1][0]
