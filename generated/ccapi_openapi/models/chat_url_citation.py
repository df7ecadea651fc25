from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ChatUrlCitation(Model):
    """A page that a text refers to.

    Attributes:
        url: The address of the page.
        title: The title of the page.
        start_index: Where the reference starts in the text, in characters from 0.
        end_index: Where the reference ends in the text, in characters from 0.
    """

    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None
