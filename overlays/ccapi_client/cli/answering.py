"""Requests answers and prints them: as they are streamed, or whole where they have to follow a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import click

from .._chat.parsing import parsed
from ..errors import AnswerError, StreamError
from .conversation import Message
from .plain import plain
from .schema import Schema
from .session import Session
from .usage import Usage


@attrs.frozen
class Answers:
    """What requests answers.

    Attributes:
        session: The run of the command.
        request: The fields of each request, but its messages.
        schema: What each answer has to follow; None for any text.
        usage: Tells what each answer took; None where nothing is told.
    """

    session: Session
    request: dict[str, Any]
    schema: Schema | None
    usage: Usage | None

    def print(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Prints the answer to messages, and returns its message.

        Raises:
            CCAPIError: There is none, or it is not what was requested.
        """
        final = self._streamed(messages) if self.schema is None else self._followed(messages, self.schema)
        self._tell_usage(final)
        message: dict[str, Any] = final.choices[0].message.to_dict() if final.choices else {}
        return message

    def _tell_usage(self, final: Any) -> None:
        if self.usage:
            self.usage.tell(final)
        elif self.session.err.is_terminal and final.usage:
            self.session.tell(f"{final.model}, {final.usage.total_tokens} tokens")

    def _streamed(self, messages: Sequence[Message]) -> Any:
        session, request = self.session, self.request
        if "stream_options" not in request and (session.as_json or session.err.is_terminal or self.usage):
            request = {**request, "stream_options": {"include_usage": True}}  # the number of tokens is shown
        is_shown = False
        streamed = session.client.stream_chat_completion(messages=messages, **request)
        try:
            with session.billed(streamed), streamed as stream:
                for text in stream.text():
                    if not session.as_json:
                        session.show(text, end="")
                        is_shown = True
                final = stream.final()
        except (StreamError, KeyboardInterrupt) as error:
            if session.as_json and streamed.partial:
                session.partial_result(streamed.partial.to_dict(), error)  # it may be billed, so it must not be lost
            raise
        finally:
            if is_shown:
                click.echo()
        if session.as_json:
            session.result(final.to_dict())
        return final

    def _followed(self, messages: Sequence[Message], schema: Schema) -> Any:
        session = self.session
        with session.billed():
            whole = session.client.create_chat_completion(
                messages=messages, response_format=schema.response_format(), **self.request
            )
        try:
            document = parsed(whole, schema)
        except AnswerError as error:  # it is billed, so it must not be lost
            if session.as_json:
                session.partial_result(whole.to_dict(), error)
            elif error.text:
                session.err.print(plain(error.text), markup=False, soft_wrap=True)
            self._tell_usage(whole)
            raise
        session.result(whole.to_dict() if session.as_json else document)
        return whole
