"""`ccapi login`: keeps a key and an address on this machine; `ccapi logout` removes them."""

from __future__ import annotations

import os
import sys

import click

from .._http.key import checked_key
from .._http.settings import PRODUCTION_URL, base_url_option
from .._http.wire import Secret
from ..errors import InvalidRequestError
from .app import ADDRESS, PROFILE
from .app import command as make
from .connection import DEFAULT_PROFILE, Profile, named
from .inputs import STDIN, text_of
from .output import number_of, show_table
from .profiles import check_name, place, read_profiles, write_profiles
from .session import Session

EXAMPLES = """
ccapi login
ccapi login --profile work --base-url https://gateway.example.com/v1
ccapi login - < key.txt
ccapi login --list
"""


def login(
    session: Session,
    source: tuple[str, ...],
    base_url: str | None,
    profile: str | None,
    allow_http: bool,
    show: bool,
) -> None:
    """Keeps a key, and the address that it is for, in a file that only you can read.

    The key is asked for; with `-`, it is read from standard input. It is used by commands alone, and goes to its
    address alone: programs read CCAPI_API_KEY. A profile keeps its address with a new key, unless --base-url is given.
    """
    if show:
        _show(session)
        return
    name = named(profile, os.environ) or DEFAULT_PROFILE
    check_name(name)
    kept = read_profiles()
    # The environment moves no key that is kept: commands with --profile don't read it either.
    if given := (base_url or "").strip():
        url, whose = Secret(given), "--base-url"
    elif name in kept:
        url, whose = Secret(kept[name].base_url), f"the profile {name!r}"
    else:
        url, whose = Secret(os.environ.get("CCAPI_BASE_URL", "").strip() or PRODUCTION_URL), "CCAPI_BASE_URL"
    address = base_url_option(url)
    if address.exposure and not allow_http:
        other = "an https:// address" + ("" if given else " by --base-url")
        raise InvalidRequestError(f"{whose}: {address.exposure}; give {other}, or add --allow-http")
    key = _key(source, name, address.redacted)
    now = read_profiles().values()  # another command may have kept a key while this one was waiting for its own
    path = write_profiles([*(each for each in now if each.name != name), Profile(name, key, url)])
    if session.as_json:
        session.result({"profile": name, "base_url": address.redacted, "path": str(path)})
        return
    used = "" if name == DEFAULT_PROFILE else f" --profile {name}"
    again = " in place of the key before" if name in kept else ""
    session.tell(f"kept for {address.redacted} in {path}{again}")
    session.tell(f"to check it: ccapi doctor{used}")
    if os.environ.get("CCAPI_API_KEY"):
        session.tell("note: CCAPI_API_KEY is set, and is used instead unless --profile is given")


def _key(source: tuple[str, ...], name: str, address: str) -> str:
    """The key, from standard input or as it is typed; it is shown nowhere."""
    if source not in ((), (STDIN,)):
        # What was given is not quoted.
        raise InvalidRequestError("KEY: not as an argument, which others can see: leave it out, or give - to pipe it")
    if source:
        text = Secret(text_of(source))
    elif sys.stdin is not None and sys.stdin.isatty():
        text = Secret(click.prompt(f"Key of the profile {name!r} for {address}", hide_input=True, err=True).strip())
    else:
        raise InvalidRequestError("KEY: there is no terminal to ask for it; give - to read it from standard input")
    if not text:
        raise InvalidRequestError("KEY: there is none on standard input")
    if wrong := _pasted_with(text):
        raise InvalidRequestError(f"KEY: {wrong} was pasted with it; give the key alone")
    key = checked_key(text)
    assert isinstance(key, str)  # noqa: S101 - it is given no callable
    return key


def _pasted_with(text: str) -> str:
    """What a line of a shell or of a file has beside the key; empty where it is the key alone."""
    start = text.removeprefix("export ").lstrip()
    if start.startswith("CCAPI_API_KEY="):
        return "CCAPI_API_KEY="
    return "a quotation mark" if text[0] in "'\"" or text[-1] in "'\"" else ""


def _show(session: Session) -> None:
    kept = read_profiles().values()
    found = [(each.name, base_url_option(each.base_url).redacted, len(each.api_key)) for each in kept]
    if session.as_json:
        session.result([{"profile": name, "base_url": url, "key_characters": size} for name, url, size in found])
        return
    show_table(("PROFILE", "ADDRESS", "KEY"), [(name, url, number_of(size, "character")) for name, url, size in found])
    session.tell(str(place()))


command = make(
    login,
    examples=EXAMPLES,
    params=[
        click.Argument(["source"], metavar="[-]", nargs=-1),
        ADDRESS,
        PROFILE,
        click.Option(
            ["--allow-http"],
            is_flag=True,
            help="Keep a key for another machine's http:// address, which others can read.",
        ),
        click.Option(["--list", "show"], is_flag=True, help="List the profiles that are kept, without their keys."),
    ],
    connects=False,
)
