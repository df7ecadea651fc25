"""What a test gives the sandbox, right and wrong."""

import math
from typing import Any

import ccapi_sandbox
import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, BadRequestError, RetryPolicy
from ccapi_sandbox import Sandbox

from ..scripted import ClientClass
from .conftest import call

HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture(autouse=True)
def fresh(sandbox: Sandbox) -> None:
    sandbox.reset()


@pytest.mark.parametrize("client_class", [CCAPI, AsyncCCAPI])
def test_the_query_of_a_base_url(client_class: ClientClass, sandbox: Sandbox) -> None:
    options: Any = {"base_url": f"{sandbox.base_url}?api-version=2024"}
    assert call(client_class, sandbox, lambda client: client.with_options(**options).list_models(limit=1)).data


def test_other_query_parameters_are_mistakes(http: httpx.Client) -> None:
    response = http.get("/models", params={"api-version": "2024", "limt": "1"})
    assert response.status_code == 400
    assert "limt: no such query parameter" in response.json()["error"]["message"]


def test_a_status_is_a_fault(client: CCAPI, sandbox: Sandbox) -> None:
    sandbox.fail_next(400)
    with pytest.raises(BadRequestError):
        client.with_options(retry=RetryPolicy(max_attempts=1)).list_models()


@pytest.mark.parametrize("fault", [None, True, 5.5, ["503"], 200])
def test_what_is_no_fault(sandbox: Sandbox, fault: Any) -> None:
    with pytest.raises(ValueError, match=r"503|not a fault|a status"):
        sandbox.fail_next(fault)


def test_the_text_of_a_reply_by_its_name(client: CCAPI, sandbox: Sandbox) -> None:
    sandbox.reply(text="by name")
    sandbox.reply(text=["in ", "pieces"], finish_reason="length")
    for text in ("by name", "in pieces"):
        choice = client.create_chat_completion(model="any/model", messages=HELLO).choices[0]
        assert choice.message.content == text
    assert choice.finish_reason == "length"
    with pytest.raises(ValueError, match="text: the content is given already"):
        sandbox.reply("one", text="two")


@pytest.mark.parametrize("seconds", [-5, "5", None, True, math.inf, math.nan])
def test_the_clock_only_moves_forward(sandbox: Sandbox, seconds: Any) -> None:
    before = sandbox.clock.now()
    with pytest.raises(ValueError, match="advance: a number of seconds, 0 or more, is expected, not"):
        sandbox.clock.advance(seconds)
    assert sandbox.clock.now() - before < 60


def test_a_setting_that_is_not_there() -> None:
    wrong: Any = {"job_second": 1}
    expected = r"job_second: no such setting; there are host, port, .*job_seconds"
    with pytest.raises(TypeError, match=expected), ccapi_sandbox.running(**wrong):
        pass
