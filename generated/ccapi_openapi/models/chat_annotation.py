from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.chat_url_citation import ChatUrlCitation


@define(kw_only=True, repr=False)
class ChatAnnotation(Model):
    """A source that a text refers to.

    Attributes:
        type_: The kind of the source, for instance `url_citation`.
        url_citation: A page that a text refers to.
    """

    type_: str | None = None
    url_citation: ChatUrlCitation | None = None
