"""The options of one call: what they send, on every method of both clients; and what is refused."""

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from ccapi_client import CCAPI, AsyncCCAPI, ConfigurationError, InvalidRequestError, Timeout
from ccapi_client._client import sender_of
from ccapi_client._http.plain import plain_request
from ccapi_openapi.api.images import create_image_operation

from ..scripted import ClientClass, Service

CHAT = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
WHOLE: dict[str, Any] = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}}], "data": []}
POSTS: dict[str, dict[str, Any]] = {
    "create_chat_completion": CHAT,
    "stream_chat_completion": CHAT,
    "create_image": {"prompt": "x"},
    "create_speech": {"model": "m", "input": "x"},
    "generate_images": {"contents": [{"text": "x"}]},
}
GETS: dict[str, dict[str, Any]] = {
    "get_image_job": {"id": "job-1"},
    "get_model": {"id": "m"},
    "get_provider": {"name": "p"},
    "list_models": {},
    "list_providers": {},
    "iter_models": {},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "get_image_job": {"id": "job-1", "created": 1, "model": "m", "status": "completed", "data": []},
    "get_model": {"id": "m", "object": "model"},
    "get_provider": {"provider": {"name": "p"}, "models": []},
    "create_speech": {"url": "https://h/a.mp3"},
    "create_image": {"created": 1, "data": []},
    "generate_images": {"id": "job-1", "created": 1, "model": "m", "status": "completed", "data": []},
}
OPTIONS: dict[str, Any] = {
    "timeout": 7,
    "extra_headers": {"X-Trace": "trace-1"},
    "extra_query": {"beta": True, "tag": ["a b", "c"], "none": None},
}


def called(client: Any, name: str, arguments: dict[str, Any]) -> Any:
    """Calls a method, and takes what it gives to its end."""
    found = getattr(client, name)(**arguments)
    if isinstance(client, CCAPI):
        if name.startswith("stream_"):
            with found:
                return found.final()
        return list(found) if name.startswith("iter_") else found

    async def steps() -> Any:
        if name.startswith("stream_"):
            async with found:
                return await found.final()
        return [each async for each in found] if name.startswith("iter_") else await found

    return steps()


def request_of(client_class: ClientClass, name: str, arguments: dict[str, Any], **options: Any) -> httpx.Request:
    service = Service(ANSWERS.get(name, WHOLE))
    service.call(client_class, lambda client: called(client, name, arguments), **options)
    return service.requests[-1]


@pytest.mark.parametrize("name", [*POSTS, *GETS])
def test_every_method_takes_them(client_class: ClientClass, name: str) -> None:
    arguments = (POSTS | GETS)[name]
    request = request_of(client_class, name, {**arguments, **OPTIONS}, headers={"X-Trace": "client", "X-Own": "kept"})
    assert request.headers["x-trace"] == "trace-1"
    assert request.headers["x-own"] == "kept"
    assert request.headers["authorization"] == "Bearer key-1"
    query = request.url.params.multi_items()
    assert [pair for pair in query if pair[0] in ("beta", "tag", "none")] == [
        ("beta", "true"),
        ("tag", "a b"),
        ("tag", "c"),
    ]
    assert set(request.extensions["timeout"].values()) == {7}


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
def test_the_signatures_of_all_methods_agree(client: type) -> None:
    for name in POSTS | GETS:
        found = list(inspect.signature(getattr(client, name)).parameters.values())
        names = [each.name for each in found]
        own = ["extra_headers", "extra_query", "timeout", *["page_size"] * name.startswith("iter_")]
        own = ["extra_body", *own] if name in POSTS else own
        assert names[-len(own) :] == own
        assert ("idempotency_key" in names) == (name in POSTS)
        assert {each.kind for each in found if each.name in own} == {inspect.Parameter.KEYWORD_ONLY}
        documentation = inspect.getdoc(getattr(client, name)) or ""
        assert [each for each in own if f"    {each}: " not in documentation] == []


@pytest.mark.parametrize("name", POSTS)
def test_a_key_for_every_post(client_class: ClientClass, name: str) -> None:
    request = request_of(client_class, name, {**POSTS[name], "idempotency_key": "order-17"})
    assert request.headers.get_list("idempotency-key") == ["order-17"]


def test_what_is_not_given_is_as_the_client_was_set_up(client_class: ClientClass) -> None:
    nothing = dict.fromkeys(OPTIONS)
    request = request_of(client_class, "list_models", nothing, timeout=9)
    assert set(request.extensions["timeout"].values()) == {9}
    assert str(request.url) == "https://api.ccapi.ai/v1/models"
    # A step that nobody has set is less of a GET.
    for name, read in (("list_models", 60), ("create_image", 600)):
        arguments = {**(POSTS | GETS)[name], "timeout": Timeout(connect=2)}
        found = request_of(client_class, name, arguments, timeout=9).extensions["timeout"]
        assert (found["connect"], found["read"]) == (2, read)
    request = request_of(client_class, "list_models", {"timeout": httpx.Timeout(4, read=None)}, timeout=9)
    assert (request.extensions["timeout"]["read"], request.extensions["timeout"]["connect"]) == (None, 4)


@pytest.mark.parametrize(
    ("given", "total"), [(5, 20), (httpx.Timeout(5), 20), (Timeout(read=5), None), (Timeout(total=10), 10), (None, 20)]
)
def test_steps_alone_leave_the_total_as_it_is(given: Any, total: float | None) -> None:
    with CCAPI("key-1", timeout=Timeout(total=20)) as client:
        options = sender_of(client).options
    for method in ("GET", "POST"):
        assert plain_request(options, method, "/x", None, None, {"timeout": given}).timeout.total == total
    assert (
        options.operation_request(create_image_operation(), None, {"prompt": "x"}, {"timeout": given}).timeout.total
        == total
    )


def test_a_total_bounds_one_call(client_class: ClientClass) -> None:
    service = Service(429, headers={"retry-after": "4"})
    with pytest.raises(Exception, match="429"):
        service.call(client_class, lambda client: client.create_image(prompt="x", timeout=Timeout(total=10)))
    assert service.sleeps == [4, 4]


def test_another_value_for_a_parameter_replaces_it(client_class: ClientClass) -> None:
    request = request_of(client_class, "list_models", {"limit": 3, "extra_query": {"limit": "max"}})
    assert request.url.params.multi_items() == [("limit", "max")]
    assert request_of(client_class, "list_models", {"extra_query": {"tag": []}}).url.query == b""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"extra_headers": {"X": "a\r\nY: b"}}, "extra_headers: the value of 'X' has to be printable ASCII"),
        ({"extra_headers": {"X\n": "a"}}, r"extra_headers: 'X\n' is not the name of a header"),
        ({"extra_headers": {"X": 1}}, "extra_headers: the value of 'X'"),
        ({"extra_headers": ["X"]}, "extra_headers: "),
        ({"extra_headers": {"Authorization": "Bearer secret"}}, "extra_headers: the key is given as api_key"),
        ({"extra_headers": {"HOST": "evil"}}, "extra_headers: the client sets 'HOST' itself"),
        ({"extra_headers": {"Content-Length": "1"}}, "extra_headers: the client sets 'Content-Length' itself"),
        ({"extra_query": ["a"]}, "extra_query: a mapping is expected"),
        ({"extra_query": {"a": {"b": 1}}}, "extra_query.a: a text, a number or a boolean is expected, or a list"),
        ({"extra_query": {"a": [[1]]}}, "extra_query.a: a text"),
        ({"extra_query": {1: "a"}}, "extra_query: 1 can't be the name of a field"),
        ({"extra_query": {"a": float("nan")}}, "extra_query.a: nan can't be sent"),
    ],
)
@pytest.mark.parametrize("name", ["create_image", "stream_chat_completion", "iter_models"])
def test_what_can_t_be_sent_is_refused(
    client_class: ClientClass, name: str, options: dict[str, Any], message: str
) -> None:
    service = Service(WHOLE)
    with pytest.raises(InvalidRequestError) as caught:
        service.call(client_class, lambda client: called(client, name, {**(POSTS | GETS)[name], **options}))
    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)
    assert service.requests == []


@pytest.mark.parametrize("timeout", [0, "soon", True, float("nan")])
def test_a_timeout_that_is_none_is_refused(client_class: ClientClass, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout: seconds above 0"):
        request_of(client_class, "list_models", {"timeout": timeout})


def test_a_key_that_can_t_be_sent_is_refused(client_class: ClientClass) -> None:
    with pytest.raises(InvalidRequestError, match="idempotency_key"):
        request_of(client_class, "create_image", {"prompt": "x", "idempotency_key": "a\nb"})


def test_one_text_for_contents_shows_the_right_form(client_class: ClientClass) -> None:
    def work(client: Any) -> Any:
        return client.generate_images(contents="a fox")

    with pytest.raises(InvalidRequestError) as caught:
        Service(200).call(client_class, work)
    assert str(caught.value) == 'contents: array expected, not string; for one text: contents=[{"text": "…"}]'
    with pytest.raises(InvalidRequestError) as caught:
        Service(200).call(client_class, lambda client: client.create_chat_completion(messages="Hi"))
    assert str(caught.value) == "messages: array expected, not string"
    with pytest.raises(InvalidRequestError) as caught:
        Service(200).call(client_class, lambda client: client.generate_images(contents=["a fox"]))
    assert str(caught.value) == 'contents[0]: object expected, not string; for one text: contents=[{"text": "…"}]'
    with pytest.raises(InvalidRequestError) as caught:
        Service(200).call(client_class, lambda client: client.generate_images(contents=[5]))
    assert str(caught.value) == "contents[0]: object expected, not integer"


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("max_retries", r"retry=RetryPolicy\(max_attempts=…\)"),
        ("default_headers", "headers={…}"),
        ("default_query", "the query of base_url"),
        ("http_client", "transport=…"),
        ("organization", "nothing like it here"),
        ("project", "nothing like it here"),
        ("api_base", "base_url='https://…'"),
        ("endpoint", "base_url='https://…'"),
    ],
)
def test_an_option_of_other_clients_names_the_one_here(client: Any, name: str, suggestion: str) -> None:
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{name}'; .*{suggestion}"):
        client("key-1", **{name: 3})


def test_a_copy_has_no_transport_to_suggest() -> None:
    with CCAPI("key-1") as client, pytest.raises(TypeError, match="'http_client'; the options are"):
        client.with_options(http_client=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
def test_a_typo_in_an_option_names_the_right_one(client: Any) -> None:
    name = client.__name__
    with pytest.raises(
        TypeError, match=rf"^{name}\(\) got an unexpected keyword argument 'tiemout'; did you mean 'timeout'\?"
    ):
        client("key-1", tiemout=3)
    with pytest.raises(TypeError, match=rf"^{name}\(\) .*'zzz'; the options are api_key, base_url, .*transport$"):
        client("key-1", zzz=3)
    with pytest.raises(TypeError, match=r"^with_options\(\) .*'retries'; did you mean 'retry'\?$"):
        client("key-1").with_options(retries=3)


@pytest.mark.parametrize("client", [CCAPI, AsyncCCAPI])
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (copy.copy, r"can't be copied: its with_options\(\) gives another"),
        (copy.deepcopy, r"can't be copied: its with_options\(\) gives another"),
        (lambda client: copy.deepcopy({"client": client}), "with_options"),
        (pickle.dumps, "can't be pickled: make one in each process"),
    ],
)
def test_a_client_that_is_copied_says_what_to_do(client: Any, make: Callable[[Any], Any], what: str) -> None:
    with pytest.raises(TypeError, match=f"a {client.__name__} .*{what}"):
        make(client("key-1"))


def test_a_list_of_a_query_has_no_none(client_class: ClientClass) -> None:
    with pytest.raises(InvalidRequestError, match=r"extra_query\.a: a text, a number or a boolean is expected"):
        Service(200).call(client_class, lambda client: client.list_models(extra_query={"a": [None]}))
