"""Addresses: what is written comes back, and httpx, which goes on to parse it, takes it for the same."""

from urllib.parse import urljoin, urlsplit

import httpx
import httpx2
import pytest
from ccapi_client._http.address import Address, parse
from hypothesis import example, given
from hypothesis import strategies as st

LONG = 65536

# As they are written, and as they are sent.
TAKEN = {
    "http://h": "http://h/",
    "HTTP://H.Example": "http://h.example/",
    "http://h/": "http://h/",
    "http://h/a b": "http://h/a%20b",
    "http://h/a%20b": "http://h/a%20b",
    "http://h/a ": "http://h/a%20",
    "http://h/é/日本": "http://h/%C3%A9/%E6%97%A5%E6%9C%AC",
    "http://h/%zz": "http://h/%zz",
    "http://h/100%": "http://h/100%",
    "http://h/a%2Fb%2fc": "http://h/a%2Fb%2fc",
    'http://h/"<>`{}': "http://h/%22%3C%3E%60%7B%7D",
    "http://h/[]|\\^~!$&'()*+,;=:@": "http://h/[]|\\^~!$&'()*+,;=:@",
    "http://h//a//b": "http://h//a//b",
    "http://h/a/./b/../c": "http://h/a/c",
    "http://h/../../a": "http://h/a",
    "http://h/a/..": "http://h/",
    "http://h/a...b/.c": "http://h/a...b/.c",
    "http://h/%2e%2e/a": "http://h/%2e%2e/a",
    "http://h?": "http://h/?",
    "http://h/?": "http://h/?",
    "http://h/??a": "http://h/??a",
    "http://h/?a=b c&d=é": "http://h/?a=b%20c&d=%C3%A9",
    "http://h/?a=%zz&b=+%20": "http://h/?a=%zz&b=+%20",
    "http://h/?a={}[]|\\^`'/:@": "http://h/?a={}[]|\\^`'/:@",
    'http://h/?"<>': "http://h/?%22%3C%3E",
    "http://h/?a=../b": "http://h/?a=../b",
    "http://h/a#b?c": "http://h/a",
    "http://h/?a#b": "http://h/?a",
    "http://h#@evil/": "http://h/",
    "http://h:80/": "http://h/",
    "https://h:443/": "https://h/",
    "http://h:443/": "http://h:443/",
    "http://h:/": "http://h/",
    "http://h:00080/": "http://h/",
    "http://h:65535/": "http://h:65535/",
    "http://127.0.0.1:8080/v1": "http://127.0.0.1:8080/v1",
    "http://1.2.3/": "http://1.2.3/",
    "http://[::1]/": "http://[::1]/",
    "http://[::1]:8080/a": "http://[::1]:8080/a",
    "http://[fe80::1%eth0]/": "http://[fe80::1%eth0]/",
    "http://[::ffff:127.0.0.1]/": "http://[::ffff:127.0.0.1]/",
    "http://h./": "http://h./",
    "http://a_b-c~d/": "http://a_b-c~d/",
    "http://straße.de/": "http://xn--strae-oqa.de/",
    "http://xn--strae-oqa.de/": "http://xn--strae-oqa.de/",
    "http://日本.jp/": "http://xn--wgv71a.jp/",
    "http://BÜCHER.example/": "http://xn--bcher-kva.example/",
    "http://u@h/": "http://u@h/",
    "http://u:p@h/": "http://u:p@h/",
    "http://:p@h/": "http://:p@h/",
    "http://u:p:q@h/": "http://u:p:q@h/",
    "http://a@b@h/": "http://a%40b@h/",
    "http://ü:p%40s@h/": "http://%C3%BC:p%40s@h/",
    "http://u:p[]{}|^@h/": "http://u:p%5B%5D%7B%7D%7C%5E@h/",
    "http://@h/": "http://h/",
    f"http://h/{'a' * (LONG - 9)}": f"http://h/{'a' * (LONG - 9)}",
}

REFUSED = [
    *("", " ", "h", "//h/", "/v1", "h:80", "http:", "http:/h", "http://", "http:///a", "http://?a", "http://:80/"),
    *(
        "ftp://h/",
        "file:///a",
        "javascript:alert(1)",
        "data:,a",
        "httpx://h/",
        " http://h/",
        "http ://h/",
        "\ufeffhttp://h/",
    ),
    *("http://h/\n", "http://h/a\tb", "ht\ntp://h/", "http://h/\x00", "http://h/\x7f", "http://\rh/"),
    *("http://h:x/", "http://h:-1/", "http://h:99999/", "http://h:100000/", "http://h:65536/", "http://[::1]x/"),
    *("http://[::1", "http://[::1::2]/", "http://[v1.x]/", "http://[]/", "http://[::1]:x/", "http://::1/"),
    *("http://999.1.1.1/", "http://1.2.3.256/", "http://01.2.3.4/", "http://a..b/", "http://.a/", "http://xn--/"),
    *(f"http://{'a' * 64}/", "http://xn--a/", "http://☃.net/", "http://xn--ls8h.la/"),
    f"http://h/{'a' * LONG}",
]

REFUSED_HERE_ALONE = [
    "http://h:0/",  # a port that nobody listens at
    *(
        "http://h: 80/",
        "http://h:\uff18\uff10/",
        "http://h:8_0/",
        "http://h:+80/",
    ),  # Python's int takes them for numbers
    *("http://a b/", "http://a%41/", "http://a%20b/", "http://a<b/", "http://a^b/", "http://a|b/", "http://a\\b/"),
    *('http://a"b/', "http://a`b/", "http://a{b}/", "http://a[b/"),  # names that no look-up would find
]
"""What httpx encodes somehow, for the connection to fail."""


def is_address(text: str) -> bool:
    """Whether a text is an address of http or https."""
    try:
        return bool(parse(text))
    except ValueError:
        return False


def sent_by(library: object, text: str) -> tuple[object, ...] | None:
    """How httpx takes a text, as the client's options used to hold it against their own rules; None where refused."""
    try:
        url = library.URL(text)  # type: ignore[attr-defined]
        url.host.encode("idna")
    except (ValueError, library.InvalidURL):  # type: ignore[attr-defined]
        return None
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 1) < 65536:
        return None
    return url.scheme, url.raw_host.decode(), url.port, url.raw_path.decode(), url.userinfo.decode()


def sent(address: Address) -> tuple[object, ...]:
    target = address.path if address.query is None else f"{address.path}?{address.query}"
    return address.scheme, address.host, address.port, target, address.user


@pytest.mark.parametrize("written", TAKEN)
def test_what_is_taken_and_how_it_is_sent(written: str) -> None:
    address = parse(written)
    assert str(address) == TAKEN[written]
    assert parse(str(address)) == address
    if not written.startswith("HTTP:"):  # httpx takes the port of a scheme in capitals for one of its own
        assert sent(address) == sent_by(httpx, written) == sent_by(httpx2, written)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    assert not is_address(text)
    assert sent_by(httpx, text) is None
    if "xn--" not in text:  # which httpx2 doesn't decode any more
        assert sent_by(httpx2, text) is None


@pytest.mark.parametrize("text", REFUSED_HERE_ALONE)
def test_what_could_not_be_reached_is_refused_at_once(text: str) -> None:
    assert not is_address(text)


def test_what_is_refused_is_not_quoted() -> None:
    for text in ("http://me:secret@h:x/", "secret", "http://secret..b/", "http://secret:99999/"):
        with pytest.raises(ValueError, match="not an address") as caught:
            parse(text)
        assert "secret" not in f"{caught.value!r}"


hosts = st.sampled_from(["h", "EXAMPLE.com", "127.0.0.1", "[::1]", "straße.de", "日本.jp", "a_b", "a..b", "h.", "xn--"])
users = st.sampled_from(["", "", "u@", "u:p@", "u:p@q@", "ü%40:[]@"])
ports = st.sampled_from(["", "", ":80", ":443", ":8080", ":", ":x", ":99999"])
rests = st.text(st.sampled_from("ab.%2Fé日 /?#&=+[]{}|\\^`\"<>@:;~'()*!$,") | st.characters(), max_size=20)
texts = st.builds(
    "{}://{}{}{}{}".format, st.sampled_from(["http", "https"]), users, hosts, ports, rests.map(lambda rest: f"/{rest}")
)


@given(texts)
@example("http://h/\ud800")
def test_httpx_takes_it_for_the_same(text: str) -> None:
    try:
        theirs = sent_by(httpx, text)
    except UnicodeEncodeError:  # half a surrogate pair
        theirs = None
    try:
        address = parse(text)
    except ValueError:
        assert theirs is None
        return
    assert sent(address) == theirs
    assert parse(str(address)) == address
    assert sent_by(httpx, str(address)) == sent(address), "what is passed on is what was checked"
    assert str(address).isascii()
    assert str(address).isprintable()


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    for each in (text, f"http://{text}", f"http://h{text}"):
        try:
            address = parse(each)
        except ValueError:
            continue
        assert parse(str(address)) == address


references = st.text(st.sampled_from("ab/.?#=%é:@"), max_size=12) | texts


@given(
    st.sampled_from(["http://h/", "https://h:8443/a/b?c=d", "http://h/a//b/", "http://u:p@h/x"]),
    references,
)
def test_references_mean_what_urllib_says(base: str, reference: str) -> None:
    address = parse(base)
    try:
        expected = urljoin(str(address.without_user()), reference.strip())
    except ValueError:
        expected = ""
    try:
        found = address.join(reference)
    except ValueError:
        assert not is_address(expected) or not reference.isprintable()
        return
    assert found == parse(expected)
    assert urlsplit(str(found)).scheme in ("http", "https")


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("", "http://h:81/a/b?c"),
        ("x", "http://h:81/a/x"),
        (" x ", "http://h:81/a/x"),
        ("../x", "http://h:81/x"),
        ("/x?y#z", "http://h:81/x?y"),
        ("?y", "http://h:81/a/b?y"),
        ("//other/x", "http://other/x"),
        ("https://other", "https://other/"),
    ],
)
def test_a_reference_keeps_no_user(reference: str, meant: str) -> None:
    assert str(parse("http://u:p@h:81/a/b?c").join(reference)) == meant


@pytest.mark.parametrize("reference", ["javascript:alert(1)", "ftp://h/", "http://h:x/", "//h:x", "a\nb", "\ta"])
def test_a_reference_that_means_none(reference: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        parse("http://h/a").join(reference)


def test_what_is_compared_and_what_is_shown() -> None:
    address = parse("https://u:p%40s@H:443/a?key=secret")
    assert address.origin == ("https", "h", 443) == parse("https://h").origin
    assert address.origin != parse("http://h:80").origin
    assert address.netloc == "h"
    assert parse("http://[::A]:81").netloc == "[::a]:81"
    assert parse("http://[::A]").origin == parse("http://[::a]:80").origin
    assert address.redacted == "https://h/a"
    assert address.credentials == "u:p@s"
    assert parse("http://u@h").credentials == "u:"
    assert str(address.without_user()) == "https://h/a?key=secret"
    assert parse("http://h").without_user() is parse("http://h").without_user()
    for secret in ("secret", "p%40s", "p@s"):
        assert secret not in repr(address)


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.booleans()))
def test_parameters_come_back(parameters: dict[str, str | int | bool]) -> None:
    parameters = {
        name: value for name, value in parameters.items() if name != "last" and f"{name}{value}".isprintable()
    }
    address = parse("http://h/a").with_parameters(parameters)
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()}
    assert dict(httpx.URL(str(address)).params.items()) == texts
    more = parse("http://h/a?b=1").with_parameters(parameters | {"last": True})
    assert more.query is not None
    assert more.query.startswith("b=1&")
    assert more.query.endswith("last=true")
    assert parse(str(more)) == more


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("https://gateway.example/v1", False),
        ("http://gateway.example/v1", True),
        ("http://10.0.0.7:4000/v1", True),
        ("http://[fd00::1]/v1", True),
        ("http://localhost:8765/v1", False),
        ("http://a.localhost/v1", False),
        ("http://127.0.0.1:1/v1", False),
        ("http://[::1]/v1", False),
    ],
)
def test_where_others_can_read_a_key(url: str, exposed: bool) -> None:
    found = parse(url)
    told = f"http://{found.netloc} is not encrypted: others on the network can read the key"
    assert found.exposure == (told if exposed else "")
