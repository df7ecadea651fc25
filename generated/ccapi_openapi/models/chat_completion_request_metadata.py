from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatCompletionRequestMetadata(Model):
    """Labels of your own, kept with the request."""
