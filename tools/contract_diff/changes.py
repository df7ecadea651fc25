"""What a change is, and what it means for each side.

The caller is a client that was generated from the old contract and talks to a service of the new one, or is generated
anew. The service has been changed to the new contract and is still called by clients of the old one. So what breaks the
service always breaks callers too, and never the other way round alone.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from .nodes import NOTED_DEFAULT


class Severity(IntEnum):
    """How much a change asks of the version, the least first."""

    COSMETIC = 1
    """Nobody has to do anything."""
    ADDITIVE = 2
    """Something new can be used, or has to be provided; what was right before still is."""
    BREAKING = 3
    """Something that was right before may fail."""

    def __str__(self) -> str:
        return self.name.lower()


class Flow(Enum):
    """Which way data goes, as the caller sees it."""

    SENT = "sent"
    RECEIVED = "received"

    @property
    def reverse(self) -> "Flow":
        return Flow.RECEIVED if self is Flow.SENT else Flow.SENT


@dataclass(frozen=True)
class Verdict:
    """What a change means for each side, and what that side has to do."""

    caller: Severity
    for_caller: str
    service: Severity
    for_service: str


@dataclass(frozen=True)
class Change:
    """One difference between two contracts."""

    place: str
    """Where: `createImage request.prompt`, `ImageDatum.url`."""
    what: str
    """What happened there, to be read after the place: `removed`."""
    verdict: Verdict
    flow: Flow | None = None
    """Which way the data goes; None where there is none, as for a name. A schema may have a change for each way."""

    @property
    def caller(self) -> Severity:
        return self.verdict.caller

    @property
    def service(self) -> Severity:
        return self.verdict.service

    @property
    def severity(self) -> Severity:
        return max(self.caller, self.service)

    @property
    def where(self) -> str:
        return f"{self.place} ({self.flow.value})" if self.flow else self.place


BREAKING, ADDITIVE, COSMETIC = Severity.BREAKING, Severity.ADDITIVE, Severity.COSMETIC
NOTHING = "nothing to do"

GONE = {
    Flow.SENT: Verdict(
        *(BREAKING, "code that names it fails once regenerated, and what is still sent may be refused"),
        *(BREAKING, "clients of the old contract still send it"),
    ),
    Flow.RECEIVED: Verdict(
        BREAKING, "it no longer comes; code that reads it fails once regenerated", COSMETIC, NOTHING
    ),
}
NEW = {
    Flow.SENT: Verdict(ADDITIVE, "may send it", ADDITIVE, "has to take it"),
    Flow.RECEIVED: Verdict(ADDITIVE, "may read it", ADDITIVE, "may or has to send it, as the contract says"),
}
NARROWED = {
    Flow.SENT: Verdict(
        *(BREAKING, "what was right to send may be refused"),
        *(BREAKING, "clients of the old contract still send what is no longer right"),
    ),
    Flow.RECEIVED: Verdict(ADDITIVE, "nothing to do: whatever comes was right before", ADDITIVE, "has to keep to it"),
}
WIDENED = {
    Flow.SENT: Verdict(ADDITIVE, "may send more", ADDITIVE, "has to take more"),
    Flow.RECEIVED: Verdict(BREAKING, "has to cope with what could not come before", COSMETIC, NOTHING),
}
REPLACED = {
    Flow.SENT: Verdict(
        *(BREAKING, "what was right to send may be refused"),
        *(BREAKING, "clients of the old contract still send what is no longer right"),
    ),
    Flow.RECEIVED: Verdict(BREAKING, "has to cope with what could not come before", ADDITIVE, "has to keep to it"),
}
VALUE_GONE = {
    Flow.SENT: GONE[Flow.SENT],
    Flow.RECEIVED: Verdict(
        *(BREAKING, "it no longer comes, and its generated constant goes"),
        *(ADDITIVE, "must no longer send it"),
    ),
}
# Of a list that any other value may stand beside: what can be on the wire stays the same.
KNOWN_VALUE_NEW = {
    Flow.SENT: Verdict(ADDITIVE, "may send it", ADDITIVE, "has to know it"),
    Flow.RECEIVED: Verdict(
        ADDITIVE, "may act on it; until regenerated, it comes as an unknown value", COSMETIC, NOTHING
    ),
}
KNOWN_VALUE_GONE = Verdict(BREAKING, "its generated constant goes once regenerated", COSMETIC, NOTHING)
CLOSED = {
    Flow.SENT: NARROWED[Flow.SENT],
    Flow.RECEIVED: Verdict(
        *(BREAKING, "generated types lose the member for any other value"),
        *(ADDITIVE, "has to keep to the list"),
    ),
}
RENAMED = Verdict(BREAKING, "rename it in code that uses it; the wire is the same", COSMETIC, NOTHING)
DEFAULT_CHANGED = Verdict(BREAKING, "leaving it out means something else", ADDITIVE, "has to act by the new default")
DEFAULT_NEW = {
    "default": Verdict(ADDITIVE, "may rely on it; generated clients may send it", ADDITIVE, "has to act by it"),
    NOTED_DEFAULT: Verdict(ADDITIVE, "may rely on it", ADDITIVE, "has to act by it"),
}
WIDER_TYPE = dict.fromkeys(
    Flow, Verdict(ADDITIVE, "generated types may become wider (64 bits); the wire is the same", COSMETIC, NOTHING)
)
RESHAPED = Verdict(COSMETIC, "generated types may change once regenerated; the wire is the same", COSMETIC, NOTHING)
DEPRECATED = Verdict(ADDITIVE, "should stop using it", COSMETIC, NOTHING)
UNKNOWN = Verdict(
    BREAKING, "to be judged by hand: no rule knows it", BREAKING, "to be judged by hand: no rule knows it"
)
READ_ONLY_BY_PEOPLE = Verdict(COSMETIC, NOTHING, COSMETIC, NOTHING)
NEW_NAME = Verdict(ADDITIVE, "may use it", COSMETIC, NOTHING)
