"""Takes out of what openapi-python-client wrote what costs and serves nobody: `python tools/trim.py FOLDER`.

- Its own client: nothing imports it.
- Imports inside the methods of models, a third of the time of each call. They go to the end of the module, for models
  name each other.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

INSIDE = re.compile(
    r"^ {8}from \.\.(models\.\w+) import (?:\(\s*(\w+),  # noqa: PLC0415\s*\)|(\w+)  # noqa: PLC0415)\n", re.MULTILINE
)
FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?: .*\n)+", re.MULTILINE)


def with_imports_at_the_end(source: str) -> str:
    """A module of a model whose methods import nothing."""
    found = {(module, one or other) for module, one, other in INSIDE.findall(source)}
    if not found:
        return source
    source = FOR_TYPES.sub("", INSIDE.sub("", source)).replace("TYPE_CHECKING, ", "")
    return source + "".join(f"\nfrom ..{module} import {name}" for module, name in sorted(found)) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for unused in ("client.py", "errors.py"):
        (folder / unused).unlink()
    for module in (folder / "models").glob("*.py"):
        module.write_text(with_imports_at_the_end(module.read_text("utf-8")), "utf-8")
