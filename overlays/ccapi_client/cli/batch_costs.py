"""What the requests of a batch cost, before they are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs

from ..batch import Batch, Estimate
from ..batch.operations import operation_named, operations
from ..errors import CCAPIError
from ..models import ModelSummary
from .options import body_of
from .output import number_of
from .session import Session


async def prices_of(
    session: Session, operation: str, given: Iterable[tuple[str, float]], *, is_needed: bool
) -> list[ModelSummary]:
    """What requests cost: those of the catalog, with the service's default model by no name; then those given."""
    models: list[ModelSummary] = []
    try:
        async with session.async_client() as client:
            models = [model async for model in client.iter_models()]
    except CCAPIError as error:
        if is_needed and not given:
            raise
        session.tell(f"without the catalog's prices: {error}")
    name = body_of(operation_named(operation)[0])["properties"].get("model", {}).get("x-default")
    named = {model.id: model.to_dict() for model in models}
    if name in named:
        models.append(ModelSummary.from_dict({**named[name], "id": ""}))
    for model, cost in given:
        models.append(ModelSummary.from_dict({"id": model, "ccapi": {"pricing": {"per_request": cost}}}))
        if model == name:
            models.append(ModelSummary.from_dict({"id": "", "ccapi": {"pricing": {"per_request": cost}}}))
    return models


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
