"""The models of the contract."""

from typing import TYPE_CHECKING, Any

from ccapi_openapi import models as _models
from ccapi_openapi.model import Model as Model

from .errors import InvalidAnswerError

Model._not_json = InvalidAnswerError

if TYPE_CHECKING:
    from ccapi_openapi.models import *
else:
    __all__ = ("Model", *_models.__all__)  # noqa: PLE0604 - they are strings

    def __getattr__(name: str) -> Any:
        return getattr(_models, name)

    def __dir__() -> list[str]:
        return list(__all__)
