"""Runs commands against a sandbox in the process of the tests."""

from pathlib import Path

from ccapi_sandbox import Sandbox

from .here import Here


class Local(Here):
    """`ccapi` with the key and the address of a sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        super().__init__(folder, CCAPI_BASE_URL=sandbox.base_url, CCAPI_API_KEY=sandbox.api_key)
        self.sandbox = sandbox
