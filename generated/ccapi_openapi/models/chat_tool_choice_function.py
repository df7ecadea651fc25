from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatToolChoiceFunction(Model):
    """The function that the model must call.

    Attributes:
        name: The name of the function.
    """

    name: str
