"""The rows of the table: the calls, and what a rejection of each has to say."""

from __future__ import annotations

from dataclasses import dataclass

PATHS = "POST /v1/chat/completions"
"""What the 404 for a path that the contract does not have lists, among others."""
MODELS = "sandbox/babble"
"""What a rejection of a model lists, among others."""


@dataclass(frozen=True)
class Call:
    """A row of the table.

    Attributes:
        label: What it is called there.
        field: The field that a 400 has to name; without one, a 400 fails the session.
        lists: What a 404 has to list, and a 400 too if there is a field; without it, a 404 fails the session.
    """

    label: str
    field: str = ""
    lists: str = ""


def _paths(label: str) -> Call:
    return Call(label, lists=PATHS)


GROUPS: dict[str, dict[str, Call]] = {
    "Chat": {
        "chat": Call("a chat"),
        "async": Call("a chat and a stream, asynchronous"),
        "stream": Call("streamed, without `include_usage`"),
        "stream-usage": Call("streamed, with `include_usage`"),
        "system": Call("system messages"),
        "image-parts": Call("image parts", field="messages[0].content"),
        "n": Call("`n`", field="n"),
        "stop": Call("`stop`", field="stop"),
        "seed": Call("`seed`", field="seed"),
        "logprobs": Call("`logprobs`, `top_logprobs`", field="logprobs"),
        "penalties": Call("`frequency_penalty`", field="frequency_penalty"),
        "max-tokens": Call("`max_tokens`", field="max_tokens"),
        "max-completion-tokens": Call("`max_completion_tokens`", field="max_completion_tokens"),
        "reasoning-effort": Call("`reasoning_effort`", field="reasoning_effort"),
    },
    "JSON and tools": {
        "json-object": Call("`response_format`: `json_object`", field="response_format"),
        "json-schema": Call("`response_format`: `json_schema`", field="response_format"),
        "parse": Call("the client's own helper for structured outputs", field="response_format"),
        "parse-stream": Call("the same, streamed", field="response_format"),
        "tools-auto": Call("`tools`, `tool_choice`: `auto`", field="tool_choice"),
        "tools-required": Call("`tool_choice`: `required`"),
        "tools-named": Call("`tool_choice`: a function"),
        "tools-stream": Call("the same, streamed"),
        "tools-result": Call("the result of a tool sent back"),
    },
    "Images": {
        "image": Call('`size="auto"`, by URL'),
        "image-png": Call('`size`, `output_format="png"`, `response_format="b64_json"`'),
        "image-quality": Call('`quality="hd"`', field="quality"),
        "image-style": Call('`style="vivid"`', field="style"),
        "image-background": Call('`background="transparent"`', field="background"),
        "image-stream": Call("`stream`", field="stream"),
        "image-edit": _paths("edits"),
    },
    "Sound": {
        **{f"speech-{each}": Call(f"speech: {each}", field="response_format") for each in ("mp3", "wav", "opus")},
        **{f"speech-{each}": Call(f"speech: {each}", field="response_format") for each in ("flac", "aac", "pcm")},
        "speech-stream": Call("speech, streamed"),
        "speech-instructions": Call("speech: `instructions`", field="instructions"),
        "transcription": _paths("transcriptions"),
    },
    "Other operations": {
        "models": Call("listing models"),
        "model": Call("one model"),
        "responses": _paths("responses"),
        "embeddings": _paths("embeddings"),
        "moderations": _paths("moderations"),
        "files": _paths("files"),
    },
    "Errors": {
        "wrong-key": Call("a wrong key is an error of its class"),
        "unknown-model": Call("a chat by an unknown model", field="model", lists=MODELS),
        "model-missing": Call("retrieving an unknown model", lists=MODELS),
        "retry": Call("429 twice, then retried with success"),
        "rate-limit": Call("429 without retries is an error of its class"),
        "server-error": Call("500 is an error of its class"),
        "timeout": Call("no response: a timeout"),
        "idempotency-key": Call("a second request with the same `Idempotency-Key` is replayed"),
    },
}
CALLS = {name: call for group in GROUPS.values() for name, call in group.items()}


def outcome(name: str, status: int | None, message: str) -> str:
    """The cell for what a program observed: `passes`, `400` or `404`.

    Raises:
        ValueError: The rejection does not say why.
    """
    call = CALLS[name]
    if status is None and not message:
        return "passes"
    if status == 400 and call.field and f"{call.field}: " in message and call.lists in message:
        return "400"
    if status == 404 and not call.field and call.lists and call.lists in message:
        return "404"
    raise ValueError(f"{name}: {status or 'failed'}: {message}")
