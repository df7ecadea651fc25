"""The text generator for when no model is installed."""

from typing import Any

import pytest
from ccapi_sandbox.babble import count_tokens, reply
from hypothesis import given
from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.recursive(
    # With surrogates that lack their other half: JSON can hold them.
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.just("text"), inner),
    max_leaves=8,
)
MESSAGES = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "name"]), JSON | st.just("user"), max_size=3), max_size=4
)


def user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content}


@given(messages=MESSAGES, max_tokens=st.none() | st.integers(0, 100))
def test_any_conversation_gets_a_reply(messages: list[dict[str, Any]], max_tokens: int | None) -> None:
    whole, limited = reply(messages), reply(messages, max_tokens)
    assert whole == reply(messages)
    assert whole.finish_reason == "stop"
    assert 20 <= len(whole.tokens) <= 60
    assert limited.tokens == whole.tokens[:max_tokens]
    assert limited.finish_reason == ("stop" if limited.tokens == whole.tokens else "length")
    text = "".join(whole.tokens)
    assert text.endswith(".")
    assert text.encode()  # no half surrogate
    assert count_tokens([user(text)]) == len(whole.tokens)
    assert count_tokens(messages) >= 0


def test_it_follows_the_conversation() -> None:
    about_rome = reply([user("What is the capital of Italy?")])
    text = "".join(about_rome.tokens)
    assert "capital" in text or "Italy" in text
    assert about_rome != reply([user("What is the capital of Spain?")])
    assert about_rome != reply([{"role": "system", "content": "Be brief."}, user("What is the capital of Italy?")])


def test_it_is_the_last_user_that_is_answered() -> None:
    conversation = [user("apples"), user("pears"), {"role": "assistant", "content": "plums"}]
    text = "".join(reply(conversation).tokens)
    assert "pears" in text
    assert "apples" not in text
    assert "plums" not in text


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        (None, 0),
        ("", 0),
        ("one two\nthree", 3),
        ([{"type": "text", "text": "one two"}, {"type": "image_url", "image_url": {}}, {"text": "three"}], 3),
        ([{"text": 3}, "four", None], 0),
        ({"text": "no"}, 0),
    ],
)
def test_tokens_are_words(content: object, tokens: int) -> None:
    assert count_tokens([user(content), user("and two")]) == tokens + 2


def spoken(**more: Any) -> str:
    return "".join(reply([user("What is the capital of Italy?")], **more).tokens)


def test_a_seed_gives_other_sentences_and_the_same_ones_again() -> None:
    assert len({spoken(seed=seed) for seed in range(20)} | {spoken()}) > 15
    assert spoken(seed=3) == spoken(seed=3)


def test_temperature_and_top_p_are_how_freely_it_picks() -> None:
    def different(**more: Any) -> int:
        return len({spoken(seed=seed, **more).split(".")[0] for seed in range(60)})

    assert different(temperature=0) == different(temperature=5e-324) == different(top_p=0) == 1
    assert different(temperature=0.3) < different(temperature=1) < different(temperature=10**400) + 2
    assert different(top_p=0.6) < different(top_p=1) == different(top_p=10**400)
    assert spoken(temperature=0) != "".join(reply([user("What is the capital of Spain?")], temperature=0).tokens)


@given(st.lists(st.text("aeiou .,", max_size=3)), st.integers(0, 60), st.none() | st.integers())
def test_it_ends_before_the_first_of_the_texts(stop: list[str], most: int, seed: int | None) -> None:
    stop = [text for text in stop if text]
    whole = spoken(max_tokens=most, seed=seed)
    found = reply([user("What is the capital of Italy?")], most, stop=stop, seed=seed)
    text = "".join(found.tokens)
    assert whole.startswith(text)
    assert all(found.tokens)
    assert not any(each in text for each in stop)
    if text != whole:
        assert found.finish_reason == "stop"
        assert any(whole.startswith(each, len(text)) for each in stop)
