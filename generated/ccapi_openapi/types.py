"""What the generated models and operations share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum
from http import HTTPStatus
from typing import IO, Any, BinaryIO, Generic, Literal, Protocol, Self, TypeVar

from attrs import define, frozen

VERSION = "0.1.0"
"""The version of the contract."""


class Unset(Enum):
    """The type of `UNSET`: an enumeration of one, so that copies and pickles of it are the same object."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    __str__ = __repr__


UNSET = Unset.UNSET
"""The value of a field that a document does not have."""

FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None] | tuple[str | None, FileContent, str | None, Mapping[str, str]]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A file to upload."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The file as httpx takes it."""
        return self.file_name, self.payload, self.mime_type


class Model(Protocol):
    """What every generated model can do."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self: ...

    def to_dict(self) -> dict[str, Any]: ...


T = TypeVar("T")
R = TypeVar("R", bound=Model)


@define
class Response(Generic[T]):
    """What the generated functions that take a client return."""

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


@frozen
class Operation(Generic[R]):
    """One operation of the contract."""

    get_kwargs: Callable[..., dict[str, Any]]
    """Gives the arguments of `httpx.Client.build_request`."""
    body: type[Model] | None
    """The model of the request body."""
    response: type[R]
    """The model of a successful answer."""


class Caller(ABC):
    """What the operations need of a client."""

    @abstractmethod
    def _call(
        self,
        operation: Operation[R],
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        """Carries out the operation; a field of the body that is None is left out, `extra_body` goes as it is."""


class AsyncCaller(ABC):
    """What the operations need of an asynchronous client."""

    @abstractmethod
    async def _call(
        self,
        operation: Operation[R],
        *,
        parameters: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        """Carries out the operation; a field of the body that is None is left out, `extra_body` goes as it is."""
