"""The comparison of two contracts: each kind of change with both sides' verdicts, the version, the command line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_diff import Change, Flow, Severity, compare, expected, suffices, with_changes
from fuzz.contract import document
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .conftest import ROOT

TEXT = (ROOT / "openapi.yaml").read_text("utf-8")
# Without the sharing that YAML's aliases bring: a change at one place is a change at one place.
CONTRACT: dict[str, Any] = json.loads(json.dumps(document()))
B, A, C = Severity.BREAKING, Severity.ADDITIVE, Severity.COSMETIC
SENT, RECEIVED = Flow.SENT, Flow.RECEIVED

BASE = """
openapi: 3.1.0
info: {title: T, version: 1.0.0}
servers: [{url: 'https://one'}, {url: 'https://two'}]
security: [key: []]
paths:
  /things/{id}:
    post:
      operationId: makeThing
      tags: [Things, Other]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: sort, in: query, schema: {type: string, enum: [up, down]}}
        - {name: page, in: query, schema: {type: integer, minimum: 0}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/ThingRequest'}}
          text/plain: {schema: {type: string}}
      responses:
        '200':
          description: Made.
          headers: {x-id: {schema: {type: string}}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
            text/csv: {schema: {type: string}}
        '400': {$ref: '#/components/responses/Bad'}
      callbacks:
        made:
          '{$request.body#/hook}':
            post:
              operationId: thingMade
              security: []
              requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Event'}}}}
              responses: {'200': {description: Got it.}}
  /other:
    get:
      operationId: getOther
      responses: {'200': {description: Fine.}}
components:
  securitySchemes:
    key: {type: http, scheme: bearer}
  responses:
    Bad: {description: No., headers: {x-id: {schema: {type: string}}}}
  schemas:
    Kind: {type: string, enum: [a, b]}
    Both: {type: object, properties: {x: {type: string}, next: {$ref: '#/components/schemas/Both'}}}
    Event: {type: object, properties: {at: {type: integer}, why: {type: string}}, required: [at]}
    Part: {type: object, properties: {text: {type: string}}, additionalProperties: false}
    ThingRequest:
      type: object
      description: What to make.
      properties:
        prompt: {type: string, maxLength: 9, pattern: '^a'}
        n: {type: integer, minimum: 1, default: 1}
        size: {type: number}
        kind: {$ref: '#/components/schemas/Kind'}
        open: {anyOf: [{$ref: '#/components/schemas/Kind'}, {type: string}]}
        parts: {type: array, minItems: 1, items: {$ref: '#/components/schemas/Part'}}
        both: {$ref: '#/components/schemas/Both'}
        maybe: {type: [string, 'null']}
      required: [prompt]
    Status: {type: string, x-extensible-enum: [idle, busy]}
    State: {type: string, enum: [old, new]}
    Thing:
      type: object
      properties:
        id: {type: string}
        url: {type: [string, 'null']}
        at: {type: string}
        n: {type: integer, maximum: 9}
        status: {$ref: '#/components/schemas/Status'}
        state: {$ref: '#/components/schemas/State'}
        both: {$ref: '#/components/schemas/Both'}
        answer: {anyOf: [{$ref: '#/components/schemas/Part'}, {type: 'null'}]}
        free: {type: object, additionalProperties: {type: string}}
      required: [id]
"""
POST = "paths/~things~{id}/post"
ASKED = "components/schemas/ThingRequest/properties"
SCHEMAS = "components/schemas"
GIVEN = "components/schemas/Thing/properties"
DROP = object()
CHOICE: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "string"}}]}
LINKS = {"next": {"operationId": "getOther", "description": "What is next."}}

# What is changed where, and the changes this gives: the place, the way, the caller's verdict, the service's.
Expected = tuple[str, Flow | None, Severity, Severity]
Edits = dict[str, Any]
CASES: dict[str, tuple[Edits, list[Expected]]] = {
    "request field removed": ({f"{ASKED}/n": DROP}, [("makeThing request.n", SENT, B, B)]),
    "request field added": ({f"{ASKED}/new": {"type": "string"}}, [("makeThing request.new", SENT, A, A)]),
    "required request field added": (
        {f"{ASKED}/new": {"type": "string"}, f"{SCHEMAS}/ThingRequest/required": ["prompt", "new"]},
        [("makeThing request.new", SENT, B, B)],
    ),
    "request field now required": (
        {f"{SCHEMAS}/ThingRequest/required": ["prompt", "n"]},
        [("makeThing request.n", SENT, B, B)],
    ),
    "request field no longer required": (
        {f"{SCHEMAS}/ThingRequest/required": DROP},
        [("makeThing request.prompt", SENT, A, A)],
    ),
    "response field removed": ({f"{GIVEN}/url": DROP}, [("Thing.url", RECEIVED, B, C)]),
    "response field added": ({f"{GIVEN}/new": {"type": "string"}}, [("Thing.new", RECEIVED, A, A)]),
    "response field now required": ({f"{SCHEMAS}/Thing/required": ["id", "url"]}, [("Thing.url", RECEIVED, A, A)]),
    "response field no longer required": ({f"{SCHEMAS}/Thing/required": []}, [("Thing.id", RECEIVED, B, C)]),
    "request type replaced": ({f"{ASKED}/n/type": "string"}, [("makeThing request.n", SENT, B, B)]),
    "request type widened": ({f"{ASKED}/n/type": "number"}, [("makeThing request.n", SENT, A, A)]),
    "request type narrowed": ({f"{ASKED}/size/type": "integer"}, [("makeThing request.size", SENT, B, B)]),
    "request no longer null": ({f"{ASKED}/maybe/type": "string"}, [("makeThing request.maybe", SENT, B, B)]),
    "response may be null": ({f"{GIVEN}/id/type": ["string", "null"]}, [("Thing.id", RECEIVED, B, C)]),
    "response no longer null": ({f"{GIVEN}/url/type": "string"}, [("Thing.url", RECEIVED, A, A)]),
    "response type replaced": ({f"{GIVEN}/at/type": "integer"}, [("Thing.at", RECEIVED, B, A)]),
    "response type untold": ({f"{GIVEN}/at": {}}, [("Thing.at", RECEIVED, B, C)]),
    "union gained a member": (
        {f"{GIVEN}/answer/anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}, {"type": "integer"}]},
        [("Thing.answer", RECEIVED, B, C)],
    ),
    "union lost a member": (
        {f"{GIVEN}/answer/anyOf": [{"$ref": "#/components/schemas/Part"}]},
        [("Thing.answer", RECEIVED, A, A)],
    ),
    "null told otherwise": (
        {f"{GIVEN}/url": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        [("Thing.url", None, C, C)],
    ),
    "value of a closed list added, sent by an open one too": (
        {f"{SCHEMAS}/Kind/enum": ["a", "b", "c"]},
        [("Kind", SENT, A, A), ("Kind", SENT, A, A)],
    ),
    "value of a closed list removed, sent": (
        {f"{SCHEMAS}/Kind/enum": ["a"]},
        [("Kind", SENT, B, B), ("Kind", SENT, B, C)],
    ),
    "value of a closed list added, received": (
        {f"{SCHEMAS}/State/enum": ["old", "new", "x"]},
        [("State", RECEIVED, B, C)],
    ),
    "value of a closed list removed, received": ({f"{SCHEMAS}/State/enum": ["old"]}, [("State", RECEIVED, B, A)]),
    "value of an open list added": (
        {f"{SCHEMAS}/Status/x-extensible-enum": ["idle", "busy", "x"]},
        [("Status", RECEIVED, A, C)],
    ),
    "value of an open list removed": (
        {f"{SCHEMAS}/Status/x-extensible-enum": ["idle"]},
        [("Status", RECEIVED, B, C)],
    ),
    "values of an open list in another order": (
        {f"{SCHEMAS}/Status/x-extensible-enum": ["busy", "idle"]},
        [("Status", None, C, C)],
    ),
    "open list told otherwise": (
        {f"{ASKED}/open": {"type": "string", "x-extensible-enum": ["a", "b"]}},
        [("makeThing request.open", None, C, C)],
    ),
    "open list told, which may be null": (
        {f"{ASKED}/maybe": {"type": ["string", "null"], "x-extensible-enum": ["a", "b"]}},
        [("makeThing request.maybe", SENT, A, A)],
    ),
    "received list closed": (
        {f"{SCHEMAS}/Status": {"type": "string", "enum": ["idle", "busy"]}},
        [("Thing.status", RECEIVED, B, A)],
    ),
    "closed list opened": (
        {f"{GIVEN}/state": {"anyOf": [{"$ref": "#/components/schemas/State"}, {"type": "string"}]}},
        [("Thing.state", RECEIVED, B, C)],
    ),
    "open list closed": (
        {f"{ASKED}/open": {"$ref": "#/components/schemas/Kind"}},
        [("makeThing request.open", SENT, B, B)],
    ),
    "minimum raised": ({f"{ASKED}/n/minimum": 2}, [("makeThing request.n", SENT, B, B)]),
    "minimum lowered": ({f"{ASKED}/n/minimum": 0}, [("makeThing request.n", SENT, A, A)]),
    "maximum raised, received": ({f"{GIVEN}/n/maximum": 10}, [("Thing.n", RECEIVED, B, C)]),
    "maximum lowered, received": ({f"{GIVEN}/n/maximum": 8}, [("Thing.n", RECEIVED, A, A)]),
    "maximum added, sent": ({f"{ASKED}/n/maximum": 8}, [("makeThing request.n", SENT, B, B)]),
    "maxLength lowered": ({f"{ASKED}/prompt/maxLength": 8}, [("makeThing request.prompt", SENT, B, B)]),
    "pattern changed": ({f"{ASKED}/prompt/pattern": "^b"}, [("makeThing request.prompt", SENT, B, B)]),
    "pattern removed": ({f"{ASKED}/prompt/pattern": DROP}, [("makeThing request.prompt", SENT, A, A)]),
    "minItems removed": ({f"{ASKED}/parts/minItems": DROP}, [("makeThing request.parts", SENT, A, A)]),
    "format added, sent": ({f"{ASKED}/prompt/format": "uri"}, [("makeThing request.prompt", SENT, B, B)]),
    "format added, received": ({f"{GIVEN}/at/format": "uri"}, [("Thing.at", RECEIVED, A, A)]),
    "format int64 added, sent": ({f"{ASKED}/n/format": "int64"}, [("makeThing request.n", SENT, A, C)]),
    "format int64 added, received": ({f"{GIVEN}/n/format": "int64"}, [("Thing.n", RECEIVED, A, C)]),
    "format int64 added to what was any number": (
        {f"{ASKED}/size": {"type": "integer", "format": "int64"}},
        [("makeThing request.size", SENT, B, B)],
    ),
    "format with a type of its own, received": ({f"{GIVEN}/at/format": "date-time"}, [("Thing.at", RECEIVED, B, A)]),
    "closed schema opened, in both ways": (
        {f"{SCHEMAS}/Part/additionalProperties": DROP},
        [("Part", RECEIVED, B, C), ("Part", SENT, A, A)],
    ),
    "open schema closed, sent": (
        {f"{SCHEMAS}/ThingRequest/additionalProperties": False},
        [("makeThing request", SENT, B, B)],
    ),
    "open schema closed, received": ({f"{SCHEMAS}/Thing/additionalProperties": False}, [("Thing", RECEIVED, A, A)]),
    "field of a closed schema added, in both ways": (
        {f"{SCHEMAS}/Part/properties/new": {"type": "string"}},
        [("Part.new", RECEIVED, B, C), ("Part.new", SENT, A, A)],
    ),
    "any other field": ({f"{GIVEN}/free/additionalProperties/type": "integer"}, [("Thing.free.*", RECEIVED, B, A)]),
    "field of a recursive schema removed, in both ways": (
        {f"{SCHEMAS}/Both/properties/x": DROP},
        [("Both.x", SENT, B, B), ("Both.x", RECEIVED, B, C)],
    ),
    "default changed": ({f"{ASKED}/n/default": 2}, [("makeThing request.n", SENT, B, A)]),
    "default added": ({f"{ASKED}/size/default": 2}, [("makeThing request.size", SENT, A, A)]),
    "note of a default added": ({f"{ASKED}/size/x-default": 2}, [("makeThing request.size", SENT, A, A)]),
    "note of a default added beside a reference": (
        {f"{ASKED}/kind/x-default": "a"},
        [("makeThing request.kind", SENT, A, A)],
    ),
    "any other note": ({f"{ASKED}/size/x-note": 2}, [("ThingRequest.size", None, C, C)]),
    "reference put into an allOf": (
        {f"{GIVEN}/both": {"allOf": [{"$ref": "#/components/schemas/Both"}]}},
        [("Thing.both", None, C, C)],
    ),
    "uniqueItems that is false": ({f"{ASKED}/parts/uniqueItems": False}, [("document", None, C, C)]),
    "uniqueItems that is false beside a union": (
        {f"{ASKED}/open/uniqueItems": False, f"{SCHEMAS}/Kind/enum": ["a"]},
        [("Kind", SENT, B, B), ("Kind", SENT, B, C)],
    ),
    "other fields allowed, as they were": (
        {f"{SCHEMAS}/Thing/additionalProperties": True},
        [("document", None, C, C)],
    ),
    "other fields allowed beside a reference": (
        {f"{GIVEN}/both/additionalProperties": True, f"{SCHEMAS}/Both/properties/x": DROP},
        [("Both.x", SENT, B, B), ("Both.x", RECEIVED, B, C)],
    ),
    "deprecated": ({f"{ASKED}/n/deprecated": True}, [("makeThing request.n", None, A, C)]),
    "a keyword that no rule knows": ({f"{GIVEN}/id/if": {"const": "x"}}, [("Thing.id", RECEIVED, B, B)]),
    "a reference into nothing": (
        {f"{SCHEMAS}/State": DROP},
        [("State", None, B, C), ("State", RECEIVED, B, B)],
    ),
    "operation removed": ({"paths/~other": DROP}, [("getOther", SENT, B, B)]),
    "operation added": ({"paths/~new": {"get": {"operationId": "getNew"}}}, [("getNew", SENT, A, A)]),
    "operationId renamed": ({"paths/~other/get/operationId": "readOther"}, [("getOther", None, B, C)]),
    "method changed": (
        {"paths/~other": {"put": {"operationId": "getOther", "responses": {"200": {"description": "Fine."}}}}},
        [("getOther", SENT, B, B)],
    ),
    "status removed": ({f"{POST}/responses/400": DROP}, [("makeThing response 400", RECEIVED, B, C)]),
    "error status added": (
        {f"{POST}/responses/404": {"description": "x"}},
        [("makeThing response 404", RECEIVED, A, A)],
    ),
    "default response added": (
        {f"{POST}/responses/default": {"description": "x"}},
        [("makeThing response default", RECEIVED, A, A)],
    ),
    "note among the responses": ({f"{POST}/responses/x-note": {"a": 1}}, [("document", None, C, C)]),
    "link added": (
        {f"{POST}/responses/200/links": LINKS},
        [("makeThing response 200 link next", None, A, C)],
    ),
    "link of a named response added": (
        {"components/responses/Bad/links": LINKS},
        [("response Bad link next", None, A, C)],
    ),
    "success status added": (
        {f"{POST}/responses/202": {"description": "x"}},
        [("makeThing response 202", RECEIVED, B, C)],
    ),
    "request media type removed": (
        {f"{POST}/requestBody/content/text~plain": DROP},
        [("makeThing request", SENT, B, B)],
    ),
    "response media type removed": (
        {f"{POST}/responses/200/content/text~csv": DROP},
        [("makeThing response 200", RECEIVED, B, C)],
    ),
    "header removed": (
        {f"{POST}/responses/200/headers": DROP},
        [("makeThing response 200 header x-id", RECEIVED, B, C)],
    ),
    "header added": (
        {f"{POST}/responses/200/headers/x-new": {"schema": {"type": "string"}}},
        [("makeThing response 200 header x-new", RECEIVED, A, A)],
    ),
    "header of a named response removed": (
        {"components/responses/Bad/headers": DROP},
        [("response Bad header x-id", RECEIVED, B, C)],
    ),
    "body now required": ({f"{POST}/requestBody/required": DROP}, [("makeThing request", SENT, A, A)]),
    "body removed": ({f"{POST}/requestBody": DROP}, [("makeThing request", SENT, B, B)]),
    "parameter removed": ({f"{POST}/parameters/2": DROP}, [("makeThing query parameter page", SENT, B, B)]),
    "parameter renamed": ({f"{POST}/parameters/2/name": "leaf"}, [("makeThing query parameter page", SENT, B, B)]),
    "parameter moved": ({f"{POST}/parameters/2/in": "header"}, [("makeThing query parameter page", SENT, B, B)]),
    "parameter now required": (
        {f"{POST}/parameters/2/required": True},
        [("makeThing query parameter page", SENT, B, B)],
    ),
    "parameter's bound raised": (
        {f"{POST}/parameters/2/schema/minimum": 1},
        [("makeThing query parameter page", SENT, B, B)],
    ),
    "parameter added, optional": (
        {f"{POST}/parameters/3": {"name": "q", "in": "query", "schema": {"type": "boolean"}}},
        [("makeThing query parameter q", SENT, A, A)],
    ),
    "header parameter added, optional": (
        {f"{POST}/parameters/3": {"name": "x-key", "in": "header", "schema": {"type": "string"}}},
        [("makeThing header parameter x-key", SENT, A, A)],
    ),
    "parameter added, required": (
        {f"{POST}/parameters/3": {"name": "q", "in": "query", "required": True, "schema": {"type": "boolean"}}},
        [("makeThing query parameter q", SENT, B, B)],
    ),
    "security dropped": ({f"{POST}/security": []}, [("makeThing security", SENT, A, A)]),
    "security changed": ({f"{POST}/security": [{"other": []}]}, [("makeThing security", SENT, B, B)]),
    "security scheme changed": ({"components/securitySchemes/key/scheme": "basic"}, [("security key", None, B, B)]),
    "server removed": ({"servers/1": DROP}, [("servers", None, B, B)]),
    "server added": ({"servers/2": {"url": "https://three"}}, [("servers", None, A, A)]),
    "another server first": ({"servers": [{"url": "https://two"}, {"url": "https://one"}]}, [("servers", None, B, C)]),
    "tag removed": ({f"{POST}/tags": ["Things"]}, [("makeThing", None, B, C)]),
    "order of tags": ({f"{POST}/tags": ["Other", "Things"]}, [("/things/{id} post", None, C, C)]),
    "description": ({f"{SCHEMAS}/ThingRequest/description": "x"}, [("ThingRequest", None, C, C)]),
    "example": ({f"{GIVEN}/id/examples": ["x"]}, [("Thing.id", None, C, C)]),
    "sample": ({f"{POST}/x-codeSamples": [{"lang": "C", "source": "x"}]}, [("/things/{id} post", None, C, C)]),
    "schema removed that a field has no need of": (
        {f"{SCHEMAS}/State": DROP, f"{GIVEN}/state": {"type": "string", "enum": ["old", "new"]}},
        [("State", None, B, C), ("Thing.state", None, C, C)],
    ),
    "callback's field removed": ({f"{SCHEMAS}/Event/properties/why": DROP}, [("Event.why", RECEIVED, B, C)]),
    "callback's field no longer required": ({f"{SCHEMAS}/Event/required": []}, [("Event.at", RECEIVED, B, C)]),
    "callback's field now required": ({f"{SCHEMAS}/Event/required": ["at", "why"]}, [("Event.why", RECEIVED, A, A)]),
    "callback removed": ({f"{POST}/callbacks": DROP}, [("makeThing callback made thingMade", RECEIVED, B, C)]),
    "callback's answer removed": (
        {f"{POST}/callbacks/made/{{$request.body#~hook}}/post/responses/200": DROP},
        [("makeThing callback made thingMade response 200", SENT, B, B)],
    ),
}
# What is changed before, in both, and then as above.
LATER_CASES: dict[str, tuple[Edits, Edits, list[Expected]]] = {
    "sent list closed": (
        {f"{ASKED}/maybe": {"type": "string", "x-extensible-enum": ["a", "b"]}},
        {f"{ASKED}/maybe": {"type": "string", "enum": ["a", "b"]}},
        [("makeThing request.maybe", SENT, B, B)],
    ),
    "received list of a pattern closed": (
        {f"{GIVEN}/at": {"anyOf": [{"enum": ["a"], "type": "string"}, {"pattern": "^b", "type": "string"}]}},
        {f"{GIVEN}/at": {"enum": ["a"], "type": "string"}},
        [("Thing.at", RECEIVED, B, A)],
    ),
    "format int64 removed": (
        {f"{GIVEN}/n/format": "int64"},
        {f"{GIVEN}/n/format": DROP},
        [("Thing.n", RECEIVED, B, A)],
    ),
    "format int64 in place of int32": (
        {f"{GIVEN}/n/format": "int32"},
        {f"{GIVEN}/n/format": "int64"},
        [("Thing.n", RECEIVED, B, A)],
    ),
    "note of a default changed": (
        {f"{ASKED}/size/x-default": 1},
        {f"{ASKED}/size/x-default": 2},
        [("makeThing request.size", SENT, B, A)],
    ),
    "note of a default removed": (
        {f"{ASKED}/size/x-default": None},
        {f"{ASKED}/size/x-default": DROP},
        [("makeThing request.size", SENT, B, A)],
    ),
    "note of a default changed beside a reference": (
        {f"{ASKED}/kind/x-default": "a", f"{SCHEMAS}/Kind/x-default": "a"},
        {f"{ASKED}/kind/x-default": "b"},
        [("makeThing request.kind", SENT, B, A)],
    ),
    "note of a default changed beside an allOf": (
        {
            f"{ASKED}/kind": {"allOf": [{"$ref": "#/components/schemas/Kind"}], "x-default": "a"},
            f"{SCHEMAS}/Kind/x-default": "a",
        },
        {f"{ASKED}/kind/x-default": "b"},
        [("makeThing request.kind", SENT, B, A)],
    ),
    "note of a parameter's default changed": (
        {f"{POST}/parameters/2/schema/x-default": 1},
        {f"{POST}/parameters/2/schema/x-default": 2},
        [("makeThing query parameter page", SENT, B, A)],
    ),
    "union taken out of an allOf": (
        {f"{ASKED}/size": {"allOf": [CHOICE | {"uniqueItems": False}]}},
        {f"{ASKED}/size": CHOICE},
        [("makeThing request.size", None, C, C)],
    ),
    "union of a named schema taken out of an allOf": (
        {f"{SCHEMAS}/Status": {"allOf": [CHOICE | {"uniqueItems": False}]}},
        {f"{SCHEMAS}/Status": CHOICE},
        [("Status", None, C, C)],
    ),
    "object of a union put into an allOf": (
        {f"{SCHEMAS}/Part/additionalProperties": DROP},
        {f"{SCHEMAS}/Part": {"allOf": [{"properties": {"text": {"type": "string"}}, "type": "object"}]}},
        [("Part", None, C, C)],
    ),
    "union taken out of an allOf, with a member more": (
        {f"{GIVEN}/at": {"allOf": [CHOICE]}},
        {f"{GIVEN}/at": {"anyOf": [*CHOICE["anyOf"], {"type": "boolean"}]}},
        [("Thing.at", RECEIVED, B, C)],
    ),
    "link changed": (
        {f"{POST}/responses/200/links": LINKS},
        {f"{POST}/responses/200/links/next/operationId": "makeThing"},
        [("makeThing response 200 link next", None, C, C)],
    ),
    "link removed": (
        {f"{POST}/responses/200/links": LINKS},
        {f"{POST}/responses/200/links": DROP},
        [("makeThing response 200 link next", None, C, C)],
    ),
}


def edited(document: Any, steps: list[str], value: Any) -> Any:
    """A copy of a document with one part replaced, added or dropped; what is not on the way is shared."""
    step, *rest = steps
    if isinstance(document, list):
        at = int(step)
        new = edited(document[at], rest, value) if rest else value
        return [*document[:at], *([] if new is DROP else [new]), *document[at + 1 :]]
    new = edited(document[step], rest, value) if rest else value
    return {key: each for key, each in document.items() if key != step} | ({} if new is DROP else {step: new})


def changed(document: Any, edits: dict[str, Any]) -> Any:
    for path, value in edits.items():
        document = edited(document, [step.replace("~", "/") for step in path.split("/")], value)
    return document


def told(changes: list[Change]) -> set[Expected]:
    return {(change.place, change.flow, change.caller, change.service) for change in changes}


@pytest.mark.parametrize(
    ("before", "edits", "wanted"),
    [*(({}, *case) for case in CASES.values()), *LATER_CASES.values()],
    ids=[*CASES, *LATER_CASES],
)
def test_change_and_both_verdicts(before: Edits, edits: Edits, wanted: list[Expected]) -> None:
    base = changed(yaml.safe_load(BASE), before)
    assert told(compare(base, changed(base, edits))) == set(wanted)


@pytest.mark.parametrize(
    ("edits", "what", "so"),
    [
        (
            {f"{GIVEN}/n": {"allOf": [{"type": "integer", "maximum": 9}]}},
            "`Thing.n` written in another shape; generated types change.",
            "generated types may change once regenerated; the wire is the same",
        ),
        (
            {f"{GIVEN}/n/format": "int64"},
            "`Thing.n` (received) format int64 added.",
            "generated types may become wider (64 bits); the wire is the same",
        ),
    ],
    ids=["shape", "int64"],
)
def test_what_changes_generated_types_alone_is_named(edits: Edits, what: str, so: str) -> None:
    base = yaml.safe_load(BASE)
    found = compare(base, changed(base, edits))
    assert [change.verdict.for_caller for change in found] == [so]
    assert what in with_changes("", found, "1.0.1")


@pytest.mark.parametrize("note", [{"x-note": [1]}, {"externalDocs": {"url": "https://docs"}}], ids=["x-", "docs"])
def test_notes_are_cosmetic_everywhere(note: dict[str, Any]) -> None:
    base = yaml.safe_load(BASE)
    # A name is no place for a note, nor is what is a value or a list of schemes.
    names = {"properties", "schemas", "headers", "content", "callbacks", "securitySchemes", "responses", "security"}
    for place in [(), *places(base)]:
        found: Any = base
        for step in place:
            found = found[int(step)] if isinstance(found, list) else found[step]
        if isinstance(found, dict) and not names & {*place[-1:]} and "security" not in place:
            new = edited(base, list(place), found | note) if place else found | note
            assert {change.severity for change in compare(base, new)} == {C}, place


def test_renamed_schema_is_told_once() -> None:
    base = yaml.safe_load(BASE)
    for name in ("Both", "Status"):
        new = yaml.safe_load(BASE.replace(f" {name}:", " Renamed:").replace(f"schemas/{name}'", "schemas/Renamed'"))
        assert told(compare(base, new)) == {(name, None, B, C)}
        assert [change.what for change in compare(base, new)] == ["schema renamed to Renamed"]


def test_renamed_path_parameter_is_the_same_on_the_wire() -> None:
    base = yaml.safe_load(BASE)
    new = yaml.safe_load(BASE.replace("{id}", "{key}").replace("{name: id,", "{name: key,"))
    assert told(compare(base, new)) == {("makeThing path parameter id", None, B, C)}


def test_all_of_is_taken_together() -> None:
    base = yaml.safe_load(BASE)
    part = {"allOf": [{"$ref": "#/components/schemas/Both"}, {"type": "object", "required": ["x"]}]}
    old = changed(base, {f"{GIVEN}/both": part})
    assert told(compare(base, old)) == {("Thing.both.x", RECEIVED, A, A), ("Thing.both", None, C, C)}


def test_schema_that_is_made_of_itself_ends() -> None:
    base = changed(yaml.safe_load(BASE), {f"{SCHEMAS}/Both": {"anyOf": [{"$ref": "#/components/schemas/Both"}] * 3}})
    assert compare(base, base) == []
    assert compare(base, changed(base, {f"{SCHEMAS}/Both": {"allOf": [{"$ref": "#/components/schemas/Both"}] * 3}}))


@pytest.mark.parametrize(
    ("base", "worst", "version"),
    [
        ("1.2.3", None, "1.2.3"),
        ("1.2.3", C, "1.2.4"),
        ("1.2.3", A, "1.3.0"),
        ("1.2.3", B, "2.0.0"),
        ("0.2.3", None, "0.2.3"),
        ("0.2.3", C, "0.2.4"),
        ("0.2.3", A, "0.2.4"),
        ("0.2.3", B, "0.3.0"),
        ("2.0.0-rc.1", B, "2.0.0"),
    ],
)
def test_expected_version(base: str, worst: Severity | None, version: str) -> None:
    assert expected(base, worst) == version
    assert suffices(version, base, worst)


@pytest.mark.parametrize(
    ("version", "base", "worst", "enough"),
    [
        ("1.2.3", "1.2.3", C, False),
        ("1.2.4", "1.2.3", A, False),
        ("1.9.9", "1.2.3", B, False),
        ("1.10.0", "1.9.0", A, True),
        ("3.0.0", "1.2.3", C, True),
        ("1.2.2", "1.2.3", None, False),
        ("1.3.0", "1.2.3", None, True),
        ("2.0.0-rc.1", "1.2.3", B, True),
        ("2.0.0-rc.1", "2.0.0-rc.1", C, False),
        ("2.0.0-rc.2", "2.0.0-rc.1", B, True),
    ],
)
def test_version_suffices(version: str, base: str, worst: Severity | None, enough: bool) -> None:
    assert suffices(version, base, worst) is enough


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "01.2.3", "None"])
def test_version_has_three_numbers(version: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        expected(version, None)


def places(node: Any, *steps: str) -> Iterator[tuple[str, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*steps, str(key))
        yield from places(value, *steps, str(key))


PLACES = [place for part in ("paths", "components") for place in places(CONTRACT[part], part)]
READ_BY_PEOPLE = {"description", "summary", "example", "examples", "externalDocs"}
RULED = {
    *("x-extensible-enum", "x-default", "x-job", "x-parts", "x-sent-as"),
    *("x-also-named", "x-if-missing", "x-json-text", "x-short-form"),
}


def is_cosmetic(place: tuple[str, ...]) -> bool:
    """Whether a part of the contract may go without anybody's noticing: told from the document, not by the tool."""
    keywords = [step for at, step in enumerate(place) if at == 0 or place[at - 1] not in ("properties", "headers")]
    found: Any = CONTRACT
    for step in place:
        found = found[int(step)] if isinstance(found, list) else found[step]
    says_nothing = (place[-1], found) in (("additionalProperties", True), ("uniqueItems", False))
    is_note = any(step.startswith("x-") and step not in RULED for step in keywords)
    return bool(READ_BY_PEOPLE & set(keywords)) or is_note or says_nothing


@pytest.mark.parametrize(
    "place",
    [
        ["paths", "/images/jobs/{id}", "get", "x-job"],
        ["components", "schemas", "ChatDelta", "properties", "content", "x-parts"],
        ["components", "schemas", "ChatCompletionMessage", "properties", "role", "x-if-missing"],
        ["components", "schemas", "ChatToolCallFunction", "properties", "arguments", "x-json-text"],
        ["components", "headers", "RequestId", "x-also-named"],
    ],
    ids=lambda place: place[-1],
)
def test_what_generated_clients_act_by_is_for_a_person_to_judge(place: list[str]) -> None:
    """Without `x-job`, for one, no status is final and waits run until they time out."""
    assert compare(CONTRACT, edited(CONTRACT, place, DROP))[0].severity is B


def test_contract_has_no_change_from_itself() -> None:
    assert compare(CONTRACT, CONTRACT) == compare(CONTRACT, json.loads(json.dumps(CONTRACT))) == []
    assert compare(CONTRACT, changed(CONTRACT, {"info/version": "9.0.0"})) == []


@settings(max_examples=200)
@given(st.sampled_from(PLACES))
def test_every_deletion_is_a_change(place: tuple[str, ...]) -> None:
    less = edited(CONTRACT, list(place), DROP)
    for old, new in ((CONTRACT, less), (less, CONTRACT)):
        found = compare(old, new)
        assert found
        # A link may be used once it is there, and nobody has to act when it goes.
        assert found[0].severity < B if "links" in place else (found[0].severity is C) is is_cosmetic(place)
        # What breaks the service breaks callers: the caller's verdict decides the version.
        assert all(change.caller >= change.service for change in found)


ODD: list[Any] = [
    None,
    [],
    {},
    "x",
    5,
    True,
    [{}],
    {"$ref": "#/components/schemas/ErrorObject"},
    {"$ref": "elsewhere.yaml"},
]


@settings(max_examples=100)
@given(st.sampled_from(PLACES), st.sampled_from(ODD))
@example(next(place for place in PLACES if place[-1] == "format"), [])
def test_what_is_no_contract_is_compared_all_the_same(place: tuple[str, ...], value: Any) -> None:
    odd = edited(CONTRACT, list(place), value)
    is_other = json.dumps(CONTRACT, sort_keys=True) != json.dumps(odd, sort_keys=True)
    assert bool(compare(CONTRACT, odd)) == bool(compare(odd, CONTRACT)) == is_other


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "contract_diff", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


FIELD = "        prompt:\n          type: string\n"
WIDER = TEXT.replace(FIELD, "        mood:\n          type: string\n" + FIELD, 1)
NARROWER = TEXT.replace(
    "        revised_prompt:\n          type: [string, 'null']\n", "        revised:\n          type: string\n"
)
VERSION = CONTRACT["info"]["version"]


def versioned(text: str, version: str) -> str:
    return text.replace(f"  version: {VERSION}\n", f"  version: {version}\n")


def test_command_line_compares_with_a_file(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "openapi.yaml"
    old.write_text(versioned(TEXT, "1.4.2"), "utf-8")
    for text, version, status, said in [
        (TEXT, "1.4.2", 0, "0 changes"),
        (WIDER, "1.4.2", 1, "expected 1.5.0 or more"),
        (WIDER, "1.5.0", 0, "additive: createImage request.mood (sent): added, optional"),
        (NARROWER, "1.5.0", 1, "expected 2.0.0 or more"),
        (NARROWER, "2.0.0", 0, "breaking: ImageDatum.revised_prompt (received): removed"),
        ("openapi: 3.2.0", "", 2, "contract_diff: only OpenAPI 3.1 can be compared, and openapi.yaml is 3.2.0\n"),
        ("openapi: 3.10.0", "", 2, "only OpenAPI 3.1 can be compared, and openapi.yaml is 3.10.0"),
        ("[", "", 2, "contract_diff: "),
        (TEXT, "soon", 2, "'soon' is not a version"),
    ]:
        new.write_text(versioned(text, version), "utf-8")
        code, output = run(tmp_path, str(old))
        assert (code, said in output) == (status, True), output
    old.write_text("openapi: 3.2.0", "utf-8")
    assert run(tmp_path, "old.yaml") == (2, "contract_diff: only OpenAPI 3.1 can be compared, and old.yaml is 3.2.0\n")


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_command_line_compares_with_a_revision(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = (
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-c",
            "tag.gpgSign=false",
            "-c",
            "commit.gpgSign=false",
        )
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    contract = tmp_path / "openapi.yaml"
    assert run(tmp_path)[0] == 2
    git("init")
    contract.write_text(versioned(TEXT, "1.0.0"), "utf-8")
    git("add", ".")
    git("commit", "-m", "one")
    assert run(tmp_path) == (0, "0 changes since HEAD\n")
    git("tag", "-a", "v1.0.0", "-m", "one")
    contract.write_text(versioned(WIDER, "1.1.0"), "utf-8")
    git("commit", "-am", "two")
    code, output = run(tmp_path)
    assert code == 0
    assert "1 change since v1.0.0, the worst additive" in output
    assert run(tmp_path, "HEAD") == (0, "0 changes since HEAD\n")
    contract.write_text(versioned(WIDER, "1.0.1"), "utf-8")
    assert run(tmp_path, "HEAD~1")[0] == 1
    code, output = run(tmp_path, "nowhere")
    assert (code, "nowhere" in output) == (2, True)


def test_changelog_gets_the_list_once(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(TEXT, "utf-8")
    (tmp_path / "openapi.yaml").write_text(versioned(WIDER, "0.9.0"), "utf-8")
    changelog = tmp_path / "CHANGELOG.md"
    before = "# Changelog\n\n## 0.9.0 (unreleased)\n\n- Told by hand.\n\n## 0.1.0\n\n### Contract\n\n- Old.\n"
    changelog.write_text(before, "utf-8")
    listed = "### Contract\n\n- Additive: `createImage request.mood` (sent) added, optional.\n"
    for _ in range(2):
        assert run(tmp_path, "old.yaml", "--write-changelog")[0] == 0
        assert changelog.read_text("utf-8") == before.replace("by hand.\n", f"by hand.\n\n{listed}")
    (tmp_path / "openapi.yaml").write_text(versioned(TEXT, "0.9.0"), "utf-8")
    assert run(tmp_path, "old.yaml", "--write-changelog")[0] == 0
    assert changelog.read_text("utf-8") == before


def test_changelog_whose_top_is_released_gets_a_section() -> None:
    found = compare(CONTRACT, json.loads(json.dumps(yaml.safe_load(WIDER))))
    released = "# Changelog\n\nVersions follow SemVer.\n\n## 0.1.0\n\n- First.\n"
    once = with_changes(released, found, "0.1.1")
    top = "## 0.1.1 (unreleased)\n\n### Contract\n\n- Additive: `createImage request.mood` (sent) added, optional.\n\n"
    assert once == released.replace("## 0.1.0", f"{top}## 0.1.0")
    assert with_changes(once, found, "0.1.1") == once
    assert with_changes(released, [], "0.1.1") == released


def test_changes_since_the_last_commit_are_added_to_those_before() -> None:
    found = compare(CONTRACT, json.loads(json.dumps(yaml.safe_load(WIDER))))
    text = "# Changelog\n\n## 0.1.1 (unreleased)\n\n### Contract\n\n- Additive: `a`\n  added.\n- Cosmetic: `b`.\n"
    written = with_changes(text, found, "0.1.1", keeps=True)
    assert written == f"{text}- Additive: `createImage request.mood` (sent) added, optional.\n"
    assert with_changes(written, found, "0.1.1", keeps=True) == written


def test_changelog_of_the_project_keeps_its_lines() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    changes = compare(
        CONTRACT, changed(CONTRACT, {"components/schemas/ImageDatum/description": "x", "info/title": "x"})
    )
    written = with_changes(text, changes, VERSION)
    # The list of the version that is being made is written anew.
    before, _, rest = text.partition("### Contract\n\n")
    kept = before + rest.partition("\n\n")[2]
    assert [line for line in kept.splitlines() if line not in written.splitlines()] == []
    assert "- Cosmetic: `ImageDatum`, `info`." in written or "- Cosmetic: `info`, `ImageDatum`." in written
    assert all(len(line) <= 120 for line in written.splitlines() if line not in text.splitlines())
