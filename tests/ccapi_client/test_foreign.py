"""What other libraries have in place of dicts, lists and numbers, given as arguments."""

import dataclasses
import enum
import json
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Annotated, Any

import numpy as np
import pytest
from ccapi_client import InvalidRequestError
from ccapi_client.models import ChatMessage
from openai.types.chat import ChatCompletionMessage
from openai.types.chat.chat_completion_message_function_tool_call import ChatCompletionMessageFunctionToolCall, Function
from pydantic import BaseModel, Field

from ..scripted import ClientClass, Service

USER = {"role": "user", "content": "hi"}
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "hi"}}]}


class Role(enum.Enum):
    USER = "user"


@dataclasses.dataclass
class Message:
    role: Role
    content: str
    name: str | None = None


class PydanticMessage(BaseModel):
    author: Annotated[str, Field(serialization_alias="role")] = "user"
    content: str
    name: str | None = None


class Parameters(BaseModel):
    width: int = 512
    seed: int | None = None


class Odd:
    """Gives itself as a dict, as objects of many libraries do."""

    def to_dict(self) -> dict[str, Any]:
        return USER


CALL = ChatCompletionMessageFunctionToolCall(
    id="call-1", type="function", function=Function(name="weather", arguments="{}")
)


def sent(client_class: ClientClass, **arguments: Any) -> Any:
    """The body that is sent for a chat."""
    service = Service(ANSWER)
    service.call(client_class, lambda client: client.create_chat_completion(**arguments))
    return json.loads(service.requests[0].content)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([Message(Role.USER, "hi")], [USER]),
        ((PydanticMessage(content="hi"), Message(Role.USER, "hi", "Ann")), [USER, {**USER, "name": "Ann"}]),
        (lambda: (each for each in [USER, ChatMessage(role="user", content="hi")]), [USER, USER]),
        ({1: USER}.values(), [USER]),
        ([Odd()], [USER]),
        (
            [
                ChatCompletionMessage(role="assistant", content=None, tool_calls=[CALL]),
                {"role": "tool", "tool_call_id": np.str_("call-1"), "content": "{}"},
            ],
            [
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call-1", "content": "{}"},
            ],
        ),
    ],
)
def test_messages(client_class: ClientClass, given: Any, expected: Any) -> None:
    given = given() if callable(given) else given  # a generator is used up by the first client
    assert sent(client_class, messages=given)["messages"] == expected


def test_scalars_and_what_is_nested(client_class: ClientClass) -> None:
    body = sent(
        client_class,
        messages=iter([USER]),
        temperature=np.float32(0.5),
        top_p=np.float64(0.25),
        max_tokens=np.int64(7),
        logprobs=np.bool_(True),
        stop=(word for word in ("a", "b")),
        logit_bias={"50256": np.int8(-100)},
        extra_body={"embedding": np.array([[1, 2], [3, 4]]), "set": {3}, "parameters": Parameters()},
    )
    assert body == {
        "messages": [USER],
        "temperature": 0.5,
        "top_p": 0.25,
        "max_tokens": 7,
        "logprobs": True,
        "stop": ["a", "b"],
        "logit_bias": {"50256": -100},
        "embedding": [[1, 2], [3, 4]],
        "set": [3],
        "parameters": {"width": 512},
    }


def test_parameters_of_the_query(client_class: ClientClass) -> None:
    service = Service({"object": "list", "data": []})
    kind = enum.Enum("kind", {"IMAGE": "image"})
    service.call(client_class, lambda client: client.list_models(limit=np.int64(3), type=kind.IMAGE))
    assert dict(service.requests[0].url.params) == {"limit": "3", "type": "image"}


async def from_elsewhere() -> AsyncIterator[dict[str, str]]:
    yield USER


class Broken(BaseModel):
    content: Any


class Itself:
    def to_dict(self) -> Any:
        return self


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (from_elsewhere(), "messages: a async_generator can't be sent as JSON"),
        ([BytesIO(b"x")], "messages[0]: a BytesIO can't be sent as JSON"),
        ([Message], "messages[0]: the class Message can't be sent as JSON"),
        ([PydanticMessage], "messages[0]: the class PydanticMessage can't be sent as JSON"),
        ([{**USER, "x": np.float32("nan")}], "messages[0].x: nan can't be sent as JSON"),
        ([{**USER, "x": np.longdouble(1)}], "messages[0].x: a longdouble can't be sent as JSON"),
        ([Broken(content=object())], "messages[0]: the Broken can't be turned into JSON: "),
        ([Itself()], "messages[0]: a Itself can't be sent as JSON"),
        ([Parameters()], "messages[0].role: required, but missing"),
    ],
)
def test_what_is_none_of_these_is_named(client_class: ClientClass, given: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        sent(client_class, messages=given)
    assert str(caught.value).startswith(message)


def test_what_a_generator_raises_is_raised(client_class: ClientClass) -> None:
    def messages() -> Iterator[Any]:
        yield USER
        raise LookupError("from the caller's own code")

    with pytest.raises(LookupError):
        sent(client_class, messages=messages())
