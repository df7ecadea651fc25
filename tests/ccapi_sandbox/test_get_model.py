"""`getModel`, whose ids hold a slash, beside the list of all models."""

from typing import Any

import ccapi_sandbox
import httpx
import pytest
import yaml
from ccapi_sandbox import catalog, handlers, listing


@pytest.mark.parametrize("slash", ["/", "%2F", "%2f"])
def test_every_model_however_its_slash_is_sent(http: httpx.Client, slash: str) -> None:
    entries = http.get("/models").json()["data"]
    assert len(entries) == len(catalog.MODELS)
    for entry in entries:
        response = http.get(f"/models/{entry['id'].replace('/', slash)}")
        assert (response.status_code, response.json()) == (200, entry)


@pytest.mark.parametrize("id", ["none", "openai", "openai/none", "openai%2Fnone", "a/b/c", "%20"])
def test_an_unknown_model(http: httpx.Client, id: str) -> None:
    response = http.get(f"/models/{id}")
    assert response.status_code == 404
    error = response.json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "not_found")
    assert error["message"].startswith("There is no model ")
    assert all(each.id in error["message"] for each in catalog.MODELS)


def test_an_unknown_model_with_a_long_name_leaves_room_for_those_that_there_are(http: httpx.Client) -> None:
    assert catalog.MODELS[-1].id in http.get(f"/models/{'x' * 3000}").json()["error"]["message"]


def test_the_list_is_still_the_list(http: httpx.Client) -> None:
    assert http.get("/models").json()["object"] == "list"
    assert http.get("/models/", follow_redirects=True).json()["object"] == "list"
    assert http.get("/models?limit=2").json()["data"][1]["id"] == catalog.MODELS[1].id
    assert http.delete("/models/openai/gpt-4o-mini").status_code == 405
    assert http.get("/models/openai/gpt-4o-mini?limit=1").json()["error"]["details"] == {"field": "limit"}


def test_a_path_that_goes_on_behind_an_id_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = yaml.load

    def grown(*arguments: Any) -> Any:
        document = loaded(*arguments)
        own = {
            "operationId": "listModelProviders",
            "parameters": document["paths"]["/models/{id}"]["get"]["parameters"],
        }
        document["paths"]["/models/{id}/providers"] = {"get": document["paths"]["/providers"]["get"] | own}
        return document

    monkeypatch.setattr(yaml, "load", grown)
    monkeypatch.setitem(handlers.HANDLERS, "listModelProviders", listing.list_providers)
    with ccapi_sandbox.running(strict=True) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        response = httpx.get(f"{sandbox.base_url}/models/any/providers", headers=headers)
        assert [each.operation for each in sandbox.requests] == ["listModelProviders"]
    assert response.json()["object"] == "list"
