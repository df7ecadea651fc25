from __future__ import annotations

from attrs import define

from ..model import Model


@define(kw_only=True, repr=False)
class ErrorDetails(Model):
    """More about an error; the keys depend on its `code`."""
