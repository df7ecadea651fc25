"""Requests of every kind that the contract allows, and of many that it doesn't, made from the contract itself."""

import json
import os
from typing import Any
from unittest import mock

import pytest
import schemathesis
from ccapi_sandbox import llm
from ccapi_sandbox.app import create_app
from ccapi_sandbox.contract import Contract
from ccapi_sandbox.settings import Settings
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

# The text generator answers: what is looked at here is the form of answers, not how well they are written.
with mock.patch.object(llm, "installed", return_value=False):
    APP, _ = create_app(Settings(strict=True, job_seconds=0.01))

CONTRACT = Contract()
EXAMPLES = int(os.environ.get("CCAPI_TEST_EXAMPLES", "40"))
"""How many requests are made of each operation, unless the contract allows fewer."""
HEADERS = {"Authorization": "Bearer sandbox", "Host": "127.0.0.1"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    ignored_auth,
]

schema = schemathesis.openapi.from_asgi("/openapi.json", APP, headers={"Host": "127.0.0.1"})
schema.config.generation.update(with_security_parameters=False)  # the key is given to each call


@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@pytest.mark.filterwarnings("ignore")
def test_every_operation(case: Any) -> None:
    response = case.call(headers=HEADERS)
    case.validate_response(response, headers=HEADERS, checks=CHECKS)
    if not response.headers["content-type"][0].startswith("text/event-stream"):
        case.validate_response(response, headers=HEADERS, checks=[response_schema_conformance])
        return
    # There, the contract's schema is that of the JSON in each event's data. Not all of a stream is read here.
    whole = response.text.rpartition("\n\n")[0]
    events = [event.removeprefix("data: ") for event in whole.split("\n\n")]
    assert events
    for event in events:
        assert event == "[DONE]" or CONTRACT.chunk_violation(json.loads(event)) is None
