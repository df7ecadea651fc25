"""What is made of an answer, whatever it is."""

import base64
import json
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ccapi_client
import httpx
import pytest
from ccapi_client import CCAPI, APIStatusError, MalformedResponseError, RateLimitError
from ccapi_client._http.envelope import reason_in
from ccapi_client._http.reading import read_response, status_error
from ccapi_client._http.wire import Response
from ccapi_client._unicode import repaired
from ccapi_client.models import (
    AudioSpeechResponse,
    ChatCompletionResponse,
    ModelListResponse,
    MultimodalImageGenerationResponse,
)
from fuzz.contract import document
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import response_of


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    return response_of(body, status, {"x-request-id": "req-1", **headers})


def test_unknown_values_and_fields_reach_the_caller() -> None:
    job = read_response(
        MultimodalImageGenerationResponse,
        answer({"id": "a", "status": "dreaming", "mood": 1, "execution": {"mode": "quantum"}, "data": None}),
    )
    assert job.status == "dreaming"
    assert job["mood"] == 1
    assert job.execution
    assert job.execution.mode == "quantum"
    assert job.data == []
    assert job.to_dict()["data"] is None


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (MultimodalImageGenerationResponse, {"status": "x"}, "id: required, but missing"),
        (ModelListResponse, {"data": [{"id": "a"}, {}]}, "data[1].id: required, but missing"),
        (ModelListResponse, {"data": None}, "data: array expected, not null"),
        (ModelListResponse, [], "the body: object expected, not array"),
        (ModelListResponse, b"<html>", "not JSON"),
        (ModelListResponse, b"", "not JSON"),
        (ModelListResponse, b"\xff\xfe", "not JSON"),
        (ModelListResponse, b"[" * 100_000, "not JSON"),
    ],
)
def test_malformed_answer_names_the_place(model: Any, body: Any, message: str) -> None:
    with pytest.raises(MalformedResponseError) as caught:
        read_response(model, answer(body))
    assert message in str(caught.value)
    assert caught.value.request_id == "req-1"
    assert caught.value.status_code == 200


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (MultimodalImageGenerationResponse, {"id": "a", "status": {}}, "status: string expected, not object"),
        (MultimodalImageGenerationResponse, {"id": 5, "status": "x"}, "id: string expected, not integer"),
        (ModelListResponse, {"data": [{"id": None}]}, "data[0].id: string expected, not null"),
    ],
)
def test_what_is_required_is_of_its_type(model: Any, body: Any, message: str) -> None:
    with pytest.raises(MalformedResponseError) as caught:
        read_response(model, answer(body))
    assert message in str(caught.value)


def test_what_is_optional_reaches_the_caller_as_it_came() -> None:
    job: Any = read_response(
        MultimodalImageGenerationResponse,
        answer({"id": "a", "status": "completed", "created": "today", "error": "none"}),
    )
    assert (job.created, job.error) == ("today", "none")


def test_error_wrapped_into_a_success_is_an_error() -> None:
    with pytest.raises(APIStatusError) as caught:
        read_response(ModelListResponse, answer({"error": {"message": "no", "code": "quota"}}))
    assert (caught.value.status_code, caught.value.code, caught.value.message) == (200, "quota", "no")


def test_error_wrapped_into_a_success_of_optional_fields_is_an_error() -> None:
    with pytest.raises(APIStatusError):
        read_response(AudioSpeechResponse, answer({"error": {"message": "no"}}))


@pytest.mark.parametrize("error", [{"message": "no", "code": "x"}, "no"])
@pytest.mark.parametrize("model", [MultimodalImageGenerationResponse, AudioSpeechResponse, ModelListResponse])
def test_no_success_hides_an_error(model: Any, error: Any) -> None:
    with pytest.raises(APIStatusError, match="no"):
        read_response(model, answer({"error": error}))


def test_the_error_of_a_failed_job_is_no_error_of_the_call() -> None:
    document = {"id": "a", "status": "failed", "error": {"message": "no"}}
    job = read_response(MultimodalImageGenerationResponse, answer(document))
    assert job.error
    assert job.error.message == "no"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "BillingError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
        (520, "InternalServerError"),
        (599, "InternalServerError"),
        (302, "APIStatusError"),
        (418, "APIStatusError"),
        (499, "APIStatusError"),
    ],
)
def test_each_status_has_its_error(status: int, name: str) -> None:
    error = status_error(answer(b"", status))
    assert type(error) is getattr(ccapi_client, name)
    assert error.status_code == status
    assert str(status) in str(error)


def test_the_envelope_is_read() -> None:
    envelope = {"message": "no", "type": "billing_error", "code": "empty", "details": {"left": 0}}
    error = status_error(answer({"error": envelope}, 402))
    assert (error.type, error.code, error.message, error.details) == ("billing_error", "empty", "no", {"left": 0})
    assert str(error) == "402 Payment Required: no (POST http://x/, request id req-1)"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>Bad gateway</html>", b"[]", b"{}", b"null", b'{"error": ""}', b'{"error": []}'),
        *(b'{"error": {"message": ["no"], "code": 5, "details": "x"}}', b"\xff\xfe\x00", b'{"error": {"mess'),
    ],
)
def test_any_body_makes_an_error(body: bytes) -> None:
    error = status_error(answer(body, 502, **{"content-type": "text/html; charset=nope"}))
    assert type(error) is ccapi_client.InternalServerError
    assert error.body == body
    assert isinstance(error.message, str)
    assert "envelope" not in error.message
    assert error.code == ("5" if b'"code": 5' in body else None)
    assert error.details == {}


def test_what_to_quote_and_how_long_to_wait_are_on_the_error() -> None:
    error = status_error(answer(b"", 429, **{"retry-after": "7.5"}))
    assert isinstance(error, RateLimitError)
    assert (error.retry_after, error.request_id, error.idempotency_key) == (7.5, "req-1", "key-1")
    soon = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert status_error(answer(b"", 503, **{"retry-after": soon})).retry_after == pytest.approx(30, abs=5)
    assert status_error(answer(b"", 503)).retry_after is None


class InPieces(httpx.SyncByteStream):
    """A body that comes in pieces, as from a socket."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), 65536):
            yield self.content[start : start + 65536]


def client_of(content: bytes, media_type: str) -> CCAPI:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": media_type}, stream=InPieces(content))

    return CCAPI("key-1", transport=httpx.MockTransport(serve))


def test_a_large_answer_is_in_memory_twice_at_most() -> None:
    content = json.dumps({"data": [{"b64_json": "A" * 12_000_000}]}).encode()
    with client_of(content, "application/json") as client:
        tracemalloc.start()
        answer = client.create_image(prompt="x")
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.data[0].b64_json == "A" * 12_000_000
    assert held < len(content) * 1.1
    assert peak < len(content) * 2.2


def test_a_large_answer_that_can_t_be_read_is_not_lost() -> None:
    content = b'{"data": "' + b"A" * 2_000_000
    with client_of(content, "application/json") as client, pytest.raises(MalformedResponseError) as caught:
        client.create_image(prompt="x")
    assert caught.value.body == content


def test_a_large_sound_that_could_be_a_text_is_a_sound() -> None:
    content = b"RIFF" + bytes(2_000_000)
    with client_of(content, "audio/wav") as client:
        assert client.download(client.create_speech(model="a/b", input="x")) == content


def test_a_large_answer_where_a_stream_was_asked_for() -> None:
    content = json.dumps({"choices": [{"message": {"role": "assistant", "content": "x" * 2_000_000}}]}).encode()
    with (
        client_of(content, "application/json") as client,
        client.stream_chat_completion(model="a/b", messages=[{"role": "user", "content": "x"}]) as stream,
    ):
        assert sum(map(len, stream.text())) == 2_000_000


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://u:p@other.example/v1/models?key=secret#x", "https://other.example/v1/models"),
        ("/v2/models?key=secret", "http://x/v2/models"),
        ("data:,secret", None),
        ("http://[", None),
    ],
)
def test_a_redirect_says_where_to_without_secrets(location: str, target: str | None) -> None:
    text = str(status_error(answer(b"", 308, location=location)))
    assert "secret" not in text
    assert "u:p" not in text
    assert (f"redirects to {target}," in text) is (target is not None)


def test_request_ids_by_the_names_of_the_contract() -> None:
    others = document()["components"]["headers"]["RequestId"]["x-also-named"]
    assert (others[0], others[-1]) == ("request-id", "cf-ray")
    for at, name in enumerate(others):
        headers = {"x-request-id": "", **dict.fromkeys(others[at + 1 :], "later"), name: "this"}
        assert response_of(b"", 400, headers).request_id == "this"
    assert response_of(b"", 400, {"x-request-id": "own", **dict.fromkeys(others, "other")}).request_id == "own"
    assert response_of(b"", 400).request_id is None


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ({"error": "invalid_token", "error_description": "expired"}, {"message": "expired", "code": "invalid_token"}),
        ({"errors": {"n": ["too many"], "size": ["odd"]}}, {"message": "n: too many; size: odd"}),
        ({"errors": [{"message": "a"}, {"message": "b"}, "c"]}, {"message": "a; b; c"}),
        ({"detail": {"error": {"message": "deep", "code": "x"}}}, {"message": "deep", "code": "x"}),
        ({"title": "Odd", "errors": {"n": ["too many"]}, "type": "https://x.example/odd"}, {"message": "Odd"}),
        ({"message": "own", "errors": [{"message": "other"}]}, {"message": "own"}),
        ({"error": {"code": 4.5, "message": "x", "param": 7}}, {"message": "x", "code": "4.5", "param": None}),
        ({"error": {"code": True, "message": "\ud83d"}}, {"message": "\ufffd", "code": None}),
        ({"fault": {"faultstring": "no key", "detail": {"errorcode": "x"}}}, {"message": "no key"}),
        ("only text", {"message": "only text"}),
        (b"  no\x1b[31m control characters  ", {"message": ""}),
        (b"<TITLE lang=en>\n 502 &amp; more </TITLE>", {"message": "502 & more"}),
        (b"x" * 900, {"message": "x" * 500}),
    ],
)
def test_reasons_in_other_shapes(body: Any, facts: dict[str, Any]) -> None:
    error = status_error(answer(body, 400))
    assert {name: getattr(error, name) for name in facts} == facts


@pytest.mark.parametrize("piece", [b"<title", b"<title>", b"<title></titl"])
def test_a_page_is_read_in_one_go(piece: bytes) -> None:
    """A regular expression would start over at each of the titles: seconds for so few of them, hours for a megabyte."""
    start = time.thread_time()
    assert reason_in(piece * 20_000) == {}
    assert time.thread_time() - start < 1


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<html><TITLE lang=en>\n 502 </Title >", "502"),
        (b"<title>a</title><title>b</title>", "a"),
        (b"<p>a > b</p><title>c</title>", "c"),
        (b"<p></title><title>a", ""),
        (b"<p></title>", ""),
        (b"<title", ""),
    ],
)
def test_the_title_of_a_page(page: bytes, title: str) -> None:
    assert reason_in(page).get("message", "") == title


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "errors", "detail", "message", "code", "loc", "title"]), inner)
    ),
    max_leaves=10,
)


@given(json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50))
def test_any_body_gives_texts(body: bytes) -> None:
    reason = reason_in(body)
    assert {type(value) for name, value in reason.items() if name != "details"} <= {str}
    assert isinstance(reason.get("details", {}), dict)
    str(reason).encode()


@given(json_values)
def test_a_mended_document_can_be_sent(document: Any) -> None:
    json.dumps(repaired(document), ensure_ascii=False).encode()


def test_an_answer_without_halves_of_characters() -> None:
    body = b'{"choices": [{"message": {"content": "a\\ud83d", "tool_calls": null}}]}'
    found = read_response(ChatCompletionResponse, answer(body))
    assert found.choices[0].message.content == "a\ufffd"
    assert found.to_dict()["choices"][0]["message"]["role"] == "assistant"


def test_a_sound_that_begins_like_json_is_a_sound() -> None:
    for content in (b"{\x00\x01", b"{not json}", b"[]"):
        found = read_response(AudioSpeechResponse, answer(content, 200, **{"content-type": "audio/pcm"}))
        assert found.b64_json == base64.b64encode(content).decode()
