"""The settings of a sandbox, for `running(...)` and for the command line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypedDict, get_args

from .faults import parse

API_KEY = "sandbox"
PORT = 8765
MOST_SECONDS = 366 * 86400.0
"""The longest time that an option takes, in seconds."""

Idempotency = Literal["replay", "reject", "ignore"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a sandbox behaves. `help` in each field's metadata is the help text of its option.

    Raises:
        ValueError: A value can't be used; the message names it.
    """

    api_key: str = field(default=API_KEY, repr=False, metadata={"help": "the only key that it accepts"})
    job_seconds: float | tuple[float, float] = field(
        default=3.0, metadata={"help": "how long a job takes, in seconds: 3, or a range, 5:60"}
    )
    strict: bool = field(default=False, metadata={"help": "check its own responses against the contract too"})
    chat_upstream: str | None = field(
        default=None, metadata={"help": "the base URL of an OpenAI-compatible server that answers chats"}
    )
    chat_model: str | None = field(
        default=None, metadata={"help": "the model to request there; without it, the one in the request"}
    )
    fault: str | None = field(
        default=None, metadata={"help": "a fault for all requests, written as in the header X-Sandbox-Fault: 503"}
    )
    fault_rate: float = field(default=1.0, metadata={"help": "the probability of that fault, 0 to 1"})
    seed: int = field(default=0, metadata={"help": "the seed of the random numbers that decide on faults"})
    requests_per_minute: int | None = field(
        default=None, metadata={"help": "the limit on requests per minute; further requests get a 429"}
    )
    balance: float | None = field(
        default=None, metadata={"help": "the balance, in US dollars; once it is spent, every POST gets a 402"}
    )
    fetch_from: tuple[str, ...] = field(
        default=(), metadata={"help": "an origin to fetch pictures from, such as https://example.com; repeatable"}
    )
    idempotency: Idempotency = field(
        default="ignore",
        metadata={
            "help": "what a second POST with the same Idempotency-Key gets: replay, the first response again; reject, a "
            "409; ignore, a response of its own"
        },
    )
    idempotency_seconds: float = field(
        default=86400.0, metadata={"help": "how long a key is remembered, in seconds of the sandbox's clock"}
    )
    delay_before: float = field(
        default=0.0, metadata={"help": "how long a POST waits before it is executed, in seconds"}
    )
    delay_after: float = field(
        default=0.0, metadata={"help": "how long a POST that was executed waits before its response, in seconds"}
    )
    ledger: int = field(
        default=1_000_000, metadata={"help": "the most requests that the ledger keeps; it counts what it drops"}
    )

    allow_remote: bool = field(
        default=False, metadata={"help": "serve other machines too: listen on any address, accept any host name"}
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            self._check_type(each.name, str(each.type))
        key, (least, most) = self.api_key, self.job_range
        if not (key.isascii() and key.isprintable() and key and " " not in key):
            raise ValueError("api_key: printable ASCII without spaces is expected")
        if not 0 <= least <= most < math.inf:
            raise ValueError(f"job_seconds: seconds of 0 or more are expected, not {self.job_seconds}")
        if self.idempotency not in get_args(Idempotency):
            raise ValueError(f"idempotency: {', '.join(get_args(Idempotency))} are there, not {self.idempotency!r}")
        for name in ("idempotency_seconds", "delay_before", "delay_after"):
            if not 0 <= getattr(self, name) <= MOST_SECONDS:
                raise ValueError(f"{name}: seconds from 0 to {MOST_SECONDS:.0f} are expected")
        if self.ledger < 1:
            raise ValueError("ledger: a whole number of 1 or more is expected")
        if not 0 <= self.fault_rate <= 1:
            raise ValueError(f"fault_rate: a number from 0 to 1 is expected, not {self.fault_rate}")
        if self.requests_per_minute is not None and self.requests_per_minute < 1:
            raise ValueError("requests_per_minute: a whole number of 1 or more is expected")
        if self.balance is not None and not 0 <= self.balance < math.inf:
            raise ValueError("balance: an amount in US dollars, 0 or more, is expected")
        for name, url in [("chat_upstream", self.chat_upstream), *(("fetch_from", each) for each in self.fetch_from)]:
            if url is not None and not re.fullmatch(r"https?://[^@?#\s]+", url):
                # The URL itself stays out of the message: it may hold a password.
                raise ValueError(f"{name}: a URL of http or https without a user, a query or a fragment is expected")
        if self.fault is not None:
            parse(self.fault)

    def _check_type(self, name: str, kind: str) -> None:
        value = getattr(self, name)
        if name == "fetch_from" and not (isinstance(value, tuple) and all(isinstance(each, str) for each in value)):
            raise ValueError(f"{name}: a tuple of texts is expected, not {value!r}")
        if (value is None and "None" in kind) or kind.split()[0] not in _TYPES:
            return
        both = value if name == "job_seconds" and isinstance(value, tuple) and len(value) == 2 else (value,)
        if not all(type(each) in _TYPES[kind.split()[0]] for each in both):
            raise ValueError(f"{name}: {_expected(name, kind)}, not {value!r}")

    @property
    def job_range(self) -> tuple[float, float]:
        """How long a job takes at least and at most, in seconds."""
        return self.job_seconds if isinstance(self.job_seconds, tuple) else (self.job_seconds, self.job_seconds)


def from_text(name: str, text: str) -> Any:
    """The value of a setting that a text stands for, in an option or in an ini file.

    Raises:
        ValueError: The text does not stand for a value of this setting; the message starts with the name.
    """
    kind = next(str(each.type) for each in fields(Settings) if each.name == name)
    try:
        if name == "job_seconds":
            least, colon, most = text.partition(":")
            return (float(least), float(most)) if colon else float(least)
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        if kind.startswith("int"):
            return int(text)
        if kind.startswith("float"):
            return float(text)
    except (KeyError, ValueError):
        raise ValueError(f"{name}: {_expected(name, kind)}, not {text!r}") from None
    return tuple(text.split()) if kind.startswith("tuple") else text


_TYPES: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "float": (int, float), "str": (str,)}
_EXPECTED = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}


def _expected(name: str, kind: str) -> str:
    if name == "job_seconds":
        return "seconds are expected, as 3 or 5:60"
    return f"{_EXPECTED[kind.split()[0]]} is expected"


class Arguments(TypedDict, total=False):
    """The fields of `Settings`, as keyword arguments of `running`."""

    api_key: str
    job_seconds: float | tuple[float, float]
    strict: bool
    chat_upstream: str | None
    chat_model: str | None
    fault: str | None
    fault_rate: float
    seed: int
    requests_per_minute: int | None
    balance: float | None
    fetch_from: tuple[str, ...]
    idempotency: Idempotency
    idempotency_seconds: float
    delay_before: float
    delay_after: float
    ledger: int
    allow_remote: bool
