"""Several answers to one chat, `n`: a request for each, and their responses as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

MAX_ANSWERS = 16
"""The most answers to one request."""

Chunks = AsyncIterator[dict[str, Any]]


def split(request: dict[str, Any], count: int, needs_seed: bool) -> list[dict[str, Any]]:
    """A request for each answer. Their seeds differ; without one, answers differ if they don't need a seed for that."""
    rest = {name: value for name, value in request.items() if name != "n"}
    seed = rest.get("seed", 0 if needs_seed else None)
    if seed is None:
        return [rest] * count
    return [rest, *(rest | {"seed": int(seed) + number} for number in range(1, count))]


def joined(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The responses as one."""
    choices = [_numbered(choice, number) for number, each in enumerate(documents) for choice in each["choices"]]
    return {**documents[0], "choices": choices, "usage": _sum(each.get("usage") for each in documents)}


async def interleaved(streams: Sequence[Chunks]) -> Chunks:
    """The chunks of all streams, one of each in turn, with one sum of their usage at the end."""
    usages = []
    rest = list(enumerate(streams))
    while rest:
        for entry in list(rest):
            number, stream = entry
            chunk = await anext(stream, None)
            if chunk is None:
                rest.remove(entry)
            elif chunk["choices"]:
                yield {**chunk, "choices": [_numbered(choice, number) for choice in chunk["choices"]]}
            elif chunk.get("usage"):
                usages.append(chunk["usage"])
    if usages:
        yield {"choices": [], "usage": _sum(usages)}


def _numbered(choice: dict[str, Any], number: int) -> dict[str, Any]:
    return {**choice, "index": number}


def _sum(usages: Iterable[dict[str, Any] | None]) -> dict[str, Any] | None:
    """What several answers to one prompt used: the prompt once, and all of the answers."""
    known = [usage for usage in usages if usage]
    if not known:
        return None
    asked, said = known[0].get("prompt_tokens", 0), sum(usage.get("completion_tokens", 0) for usage in known)
    return {**known[0], "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
