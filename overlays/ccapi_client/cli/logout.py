"""`ccapi logout`: removes a key that `ccapi login` has kept."""

from __future__ import annotations

from .app import PROFILE
from .app import command as make
from .login import named
from .profiles import find_profile, read_profiles, write_profiles
from .session import Session

EXAMPLES = """
ccapi logout
ccapi logout --profile work
"""


def logout(session: Session, profile: str | None) -> None:
    """Removes a key, and its address, from this machine. The service keeps the key; revoke it there."""
    name = named(profile)
    find_profile(name, is_named=True)
    path = write_profiles(each for each in read_profiles().values() if each.name != name)
    if session.as_json:
        session.result({"profile": name, "path": str(path)})
    else:
        session.tell(f"removed the key of the profile {name!r} from {path}")


command = make(logout, examples=EXAMPLES, params=[PROFILE], connects=False)
