"""Plans of whole conversations with a fault, or none, at each step: drawn at random, shrunk to the least that fails."""

from collections.abc import Iterator

import attrs
from hypothesis import strategies as st

GOOD = (
    *("ok", "early-hints", "continue", "drip", "delayed", "chunked", "gzip", "surplus", "done-twice", "no-length"),
    "key-header",
)
"""With these, the response is what it has to be."""
BEFORE = ("refused", "early-close", "early-reset", "early-413")
"""The request is never received whole."""
BROKEN = ("close", "reset", "garbage", "cut-head", "hang-up-after-hints")
"""Nothing that is a response comes: the service may have executed the request, or not."""
SPOILED = (
    *("cut-after-head", "cut-body", "long-length", "short-length", "two-lengths", "bad-chunk", "cut-chunk"),
    *("bad-gzip", "cut-gzip", "empty", "html", "key", "many-headers"),
)
"""A success that can't be read, or not whole: the request was executed."""
SILENT = ("silent", "hints-forever")
STALLS = (*SILENT, "silent-body", "drip-head", "drip-body")
"""It ends when the client has enough of it; but for the silent ones, the request was executed."""
IN_STREAM = ("done-twice", "cut-event", "cut-between", "no-done", "error-event", "bad-event", "key-event", "whole")
IN_POLL = ("failed", "cancelled", "vanished", "backwards", "other-job", "odd-status", "elsewhere", "key-failed")
OF_FILE = ("other-tag", "other-range", "other-bytes", "no-range", "to-another-origin", "error-in-200", "changed")
WAITS = (
    *("", "retry-after: 0", "retry-after: 7", "retry-after: 600", "retry-after-ms: 40", "retry-after: soon"),
    "retry-after: Wed, 21 Oct 2015 07:28:00 GMT",
)
FORMS = ("json", "html", "empty", "key", "key-header", "spent")


@attrs.frozen(repr=False)
class Fault:
    """What happens to one request.

    Attributes:
        name: What; `status` for a response with another status.
        status: That status.
        wait: A header of such a response that asks to wait.
        form: What its body is.
        is_executed: Whether the request is executed, where that isn't clear from the response.
    """

    name: str = "ok"
    status: int = 0
    wait: str = ""
    form: str = "json"
    is_executed: bool = False

    def __repr__(self) -> str:
        given = [(each.name, getattr(self, each.name)) for each in attrs.fields(Fault) if each.name != "name"]
        others = [f", {name}={value!r}" for name, value in given if value != attrs.fields_dict(Fault)[name].default]
        return f"Fault({self.name!r}{''.join(others)})"

    @property
    def kind(self) -> str:
        """What it is counted as."""
        return str(self.status or self.name)

    @property
    def repeats_the_key(self) -> bool:
        """Whether the response has the key of its request."""
        return "key" in (self.form.partition("-")[0], self.name.partition("-")[0])

    @property
    def executes(self) -> bool:
        """Whether a POST is executed."""
        return self.is_executed if self.name in ("status", *BROKEN, *SILENT) else self.name not in BEFORE


OK = Fault()


@attrs.frozen
class Talk:
    """A conversation: a request, for a job its polls, for a file its download.

    Attributes:
        kind: What is talked about, a method of `Conversation`.
        sent: What happens to the attempts of the request, in their order; after the last, nothing happens.
        polled: What happens to the polls.
        fetched: What happens to the requests of the download.
        polls: How many polls the job takes.
        size: How long the file is, in bytes; of a stream how many events it has.
        canceled_at: At which of its requests it is canceled; 0 for never.
        leaves: Whether a stream is left after its first chunk.
    """

    kind: str
    sent: tuple[Fault, ...] = ()
    polled: tuple[Fault, ...] = ()
    fetched: tuple[Fault, ...] = ()
    polls: int = 1
    size: int = 100
    canceled_at: int = 0
    leaves: bool = False

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All of them."""
        return (*self.sent, *self.polled, *self.fetched)

    @property
    def has_stall(self) -> bool:
        """Whether something may happen that lasts until the client has enough of it."""
        return any(each.name in STALLS for each in self.faults)

    @property
    def is_hasty(self) -> bool:
        """Whether its limits may be too short for a busy machine, since what takes time takes it for real."""
        return self.has_stall or self.kind == "scheduled_job"


@attrs.frozen
class Plan:
    """Conversations by one client.

    Attributes:
        rounds: One after the other; those of a round are in flight together.
        gives_key: Whether a callable gives the key.
    """

    rounds: tuple[tuple[Talk, ...], ...]
    gives_key: bool = False

    @property
    def talks(self) -> Iterator[tuple[str, Talk]]:
        """All conversations, by their names."""
        for number, each in enumerate(self.rounds):
            for place, talk in enumerate(each):
                yield f"talk{number}{place}", talk


def named(*names: str) -> st.SearchStrategy[Fault]:
    return st.builds(Fault, st.sampled_from(names))


def statuses(*known: int) -> st.SearchStrategy[Fault]:
    """Responses that say honestly whether the request was executed."""

    def honest(fault: Fault) -> Fault:
        # A 503 that asks to wait says that nothing was done, unless it asks for something that is no time.
        is_rejected = fault.status == 503 and fault.wait not in ("", "retry-after: soon")
        is_open = fault.status in (302, 303, 408) or (fault.status >= 500 and not is_rejected)
        return attrs.evolve(fault, is_executed=fault.is_executed and is_open)

    drawn = st.builds(
        Fault, st.just("status"), st.sampled_from(known), st.sampled_from(WAITS), st.sampled_from(FORMS), st.booleans()
    )
    return drawn.map(honest)


REJECTED = statuses(400, 401, 402, 403, 404, 409, 422)
FAILED = statuses(408, 425, 429, 500, 502, 503, 504, 520)
REDIRECTED = statuses(301, 302, 303, 307, 308)
BREAKS = st.builds(Fault, st.sampled_from(BROKEN), is_executed=st.booleans())
# A stall takes real time.
STALLED = st.builds(Fault, st.sampled_from(STALLS), is_executed=st.booleans())
# A download asks for no compression.
USUAL = (named(*(each for each in GOOD if each != "gzip")), FAILED, FAILED, BREAKS, named("refused"))
ANY = (*USUAL, named("gzip", *SPOILED))
SELDOM = st.one_of(REJECTED, REDIRECTED, REJECTED, REDIRECTED, STALLED)


def some(*of: st.SearchStrategy[Fault]) -> st.SearchStrategy[tuple[Fault, ...]]:
    return st.lists(st.one_of(st.just(OK), *of), max_size=4).map(tuple)


SENT = some(*ANY, SELDOM, named(*BEFORE))
# Most jobs start: what happens to them later is of interest too.
STARTED = st.one_of(st.just(()), st.just(()), some(named(*GOOD, "refused"), statuses(425, 429)), SENT)
POLLED = some(*ANY, SELDOM, named(*IN_POLL), named(*IN_POLL))
# What is longer than it says that it is can't be told from what isn't, where it is no JSON.
SPOILED_FILES = named(*(each for each in SPOILED if each != "short-length"))
FETCHED = some(
    *USUAL, SPOILED_FILES, SELDOM, named("cut-body", "cut-after-head"), named(*OF_FILE), statuses(403, 404, 416)
)
STREAMED = some(*ANY, SELDOM, named(*IN_STREAM), named(*IN_STREAM))
CANCELED = st.sampled_from((0, 0, 0, 0, 1, 2, 3))

TALKS = st.one_of(
    st.builds(Talk, st.sampled_from(("chat", "upload")), SENT, canceled_at=CANCELED),
    st.builds(
        Talk,
        st.just("stream"),
        STREAMED,
        size=st.integers(1, 5),
        canceled_at=CANCELED,
        leaves=st.sampled_from((False, False, False, True)),
    ),
    st.builds(Talk, st.just("models"), SENT, canceled_at=CANCELED),
    st.builds(
        Talk,
        st.just("image"),
        STARTED,
        fetched=FETCHED,
        size=st.sampled_from((100, 5_000, 200_000)),
        canceled_at=CANCELED,
    ),
    *[
        st.builds(
            Talk,
            st.sampled_from(("image_job", "video_job", "scheduled_job")),
            STARTED,
            POLLED,
            FETCHED,
            st.integers(0, 3),
            st.sampled_from((100, 5_000, 200_000)),
            CANCELED,
        )
    ]
    * 2,
)
PLANS = st.builds(
    Plan,
    st.lists(st.lists(TALKS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=3).map(tuple),
    st.sampled_from((False, False, True)),
)
