"""Puts a streamed chat completion together from its chunks, as plain JSON documents. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._unicode import whole as whole_text
from .calls import Calls, Items

NOT_PIECES = frozenset(("role", "id", "type", "name", "index"))
"""The texts of a message that are whole where they come."""

PIECES = frozenset(
    (
        *("content", "text", "reasoning", "reasoning_content", "reasoning_text", "thinking", "thought", "refusal"),
        *("arguments", "data", "transcript", "summary", "input", "output", "code", "partial_json"),
    )
)
"""The texts that come in pieces. Any other text does too, unless it comes again just as it came first."""

NOT_BESIDE = frozenset(("delta", "message", "index"))
"""The fields of a choice that are not continued as those beside the delta are."""


class _Text:
    """A text in pieces: joined at the end alone, so that a long answer costs no more per chunk than a short one."""

    def __init__(self, piece: str) -> None:
        self.pieces = [piece]


class _List:
    """A list in pieces. Objects may continue others; what else comes follows.

    A text that comes where a list has come, or a list where a text has come, is no reason to lose either: the text is
    an item then, in `content` a part of its own.
    """

    def __init__(self, name: str, *texts: _Text) -> None:
        self._items: list[Any] = [*texts]
        self._objects = Calls() if name == "tool_calls" else Items()
        self._of_parts, self._is_mixed = name == "content", bool(texts)

    def extend(self, more: list[Any]) -> None:
        """Adds what the next piece of the list brings."""
        for item in more:
            if not isinstance(item, dict):
                self._items.append(item)
                continue
            known = self._objects.continued_by(item)
            if known is None:
                known = {}
                self._items.append(known)
            _extend(known, item)
            self._objects.keep(known, item)

    def add_text(self, piece: str) -> None:
        """Adds the next piece of a text that comes in between."""
        if not piece:
            return
        self._is_mixed = True
        if self._items and isinstance(self._items[-1], _Text):
            self._items[-1].pieces.append(piece)
        else:
            self._items.append(_Text(piece))

    def joined(self) -> list[Any]:
        """The list."""
        items = [_joined(each) for each in self._items]
        if self._of_parts and self._is_mixed:
            return [{"type": "text", "text": each} if isinstance(each, str) else each for each in items]
        return items


class Assembly:
    """A chat completion, as far as its chunks have come."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Takes the next chunk. Where a later one says otherwise of anything but the message, the later one counts."""
        fields = self._fields
        for name, value in chunk.items():
            if value is not None and name != "choices":
                fields[name] = value
        for position, choice in enumerate(chunk.get("choices") or []):
            index = position_of(choice, position)
            whole = self._choices.get(index)
            if whole is None:
                whole = self._choices[index] = {"message": {}}
            _extend(whole["message"], choice["delta"])
            _continue(whole, choice, NOT_BESIDE)

    def has_message(self, position: int) -> bool:
        """Whether something of the message of an answer has come."""
        return bool(self._choices.get(position, {}).get("message"))

    @property
    def is_finished(self) -> bool:
        """Whether each of the answers says why it ended."""
        return bool(self._choices) and all(choice.get("finish_reason") for choice in self._choices.values())

    def document(self) -> dict[str, Any] | None:
        """The completion as JSON; None before the first chunk."""
        if not self._fields and not self._choices:
            return None
        choices = []
        for index, choice in sorted(self._choices.items()):
            message = {"content": None, **_joined(choice["message"])}
            calls = message.get("tool_calls")
            if isinstance(calls, list):
                calls.sort(key=_position)
                message["tool_calls"] = [_without_index(call) for call in calls]
            choices.append({"finish_reason": None, **choice, "index": index, "message": message})
        return {**self._fields, "object": "chat.completion", "choices": choices}


def position_of(choice: Mapping[str, Any], position: int) -> int:
    """The position of the answer that a choice of a chunk is about; that in the chunk where it doesn't say."""
    index = choice.get("index")
    return index if isinstance(index, int) else position


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


def _continue(whole: dict[str, Any], more: Mapping[str, Any], but: frozenset[str] = frozenset()) -> None:
    """Adds what is beside a delta to what there is: lists are continued, what else comes later counts."""
    for name, value in more.items():
        if name in but:
            continue
        if value is None or value == "":
            whole.setdefault(name, None)
        elif isinstance(value, list):
            known = whole.get(name)
            whole[name] = known if isinstance(known, list) else []
            whole[name] += value
        elif isinstance(value, dict):
            known = whole.get(name)
            whole[name] = known if isinstance(known, dict) else {}
            _continue(whole[name], value)
        else:
            whole[name] = value


def _extend(whole: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Adds what a delta brings to what there is, down to the pieces of a tool call's arguments."""
    for name, value in more.items():
        known = whole.get(name)
        if value is None:
            whole.setdefault(name, None)
        elif isinstance(value, str) and name not in NOT_PIECES:
            if isinstance(known, _Text):
                if name in PIECES or known.pieces != [value]:
                    known.pieces.append(value)
            elif isinstance(known, _List):
                known.add_text(value)
            else:
                whole[name] = _Text(value)
        elif isinstance(value, str):
            whole[name] = known or value
        elif isinstance(value, list) or (isinstance(value, dict) and isinstance(known, _Text | _List)):
            if isinstance(known, _Text) and not value:
                continue
            if not isinstance(known, _List):
                texts = [known] if isinstance(known, _Text) and any(known.pieces) else []
                known = whole[name] = _List(name, *texts)
            known.extend(value if isinstance(value, list) else [value])
        elif isinstance(value, dict):
            if not isinstance(known, dict):
                known = whole[name] = {}
            _extend(known, value)
        else:
            whole[name] = value


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, _Text):
        return whole_text("".join(value.pieces))
    if isinstance(value, _List):
        return value.joined()
    if isinstance(value, dict):
        return {name: _joined(each) for name, each in value.items()}
    return [_joined(each) for each in value] if isinstance(value, list) else value


def _position(call: Any) -> float:
    index = call.get("index") if isinstance(call, dict) else None
    return index if isinstance(index, int) else float("inf")


def _without_index(call: Any) -> Any:
    return {name: value for name, value in call.items() if name != "index"} if isinstance(call, dict) else call
