"""Where the files of a command go, by `-o`: a file, a folder, or standard output; and what they are called."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from .._files.save import is_folder, mode_to_keep
from .._files.source import parts_of
from ..errors import CCAPIError, InvalidRequestError
from .session import Session

STDOUT = "-"
HERE = "./"
LONGEST_NAME = 40
"""How long the part of a file name is that is made of a prompt, in characters."""
HELP = "A file or a folder (default: this one); - writes one file to standard output."


class Destination:
    """The files of a command, in a `with` block: what it saves at `place` is shown, or written to standard output."""

    def __init__(
        self, session: Session, given: str | None, *, open_it: bool, preview: bool, saves: bool = True
    ) -> None:
        """Checks the target, before anything is billed.

        Args:
            session: The run of the command.
            given: The value of `-o`; None for this folder.
            open_it: Whether to show files in the program that opens them.
            preview: Whether to show files in the terminal.
            saves: Whether there will be files.

        Raises:
            InvalidRequestError: It can't be written, or not together with another option.
        """
        self._session, self._open_it, self._preview = session, open_it, preview
        self.given = given or HERE
        self.is_stdout = given == STDOUT
        self._place = self.given
        self._strays: list[Path] = []
        self._stack = ExitStack()
        if not self.is_stdout:
            if saves:
                check_output(self.given)
            return
        for option, is_given in (("--json", session.as_json), ("--open", open_it), ("--preview", preview)):
            self.refuse(option, is_given, "needs the path of a file")
        # Whoever makes the file could control the terminal by it.
        if sys.stdout.isatty():
            raise InvalidRequestError("-o -: standard output is a terminal: add > FILE or | PROGRAM")

    def refuse(self, option: str, is_given: bool, why: str) -> None:
        """Refuses an option that does not go with standard output.

        Raises:
            InvalidRequestError: It was given.
        """
        if self.is_stdout and is_given:
            raise InvalidRequestError(f"-o -: {option} {why}; leave one of them out")

    def check_count(self, count: int) -> None:
        """Checks how many files there will be.

        Raises:
            InvalidRequestError: Standard output can't hold so many.
        """
        if self.is_stdout and count > 1:
            raise InvalidRequestError(f"-o -: standard output takes one file, not {count}: give a folder, as -o ./")

    def __enter__(self) -> Self:
        if self.is_stdout:
            self._place = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ccapi-")) + "/"
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def place(self, source: Any, number: int | None = None) -> str:
        """The path to save a source at.

        Args:
            source: What is saved.
            number: Its number, where there are several sources; it becomes a part of a file's name.
        """
        if self.is_stdout:
            # Several files where one was requested may be billed: they are saved in the current folder.
            return self._place if len(parts_of(source)) == 1 else HERE
        return self.target(number)

    def target(self, number: int | None = None) -> str:
        """What `-o` has to be for one of several sources."""
        if number is None or self.is_stdout or is_folder(self.given):
            return self.given
        path = Path(self.given)
        return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))

    def give(self, path: Path) -> None:
        """Shows a file that was saved, or writes it to standard output."""
        if not self.is_stdout:
            self._session.saved(path, open_it=self._open_it, preview=self._preview)
        elif path.is_relative_to(self._place):
            out = sys.stdout.buffer
            with path.open("rb") as file:
                shutil.copyfileobj(file, out)
            out.flush()
        else:
            self._strays.append(path)

    def finish(self) -> None:
        """Ends the output.

        Raises:
            CCAPIError: There were several files for standard output.
        """
        if self._strays:
            saved = ", ".join(map(str, self._strays))
            raise CCAPIError(f"-o -: the response has {len(self._strays)} files; they were saved: {saved}")


def check_output(output: str, option: str = "-o") -> None:
    """Checks that a path can be written, before anything is billed.

    Raises:
        InvalidRequestError: It can't be written.
    """
    path = Path(output)
    into = is_folder(output)
    folder = path
    try:
        folder = next(each for each in [*([path] if into else []), *path.absolute().parents] if each.exists())
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        where = "" if folder == path else f"{folder}: "
        raise InvalidRequestError(f"{option}: {output} can't be written: {where}{error.strerror}") from None
    if path.suffix and not into:
        try:
            mode_to_keep(path)
        except (OSError, InvalidRequestError) as error:
            raise InvalidRequestError(f"{option}: {getattr(error, 'strerror', None) or error}: {output}") from None


def names_of(prompts: Sequence[str]) -> list[str]:
    """The names of the files of prompts, without extension; the same ones have numbers.

    A name is empty where a prompt has no letters or digits that every file system takes.
    """
    names = list(map(_name_of, prompts))
    count = Counter(names)
    taken = {name for name in names if count[name] == 1}
    return [_numbered(name, taken) if name and count[name] > 1 else name for name in names]


def _numbered(name: str, taken: set[str]) -> str:
    """The name with the first number that makes it one that is not taken; it is taken then."""
    free = next(each for number in itertools.count() if (each := f"{name}-{number}") not in taken)
    taken.add(free)
    return free


def _name_of(prompt: str) -> str:
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:LONGEST_NAME]
        if len(longer) > LONGEST_NAME:
            break
        name = longer
    return name
