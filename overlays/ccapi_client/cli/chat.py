"""`ccapi chat`: streams an answer, or holds a conversation."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import click
from rich.markup import escape

from ..errors import CCAPIError, InvalidRequestError, StreamError
from .app import command as make
from .options import body_of, example_of, options_of
from .session import Session

EXAMPLES = """
ccapi chat "Why is the sky blue?"
ccapi chat "Summarize this in one sentence." < report.txt
ccapi chat "Name two rivers." -m openai/gpt-4o -m anthropic/claude-3-5-haiku
ccapi chat                          a conversation; Ctrl-D ends it
"""

BODY = body_of("createChatCompletion")
DEFAULT = example_of(BODY, "model")


def chat(session: Session, prompt: tuple[str, ...], model: tuple[str, ...], system: str | None, **fields: Any) -> None:
    """Streams the answer of a chat model; without a prompt, on a terminal, holds a conversation.

    Text from standard input is added to the prompt. Of several --model, the first that is available answers.
    """
    models: dict[str, Any] = {"models": list(model)} if len(model) > 1 else {"model": model[0] if model else DEFAULT}
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    if fields.get("stream_options") is None and (session.as_json or session.err.is_terminal):
        fields["stream_options"] = {"include_usage": True}  # the number of tokens is shown
    text = " ".join(prompt)
    is_piped = sys.stdin is not None and not sys.stdin.isatty()
    if sys.stdin is not None and is_piped:
        text = "\n\n".join(filter(None, [text, sys.stdin.read().strip()]))
    if not text and (session.as_json or is_piped or sys.stdin is None):
        raise InvalidRequestError("PROMPT: there is nothing to ask, neither as an argument nor on standard input")
    key = session.idempotency_key("" if text else "each question of a conversation is a request of its own")
    if text:
        fields["idempotency_key"] = key
        messages.append({"role": "user", "content": text})
        _answer(session, messages, models | fields)
        return
    _converse(session, messages, models | fields)


def _converse(session: Session, messages: list[dict[str, Any]], request: dict[str, Any]) -> None:
    with suppress(ImportError):  # not every system has it
        import readline  # noqa: F401 - lets people edit lines and recall earlier ones

    session.tell("[dim]Ctrl-D ends the conversation[/dim]")
    while True:
        try:
            text = input("> ").strip()
        except EOFError:
            click.echo()
            return
        if not text:
            continue
        messages.append({"role": "user", "content": text})
        try:
            answer = _answer(session, messages, request)
        except (CCAPIError, KeyboardInterrupt) as error:
            session.tell_error(error)
            messages.pop()  # the user may type it again
        else:
            messages.append({"role": "assistant", "content": answer})


def _answer(session: Session, messages: list[dict[str, Any]], request: dict[str, Any]) -> str:
    """Prints an answer while it is streamed, and returns its text."""
    pieces: list[str] = []
    try:
        with session.client.stream_chat_completion(messages=messages, **request) as stream:
            for text in stream.text():
                pieces.append(text)
                if not session.as_json:
                    session.show(text, end="")
            final = stream.final()
    except StreamError as error:
        if session.as_json and error.partial:
            session.result(error.partial.to_dict())  # it may be billed, so it must not be lost
        raise
    finally:
        if pieces and not session.as_json:
            click.echo()
    if session.as_json:
        session.result(final.to_dict())
    elif session.err.is_terminal and final.usage:
        session.tell(f"[dim]{escape(str(final.model))}, {final.usage.total_tokens} tokens[/dim]")
    return "".join(pieces)


command = make(
    chat,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["prompt"], nargs=-1),
        click.Option(
            ["-m", "--model"],
            multiple=True,
            metavar="MODEL",
            help=f"The model that answers; repeat it to name models for failover (default: {DEFAULT}).",
        ),
        click.Option(["--system"], metavar="TEXT", help="Instructions for the model, sent as a system message."),
        *options_of(BODY["properties"], leave_out=("messages", "stream", "model", "models")),
    ],
)
