"""What the generated models and operations share."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from enum import Enum
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
C = TypeVar("C", bound=Model)
I = TypeVar("I", bound=Model)


@frozen(kw_only=True)
class Operation(Generic[R]):
    """One operation of the contract."""

    get_kwargs: Callable[..., dict[str, Any]]
    """Gives the method, path, query, headers and body of the request."""
    body: type[Model] | None
    """The model of the request body."""
    response: type[R]
    """The model of a successful answer."""
    streamed_by: str | None = None
    """The method that streams the answer."""


@frozen(kw_only=True)
class StreamedOperation(Operation[R], Generic[C, R]):
    """An operation of the contract, answered by a stream of chunks."""

    chunk: type[C]
    """The model of one event's data."""


class Stream(ABC, Generic[C, R]):
    """A streamed answer: to be used in a `with` block, which sends the request and closes the connection at its end.

    Iterating gives the chunks as they come. What goes wrong on the way raises a `StreamError`; a stream that breaks
    off, or stays silent for longer than the client's timeout, a `StreamInterruptedError`.
    """

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *exception: object) -> None: ...

    @abstractmethod
    def __iter__(self) -> Iterator[C]: ...

    @abstractmethod
    def text(self) -> Iterator[str]:
        """The pieces of the text as they come; of several answers, those of the first."""

    @abstractmethod
    def final(self) -> R:
        """The whole answer, put together from the chunks, once they have all come: waits for those that have not."""

    @property
    @abstractmethod
    def partial(self) -> R | None:
        """The answer as far as it has come; None before its first chunk."""


class AsyncStream(ABC, Generic[C, R]):
    """A streamed answer, asynchronous: `Stream` with `async with`, `async for` and `await final()`."""

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(self, *exception: object) -> None: ...

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[C]: ...

    @abstractmethod
    def text(self) -> AsyncIterator[str]:
        """The pieces of the text as they come; of several answers, those of the first."""

    @abstractmethod
    async def final(self) -> R:
        """The whole answer, put together from the chunks, once they have all come: waits for those that have not."""

    @property
    @abstractmethod
    def partial(self) -> R | None:
        """The answer as far as it has come; None before its first chunk."""


class Caller(ABC):
    """What the operations need of a client."""

    @abstractmethod
    def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        """Carries out the operation; a field of the body that is None is left out, `extra_body` goes as it is."""

    @abstractmethod
    def _stream(
        self, operation: StreamedOperation[C, R], *, body: Mapping[str, Any], extra_body: Mapping[str, Any] | None
    ) -> Stream[C, R]:
        """Carries out the operation as its stream is entered."""

    @abstractmethod
    def _pages(
        self, operation: Operation[Any], item: type[I], *, page_size: int, parameters: Mapping[str, Any]
    ) -> Iterator[I]:
        """Carries out the operation page by page, and gives the items of its list."""


class AsyncCaller(ABC):
    """What the operations need of an asynchronous client."""

    @abstractmethod
    async def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> R:
        """Carries out the operation; a field of the body that is None is left out, `extra_body` goes as it is."""

    @abstractmethod
    def _stream(
        self, operation: StreamedOperation[C, R], *, body: Mapping[str, Any], extra_body: Mapping[str, Any] | None
    ) -> AsyncStream[C, R]:
        """Carries out the operation as its stream is entered."""

    @abstractmethod
    def _pages(
        self, operation: Operation[Any], item: type[I], *, page_size: int, parameters: Mapping[str, Any]
    ) -> AsyncIterator[I]:
        """Carries out the operation page by page, and gives the items of its list."""
