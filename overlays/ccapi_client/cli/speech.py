"""`ccapi speech`: turns a text into a sound file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..errors import InvalidRequestError
from .app import command as make
from .options import body_of, example_of, options_of, schema_of
from .session import Session, check_output

EXAMPLES = """
ccapi speech "Good morning, and welcome aboard." -o morning.mp3
ccapi speech --voice aria --output-format wav -o chapter.wav < chapter.txt
"""

BODY = body_of("createSpeech")
DEFAULT = example_of(BODY, "model")
FORMATS = schema_of(BODY["properties"]["output_format"])["enum"]


def speech(session: Session, text: tuple[str, ...], output: str, model: str, open_it: bool, **fields: Any) -> None:
    """Speaks a text, from the arguments or from standard input, and prints the path of the file."""
    words = " ".join(text) or ("" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip())
    if not words:
        raise InvalidRequestError("TEXT: there is nothing to speak, neither as an argument nor on standard input")
    check_output(output)
    ending = Path(output).suffix.removeprefix(".").lower()
    if fields.get("output_format") is None and ending in FORMATS:
        fields["output_format"] = ending
    key = session.idempotency_key()
    spoken = session.client.create_speech(model=model, input=words, idempotency_key=key, **fields)
    path = session.client.save(spoken, output)
    if session.as_json:
        document = {name: value for name, value in spoken.to_dict().items() if name != "b64_json"}
        session.result({**document, "path": str(path)})
    session.saved(path, open_it=open_it)


command = make(
    speech,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["text"], nargs=-1),
        click.Option(["-o", "--output"], default="./", metavar="PATH", help="A file, or a folder (default: this one)."),
        click.Option(["--open", "open_it"], is_flag=True, help="Play it in the program that opens such files."),
        click.Option(
            ["-m", "--model"], default=DEFAULT, show_default=True, metavar="MODEL", help="The model to speak with."
        ),
        *options_of(BODY["properties"], leave_out=("model", "input")),
    ],
)
