"""What the requests of a batch cost, before they are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs

from ..batch import Batch, items, limits
from ..batch.estimating import Unpriced, price_sent
from ..batch.money import PriceList, given
from ..batch.operations import operations
from ..errors import CCAPIError
from ..models import ModelSummary
from .options import body_of
from .output import number_of
from .session import Session


def keep_limit(batch: Batch, max_cost: float | None, prices: Iterable[tuple[str, float]]) -> limits.Limit:
    """Keeps `--max-cost` and each `--price` for later runs; by no name, the price of the service's default model."""
    query = (
        "SELECT DISTINCT name FROM item JOIN operation ON number=operation "
        "WHERE coalesce(json_extract(body, '$.model'), '')=''"
    )
    names = {
        body_of(operation)["properties"].get("model", {}).get("x-default") for (operation,) in batch._ledger.read(query)
    }
    has_own = isinstance(limits.kept(batch._ledger).prices.get(""), dict)
    default = {"": (names.pop() or "") if len(names) == 1 else ""} if names and not has_own else {}
    return limits.keep(batch._ledger, max_cost, {**default, **given(dict(prices))})


async def prices_of(session: Session, *, is_needed: bool) -> list[ModelSummary]:
    """The prices of the catalog; none where it can't be read, unless they are needed."""
    try:
        async with session.async_client() as client:
            return [model async for model in client.iter_models()]
    except CCAPIError as error:
        if is_needed:
            raise
        session.tell(f"without the catalog's prices: {error}")
        return []


def tell_estimate(session: Session, batch: Batch, prices: list[ModelSummary] | None, max_cost: float | None) -> None:
    """Prints the first request, how many there are, what they cost, and whether that is more than the limit."""
    estimate = batch.estimate(prices)
    unpriced = Unpriced()
    price_sent(batch._ledger, PriceList(prices, limits.kept(batch._ledger).prices), unpriced)  # it is a copy
    spent = items.spent(batch._ledger)
    if max_cost is not None and unpriced.models:
        names = ", ".join(name or "the default" for name in unpriced.models)
        session.tell(f"no price is known for what was sent before: {names}; a run with a limit needs it (--price)")
    if max_cost is not None and estimate.cost is not None and spent + estimate.cost > max_cost:
        total = f"{spent + estimate.cost:,.2f} {estimate.currency}"
        session.tell(f"--max-cost: {total}, with what was sent before, would exceed the limit of {max_cost:g}")
    if session.as_json:
        session.result(attrs.asdict(estimate))
        return
    first = next(batch.items(["planned"]), None)
    if first is not None:
        session.show(f"{operations()[first.operation].name} {first.id}: {json.dumps(first.body, ensure_ascii=False)}")
    cost = f"at most {estimate.cost:,.2f} {estimate.currency}" if estimate.cost is not None else "no price is known for"
    models = "" if estimate.cost is not None else f" {', '.join(name or 'the default' for name in estimate.unpriced)}"
    session.show(f"{number_of(estimate.items, 'request')} to send: {cost}{models}")
