"""What the requests of a batch cost, before they are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs

from ..batch import Batch, Estimate, limits
from ..batch.money import given
from ..batch.operations import operation_named, operations
from ..errors import CCAPIError
from ..models import ModelSummary
from .options import body_of
from .output import number_of
from .session import Session


def keep_limit(
    batch: Batch, max_cost: float | None, operation: str, prices: Iterable[tuple[str, float]]
) -> limits.Limit:
    """Keeps `--max-cost` and each `--price` for later runs; by no name, the price of the service's default model."""
    name = body_of(operation_named(operation)[0])["properties"].get("model", {}).get("x-default")
    has_own = isinstance(limits.kept(batch._ledger).prices.get(""), dict)
    default = {"": name} if name and not has_own else {}
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


def tell_estimate(session: Session, batch: Batch, estimate: Estimate) -> None:
    """Prints the first request, how many there are, and what they cost."""
    if session.as_json:
        session.result(attrs.asdict(estimate))
        return
    first = next(batch.items(["planned"]), None)
    if first is not None:
        session.show(f"{operations()[first.operation].name} {first.id}: {json.dumps(first.body, ensure_ascii=False)}")
    cost = f"at most {estimate.cost:,.2f} {estimate.currency}" if estimate.cost is not None else "no price is known for"
    models = "" if estimate.cost is not None else f" {', '.join(name or 'the default' for name in estimate.unpriced)}"
    session.show(f"{number_of(estimate.items, 'request')} to send: {cost}{models}")
