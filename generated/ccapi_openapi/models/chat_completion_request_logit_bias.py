from __future__ import annotations

from attrs import define, field

from ..model import Model


@define(kw_only=True, repr=False)
class ChatCompletionRequestLogitBias(Model):
    """How much likelier or less likely to make single tokens: the token's id as the key, -100 (never) to 100
    (always) as the value.
    """

    additional_properties: dict[str, float] = field(init=False, factory=dict)
