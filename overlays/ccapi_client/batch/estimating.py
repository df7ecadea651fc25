"""What a batch costs before it is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from .ledger import Ledger
from .money import NAME_PRICE, PriceList


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


@attrs.define
class Unpriced:
    """The rows whose price isn't known.

    Attributes:
        models: How many there are, by their models.
        fixes: What to do about them.
    """

    models: dict[str, int] = attrs.field(factory=dict)
    fixes: dict[str, None] = attrs.field(factory=dict)

    def add(self, fixes: Mapping[str, str]) -> None:
        """Takes a row, by what to do about its models."""
        for model, fix in fixes.items():
            self.models[model] = self.models.get(model, 0) + 1
            self.fixes[fix] = None


def estimate(ledger: Ledger, prices: PriceList) -> Estimate:
    """What the rows cost that are still to be sent."""
    return estimate_and_unpriced(ledger, prices)[0]


def estimate_and_unpriced(ledger: Ledger, prices: PriceList) -> tuple[Estimate, Unpriced]:
    """The same, and what to do about rows whose price isn't known."""
    items, cost, unpriced = 0, 0.0, Unpriced()
    for work in unsent(ledger.read):
        items += 1
        body = json.loads(work)
        price = prices.cost(body)
        if price is None:
            unpriced.add(prices.unknown(body))
        else:
            cost += price
    return Estimate(items, None if unpriced.models else cost, unpriced.models, prices.currency), unpriced


def price_sent(ledger: Ledger, prices: PriceList, unpriced: Unpriced) -> None:
    """Notes what rows have cost that were sent without a price; adds those that have none now to `unpriced`."""
    row = 0
    query = (
        "SELECT row, body, answer, unpriced, replaced FROM item "
        "WHERE (unpriced>0 OR replaced IS NOT NULL) AND row>? ORDER BY row LIMIT 1000"
    )
    while page := ledger.read(query, row):
        costs = list[tuple[float, float, int]]()
        for row, body, answer, count, replaced in page:
            request = json.loads(body)
            price = _of_answer(request, answer, prices) if count == 1 else None
            sent = [(request, count, prices.cost(request) if price is None else price)] if count else []
            sent += [(earlier, times, prices.cost(earlier)) for earlier, times in json.loads(replaced or "[]")]
            known = [times * cost for _, times, cost in sent if cost is not None]
            if len(known) == len(sent):
                costs.append((sum(known), known[0] / count if count else 0.0, row))
            for earlier, _, cost in sent:
                if cost is None:  # what was sent can't be changed any more
                    unpriced.add(dict.fromkeys(prices.unknown(earlier), NAME_PRICE))
        with ledger.transaction() as connection:
            change = "UPDATE item SET cost=cost+?, reserved=reserved+?, unpriced=0, replaced=NULL WHERE row=?"
            connection.executemany(change, costs)


def _of_answer(request: Mapping[str, Any], answer: str | None, prices: PriceList) -> float | None:
    """What a chat has cost by the tokens that its response tells."""
    body = json.loads(answer)["body"] if answer else None
    usage = body.get("usage") if isinstance(body, dict) else None
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return prices.cost_of_tokens(request, tokens) if isinstance(tokens, int) else None


def unsent(read: Callable[..., list[tuple[Any, ...]]]) -> Iterator[str]:
    """The bodies of the rows that are still to be sent, page by page."""
    row = 0
    while page := read("SELECT row, body FROM item WHERE state='planned' AND row>? ORDER BY row LIMIT 1000", row):
        yield from (body for _, body in page)
        row = page[-1][0]
