from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatStreamOptions(Model):
    """What a stream brings beside the text.

    Attributes:
        include_usage: Whether the last chunk holds `usage`.
    """

    include_usage: bool | None = None
