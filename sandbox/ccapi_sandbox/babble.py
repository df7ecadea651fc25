"""Generates a few English sentences for a conversation. The same conversation always gives the same sentences.

This is not a language model: it understands nothing. The conversation is hashed. The hash selects ready-made phrases,
and words of the last user message to put into them. It stands in where no model is installed, so that a program
gets text that comes in pieces, depends on the messages, and has a length that the program can limit.

A token is a word here, with the space before it.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

NAME = "sandbox/babble"
"""The generator's name among the models."""

_LEAST, _MOST = 20, 60

_OPENINGS = (
    'You ask about "{word}".',
    'A few words about "{word}" first.',
    'There is much to say about "{word}".',
    'Few questions are as old as that of "{word}".',
    'Let us begin with "{word}".',
)
_STARTS = ("In the morning", "Most of the time", "By the harbour", "Now and then", "In a quiet year", "After the rain")
_SUBJECTS = ("a patient gardener", "the old lighthouse", "my neighbour", "a careful reader", "the night train")
_VERBS = ("waits for", "tells us about", "leads to", "looks like", "comes close to", "keeps an eye on")
_OBJECTS = ("the open sea", "a second opinion", "a longer story", "the first snow", 'the word "{word}"')
COMMON = frozenset(
    [
        "about",
        "again",
        "also",
        "and",
        "any",
        "are",
        "been",
        "but",
        "can",
        "could",
        "did",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "hello",
        "her",
        "him",
        "his",
        "how",
        "into",
        "its",
        "just",
        "know",
        "let",
        "like",
        "make",
        "may",
        "more",
        "much",
        "not",
        "now",
        "one",
        "only",
        "our",
        "out",
        "please",
        "say",
        "should",
        "some",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "too",
        "use",
        "very",
        "want",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "write",
        "you",
        "your",
    ]
)
"""Words that say nothing about a topic."""


@dataclass(frozen=True)
class Reply:
    """A generated reply.

    Attributes:
        tokens: The text in pieces; joined, they are the whole text.
        finish_reason: `length` if `max_tokens` cut the text, else `stop`.
    """

    tokens: tuple[str, ...]
    finish_reason: Literal["stop", "length"]


def reply(
    messages: Iterable[Mapping[str, Any]],
    max_tokens: int | None = None,
    *,
    stop: Sequence[str] = (),
    seed: int | None = None,
    temperature: float = 1,
    top_p: float = 1,
) -> Reply:
    """The reply to these messages: 20 to 60 tokens, cut to `max_tokens`.

    Args:
        messages: The conversation; only `role` and the text in `content` matter.
        max_tokens: The most tokens, 0 or more; None sets no limit.
        stop: The reply ends before the first of these texts.
        seed: Another seed gives other sentences, except at a temperature of 0.
        temperature: How random the choice of phrases is. At 0, it picks the likeliest ones for the conversation.
        top_p: It picks from the likeliest phrases that together have this probability.
    """
    said = [(message.get("role"), text_of(message)) for message in messages]
    # As JSON, the text is ASCII, whatever the messages hold.
    text = json.dumps([text for _, text in said])
    likely, free = _dice(text), _dice(f"{text} {seed}")

    def pick(phrases: Sequence[str]) -> str:
        return _pick(likely.sample(phrases, len(phrases)), free, temperature, top_p)

    topics = _topics(next((text for role, text in reversed(said) if role == "user"), ""))
    words = _sentence(pick(_OPENINGS), pick, topics)
    while len(words) < _LEAST or likely.random() < 0.6:
        phrases = (pick(_STARTS) + ",", pick(_SUBJECTS), pick(_VERBS), pick(_OBJECTS))
        more = _sentence(" ".join(phrases) + ".", pick, topics)
        if len(words) + len(more) > _MOST:
            break
        words += more
    return limited([" " + word if position else word for position, word in enumerate(words)], max_tokens, stop)


def limited(tokens: Sequence[str], max_tokens: int | None, stop: Sequence[str]) -> Reply:
    """The reply with these tokens, cut to `max_tokens` and before the first of the texts in `stop`."""
    allowed = tuple(tokens[:max_tokens])
    until = _until(allowed, stop)
    finished = until != allowed or len(allowed) == len(tokens)
    return Reply(until, "stop" if finished else "length")


def count_tokens(messages: Iterable[Mapping[str, Any]]) -> int:
    """How many tokens the text of these messages has."""
    return sum(len(text_of(message).split()) for message in messages)


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, whose content may be a text, a list of parts, some with text, or anything else."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return " ".join(text for text in texts if isinstance(text, str))


def _topics(text: str) -> list[str]:
    """The words of a text that are worth repeating."""
    words = dict.fromkeys(re.findall(r"\b[^\W\d_]{3,20}\b", text))
    return [word for word in words if word.lower() not in COMMON] or ["this"]


def _sentence(pattern: str, pick: Callable[[Sequence[str]], str], topics: list[str]) -> list[str]:
    return pattern.format(word=pick(topics)).split()


def _dice(text: str) -> random.Random:
    return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - no secret


def _pick(phrases: Sequence[str], dice: random.Random, temperature: float, top_p: float) -> str:
    """One of these phrases, sorted by likelihood. At a temperature of 1, each is half as likely as the one before."""
    if temperature <= 0:
        return phrases[0]
    weights = [math.exp2(-rank / temperature) for rank in range(len(phrases))]
    enough, count = min(top_p, 1) * sum(weights), 1
    while count < len(weights) and sum(weights[:count]) < enough:
        count += 1
    return dice.choices(phrases[:count], weights[:count])[0]


def _until(tokens: tuple[str, ...], stop: Sequence[str]) -> tuple[str, ...]:
    """The tokens before the first of these texts; the last token may be cut."""
    text = "".join(tokens)
    end = min((text.index(each) for each in stop if each in text), default=len(text))
    found = []
    for token in tokens:
        found.append(token[:end])
        end -= len(token)
        if end <= 0:
            break
    return tuple(token for token in found if token)
