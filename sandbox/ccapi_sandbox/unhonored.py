"""Fields of the contract that the sandbox does not honor: a request with one gets a 400 that names it.

A field that is not listed here is honored, or is a label that nothing depends on. So a field that is new in the
contract is accepted until it is listed here. Fields of OpenAI's API are listed too: its clients send them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import ApiError

Fields = Mapping[str, tuple[Any, ...]]
"""Fields by their paths, such as `parameters.steps`, each with the values that change nothing.

The contract's default for a field changes nothing either, nor does an empty text, list or object.
"""

CHAT: Fields = {
    "reasoning_effort": ("none",),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
}
"""For `createChatCompletion` with any model of the sandbox. An upstream server receives all fields."""

BABBLE: Fields = {
    "presence_penalty": (),
    "frequency_penalty": (),
    "logit_bias": (),
    "logprobs": (),
    "top_logprobs": (0,),
}
"""For `createChatCompletion` with the text generator, in addition to `CHAT`."""

CHAT_OF_OPENAI: Fields = {
    "function_call": ("none", "auto"),
    "audio": (),
    "verbosity": ("medium",),
    "web_search_options": (),
    "store": (False,),
}
"""For `createChatCompletion`: fields of OpenAI's API that the contract does not list."""

SPEECH: Fields = {"instructions": ()}
"""For `createSpeech`."""

SPEECH_OF_OPENAI: Fields = {"stream_format": ("audio",)}
"""For `createSpeech`: fields of OpenAI's API that the contract does not list."""

IMAGE_OF_OPENAI: Fields = {"stream": (False,), "partial_images": (0,), "output_compression": (100,)}
"""For `createImage`: fields of OpenAI's API that the contract does not list."""

IMAGE: Fields = {
    "parameters.steps": (),
    "parameters.guidance_scale": (),
    "parameters.negative_prompt": (),
}
"""For `generateImages`."""

VIDEO: Fields = {
    "n": (1,),
    "response_format": ("url",),
    "metadata.negative_prompt": (),
    "metadata.style": (),
    "metadata.quality_level": (),
}
"""For `generateVideo`."""


def refuse(fields: Fields, body: Mapping[str, Any], defaults: Mapping[str, Any], hint: str = "") -> None:
    """Rejects a body with a field that the sandbox does not honor.

    Args:
        fields: The fields that are not honored.
        body: The body of the request.
        defaults: The contract's defaults, by the same paths.
        hint: How to have them honored.

    Raises:
        ApiError: 400, with the path of the field.
    """
    for path, harmless in fields.items():
        accepted = [*harmless, *([defaults[path]] if path in defaults and defaults[path] not in harmless else [])]
        value = _value(body, path)
        if value is None or value in ("", [], {}) or any(_includes(value, each) for each in accepted):
            continue
        but = f", except for {' or '.join(map(json.dumps, accepted))}" if accepted else ""
        raise ApiError.bad_request(
            f"{path}: the sandbox does not honor this field{but}{hint and '; '}{hint}", field=path
        )


def _value(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _includes(value: Any, accepted: Any) -> bool:
    """Whether a value is the accepted one; an object may have more fields."""
    if isinstance(accepted, dict) and isinstance(value, dict):
        return value | accepted == value
    return bool(value == accepted)
