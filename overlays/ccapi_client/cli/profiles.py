"""The file of profiles: keys and their addresses by name, which `ccapi login` keeps. Only the command line reads it."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import platformdirs

from .._files.drafts import draft, remove_abandoned
from .._http.hints import hint
from .._http.settings import PRODUCTION_URL, base_url_option
from ..errors import ConfigurationError
from .connection import Profile

HEAD = "# Keys of CCAPI, by profile. `ccapi login` and `ccapi logout` write this file anew, without comments.\n"
FIELDS = ("api_key", "base_url")
_NAME, _CHARACTERS = re.compile(r"[A-Za-z0-9_-]+"), "letters, digits, `-` and `_`"


def place() -> Path:
    """The path of the file, in the configuration folder of whoever runs the command."""
    return platformdirs.user_config_path("ccapi", appauthor=False) / "profiles.toml"


def read_profiles() -> dict[str, Profile]:
    """The profiles by their names; none where there is no file.

    Raises:
        ConfigurationError: Others can read the file, or it is not what `ccapi login` writes.
    """
    path = place()
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigurationError(
                    f"{path}: other users of this machine can open it, and it holds keys: chmod 600 {path}"
                )
            document = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{path}: it can't be read: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigurationError(f"{path}: it is not TOML: {_place_of(error)}; fix it, or remove it") from None
    return {name: _profile(path, name, each) for name, each in document.items()}


def find_profile(name: str, *, is_named: bool) -> Profile | None:
    """The profile of a name; None where there is none.

    Args:
        name: The name.
        is_named: Whether somebody named it, so that it has to be there.

    Raises:
        ConfigurationError: It has to be there, and is not; or the file can't be used.
    """
    profiles = read_profiles()
    if name not in profiles and is_named:
        how = f"ccapi login --profile {name}" if _NAME.fullmatch(name) else f"a name has {_CHARACTERS} alone"
        raise ConfigurationError(f"{unknown(name, profiles)} ({how})")
    return profiles.get(name)


def unknown(name: str, profiles: Iterable[str]) -> str:
    """That there is no profile of a name, and which there are."""
    known = list(profiles)
    return f"profile: {name!r} is not kept here; {hint(name, known, 'profiles') if known else 'there is none yet'}"


def write_profiles(profiles: Iterable[Profile]) -> Path:
    """Writes the file anew, whole or not at all, for its owner alone; where there are no profiles, removes it.

    Raises:
        OSError: It can't be written.
    """
    path = place().resolve()  # what it links to, where it is a link
    sections = [_section(each) for each in profiles]
    if not sections:
        path.unlink(missing_ok=True)
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_abandoned(path.parent, path.name)
    with draft(path.parent, path.name, 0o600) as written:
        written.file.write("\n".join([HEAD, *sections]).encode())
        written.rename(path)
    return path


def check_name(name: str) -> None:
    """Checks the name of a profile.

    Raises:
        ConfigurationError: It is not one that TOML has without quotes.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"profile {name!r}: a name of {_CHARACTERS} is expected")


def _section(profile: Profile) -> str:
    # A key and an address are printable ASCII, of which JSON and TOML write the same texts alike.
    fields = {"api_key": profile.api_key}
    if profile.base_url != PRODUCTION_URL:
        fields["base_url"] = profile.base_url
    return "".join(
        [
            f"[{profile.name}]\n",
            *(f"{name} = {json.dumps(str(each), ensure_ascii=False)}\n" for name, each in fields.items()),
        ]
    )


def _profile(path: Path, name: str, section: Any) -> Profile:
    """The messages quote no value: it may be a key."""
    try:
        check_name(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if not isinstance(section, dict):
        raise ConfigurationError(f"{path}: {name}: a section is expected, [{name}]")
    for field, value in section.items():
        if field not in FIELDS:
            raise ConfigurationError(f"{path}: [{name}] {field}: no such field; {hint(field, FIELDS, 'fields')}")
        if not (isinstance(value, str) and value.strip()):
            raise ConfigurationError(f"{path}: [{name}] {field}: a text is expected")
    if "api_key" not in section:
        raise ConfigurationError(f"{path}: [{name}] api_key: it is missing (ccapi login --profile {name})")
    found = Profile(name, **{field: value.strip() for field, value in section.items()})
    try:
        base_url_option(found.base_url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: [{name}] {error}") from None
    return found


def _place_of(error: ValueError) -> str:
    """Where a file is not TOML. What TOML has to say beside that may quote what is there."""
    found = re.search(r"\(at (.*)\)$", str(error))
    return found[1] if found else "it is not UTF-8 text"
