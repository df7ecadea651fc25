"""`ccapi logout`: removes a key that `ccapi login` has kept."""

from __future__ import annotations

import os

from ..errors import ConfigurationError
from .app import PROFILE
from .app import command as make
from .connection import DEFAULT_PROFILE, named
from .profiles import read_profiles, unknown, write_profiles
from .session import Session

EXAMPLES = """
ccapi logout
ccapi logout --profile work
"""


def logout(session: Session, profile: str | None) -> None:
    """Removes a key, and its address, from this machine. The service keeps the key; revoke it there."""
    name = named(profile, os.environ) or DEFAULT_PROFILE
    kept = read_profiles()
    if name not in kept:
        raise ConfigurationError(unknown(name, kept))
    path = write_profiles(each for each in kept.values() if each.name != name)
    if session.as_json:
        session.result({"profile": name, "path": str(path)})
    else:
        session.tell(f"removed the key of the profile {name!r} from {path}")


command = make(logout, examples=EXAMPLES, params=[PROFILE], connects=False)
