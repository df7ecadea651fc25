"""`ccapi chat`: streams an answer, or holds a conversation."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from ..errors import CCAPIError, InvalidRequestError
from .answering import Answers
from .app import command as make
from .conversation import Conversation, message_of, picture_url
from .inputs import is_terminal, text_of
from .options import body_of, example_of, options_of
from .schema import Schema
from .session import Session
from .usage import Usage
from .values import FILE

EXAMPLES = """
ccapi chat "Why is the sky blue?"
ccapi chat "Summarize this in one sentence." - < report.txt
ccapi chat "What is this?" --attach photo.png
ccapi chat "Name a river." --schema river.json | jq .
ccapi chat "Name a river." --save talk.json
ccapi chat "And its length?" --continue talk.json
ccapi chat "Name two rivers." -m openai/gpt-4o -m anthropic/claude-3-5-haiku
ccapi chat                          a conversation; Ctrl-D ends it
"""

BODY = body_of("createChatCompletion")
DEFAULT = example_of(BODY, "model")


def chat(
    session: Session,
    prompt: tuple[str, ...],
    model: tuple[str, ...],
    system: str | None,
    continued: str | None,
    saved: str | None,
    pictures: tuple[str, ...],
    schema: str | None,
    usage: bool,
    **fields: Any,
) -> None:
    """Streams the answer of a chat model; without a prompt, on a terminal, holds a conversation.

    `-` in the prompt stands for the text of standard input; without a prompt, a pipe is read. Else nothing is read. Of
    several --model, the first that is available answers.
    """
    if (fields.get("n") or 1) > 1 and not session.as_json:
        raise InvalidRequestError("--n: several answers are printed as JSON alone; add --json, or leave --n out")
    conversation = Conversation.opened(continued, saved)
    if model or not conversation.models:
        conversation.models = list(model) or [DEFAULT]
    if system:
        conversation.instruct(system)
    if schema and fields.get("response_format") is not None:
        raise InvalidRequestError("--schema: it sets the same as --response-format; use one of them")
    models = conversation.models
    request: dict[str, Any] = {"models": models} if len(models) > 1 else {"model": models[0]}
    request |= {name: value for name, value in fields.items() if value is not None}
    answers = Answers(session, request, Schema(schema) if schema else None, Usage(session, models) if usage else None)
    urls = list(map(picture_url, pictures))
    text = text_of(prompt)
    key = session.idempotency_key("" if text else "each question of a conversation is a request of its own")
    if text:
        request |= {} if key is None else {"idempotency_key": key}
        _say(answers, conversation, text, urls)
    elif prompt or session.as_json or not is_terminal():
        raise InvalidRequestError("PROMPT: there is nothing to ask, neither as an argument nor on standard input")
    else:
        _converse(session, answers, conversation, urls)


def _converse(session: Session, answers: Answers, conversation: Conversation, urls: list[str]) -> None:
    with suppress(ImportError):  # not every system has it
        import readline  # noqa: F401 - lets people edit lines and recall earlier ones

    session.tell("Ctrl-D ends the conversation")
    while True:
        try:
            text = input("> ").strip()
        except EOFError:
            click.echo()
            return
        if not text:
            continue
        try:
            _say(answers, conversation, text, urls)
        except (CCAPIError, OSError, KeyboardInterrupt) as error:
            session.tell_error(error)  # the user may type it again
        else:
            urls = []  # the model has seen them


def _say(answers: Answers, conversation: Conversation, text: str, urls: list[str]) -> None:
    """Says something, prints the answer, and keeps both."""
    message = message_of(text, urls)
    conversation.keep(message, answers.print([*conversation.messages, message]))


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
        click.Option(
            ["--attach", "pictures"],
            type=FILE,
            multiple=True,
            metavar="PICTURE",
            help="A picture, a file or a URL; repeatable.",
        ),
        click.Option(
            ["--save", "saved"],
            type=FILE,
            metavar="FILE",
            help="Save the model and the messages to a new file, as JSON, after each answer.",
        ),
        click.Option(
            ["--continue", "continued"],
            type=FILE,
            metavar="FILE",
            help="Go on with a conversation that was saved, and save it there again, or else to the file of --save.",
        ),
        click.Option(
            ["--schema"],
            type=FILE,
            metavar="FILE",
            help="A JSON Schema that the answer has to follow; prints it as JSON.",
        ),
        click.Option(["--usage"], is_flag=True, help="Show tokens and their price on standard error."),
        *options_of(BODY["properties"], leave_out=("messages", "stream", "model", "models")),
    ],
)
