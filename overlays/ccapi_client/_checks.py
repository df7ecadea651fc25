"""Checks of options and arguments. Each raises a `ConfigurationError` that names the field and its range."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import attrs

from .errors import ConfigurationError, InvalidRequestError

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]

LONGEST = 1e6
"""The longest time that an option accepts, in seconds: sockets and sleeps do not support much longer ones."""


def number(low: float, high: float, unit: str = "") -> Check:
    """A number from `low` to `high`."""

    def check(policy: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            reach = f"a number{unit} from {low:g} to {high:g}"
            raise ConfigurationError(f"{attribute.name}: {reach} is expected, not {value!r}")

    return check


def path(name: str, value: str | os.PathLike[str]) -> Path:
    """The path that an argument is.

    Raises:
        InvalidRequestError: No file can have it.
    """
    try:
        if b"\0" in os.fsencode(Path(value)):  # Path takes no bytes
            raise ValueError("it holds a NUL character")
    except (TypeError, ValueError) as error:
        why = f"a text or a Path, not {type(value).__name__}" if isinstance(error, TypeError) else error
        raise InvalidRequestError(f"{name}: the path of a file or a folder is expected: {why}") from None
    return Path(value)


def seconds(low: float = 0) -> Check:
    """A number of seconds, `low` or more."""
    return number(low, LONGEST, " of seconds")


def limit(options: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """A number of seconds above 0, or None for no limit."""
    if value is not None:
        seconds(0.001)(options, attribute, value)


def whole(low: int, high: float = math.inf) -> Check:
    """A whole number, `low` or more, up to `high`."""

    def check(policy: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            reach = f"of {low} or more" if high == math.inf else f"from {low} to {high:,}"
            raise ConfigurationError(f"{attribute.name}: a whole number {reach} is expected, not {value!r}")

    return check


def flag(policy: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """True or False."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{attribute.name}: True or False is expected, not {value!r}")


def of(kind: type) -> Check:
    """An instance of a class."""

    def check(options: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind):
            raise ConfigurationError(f"{attribute.name}: a {kind.__name__} is expected, not {value!r}")

    return check


def callback(options: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """None, or a callable."""
    if value is not None and not callable(value):
        raise ConfigurationError(f"{attribute.name}: a callable is expected, not {value!r}")


def plain_callback(options: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """None, or a callable that is no coroutine function: nobody would await what it returns."""
    callback(options, attribute, value)
    if iscoroutinefunction(value):
        raise ConfigurationError(f"{attribute.name}: a plain function is expected, not a coroutine function")


def argument(name: str, value: Any, check: Check) -> None:
    """Checks an argument of a method."""
    check(None, _Named(name), value)  # type: ignore[arg-type]


@attrs.frozen
class _Named:
    """The part of an `attrs.Attribute` that a check uses: its name."""

    name: str
