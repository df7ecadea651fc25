"""Writes generated/ccapi_openapi from openapi.yaml: `python tools/generate.py`; with `--check`, shows what would change.

openapi-python-client does the work, with the templates of generator-templates/ in place of its own of the same names.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonpath_ng.ext.parser import parse as jsonpath
from oas_patch.overlay import apply_overlay
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import snake_case

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi.yaml"
CONFIGURATION = ROOT / "generator-config.yml"
TEMPLATES = ROOT / "generator-templates"
OVERLAYS = ROOT / "overlays"
GENERATED = ROOT / "generated" / "ccapi_openapi"
KNOWN = "x-extensible-enum"
PLACES = ("status", "result", "error", "estimate", "progress", "poll_url")
"""What `x-job` says the place of."""
Document = dict[str, Any]


# --- The contract as the generator reads it --------------------------------------------------------------------------


def readable(contract: Document) -> Document:
    """The same contract in other words.

    - An open list of values, `x-extensible-enum`, becomes `anyOf: [the known values, any string]` wherever it is used:
      editors then offer the values.
    - Descriptions name operations as Python does: `get_image_job`, not `getImageJob`.
    """
    schemas = contract["components"]["schemas"]
    extensible = {f"#/components/schemas/{name}" for name, schema in schemas.items() if KNOWN in schema}
    methods = {f"`{each['operationId']}`": f"`{snake_case(each['operationId'])}`" for each in operations(contract)}

    def reword(node: Any) -> Any:
        if isinstance(node, list):
            return [reword(each) for each in node]
        if isinstance(node, str):
            return re.sub("`[A-Za-z]+`", lambda name: methods.get(name[0], name[0]), node)
        if not isinstance(node, dict):
            return node
        node = {name: reword(value) for name, value in node.items()}
        if node.get("$ref") in extensible:
            node["anyOf"] = [{"$ref": node.pop("$ref")}, {"type": "string"}]
        return node

    reworded: Document = reword(contract)
    for schema in reworded["components"]["schemas"].values():
        if KNOWN in schema:
            schema["enum"] = schema.pop(KNOWN)
    return reworded


def operations(contract: Document) -> Iterator[Document]:
    for item in contract["paths"].values():
        yield from (operation for operation in item.values() if "operationId" in operation)


# --- What the templates ask for --------------------------------------------------------------------------------------


def options(prop: Any) -> list[Any]:
    """The types that a property may have."""
    return list(prop.inner_properties) if prop.template == "union_property.py.jinja" else [prop]


def code(prop: Any) -> str:
    return str(prop.get_type_string(no_optional=True).as_unembedded_code())


def is_nullable(prop: Any) -> bool:
    return any(code(each) == "None" for each in options(prop))


def nullable_of(fields: list[Any]) -> list[str]:
    """The names of the optional fields that may be sent as null."""
    return [each.name.get_untrusted_value() for each in fields if is_nullable(each) and not each.required]


def is_array(prop: Any) -> bool:
    """Whether a property is an array and nothing else, short of null."""
    return [each.template for each in options(prop) if code(each) != "None"] == ["list_property.py.jinja"]


def imports_of(model: Any) -> list[str]:
    """The imports that the types of a model's fields need."""
    found = sorted({*model.relative_imports, *model.lazy_imports})
    types = ("from ..models.", "import datetime", "from uuid")
    return [each for each in found if each.startswith(types) and " check_" not in each]


def field_type(prop: Any) -> str:
    """The type of a model's field: `str | None` where it may be missing or null, `list[…]` for every array."""
    kinds = [code(each) for each in options(prop) if code(each) != "None"]
    may_be_none = is_nullable(prop) or not prop.required
    return " | ".join([*kinds, *["None"] * (may_be_none and not is_array(prop) and kinds != ["Any"])])


def argument_type(prop: Any) -> str:
    """The type that a caller may pass: what has fields where a model is, what can be iterated where a list is."""
    if prop.template == "union_property.py.jinja":
        return " | ".join(argument_type(each) for each in options(prop) if code(each) != "None")
    if prop.template == "list_property.py.jinja":
        return f"Iterable[{argument_type(prop.inner_property)}]"
    if prop.template == "model_property.py.jinja":
        return f"models.{prop.class_info.name} | AnyObject"
    return f"models.{prop.class_info.name}" if prop.template == "literal_enum_property.py.jinja" else code(prop)


def path(place: str | None) -> tuple[str, ...] | None:
    """A place in a response, `metadata.url`, as the names that lead there."""
    return tuple(place.split(".")) if place else None


class CallOption(NamedTuple):
    """What every method takes beside the arguments of its operation: its name, its type, and what it does."""

    name: str
    type: str
    text: str


CALL_OPTIONS = (
    CallOption(
        "extra_body",
        "Mapping[str, Any]",
        "Fields that the contract does not list, or other values for those that it does; sent as they are, "
        "without a check.",
    ),
    CallOption(
        "idempotency_key",
        "str",
        "A key of your own, the same for every attempt of one request, sent as `Idempotency-Key`.",
    ),
    CallOption(
        "extra_headers", "Mapping[str, str]", "Headers to send, in place of the client's headers of the same names."
    ),
    CallOption(
        "extra_query",
        "Mapping[str, Any]",
        "Parameters of the query that the contract does not list, or other values for those that it does; sent "
        "as they are.",
    ),
    CallOption(
        "timeout",
        "float | HasSteps",
        "How long each step of the request may take, in seconds, or a `Timeout`; by default as the client was set "
        "up. A number keeps the client's `total`.",
    ),
)
IN_HTTP, OF_STARTING = (
    ("extra_headers", "extra_query"),
    " Only the request that starts the job has them, not the polls.",
)
"""The options that are of one HTTP request, and of which one where a call makes several."""


def call_options(endpoint: Any, waits: bool = False) -> list[CallOption]:
    """What the method of an operation takes; where the contract has the header `Idempotency-Key`, that one counts."""
    body = endpoint.bodies[0].prop if endpoint.bodies else None
    taken = {str(each.python_name) for each in endpoint.header_parameters}
    if not (body and body.additional_properties):
        taken.add("extra_body")
    if endpoint.method != "post":
        taken.add("idempotency_key")
    if waits:
        taken.add("timeout")
    found = [each for each in CALL_OPTIONS if each.name not in taken]
    return [each._replace(text=each.text + OF_STARTING) if waits and each.name in IN_HTTP else each for each in found]


def arguments_of(method: str) -> set[str]:
    """The keyword arguments of a method of `Caller`, by the module that the generation copies."""
    module = ast.parse((TEMPLATES / "operations.py").read_text("utf-8"))
    (caller,) = (each for each in module.body if isinstance(each, ast.ClassDef) and each.name == "Caller")
    (found,) = (each for each in caller.body if isinstance(each, ast.FunctionDef) and each.name == method)
    return {each.arg for each in found.args.kwonlyargs}


def collisions(contract: Document, project: Project) -> list[str]:
    """What the contract calls as the methods call an option: it would take over that argument of every caller."""
    starting = {
        snake_case(each["operationId"])
        for each in operations(contract)
        if any("links" in response for response in each["responses"].values())
    }
    options = {each.name for each in CALL_OPTIONS}
    of_waiting, of_pages = arguments_of("_check_wait"), arguments_of("_pages") - arguments_of("_call")
    found = []
    for group in project.openapi.endpoint_collections_by_tag.values():
        for endpoint in group.endpoints:
            body: Any = endpoint.bodies[0].prop if endpoint.bodies else None
            fields = [*(body.required_properties or []), *(body.optional_properties or [])] if body else []
            query = [*endpoint.path_parameters, *endpoint.query_parameters]
            taken = options | (of_waiting if endpoint.name in starting else set())
            if {"limit", "offset"} <= {str(each.python_name) for each in query}:
                taken |= of_pages
            # The header Idempotency-Key is what the option of that name sends.
            headers = [each for each in endpoint.header_parameters if each.python_name != "idempotency_key"]
            places = (("extra_body", fields), ("extra_query", query), ("extra_headers", headers))
            found += [
                f"{endpoint.name}: `{each.name.get_untrusted_value()}` is the name of an option of the methods: "
                f"leave it out of the contract; callers can send it by `{place}`"
                for place, props in places
                for each in props
                if str(each.python_name) in taken
            ]
    return found


def for_templates(contract: Document, project: Project) -> Document:
    """What the templates know of the contract beside what the generator tells them."""
    models = {str(model.class_info.name): model for model in project.openapi.models}
    schemas: Document = contract["components"]["schemas"]

    def inherited_type(base: str, prop: Any) -> str | None:
        fields = (models[base].required_properties or []) + (models[base].optional_properties or [])
        return next((field_type(each) for each in fields if each.python_name == prop.python_name), None)

    described = {snake_case(each["operationId"]): each for each in operations(contract)}
    groups = project.openapi.endpoint_collections_by_tag.items()
    endpoints: dict[str, Any] = {str(each.name): each for _, group in groups for each in group.endpoints}
    tags = {str(each.name): str(tag) for tag, group in groups for each in group.endpoints}
    polling = {name: each["x-job"] for name, each in described.items() if "x-job" in each}
    links = {
        name: (snake_case(link["operationId"]), link)
        for name, operation in described.items()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
        if snake_case(link.get("operationId", "")) in polling
    }
    """The operations that start a job: the one that polls it, and the link that leads there."""

    def response_of(name: str) -> str:
        """The model of an operation's successful response."""
        patterns = endpoints[name].responses.patterns
        return next(str(each.prop.class_info.name) for each in patterns if each.status_code.range[0] < 300)

    def link_of(endpoint: Any) -> Document | None:
        """Of an operation that starts a job: the one that polls it, where that is, and what it gives."""
        name, _ = links.get(endpoint.name, (None, None))
        return {"name": name, "tag": tags[name], "model": response_of(name)} if name else None

    def job_of(endpoint: Any) -> Document | None:
        """Of an operation that polls a job: its `x-job`, and what the links to it say of the job's id."""
        job = polling.get(endpoint.name)
        if job is None:
            return None
        starting = {name: link for name, (target, link) in links.items() if target == endpoint.name}
        ids: Document = {response_of(endpoint.name): (job["id"],)}
        for name, link in starting.items():
            (expression,) = link["parameters"].values()
            ids.setdefault(response_of(name), path(expression.removeprefix("$response.body#/").replace("/", ".")))
        words = {**job["final"], "running": job["running"]}
        return {
            "id": job["id"],
            "name": endpoint.name.partition("_")[2],
            "places": {each: path(job.get(each)) for each in PLACES},
            "is_list": gives_a_list(endpoint.name),
            "ids": ids,
            "started_by": list(starting),
            "words": {end: sorted(words[end]) for end in ("completed", "failed", "cancelled", "running")},
        }

    def gives_a_list(name: str) -> bool:
        """Whether the result of the job that an operation polls is a list."""
        schema: Document = schemas[response_of(name)]
        for field in polling[name]["result"].split("."):
            schema = schema.get("properties", {}).get(field, {})
            schema = schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
        return "array" in (schema.get("type") or ())

    def short_form(endpoint: Any, prop: Any) -> str | None:
        """Of a list in a request body: the field of its items that a text may stand for (`x-short-form`)."""
        content = described[endpoint.name]["requestBody"]["content"]["application/json"]
        schema: Document = schemas[content["schema"]["$ref"].rsplit("/", 1)[-1]]
        field: Document = schema["properties"][prop.name.get_untrusted_value()]
        return field.get("x-short-form")

    def parts_of(schema: Document) -> list[tuple[str, str]]:
        fields = schema.get("properties", {}).items()
        return [(name, field["x-parts"]) for name, field in fields if "x-parts" in field]

    def labels_of(schema: Document) -> list[tuple[Any, ...]]:
        """The fields that a response may name differently, leave out or send as JSON; as `Label` takes them."""
        found = []
        for name, field in schema.get("properties", {}).items():
            if {"x-also-named", "x-if-missing", "x-json-text"} & field.keys():
                unsaid = field.get("x-if-missing")
                beside = unsaid.get("beside") if isinstance(unsaid, dict) else None
                values = beside or ({} if unsaid is None else {None: unsaid})
                names = tuple(field.get("x-also-named", ()))
                found.append((name, names, tuple(values.items()), field.get("x-json-text", False)))
        return found

    def shown_as(schema: Document) -> str:
        """The class of display.py that shows a model in notebooks; empty where there is none."""
        kinds = {"image": "Picture", "audio": "Sound"}
        items = schema.get("properties", {}).get("data", {}).get("items", {}).get("$ref", "").rpartition("/")[2]
        if schemas.get(items, {}).get("x-media") == "image":
            return "Pictures"
        return kinds[schema["x-media"]] if "x-media" in schema else ""

    def parsed_of(endpoint: Any) -> str:
        """The name of the response that is read as a class of the caller's; empty where the request has no such form."""
        body = endpoint.bodies[0].prop if endpoint.bodies else None
        schema = schemas[str(body.class_info.name)] if body and str(body.class_info.name) in schemas else {}
        form = schema.get("properties", {}).get("response_format", {}).get("$ref", "").rpartition("/")[2]
        has_schema = "json_schema" in schemas.get(form, {}).get("properties", {})
        return (
            "Parsed" + "".join(word.title() for word in snake_case(endpoint.name).split("_")[1:]) if has_schema else ""
        )

    parsed = {response_of(name): parsed_of(endpoint) for name, endpoint in endpoints.items()}

    headers = contract["components"]["responses"]["BadRequest"]["headers"].items()

    def names_of(header: str) -> tuple[str, ...]:
        """The names that a header of a response may have, the service's own first."""
        own = [name for name, each in headers if each.get("$ref", "").endswith(f"/{header}")]
        return (*own, *contract["components"]["headers"][header]["x-also-named"])

    limits = [names_of(f"RateLimit{each}") for each in ("Limit", "Remaining", "Reset")]

    return {
        "schemas": schemas,
        "call_options": call_options,
        "nullable_of": nullable_of,
        "imports_of": imports_of,
        "is_array": is_array,
        "field_type": field_type,
        "inherited_type": inherited_type,
        "argument_type": argument_type,
        "job_of": job_of,
        "link_of": link_of,
        "job_models": sorted(map(response_of, polling)),
        "jobs_of_files": sorted(response_of(name) for name in polling if gives_a_list(name)),
        "jobs_of_one_file": sorted(response_of(name) for name in polling if not gives_a_list(name)),
        "job_operations": {name: tags[name] for name in polling},
        "short_form": short_form,
        "parts_of": parts_of,
        "labels_of": labels_of,
        "shown_as": shown_as,
        "parsed_of": parsed_of,
        "parsed": {name: other for name, other in parsed.items() if other},
        "request_id_headers": names_of("RequestId"),
        "rate_limit_headers": tuple(zip(*limits, strict=True)),
    }


# --- The work --------------------------------------------------------------------------------------------------------


def generate(contract: Document, folder: Path) -> None:
    """Writes the package into a new folder."""
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIGURATION), MetaType.NONE, CONTRACT, "utf-8", overwrite=False, output_path=folder
    )
    data = GeneratorData.from_dict(readable(contract), config=config)
    if isinstance(data, GeneratorError):
        sys.exit(f"{data.header}\n{data.detail}")
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    if found := collisions(contract, project):
        sys.exit("\n".join(found))
    project.env.globals.update(for_templates(contract, project))
    errors = project.build()
    if errors:
        sys.exit("\n".join(f"{error.header}: {error.detail}" for error in errors))
    for module in TEMPLATES.glob("*.py"):
        shutil.copy(module, folder)
    (folder / "py.typed").touch()
    shutil.copy(CONTRACT, folder)
    for path in sorted(OVERLAYS.glob("*.overlay.yaml")):
        write_patched(contract, path, folder / f"openapi.{path.name.removesuffix('.overlay.yaml')}.yaml")
    # --isolated: the result must not depend on a configuration that lies around where it is run. Of ruff's fixes only
    # those that can't change what the code does: others rewrite annotations.
    for command in (("check", "--fix-only", "--select", "F401,I"), ("format",)):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "--line-length", "120", "--quiet"]
        subprocess.run([*ruff, str(folder)], check=True)


def write_patched(contract: Document, overlay: Path, target: Path) -> None:
    """Writes the contract as an OpenAPI Overlay changes it, for a tool that can't read it as it is."""
    changes = yaml.safe_load(overlay.read_text("utf-8"))
    # Through JSON, so that what stands in two places (YAML aliases) is changed in the one that is named.
    patched = json.loads(json.dumps(contract))
    for action in changes["actions"]:
        if not jsonpath(action["target"]).find(patched):
            sys.exit(f"{overlay.name}: nothing in the contract is at {action['target']}")
        apply_overlay(patched, {"actions": [action]})
    text = yaml.dump(patched, Dumper=WithoutAliases, sort_keys=False, allow_unicode=True, width=120)
    target.write_text(text, "utf-8")


class WithoutAliases(yaml.SafeDumper):
    """Writes what stands in two places twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def texts(folder: Path) -> dict[str, list[str]]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text("utf-8").splitlines(keepends=True) for path in files}


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--check"]):
        sys.exit("generate takes --check, or nothing")
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder).resolve() / GENERATED.name
        generate(contract, fresh)
        if not arguments:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)
            return
        have, want = texts(GENERATED), texts(fresh)
    for name in sorted(have.keys() | want.keys()):
        path = (GENERATED / name).relative_to(ROOT)
        old, new = have.get(name, []), want.get(name, [])
        sys.stdout.writelines(difflib.unified_diff(old, new, str(path), f"{path} by the contract"))
    if have != want:
        sys.exit("generated/ is not what openapi.yaml gives: run `nox -s generate` and commit the result")


if __name__ == "__main__":
    main(sys.argv[1:])
