"""Arguments held against the contract."""

import enum
import math
from typing import Any

import pytest
from ccapi_client import InvalidRequestError
from ccapi_client._http.validation import request_body
from ccapi_client.models import (
    AudioSpeechRequest,
    ChatCompletionMessage,
    ChatCompletionRequest,
    ChatMessage,
    ImageDatum,
    ImageInput,
    LegacyImageGenerationRequest,
    MultimodalImageGenerationRequest,
    MultimodalImageParameters,
    MultimodalInputContent,
)
from hypothesis import given
from hypothesis import strategies as st

USER = {"role": "user", "content": "hi"}


class Size(enum.StrEnum):
    SMALL = "16x16"


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        (LegacyImageGenerationRequest, {}, "prompt: required, but missing"),
        (LegacyImageGenerationRequest, {"prompt": 3}, "prompt: string expected, not integer"),
        (LegacyImageGenerationRequest, {"prompt": b"x"}, "prompt: a bytes can't be sent as JSON"),
        (LegacyImageGenerationRequest, {"prompt": "x", "n": True}, "n: integer expected, not boolean"),
        (LegacyImageGenerationRequest, {"prompt": "x", "n": 1.5}, "n: integer expected, not number"),
        (
            LegacyImageGenerationRequest,
            {"prompt": "x", "response_format": "base64"},
            "response_format: 'base64' is not one of 'b64_json', 'url'",
        ),
        (MultimodalImageGenerationRequest, {"contents": {"text": "x"}}, "contents: array expected, not object"),
        (MultimodalImageGenerationRequest, {"contents": ["x"]}, "contents[0]: object expected, not string"),
        (
            MultimodalImageGenerationRequest,
            {"contents": [{"text": "x"}, {"txt": "x"}]},
            "contents[1].txt: no such field; did you mean 'text'?",
        ),
        (
            MultimodalImageGenerationRequest,
            {"contents": [], "parameters": {"zzz": 1}},
            "parameters.zzz: no such field; the fields are num_images, width, ",
        ),
        (
            MultimodalImageGenerationRequest,
            {"contents": [MultimodalInputContent(image={"ulr": "x"})]},  # type: ignore[arg-type]
            "contents[0].image.ulr: no such field; did you mean 'url'?",
        ),
        (ChatCompletionRequest, {"messages": [{"content": "hi"}]}, "messages[0].role: required, but missing"),
        (
            ChatCompletionRequest,
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]},
            "messages[0].content[0].text: string expected, not integer",
        ),
        (
            ChatCompletionRequest,
            {"messages": [USER], "temperature": math.nan},
            "temperature: nan can't be sent as JSON",
        ),
        (ChatCompletionRequest, {"messages": [USER], "tools": [object()]}, "tools[0]: a object can't be sent as JSON"),
    ],
)
def test_what_the_contract_does_not_know_is_refused_by_name(model: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        request_body(model, fields, None)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("model", "fields", "sent"),
    [
        (
            LegacyImageGenerationRequest,
            {"prompt": "x", "n": None, "size": Size.SMALL},
            {"prompt": "x", "size": "16x16"},
        ),
        (AudioSpeechRequest, {"model": "m", "input": "x"}, {"model": "m", "input": "x"}),
        (
            MultimodalImageGenerationRequest,
            {
                "contents": (MultimodalInputContent(text="x", image=ImageInput(data="AA==")), {"text": "y"}),
                "parameters": MultimodalImageParameters(seed=1, guidance_scale=7),
            },
            {
                "contents": [{"text": "x", "image": {"data": "AA=="}}, {"text": "y"}],
                "parameters": {"seed": 1, "guidance_scale": 7},
            },
        ),
        (
            ChatCompletionRequest,
            {"messages": [USER, ChatMessage(role="assistant", content=None)], "tool_choice": "auto"},
            {"messages": [USER, {"role": "assistant"}], "tool_choice": "auto"},
        ),
        (
            ChatCompletionRequest,
            {"messages": [ChatCompletionMessage.from_dict({"role": "assistant", "content": None}), USER]},
            {"messages": [{"role": "assistant", "content": None}, USER]},
        ),
        (
            ChatCompletionRequest,
            {
                "messages": [USER | {"reasoning": "kept"}],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
            },
            {
                "messages": [USER | {"reasoning": "kept"}],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
            },
        ),
    ],
)
def test_what_is_sent(model: Any, fields: dict[str, Any], sent: dict[str, Any]) -> None:
    assert request_body(model, fields, None) == sent


@pytest.mark.parametrize("extra", ["abc", 3, [1], {1: "x"}, {"x": object()}, {"x": {"\ud800": 1}}])
def test_an_extra_body_that_is_none_is_refused(extra: Any) -> None:
    with pytest.raises(InvalidRequestError, match="extra_body"):
        request_body(LegacyImageGenerationRequest, {"prompt": "x"}, extra)


def test_a_field_taken_from_a_response_that_lacks_it_is_left_out() -> None:
    seed = ImageDatum.from_dict({"url": "https://x.example/a.png"}).seed
    assert request_body(LegacyImageGenerationRequest, {"prompt": "x", "n": seed}, None) == {"prompt": "x"}


def test_extra_body_goes_as_it_is() -> None:
    sent = request_body(LegacyImageGenerationRequest, {"prompt": "x", "n": 1}, {"n": "many", "style": None})
    assert sent == {"prompt": "x", "n": "many", "style": None}


def test_extra_body_can_stand_in_for_a_required_field() -> None:
    assert request_body(LegacyImageGenerationRequest, {}, {"prompt": ["x"]}) == {"prompt": ["x"]}


def test_a_body_nested_in_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(InvalidRequestError, match="nested too deeply"):
        request_body(ChatCompletionRequest, {"messages": loop}, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["model", "models", "messages", "tools", "tool_choice", "metadata", "stream", "top_p"])


valid = st.fixed_dictionaries(
    {"messages": st.lists(st.fixed_dictionaries({"role": st.text(max_size=5)}), max_size=2)},
    optional={"model": st.text(max_size=5), "stream": st.booleans(), "top_p": st.floats(0, 1), "metadata": st.just({})},
)


@given(valid)
def test_valid_arguments_are_sent_whole(arguments: dict[str, Any]) -> None:
    assert request_body(ChatCompletionRequest, arguments, None) == arguments


@given(st.dictionaries(fields, json_values))
def test_any_arguments_are_sent_whole_or_refused(arguments: dict[str, Any]) -> None:
    try:
        sent = request_body(ChatCompletionRequest, arguments, None)
    except InvalidRequestError:
        return
    assert sent == {name: value for name, value in arguments.items() if value is not None}
