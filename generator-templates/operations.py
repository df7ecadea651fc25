"""What the methods of an operation hand to a client, and what they get from it. The generation copies this module."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
)

from attrs import frozen
from ccapi_openapi.model import Model

if TYPE_CHECKING:  # what a client gives; nothing of it is needed to call the operations by the generator's functions
    from ccapi_client import JobOutcome, JobOutcomes, JobUpdate, PollPolicy
    from ccapi_openapi.response import ResponseInfo

R = TypeVar("R", bound=Model)
C = TypeVar("C", bound=Model)
I = TypeVar("I", bound=Model)
T = TypeVar("T")


if TYPE_CHECKING:

    class IsDataclass(Protocol):
        """An instance of a dataclass."""

        __dataclass_fields__: ClassVar[dict[str, Any]]

    class HasModelDump(Protocol):
        """A model of Pydantic, or one that is generated with it."""

        def model_dump(self) -> dict[str, Any]:
            """The model as a dict."""
            ...

    class HasToDict(Protocol):
        """An object that gives itself as a dict."""

        def to_dict(self) -> dict[str, Any]:
            """The object as a dict."""
            ...

    AnyObject = Mapping[str, Any] | HasModelDump | HasToDict | IsDataclass
    """What can be sent as a JSON object beside the models of the contract: a field that is None is left out."""
else:  # as far as it can be told without classes that cost whoever imports this
    AnyObject = Mapping[str, Any]


class HasSteps(Protocol):
    """A timeout that tells the steps of a request apart, such as `httpx.Timeout`: seconds for each, None for no limit."""

    @property
    def connect(self) -> float | None:
        """Until there is a connection."""
        ...

    @property
    def read(self) -> float | None:
        """Until the next piece of the response comes."""
        ...

    @property
    def write(self) -> float | None:
        """Until the next piece of the request is sent."""
        ...

    @property
    def pool(self) -> float | None:
        """Until a connection is free."""
        ...


class CallOptions(TypedDict, total=False):
    """What each method takes beside the arguments of its operation; what is None is as the client was set up."""

    extra_body: Mapping[str, Any] | None
    idempotency_key: str | None
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, Any] | None
    timeout: float | HasSteps | None


class Parameter(NamedTuple):
    """A parameter of an operation.

    Attributes:
        argument: Its name in Python.
        name: Its name in the contract.
        place: Where it is sent.
        kind: Its type.
        is_required: Whether it must be given.
    """

    argument: str
    name: str
    place: Literal["path", "query", "header", "cookie"]
    kind: Any
    is_required: bool


Path = tuple[str, ...]
"""Where a value is in a response: the name of a field, of a field of that one, and so on."""


def at(value: Any, path: Path | None) -> Any:
    """What a response has at a place; None where there is nothing."""
    if path is None:
        return None
    for name in path:
        try:
            value = value[name]
        except (KeyError, TypeError):  # nothing is there, or no object
            return None
    return value


class JobContract(NamedTuple):
    """What the contract says of a kind of job: `x-job` of the operation that polls it, and the links that lead there.

    Attributes:
        kind: What a text calls it, for instance `image job`.
        waited_for_by: The method that waits for one.
        started_by: The methods that start one, as a text lists them.
        parameter: The argument of the polling operation that takes the job's id.
        ids: The models of the responses that tell of it, the one of a poll first, and where the id is in each.
        id: The field with the id in the response to a poll.
        status: Where the response to a poll has its status, and so on.
        result: Its result.
        is_list: Whether its result is a list.
        error: The reason of its failure.
        estimate: The estimated time until it finishes, in seconds; None where the kind has no such field.
        progress: How far it is, 0 to 100; None where the kind has no such field.
        poll_url: The address to poll; None where the kind has no such field.
        completed: The statuses of a job that has its result, as `word` writes them.
        failed: The statuses of a job that failed.
        cancelled: The statuses of a job that was cancelled.
        running: The known statuses of a job that is still running.
    """

    kind: str
    waited_for_by: str
    started_by: str
    parameter: str
    ids: tuple[tuple[type[Model], Path], ...]
    id: str
    status: Path
    result: Path
    is_list: bool
    error: Path
    estimate: Path | None
    progress: Path | None
    poll_url: Path | None
    completed: frozenset[str]
    failed: frozenset[str]
    cancelled: frozenset[str]
    running: frozenset[str]

    def tells(self, value: object) -> bool:
        """Whether a value is a response that tells of a job of this kind."""
        return isinstance(value, tuple(model for model, _ in self.ids))

    def end(self, job: Model) -> Literal["completed", "failed", "cancelled"] | None:
        """How a job has finished; None where it is still running."""
        word = self.word(job)
        if word in self.completed:
            return "completed" if at(job, self.result) or not at(job, self.error) else "failed"
        return "failed" if word in self.failed else "cancelled" if word in self.cancelled else None

    def is_known(self, job: Model) -> bool:
        """Whether the contract lists the status of a job."""
        return self.end(job) is not None or self.word(job) in self.running

    def word(self, job: Model) -> str:
        """The status of a job in lower case, with `_` between words."""
        return "_".join(re.split(r"[\s_-]+", str(at(job, self.status)).strip().lower()))


@frozen(kw_only=True)
class Operation(Generic[R]):
    """An operation of the contract.

    Attributes:
        name: The method of the client that executes it.
        method: The method of its requests, in capitals.
        path: Its path, with `{name}` where a parameter of the path belongs.
        parameters: Its parameters.
        body: The model of the request body; None where it has none.
        response: The model of a successful response.
        streamed_by: The method of the client that streams the response; None where it can't be streamed.
        polled_by: Gives the operation that polls the job which the response tells of; None where it tells of none.
        job: What the contract says of the kind of job that the operation polls; None where it polls none.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: type[Model] | None = None
    response: type[R]
    streamed_by: str | None = None
    polled_by: Callable[[], JobOperation[Any]] | None = None
    job: JobContract | None = None


@frozen(kw_only=True)
class StreamedOperation(Operation[R], Generic[C, R]):
    """An operation of the contract whose response is a stream of chunks.

    Attributes:
        chunk: The model of one event's data.
    """

    chunk: type[C]


class JobOperation(Operation[R]):
    """An operation of the contract that polls a job. No class of attrs of its own, which takes a while to make."""

    if TYPE_CHECKING:
        job: JobContract


_OF_OBJECTS = ("to_dict", "model_dump", "__dataclass_fields__")
"""What tells an object that is sent as a JSON object, `AnyObject`."""


class Secret(str):
    """A text that is not shown: what records the variables of a traceback records `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def with_secrets(values: Any) -> Any:
    """The same headers or parameters, whose texts are secrets; anything but a mapping as it is."""
    return {name: _secret(each) for name, each in values.items()} if isinstance(values, Mapping) else values


def _secret(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_secret(each) for each in value]
    return Secret(value) if isinstance(value, str) else value


def as_list(items: Any, text_field: str) -> Any:
    """A list of what may be one item of it, and of what may be a text in place of an object with that field."""
    if isinstance(items, str):
        return [{text_field: items}]
    is_one = isinstance(items, Mapping) or any(hasattr(items, name) for name in _OF_OBJECTS)
    return [items] if is_one else items


class Stream(ABC, Generic[C, R]):
    """A streamed response, for a `with` block: entering it sends the request, leaving it closes the connection.

    Iterating gives the chunks as they come. An error in the stream raises a `StreamError`. A stream that breaks off, or
    stays silent for longer than the client's timeout, raises a `StreamInterruptedError`.
    """

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *exception: object) -> None: ...

    @abstractmethod
    def __iter__(self) -> Iterator[C]: ...

    @abstractmethod
    def close(self) -> None:
        """Ends the loop that reads the stream. Any thread may call it.

        `final()` then raises a `StreamInterruptedError`, with what was received before.
        """

    @abstractmethod
    def text(self) -> Iterator[str]:
        """The pieces of the text as they come; if there are several answers, those of the first."""

    @abstractmethod
    def final(self) -> R:
        """The whole response, built from the chunks; waits for the remaining ones."""

    @property
    @abstractmethod
    def partial(self) -> R | None:
        """The part of the response that was received; None before its first chunk."""

    @property
    @abstractmethod
    def response(self) -> ResponseInfo | Any:
        """The HTTP response that brings the stream; None before the stream is entered."""


class AsyncStream(ABC, Generic[C, R]):
    """A streamed response, asynchronous: `Stream` with `async with`, `async for` and `await final()`."""

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    @abstractmethod
    async def __aexit__(self, *exception: object) -> None: ...

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[C]: ...

    @abstractmethod
    def close(self) -> None:
        """Ends the loop that reads the stream. Any thread or task may call it; it is not awaited.

        `final()` then raises a `StreamInterruptedError`, with what was received before.
        """

    @abstractmethod
    def text(self) -> AsyncIterator[str]:
        """The pieces of the text as they come; if there are several answers, those of the first."""

    @abstractmethod
    async def final(self) -> R:
        """The whole response, built from the chunks; waits for the remaining ones."""

    @property
    @abstractmethod
    def partial(self) -> R | None:
        """The part of the response that was received; None before its first chunk."""

    @property
    @abstractmethod
    def response(self) -> ResponseInfo | Any:
        """The HTTP response that brings the stream; None before the stream is entered."""


class Caller(ABC):
    """What the methods need of a client."""

    @abstractmethod
    def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        """Executes the operation; leaves out what is None."""

    @abstractmethod
    def _parse(
        self,
        operation: Operation[R],
        kind: type,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        """Executes the operation, and gives its response an instance of a class as `parsed`."""

    @abstractmethod
    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Stream[C, R]:
        """Executes the operation when its stream is entered."""

    @abstractmethod
    def _pages(
        self,
        operation: Operation[Any],
        item: type[I],
        *,
        page_size: int,
        parameters: Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> Iterator[I]:
        """Executes the operation page by page, and gives the items of its list."""

    @abstractmethod
    def _check_wait(
        self,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        on_update: Callable[[JobUpdate[R]], object] | None,
        progress: bool,
    ) -> object:
        """Raises where a wait can't have these arguments, before something is sent."""

    @abstractmethod
    def _wait(
        self,
        operation: JobOperation[R],
        job: Model | Mapping[str, Any] | str,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        on_update: Callable[[JobUpdate[R]], object] | None,
        progress: bool,
        is_billed: bool = False,
    ) -> R:
        """Waits until the job is completed, and gives it."""

    @abstractmethod
    def _watch(
        self,
        operation: JobOperation[R],
        job: Model | Mapping[str, Any] | str,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
    ) -> Iterator[JobUpdate[R]]:
        """Gives the states of the job, until the last one."""

    @abstractmethod
    def _wait_for_many(
        self,
        operation: JobOperation[R],
        jobs: Iterable[Model | Mapping[str, Any] | str],
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        concurrency: int,
        progress: bool,
    ) -> Iterator[JobOutcome[R]]:
        """Gives the outcome of each job as soon as it is known."""


class AsyncCaller(ABC):
    """What the methods need of an asynchronous client."""

    @abstractmethod
    async def _call(
        self,
        operation: Operation[R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        """Executes the operation; leaves out what is None."""

    @abstractmethod
    async def _parse(
        self,
        operation: Operation[R],
        kind: type,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> R:
        """Executes the operation, and gives its response an instance of a class as `parsed`."""

    @abstractmethod
    def _stream(
        self,
        operation: StreamedOperation[C, R],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncStream[C, R]:
        """Executes the operation when its stream is entered."""

    @abstractmethod
    def _pages(
        self,
        operation: Operation[Any],
        item: type[I],
        *,
        page_size: int,
        parameters: Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[I]:
        """Executes the operation page by page, and gives the items of its list."""

    @abstractmethod
    def _check_wait(
        self,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        on_update: Callable[[JobUpdate[R]], object] | None,
        progress: bool,
    ) -> object:
        """Raises where a wait can't have these arguments, before something is sent."""

    @abstractmethod
    async def _wait(
        self,
        operation: JobOperation[R],
        job: Model | Mapping[str, Any] | str,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        on_update: Callable[[JobUpdate[R]], object] | None,
        progress: bool,
        is_billed: bool = False,
    ) -> R:
        """Waits until the job is completed, and gives it."""

    @abstractmethod
    def _watch(
        self,
        operation: JobOperation[R],
        job: Model | Mapping[str, Any] | str,
        *,
        timeout: float | None,
        poll: PollPolicy | None,
    ) -> AsyncIterator[JobUpdate[R]]:
        """Gives the states of the job, until the last one."""

    @abstractmethod
    def _wait_for_many(
        self,
        operation: JobOperation[R],
        jobs: Iterable[Model | Mapping[str, Any] | str] | AsyncIterable[Model | Mapping[str, Any] | str],
        *,
        timeout: float | None,
        poll: PollPolicy | None,
        concurrency: int,
        progress: bool,
    ) -> JobOutcomes[R]:
        """Gives the outcome of each job as soon as it is known."""
