from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatToolFunctionParameters(Model):
    """The function's parameters as a JSON Schema of type `object`."""
