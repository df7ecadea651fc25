"""Runs one target under Atheris, guided by what the client's code does; further arguments are those of libFuzzer."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import Any

atheris: Any = import_module("atheris")  # by its name, since the stubs that type checkers bring lack half of it

if __name__ == "__main__":
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["ccapi_client", "ccapi_openapi"]):
        from fuzz.bounds import counted
        from fuzz.targets import TARGETS
    logging.disable()
    target = TARGETS[name]

    def test(data: bytes) -> None:
        counted(target, data)

    # To merge inputs, libFuzzer runs by a shell what it was called as.
    atheris.Setup([f"{sys.executable} -m fuzz.one {name}", *sys.argv[1:]], test)
    atheris.Fuzz()
