"""The limit on costs that a ledger keeps for later runs, with the prices that were given for it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import attrs

from .. import _checks
from .ledger import Ledger


@attrs.frozen
class Limit:
    """What is kept.

    Attributes:
        max_cost: What the batch may cost; None for no limit.
        prices: The prices that were given, by the model; a text is the model that has the same price.
    """

    max_cost: float | None = attrs.field(validator=attrs.validators.optional(_checks.number(1e-9, math.inf)))
    prices: Mapping[str, Any]


def kept(ledger: Ledger) -> Limit:
    """What a ledger keeps; one that an earlier version made, and that is only read, may lack it."""
    names = [name for (name,) in ledger.read("SELECT name FROM pragma_table_info('batch')")]
    found = dict(zip(names, ledger.read("SELECT * FROM batch")[0], strict=True))
    return Limit(found.get("max_cost"), json.loads(found.get("prices") or "{}"))


def keep(ledger: Ledger, max_cost: float | None, prices: Mapping[str, Any]) -> Limit:
    """Keeps a limit, an infinite one as none, and prices; what is not given stays as it was. Returns what is kept."""
    known = kept(ledger)
    if max_cost is None:
        max_cost = known.max_cost
    limit = Limit(None if max_cost is None or math.isinf(max_cost) else max_cost, {**known.prices, **prices})
    with ledger.transaction() as connection:
        connection.execute("UPDATE batch SET max_cost=?, prices=?", (limit.max_cost, json.dumps(limit.prices)))
    return limit
