from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from ..model import Model

if TYPE_CHECKING:
    from ..models.error_details import ErrorDetails


@define(kw_only=True, repr=False)
class ErrorObject(Model):
    """What went wrong.

    Attributes:
        message: The reason in words, for a person.
        type_: The class of the error, for instance `invalid_request_error`.
        code: The error in one word, for a program, for instance `unauthorized`.
        param: The field of the request that is at fault, where one is.
        details: More about the error; the keys depend on `code`.
    """

    _nullable: ClassVar[frozenset[str]] = frozenset(["type", "code", "param", "details"])

    message: str | None = None
    type_: str | None = None
    code: str | None = None
    param: str | None = None
    details: ErrorDetails | None = None
