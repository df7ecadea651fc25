"""What an answer took: its tokens, and what they cost by the prices of the catalog."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import CCAPIError
from .plain import plain_line
from .session import Session

if TYPE_CHECKING:
    from ..batch.money import PriceList


class Usage:
    """Tells what answers took, on standard error."""

    def __init__(self, session: Session, models: Sequence[str]) -> None:
        self._session, self._models = session, models

    @cached_property
    def _prices(self) -> PriceList | None:
        from ..batch.money import PriceList  # here, since it takes a while to import

        try:
            return PriceList(self._session.client.iter_models())
        except CCAPIError:
            return None

    def tell(self, answer: Any) -> None:
        """Tells what an answer took, as far as that is known."""
        self._session.err.print(plain_line(self._text(answer)), markup=False, soft_wrap=True)

    def _text(self, answer: Any) -> str:
        usage = answer.usage
        total = getattr(usage, "total_tokens", None)
        if not isinstance(total, int):
            return "usage: the service did not say"
        # One that was requested alone may be called otherwise in the answer.
        model = self._models[0] if len(self._models) == 1 else str(answer.model)
        cost = self._prices.cost_of_tokens({"model": model}, total) if self._prices else None
        price = f"{_decimal(cost)} {self._prices.currency}" if self._prices and cost is not None else "price not known"
        parts = usage.prompt_tokens, usage.completion_tokens
        sum_of = f"{parts[0]} + {parts[1]} = " if None not in parts else ""
        return f"usage: {sum_of}{total} tokens, {price} ({answer.model})"


def _decimal(cost: float) -> str:
    """A price with two digits behind the point, or as many as three digits that count take."""
    digits = 2 if cost <= 0 else max(2, 2 - math.floor(math.log10(cost)))
    whole, _, part = f"{cost:.{digits}f}".partition(".")
    return f"{whole}.{part[:2]}{part[2:].rstrip('0')}"
