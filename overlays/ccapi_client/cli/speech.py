"""`ccapi speech`: turns a text into a sound file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import InvalidRequestError
from .app import command as make
from .destination import HELP, HERE, Destination
from .inputs import text_of
from .options import body_of, example_of, options_of, schema_of
from .session import Session
from .values import FILE

EXAMPLES = """
ccapi speech "Good morning, and welcome aboard." -o morning.mp3
ccapi speech --voice aria --output-format wav -o chapter.wav < chapter.txt
ccapi speech "Good morning." -o - | mpv -
"""

BODY = body_of("createSpeech")
DEFAULT = example_of(BODY, "model")
FORMATS = schema_of(BODY["properties"]["output_format"])["enum"]


def speech(session: Session, text: tuple[str, ...], output: str, model: str, open_it: bool, **fields: Any) -> None:
    """Speaks a text, and prints the path of the file.

    `-` in TEXT stands for the text of standard input; without TEXT, a pipe is read. Else nothing is read.
    """
    files = Destination(session, output, open_it=open_it, preview=False)
    words = text_of(text)
    if not words:
        raise InvalidRequestError("TEXT: there is nothing to speak, neither as an argument nor on standard input")
    ending = Path(output).suffix.removeprefix(".").lower()
    if fields.get("output_format") is None and ending in FORMATS:
        fields["output_format"] = ending
    with files:
        key = session.idempotency_key()
        with session.billed():
            spoken = session.client.create_speech(model=model, input=words, idempotency_key=key, **fields)
        path = session.client.save(spoken, files.place(spoken))
        if session.as_json:
            document = {name: value for name, value in spoken.to_dict().items() if name != "b64_json"}
            session.result({**document, "path": str(path)})
        files.give(path)


command = make(
    speech,
    examples=EXAMPLES,
    refuses={},
    params=[
        click.Argument(["text"], nargs=-1),
        click.Option(["-o", "--output"], type=FILE, default=HERE, metavar="PATH", help=HELP),
        click.Option(["--open", "open_it"], is_flag=True, help="Play it in the program that opens such files."),
        click.Option(
            ["-m", "--model"], default=DEFAULT, show_default=True, metavar="MODEL", help="The model to speak with."
        ),
        *options_of(BODY["properties"], leave_out=("model", "input")),
    ],
)
