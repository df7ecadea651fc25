"""A conversation, and the file that keeps it: the model and the messages, as a request to OpenAI's API has them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import attrs

from .._files.drafts import draft, remove_abandoned
from .._files.save import is_folder, mode_to_keep
from ..errors import InvalidRequestError
from .destination import check_output
from .inputs import STDIN, json_in, picture_of
from .options import contract, schema_of

Message = dict[str, Any]
FIELDS = ("model", "models", "messages")
SENT = schema_of(contract()["components"]["schemas"]["ChatMessage"])["properties"]


@attrs.define
class Conversation:
    """The messages so far.

    Attributes:
        models: The models that answer, the first that is available; empty for the usual one.
        messages: The messages, as they are sent.
        path: The file that keeps them; None where none does.
    """

    models: list[str] = attrs.field(factory=list)
    messages: list[Message] = attrs.field(factory=list)
    path: Path | None = None

    @classmethod
    def opened(cls, continued: str | None, saved: str | None) -> Self:
        """The conversation of `--continue`, which is saved at `--save`, or else where it was.

        Raises:
            InvalidRequestError: A file can't be used, or holds no conversation; or `--save` would replace a file.
        """
        target = saved or continued
        if target and (target == STDIN or is_folder(target)):
            option = "--save" if saved else "--continue"
            what = "standard input" if target == STDIN else "a folder"
            raise InvalidRequestError(f"{option}: {target} is {what}; a file is expected")
        if saved and saved != continued and os.path.lexists(saved):
            raise InvalidRequestError(f"--save: {saved} is there already; --continue {saved} goes on with it")
        found = cls._read(continued) if continued else cls()
        if target:
            check_output(target, "--save" if saved else "--continue")
            found.path = Path(target)
        return found

    @classmethod
    def _read(cls, path: str) -> Self:
        document = json_in("--continue", path, f"; --save {path} starts a conversation")
        messages = document.get("messages") if isinstance(document, dict) else None
        if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
            raise InvalidRequestError(f'--continue: {path} is no conversation: {{"messages": [...]}} is expected')
        if unknown := sorted(document.keys() - FIELDS):
            raise InvalidRequestError(
                f"--continue: {path} has {', '.join(unknown)}: only {', '.join(FIELDS)} are kept there; "
                "give what else a request has as options"
            )
        models = document.get("models") or list(filter(None, [document.get("model")]))
        if not isinstance(models, list) or not all(isinstance(each, str) for each in models):
            raise InvalidRequestError(
                f"--continue: {path}: model: the id of a model is expected; models: a list of them"
            )
        return cls(models, messages)

    def instruct(self, text: str) -> None:
        """Sets the instructions for the model; those that the conversation has are replaced."""
        if self.messages and self.messages[0].get("role") == "system":
            self.messages.pop(0)
        self.messages.insert(0, {"role": "system", "content": text})

    def keep(self, user: Message, answer: Mapping[str, Any]) -> None:
        """Adds a message and its answer, and saves both.

        Raises:
            OSError: The file can't be written.
        """
        text: Any = None if answer.get("tool_calls") else ""
        sent = {name: value for name, value in answer.items() if name in SENT and value is not None}
        messages = [*self.messages, user, {"role": "assistant", "content": text, **sent}]
        if self.path:
            model = {"models": self.models} if len(self.models) > 1 else {"model": self.models[0]}
            _write(self.path, json.dumps({**model, "messages": messages}, ensure_ascii=False, indent=2) + "\n")
        self.messages = messages  # once they are written: else what is typed again would be there twice


def message_of(text: str, pictures: Sequence[str]) -> Message:
    """A message of the user: a text, and the URLs of pictures."""
    if not pictures:
        return {"role": "user", "content": text}
    parts = [{"type": "image_url", "image_url": {"url": each}} for each in pictures]
    return {"role": "user", "content": [{"type": "text", "text": text}, *parts]}


def picture_url(source: str) -> str:
    """The URL of a picture: as given, or a file as `data:`.

    Raises:
        InvalidRequestError: It can't be read, or isn't a picture.
    """
    picture = picture_of("--attach", source)
    return picture.url or f"data:{picture.mime_type};base64,{picture.data}"


def _write(path: Path, text: str) -> None:
    """Writes a file, whole or not at all."""
    real = Path(os.path.realpath(path))
    remove_abandoned(real.parent, real.name)
    with draft(real.parent, real.name, mode_to_keep(real)) as file:
        file.file.write(text.encode())
        file.rename(real)
