"""Puts a streamed chat completion together from its chunks, as plain JSON documents. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_PIECES = ("role", "id", "type", "name")
"""The texts of a message that are whole where they come; every other text comes in pieces."""


class _Text(list[str]):
    """A text in pieces: joined at the end alone, so that a long answer costs no more per chunk than a short one."""


class Assembly:
    """A chat completion, as far as its chunks have come."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Takes the next chunk. Where a later one says otherwise of anything but the message, the later one counts."""
        for name, value in chunk.items():
            if name != "choices" and value is not None:
                self._fields[name] = value
        for position, choice in enumerate(chunk.get("choices") or []):
            index = choice.get("index")
            whole = self._choices.setdefault(index if isinstance(index, int) else position, {"message": {}})
            for name, value in choice.items():
                if name == "delta":
                    _extend(whole["message"], value or {})
                elif value is not None or name not in whole:
                    whole[name] = value

    def document(self) -> dict[str, Any] | None:
        """The completion as JSON; None before the first chunk."""
        if not self._fields and not self._choices:
            return None
        choices = []
        for index, choice in sorted(self._choices.items()):
            message = {"role": "assistant", "content": None, **_joined(choice["message"])}
            calls = message.get("tool_calls")
            if isinstance(calls, list):
                calls.sort(key=_position)
                message["tool_calls"] = [_without_index(call) for call in calls]
            choices.append({"finish_reason": None, **choice, "index": index, "message": message})
        return {**self._fields, "object": "chat.completion", "choices": choices}


def chunk_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """A whole completion as the one chunk that would have brought it."""
    choices = []
    for choice in document["choices"]:
        message = dict(choice["message"])
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            message["tool_calls"] = [{**call, "index": index} for index, call in enumerate(calls)]
        choices.append({**{name: each for name, each in choice.items() if name != "message"}, "delta": message})
    return {**document, "object": "chat.completion.chunk", "choices": choices}


def _extend(whole: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Adds what a delta brings to what there is, down to the pieces of a tool call's arguments."""
    for name, value in more.items():
        known = whole.get(name)
        if value is None:
            whole.setdefault(name, None)
        elif isinstance(value, str) and name not in NOT_PIECES:
            if isinstance(known, _Text):
                known.append(value)
            else:
                whole[name] = _Text([value])
        elif isinstance(value, str):
            whole[name] = known or value
        elif isinstance(value, dict):
            if not isinstance(known, dict):
                known = whole[name] = {}
            _extend(known, value)
        elif isinstance(value, list):
            if not isinstance(known, list):
                known = whole[name] = []
            _extend_list(known, value)
        else:
            whole[name] = value


def _extend_list(whole: list[Any], more: list[Any]) -> None:
    """Items that have an `index` continue the item of that index; others follow."""
    for item in more:
        if isinstance(item, dict):
            index = item.get("index")
            found = next((each for each in whole if isinstance(each, dict) and each.get("index") == index), None)
            if index is None or found is None:
                found = {}
                whole.append(found)
            _extend(found, item)
        else:
            whole.append(item)


def _joined(value: Any) -> Any:
    if isinstance(value, _Text):
        return "".join(value)
    if isinstance(value, dict):
        return {name: _joined(each) for name, each in value.items()}
    return [_joined(each) for each in value] if isinstance(value, list) else value


def _position(call: Any) -> float:
    index = call.get("index") if isinstance(call, dict) else None
    return index if isinstance(index, int) else float("inf")


def _without_index(call: Any) -> Any:
    return {name: value for name, value in call.items() if name != "index"} if isinstance(call, dict) else call
