from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.error_object import ErrorObject


@define(kw_only=True, repr=False)
class ErrorResponse(Model):
    """The envelope of every error.

    Attributes:
        error: What went wrong.
    """

    error: ErrorObject
