"""Writes openapi.yaml as openapi-python-client can read it: `python tools/readable.py FILE`.

Of two shapes that are there for other generators (the head of openapi.yaml has the reasons) it would read less than
they say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

CONTRACT = Path(__file__).resolve().parent.parent / "openapi.yaml"
KNOWN = "x-extensible-enum"


def readable(document: dict[str, Any]) -> dict[str, Any]:
    """The same contract in other words.

    - A list of values that may be extended becomes `anyOf: [the known values, any string]` wherever it is referred to.
    - A choice that is alone in an `allOf` stands without it.
    """
    schemas = document["components"]["schemas"]
    extensible = {f"#/components/schemas/{name}" for name, schema in schemas.items() if KNOWN in schema}

    def reword(node: Any) -> Any:
        if isinstance(node, list):
            return [reword(each) for each in node]
        if not isinstance(node, dict):
            return node
        node = {name: reword(value) for name, value in node.items()}
        if node.get("$ref") in extensible:
            node["anyOf"] = [{"$ref": node.pop("$ref")}, {"type": "string"}]
        if len(node.get("allOf", ())) == 1:
            node |= node.pop("allOf")[0]
        return node

    reworded: dict[str, Any] = reword(document)
    for schema in reworded["components"]["schemas"].values():
        if KNOWN in schema:
            schema["enum"] = schema.pop(KNOWN)
    return reworded


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(readable(yaml.safe_load(CONTRACT.read_text("utf-8")))), "utf-8")
