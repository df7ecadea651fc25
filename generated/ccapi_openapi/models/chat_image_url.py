from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatImageUrl(Model):
    """An image in a message.

    Attributes:
        url: An `https:` address or a `data:` URI of the image.
        detail: How closely the model looks at the image, for instance `low`, `high` or `auto`.
    """

    url: str
    detail: str | None = None
