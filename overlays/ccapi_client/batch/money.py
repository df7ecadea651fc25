"""What requests cost, by the prices of their models, and a limit on it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from ccapi_openapi.model import Model

from ..errors import InvalidRequestError
from .desk import Problem, Report, Work

Prices = Mapping[str, float] | Iterable[Model]
"""What a request costs, by the id of its model, `""` for one that names none; or models of the catalog."""

NAMED_NONE = ""
READ = ("messages", "tools", "response_format")
"""The fields of a chat whose text the model reads, so that it counts as tokens."""
NAME_PRICE = "name its price in prices (--price)"


def _tokens(body: Mapping[str, Any]) -> float | None:
    """How many tokens a chat takes at most: no token is shorter than a byte. None where its answer has no bound."""
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    if not isinstance(most, int | float):
        return None
    read = sum(len(json.dumps(body[name], ensure_ascii=False).encode()) for name in READ if name in body)
    return read + most * (body.get("n") or 1)


def _pictures(body: Mapping[str, Any]) -> float:
    parameters = body.get("parameters")
    count = parameters.get("num_images") if isinstance(parameters, Mapping) else body.get("n")
    return float(count or 1)


def _seconds(body: Mapping[str, Any]) -> float | None:
    seconds = body.get("duration", body.get("seconds"))
    return float(seconds) * (body.get("n") or 1) if isinstance(seconds, int | float) else None


def models_of(body: Mapping[str, Any]) -> list[str]:
    """The models of which a request is answered by one; `""` for the service's default."""
    model, models = body.get("model"), body.get("models")
    return [str(each) for each in models] if not model and models else [str(model or NAMED_NONE)]


def _units(unit: str, body: Mapping[str, Any], tokens: float | None) -> float | None:
    """How many units of a price a request takes at most; None where that isn't known. `tokens`: those that it took."""
    if unit == "per_image":
        return _pictures(body)
    if unit == "per_1k_characters":
        return len(str(body.get("input", ""))) / 1000
    if unit == "per_1k_tokens":
        tokens = _tokens(body) if tokens is None else tokens
        return None if tokens is None else tokens / 1000
    if unit == "per_second":
        return _seconds(body)
    if unit == "per_video":
        return float(body.get("n") or 1)
    return 1.0 if unit == "per_request" else None


def _checked(name: str, price: Any) -> float:
    """A price; one below zero would switch a limit off."""
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < float("inf"):
        raise InvalidRequestError(f"prices: a number of 0 or more is expected for {name!r}, not {price!r}")
    return price


def given(prices: Prices | None) -> dict[str, dict[str, float]]:
    """The prices that a person gave by the ids of models, as the catalog has them; those of the catalog are none."""
    if not isinstance(prices, Mapping):
        return {}
    return {str(name): {"per_request": _checked(str(name), price)} for name, price in prices.items()}


class PriceList:
    """What a request costs at most, in the currency of the catalog's first price; of other currencies none is known.

    Args:
        prices: The prices.
        kept: Those that the ledger keeps, as `Limit` has them. Given ones replace them; they replace the catalog's.
    """

    def __init__(self, prices: Prices | None, kept: Mapping[str, Any] | None = None) -> None:
        self._prices: dict[str, Mapping[str, Any]] = {}
        self.currency = "USD"
        for model in () if isinstance(prices, Mapping) else prices or ():
            document = model.to_dict() if isinstance(model, Model) else dict(model)
            pricing = (document.get("ccapi") or {}).get("pricing")
            if isinstance(pricing, Mapping):
                currency = pricing.get("currency") or self.currency
                if self._prices and currency != self.currency:
                    continue  # what costs in two currencies has no sum
                self.currency = currency
                name = str(document.get("id"))
                self._prices[name] = pricing
                for unit, price in pricing.items():
                    if unit.startswith("per_") and price is not None:
                        _checked(name, price)
        own = {**(kept or {}), **given(prices)}
        self._prices |= {name: pricing for name, pricing in own.items() if not isinstance(pricing, str)}
        for name, other in own.items():
            if isinstance(other, str) and other in self._prices:
                self._prices[name] = self._prices[other]

    def __bool__(self) -> bool:
        return bool(self._prices)

    def cost(self, body: Mapping[str, Any]) -> float | None:
        """What a request costs at most; None where that isn't known."""
        return self._most(body, None)

    def _most(self, body: Mapping[str, Any], tokens: int | None) -> float | None:
        """What the dearest of its models takes; by so many tokens, None for as many as it takes at most."""
        sums = [self._sum(body, tokens, self._prices.get(model, {})) for model in models_of(body)]
        return None if None in sums else max(each or 0.0 for each in sums)

    def _sum(self, body: Mapping[str, Any], tokens: int | None, pricing: Mapping[str, Any]) -> float | None:
        """What all parts of a price cost."""
        parts = [
            None if (units := _units(unit, body, tokens)) is None else max(0.0, units) * price
            for unit, price in pricing.items()
            if unit.startswith("per_") and isinstance(price, int | float)
        ]
        return sum(each or 0.0 for each in parts) if parts and None not in parts else None

    def unknown(self, body: Mapping[str, Any]) -> dict[str, str]:
        """What to do about those models of a request by which its cost is not known."""
        found = dict[str, str]()
        for model in models_of(body):
            pricing = self._prices.get(model, {})
            if self._sum(body, None, pricing) is None:
                is_chat = "per_1k_tokens" in pricing and _tokens(body) is None
                bound = "set max_tokens in the rows, as a price is for tokens"
                found[model] = bound if is_chat else NAME_PRICE if model else "name the model in the rows"
        return found

    def cost_of_tokens(self, body: Mapping[str, Any], tokens: int) -> float | None:
        """What a chat has cost that took so many tokens; None where one of its models has no price for them."""
        prices = [self._prices.get(model, {}).get("per_1k_tokens") for model in models_of(body)]
        return self._most(body, tokens) if all(isinstance(price, int | float) for price in prices) else None


@attrs.define(eq=False)
class _Planned:
    body: Mapping[str, Any]
    cost: float | None
    is_counted: bool
    reserved: float


class Budget:
    """What a batch has spent and may spend.

    What may have been billed counts: a request without a response, a job that failed.

    Args:
        prices: What requests cost.
        max_cost: How much all of them may cost; None for no limit.
        spent: What they have cost so far.
    """

    def __init__(self, prices: PriceList, max_cost: float | None = None, spent: float = 0.0) -> None:
        self._prices, self.max_cost, self.spent = prices, max_cost, spent
        self._planned: dict[int, _Planned] = {}
        self.problem = Problem("max_cost", f"max_cost, {max_cost}, would be exceeded")

    def plan(self, work: Work) -> None:
        """Takes a row that may be sent."""
        if self._prices and work.state in ("planned", "sending"):
            body, was_sent = json.loads(work.body), work.state == "sending"
            cost = self._prices.cost(body)
            self._planned[work.row] = _Planned(body, cost, was_sent, work.reserved if was_sent else 0.0)

    def allows(self, row: int) -> bool:
        """Whether what a row costs at most is within the limit, or counts already."""
        planned = self._planned.get(row)
        if planned is None or planned.is_counted or self.max_cost is None:
            return True
        return self.spent + (planned.cost or 0.0) <= self.max_cost * (1 + 1e-9)

    def reserve(self, row: int) -> float | None:
        """Reserves what a row costs at most, and gives that: 0 where it counts already; None where it is too much."""
        planned = self._planned.get(row)
        if planned is None or planned.is_counted:
            return 0.0
        if not self.allows(row):
            return None
        cost = planned.cost or 0.0
        planned.is_counted, planned.reserved = True, cost
        self.spent += cost
        return cost

    def has_price(self, row: int) -> bool:
        """Whether it is known what a row costs."""
        planned = self._planned.get(row)
        return planned is not None and planned.cost is not None

    def change(self, cost: float) -> None:
        """Changes what was spent."""
        self.spent += cost

    def settle(self, report: Report) -> float:
        """By how much the cost of a row has to be changed, now that it is known what became of it."""
        planned = self._planned.get(report.row)
        if planned is None:
            return 0.0
        change = 0.0
        if report.is_free:
            change = -planned.reserved
        elif report.tokens is not None:
            cost = self._prices.cost_of_tokens(planned.body, report.tokens)
            change = 0.0 if cost is None else cost - planned.reserved
        planned.is_counted = report.outcome != "refused"
        planned.reserved += change
        self.spent += change
        return change

    def forget(self, row: int) -> None:
        """Forgets a row that has ended."""
        self._planned.pop(row, None)
