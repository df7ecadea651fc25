"""A chat whose answer is an instance of the caller's class. Both clients get it by `parse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from ccapi_openapi.model import Model
from ccapi_openapi.operations import CallOptions, Operation

from .._http.operation import execute
from .._http.sender import Sender
from ..errors import AnswerRefusedError, AnswerTruncatedError, InvalidAnswerError
from .forms import Form

R = TypeVar("R", bound=Model)


class Readable(Protocol):
    """A form of answers, such as `Form`."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def read(self, text: str) -> Any:
        """What a text holds.

        Raises:
            ValueError: It does not have the form.
        """
        ...


async def parse(
    sender: Sender,
    operation: Operation[R],
    kind: type,
    parameters: Mapping[str, Any] | None,
    body: Mapping[str, Any] | None,
    options: CallOptions,
) -> R:
    """The response, with the instance that its first answer holds in `parsed`.

    Raises:
        AnswerError: The answer is none.
        CCAPIError: As any call.
    """
    form: Form[Any] = Form(kind)
    sent = {**(body or {}), "response_format": form.response_format()}
    request = sender.options.operation_request(operation, parameters, sent, options)

    def read(response: Any) -> None:
        response.parsed = parsed(response, form)

    response, _ = await execute(sender, operation, request, then=read)
    return response


def parsed(response: Any, form: Readable) -> Any:
    """What the first answer of a response holds.

    Raises:
        AnswerError: It was refused or cut, calls tools instead, or does not have the form.
    """
    choice = response.choices[0] if response.choices else None
    message = choice.message if choice else None
    text = message.content if message and isinstance(message.content, str) else ""
    if choice is None or message is None:
        raise InvalidAnswerError("there is no answer", text=text, completion=response)
    if isinstance(message.refusal, str) and message.refusal:
        raise AnswerRefusedError(
            f"the model refused to answer: {message.refusal}", refusal=message.refusal, text=text, completion=response
        )
    if choice.finish_reason == "content_filter":
        raise AnswerRefusedError("a content filter ended the answer", refusal=None, text=text, completion=response)
    if choice.finish_reason == "length":
        raise AnswerTruncatedError("the answer was cut: max_tokens was reached", text=text, completion=response)
    if message.tool_calls and not text:
        raise InvalidAnswerError("the model calls tools in place of an answer", text=text, completion=response)
    try:
        return form.read(text)
    except Exception as error:  # a class may raise anything where it checks its fields
        why = f"the answer does not match {form.name}: {error}"
        raise InvalidAnswerError(why, text=text, completion=response) from error
