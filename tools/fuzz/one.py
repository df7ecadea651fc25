"""Runs one target under Atheris, guided by what the client's code does; further arguments are those of libFuzzer."""

from __future__ import annotations

import logging
import sys

import atheris

if __name__ == "__main__":
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["ccapi_client", "ccapi_openapi"]):
        from fuzz.bounds import counted
        from fuzz.targets import TARGETS
    logging.disable()
    target = TARGETS[name]

    def test(data: bytes) -> None:
        counted(target, data)

    atheris.Setup(sys.argv, test)
    atheris.Fuzz()
