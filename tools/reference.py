"""Puts beside the reference page what it loads, into its folder: `python tools/reference.py FOLDER`.

That is the viewer, and openapi.yaml as a script, since pages can't read files.

What the service's published reference does not show (`x-unconfirmed`) gets a small mark.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

CONTRACT = Path(__file__).resolve().parent.parent / "openapi.yaml"
MARK = "◦"
LEGEND = f"\n\n{MARK} marks what the service's published reference does not show, or not all of it."


def marked(node: Any) -> Any:
    """The same contract with a mark behind the descriptions of what is not confirmed."""
    if isinstance(node, list):
        return [marked(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {name: marked(value) for name, value in node.items()}
    if node.get("x-unconfirmed") is True:
        text = node["description"]
        for each in (node, node.get("schema", {})):  # a parameter's schema repeats its description, and is shown once
            if each.get("description") == text:
                each["description"] = f"{text} {MARK}"
    return node


def script() -> str:
    """The script that gives the page its contract."""
    contract = marked(yaml.safe_load(CONTRACT.read_text("utf-8")))
    contract["info"]["description"] += LEGEND
    return f"const CONTRACT = {json.dumps(contract, ensure_ascii=False)};\n"


def main() -> None:
    import node_script  # here, for tests that only want the contract have no Node

    folder = Path(sys.argv[1])
    (folder / "scalar.js").write_bytes(node_script.content(node_script.SCRIPTS["reference-viewer"]))
    (folder / "openapi.js").write_text(script(), "utf-8")


if __name__ == "__main__":
    main()
