"""How to install an extra: said in one way, by one function of each package."""

from pathlib import Path

import pytest
from ccapi_client._extras import how_to_install
from ccapi_sandbox import installing

from ..conftest import ROOT

PACKAGES = [ROOT / "overlays" / "ccapi_client", ROOT / "sandbox" / "ccapi_sandbox"]


def test_both_packages_say_the_same() -> None:
    assert how_to_install("cli") == installing.how_to_install("cli") == "pip install 'ccapi-client[cli]'"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_nothing_else_says_it(package: Path) -> None:
    saying = [path.name for path in package.rglob("*.py") if "pip install 'ccapi-client" in path.read_text("utf-8")]
    assert len(saying) == 1
